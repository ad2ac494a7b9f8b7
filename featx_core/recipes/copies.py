"""The code that makes augmented copies of images."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from featx_core.augmentation.layers import N_CHAINS
from featx_core.augmentation.transforms import AUGMENTATIONS

if TYPE_CHECKING:
    from featx_core.augmentation.transforms import Transforms
    from featx_core.specs.augmented import Augmented

LAYER_CODE: Mapping[str, str] = MappingProxyType(
    {
        "Mirrored": '''\
class Mirrored(keras.layers.Layer):
    """Put a mirrored border around images for a layer that would look at black ones."""

    def __init__(self, inner, width):
        super().__init__()
        self.inner, self.width = inner, width

    def build(self, shape):
        self.inner.build(shape)

    def call(self, images, training=False):
        sides = [(0, 0), (self.width, self.width), (self.width, self.width), (0, 0)]
        changed = self.inner(keras.ops.pad(images, sides, mode="symmetric"), training=training)
        return changed[:, self.width : -self.width, self.width : -self.width]
''',
        "Noise": '''\
class Noise(keras.layers.Layer):
    """Add Gaussian noise to values up to 255; Keras's own takes deviations up to 1."""

    def __init__(self, strength, seed):
        super().__init__()
        self.inner = keras.layers.GaussianNoise(strength, seed=seed)

    def call(self, images, training=False):
        return images + 255.0 * self.inner(keras.ops.zeros_like(images), training=training)
''',
        "AugMixed": f'''\
class AugMixed(keras.layers.Layer):
    """Mix chains of one, two, ... changes with each other and with the image (AugMix, Hendrycks et al. 2019)."""

    def __init__(self, strength, seed):
        super().__init__()
        self.generator = keras.random.SeedGenerator(seed)
        self.chains = [
            keras.layers.RandAugment(factor=strength, num_ops=n_changes, seed=seed + n_changes - 1)
            for n_changes in range(1, {N_CHAINS} + 1)
        ]

    def build(self, shape):
        for chain in self.chains:
            chain.build(shape)

    def call(self, images, training=False):
        drawn = keras.random.uniform((len(self.chains) + 1,), 1e-7, 1.0, seed=self.generator)
        parts = -keras.ops.log(drawn[:-1])  # scaled to sum 1: evenly spread weights
        mixed = sum(chain(images, training=True) * parts[i] for i, chain in enumerate(self.chains))
        mixed = mixed / keras.ops.sum(parts)
        return drawn[-1] * images + (1 - drawn[-1]) * mixed
''',
    }
)
"""The classes of featx's own layers by their names, as a script holds them: `augmentation/layers.py` without what Keras does
by itself in a script. A test holds each against its layer."""

_IDLE = ("name", "trainable", "dtype", "data_format")


def augmenting(spec: Augmented, name: str) -> str:
    """Write the function that makes the copies of images.

    Args:
        spec: Which transforms, how many copies.
        name: What to call it; its layers are called the same in capitals.
    """
    constructors, classes = layer_code(spec.transforms)
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


def layer_code(transforms: Transforms, seed: int = 0) -> tuple[list[str], str]:
    """Write how the layers of transforms are made.

    Args:
        transforms: As `check_transforms` gives them.
        seed: Of their layers.

    Returns:
        Their constructors, and the classes that Keras lacks.
    """
    written: list[str] = []
    classes: dict[str, str] = {}
    for name, strength in transforms:
        own = (seed + zlib.crc32(name.encode())) % 2**31
        for layer in AUGMENTATIONS[name].layers(strength, own):
            kind = type(layer).__name__
            if kind not in LAYER_CODE:
                written.append(_constructor(layer))
                continue
            classes[kind] = LAYER_CODE[kind]
            around = f"{_constructor(layer.inner)}, {layer.width}" if kind == "Mirrored" else f"{strength!r}, {own}"
            written.append(f"{kind}({around})")
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
