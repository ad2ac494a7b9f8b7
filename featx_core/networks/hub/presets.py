"""Trained weights for networks of KerasHub: from a preset that the user brings, or from KerasHub's own places."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.backbones.hub_presets import HubPreset, has_keras_hub
from featx_core.base.files.h5_faults import H5_FAULTS
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.hub import graph
from featx_core.networks.hub.keras_hub import load_keras_hub
from featx_core.networks.hub.preset_files import CONFIG, HDF5, WEIGHTS, PresetFiles, pack_preset, read_preset
from featx_core.networks.hub.weights_file import checked_copy
from featx_core.networks.weights_loading import WeightsError

if TYPE_CHECKING:
    import keras

    from featx_core.backbones.registry import Backbone
    from featx_core.base.progress import ProgressCallback

ALLOWED: Mapping[str, Any] = MappingProxyType(
    {
        "use_query_bias": (False, True),
        "use_key_bias": (False, True),
        "use_value_bias": (False, True),
        "use_proj_bias": (False, True),
        "use_mlp_bias": (False, True),
        "use_mha_bias": (False, True),
        "use_mask_token": (False, True),
        "use_learnable_affine_block": (False, True),
        "antialias_in_interpolation": (False, True),
        "intermediate_activation": ("gelu", "gelu_approximate", "quick_gelu"),
        "hidden_activation": ("gelu", "gelu_approximate", "quick_gelu"),
        "layer_norm_eps": (1e-6, 1e-5, 1e-12),
        "layer_norm_epsilon": (1e-6, 1e-5, 1e-12),
    }
)
"""What presets of one architecture may differ in, and the values that are taken from them. All else is the row's."""

POLL_SECONDS = 1.0


def load_brought(
    backbone: Backbone, image_size: tuple[int, int], content: bytes, name: str
) -> tuple[keras.Model, tuple[str, ...]]:
    """Make a network with the weights that the user brought.

    Args:
        backbone: A row of `BACKBONES` that has a preset.
        image_size: Height and width of the input.
        content: A zip of a preset, or the file that `save_weights` of a backbone of KerasHub wrote.
        name: What to call it in an error.

    Returns:
        The network, and what people should know of it.

    Raises:
        SpecError: If KerasHub is not installed.
        WeightsError: If the file is something else, is of another architecture, or holds values that are not finite.
    """
    network = graph.build(backbone, image_size)
    if content.startswith(HDF5):
        _load(network, content, name, backbone, is_within=False)
        return network, ()
    return _filled(network, backbone, read_preset(content, name), name)


def load_trained(network: keras.Model, backbone: Backbone, on_progress: ProgressCallback | None) -> keras.Model:
    """Load the trained weights, downloaded from KerasHub's own places where they are not here yet.

    Args:
        network: As `graph.build` makes it. Changed in place, unless the preset has other biases.
        backbone: Its row.
        on_progress: Called with bytes that have arrived and bytes in all.

    Returns:
        The network with its weights.

    Raises:
        WeightsError: If the weights cannot be had or are not what they should be.
    """
    folder = find_preset(backbone) or _download(backbone, on_progress)
    name = _preset(backbone).name
    return _filled(network, backbone, read_preset(pack_preset(folder), name), name)[0]


def _filled(
    network: keras.Model, backbone: Backbone, files: PresetFiles, name: str
) -> tuple[keras.Model, tuple[str, ...]]:
    """Load a preset into a network, or into one that is built anew as the preset says."""
    preset = _preset(backbone)
    config, is_within = _config_of(files.config, preset, backbone.title, name)
    taken = _taken(config, preset, backbone.title, name)
    own = graph.made_from(network).get_config()
    if any(own.get(key) != value for key, value in taken.items()):
        network = graph.build(backbone, tuple(network.input.shape[1:3]), **taken)
    _load(network, files.weights, name, backbone, is_within=is_within)
    return network, _notes(files, backbone)


def find_preset(backbone: Backbone) -> Path | None:
    """Look where KerasHub keeps what it has downloaded. None: the preset, or KerasHub itself, is not here."""
    folder = _cache(_preset(backbone))
    is_whole = all((folder / name).is_file() for name in (CONFIG, WEIGHTS))
    return folder if is_whole and has_keras_hub() else None


def _preset(backbone: Backbone) -> HubPreset:
    if backbone.preset is None:
        raise ValueError(f"{backbone.title} does not come from KerasHub.")
    return backbone.preset


def _cache(preset: HubPreset) -> Path:
    """Source: `kagglehub.config.get_cache_folder` and `kagglehub.cache`."""
    home = os.environ.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub"
    return Path(home) / "models" / preset.handle


