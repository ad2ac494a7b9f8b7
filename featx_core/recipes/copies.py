"""The code that makes augmented copies of images."""

from __future__ import annotations

import inspect
import re
import textwrap
import zlib
from typing import TYPE_CHECKING, Any

from featx_core.augmentation.layers import N_CHAINS
from featx_core.augmentation.transforms import AUGMENTATIONS

if TYPE_CHECKING:
    from featx_core.augmentation.transforms import Transforms
    from featx_core.specs.augmented import Augmented

_IDLE = ("name", "trainable", "dtype", "data_format")


def augmenting(spec: Augmented, name: str) -> str:
    """Write the function that makes the copies of images.

    Args:
        spec: Which transforms, how many copies.
        name: What to call it; its layers are called the same in capitals.
    """
    constructors, classes = _layers(spec.transforms)
    listed = "".join(f"    {each},\n" for each in constructors)
    first = "        copies.append(image)  # as it is\n" if spec.with_original else ""
    numbers = f"1, {spec.n_copies}" if spec.with_original else f"{spec.n_copies}"
    return f'''\
{classes}{name.upper()}_LAYERS = [
{listed}    keras.layers.ReLU(max_value=255.0),  # keeps values within 0 to 255
]
for layer in {name.upper()}_LAYERS:
    layer.build((1, *SIZE, 3))


def {name}(images):
    """Make {spec.n_copies} copies of each image, each changed at random by a seed of its own."""
    copies = []
    for image in images:
        content = hashlib.sha256(image.tobytes()).digest()
{first}        for number in range({numbers}):
            seed = hashlib.sha256(content + f":{spec.seed}:{{number}}".encode()).digest()[:4]
            copies.append({name}_one(image, int.from_bytes(seed, "little")))
    return np.stack(copies)


def {name}_one(image, seed):
    """Change an image at random. The seed takes the place of the state that the layers go on from."""
    states = [state for layer in {name.upper()}_LAYERS for state in layer.variables]
    seeded = [(state, np.array([seed, np.array(state)[0]]).astype(state.dtype)) for state in states]
    x = image[np.newaxis].astype("float32")
    with keras.StatelessScope(state_mapping=[(state, keras.ops.convert_to_tensor(value)) for state, value in seeded]):
        for layer in {name.upper()}_LAYERS:
            x = layer(x, training=True)
    return np.round(np.array(x[0])).astype("uint8")
'''


def _layers(transforms: Transforms) -> tuple[list[str], str]:
    """Return how the layers are made, and the classes that Keras lacks."""
    written, classes = [], {}
    for name, strength in transforms:
        seed = zlib.crc32(name.encode()) % 2**31
        for layer in AUGMENTATIONS[name].layers(strength, seed):
            kind = type(layer)
            if kind.__module__.startswith("keras."):
                written.append(_constructor(layer))
                continue
            classes[kind.__name__] = _class_code(kind)
            inner = (
                f"{_constructor(layer.inner)}, {layer.width}"
                if kind.__name__ == "Mirrored"
                else f"{strength!r}, {seed}"
            )
            written.append(f"{kind.__name__}({inner})")
    return written, "".join(f"{code}\n\n" for code in classes.values())


def _constructor(layer: Any) -> str:
    """Write how a layer of Keras is made, from what it tells of itself."""
    usual = inspect.signature(type(layer)).parameters
    told = {name: _scalar(value) for name, value in layer.get_config().items() if name not in _IDLE}
    told = {name: value for name, value in told.items() if name not in usual or usual[name].default != value}
    return f"keras.layers.{type(layer).__name__}({', '.join(f'{name}={value!r}' for name, value in told.items())})"


def _scalar(value: Any) -> Any:
    """Return one number for a range around 0, as the constructors take it: `RandomShear` refuses its own configuration."""
    is_range = isinstance(value, list | tuple) and len(value) == 2 and value[0] == -value[1] != 0
    return value[1] if is_range else value


def _class_code(kind: type) -> str:
    """Return the code of one of featx's own layers, without annotations and without constants from elsewhere."""
    code = textwrap.dedent(inspect.getsource(kind))
    code = re.sub(r"  # type: ignore\[.*?\]", "", code)
    code = re.sub(r": (Any|int|float|bool|tuple\[int \| None, \.\.\.\])(?=[,)=]| =)", "", code)
    code = re.sub(r"\) -> [^:]+:", "):", code)
    code = code.replace("N_CHAINS", str(N_CHAINS)).replace("**_VALUES", "value_range=(0.0, 255.0)")
    return code.replace(", **_COMMON", "").replace("training = False", "training=False")