def _download(backbone: Backbone, on_progress: ProgressCallback | None) -> Path:
    """Have KerasHub's own library download the preset, in a thread, and tell how far it is by what has arrived."""
    preset, failures = _preset(backbone), list[Exception]()
    load_keras_hub(backbone)

    def run() -> None:
        import kagglehub

        try:
            for name in (CONFIG, WEIGHTS):
                kagglehub.model_download(preset.handle, path=name)
        except Exception as error:  # whatever the network and the other library make of it
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_SECONDS)
        if on_progress is not None:
            on_progress(min(_arrived(_cache(preset).parent), preset.download_bytes - 1), preset.download_bytes)
    if failures:
        raise WeightsError(
            f"The preset {preset.name} (about {preset.download_bytes / 1e6:.0f} MB) could not be downloaded: "
            f"{type(failures[0]).__name__}. Bring a zip of the preset as your own file, or choose another backbone."
        ) from failures[0]
    if on_progress is not None:
        on_progress(preset.download_bytes, preset.download_bytes)
    return _cache(preset)


def _arrived(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def _config_of(config: dict[str, Any], preset: HubPreset, title: str, name: str) -> tuple[dict[str, Any], bool]:
    """Find the part of the preset that is this network, and whether it stands beside a text encoder."""
    if config.get("class_name") == preset.class_name:
        return config["config"], False
    beside = config["config"].get("vision_encoder")
    if preset.within and config.get("class_name") == preset.within and isinstance(beside, dict):
        inner = beside.get("config")
        if beside.get("class_name") == preset.class_name and isinstance(inner, dict):
            return inner, True
    raise WeightsError(
        f"`{name}` is a preset of {str(config.get('class_name'))[:60]!r}, and {title} is made by "
        f"{preset.class_name}. Choose the backbone that the preset is of."
    )


def _taken(config: dict[str, Any], preset: HubPreset, title: str, name: str) -> dict[str, Any]:
    """Compare what the preset says of its architecture with the row, and take the few things that may differ."""
    for key, wanted in preset.config.items():
        found = config.get(key)
        found = tuple(found) if isinstance(found, list) else found
        is_same = found == wanted or (key == "patch_size" and found == (wanted, wanted))
        if key not in ALLOWED and not is_same:
            raise WeightsError(
                f"`{name}` is of another architecture than {title}: its {key} is {str(found)[:60]}, and here it must be "
                f"{wanted}. Choose the backbone that the preset is of."
            )
    taken = {key: config[key] for key in ALLOWED if key in config}
    for key, value in taken.items():
        if isinstance(value, list | dict) or value not in ALLOWED[key]:
            raise WeightsError(f"`{name}` says {key} is {str(value)[:60]!r}, which {title} does not take.")
    return taken


def _load(network: keras.Model, content: bytes, name: str, backbone: Backbone, *, is_within: bool) -> None:
    made = graph.made_from(network)
    for variable in made.weights:  # Keras leaves what a file does not hold as it was, and only warns
        variable.assign(np.full(variable.shape, np.nan if "float" in variable.dtype else -1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        try:
            checked_copy(content, path, name, limit=2 * made.count_params(), is_within=is_within)
            made.load_weights(path)
        except H5_FAULTS as error:
            raise WeightsError(f"The weights in `{name}` do not fit {backbone.title}, or are damaged.") from error
    if not all(_is_usable(variable.numpy()) for variable in made.weights):
        raise WeightsError(f"Some weights in `{name}` are not finite or missing, so nothing could be computed with it.")


def _is_usable(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() if values.dtype.kind == "f" else (values >= 0).all())


def _notes(files: PresetFiles, backbone: Backbone) -> tuple[str, ...]:
    """Say so if the preset scales its images otherwise than the row."""
    if files.converter is None:
        return ()
    ends = np.stack([np.zeros((1, 1, 3)), np.full((1, 1, 3), 255.0)])
    low, high = PREPROCESSING[backbone.preprocessing](ends).reshape(2, 3)
    config = files.converter["config"]
    try:
        theirs = [
            np.broadcast_to(np.asarray(config.get(key) or other, float), 3)
            for key, other in (("scale", 1), ("offset", 0))
        ]
    except (TypeError, ValueError):
        theirs = [np.full(3, np.nan)] * 2
    if np.allclose(theirs[0], (high - low) / 255, rtol=1e-3) and np.allclose(theirs[1], low, atol=1e-3):
        return ()
    here = PREPROCESSING[backbone.preprocessing].sentence
    return (f"The preset scales its images otherwise than {backbone.title} does here: {here}.",)
