"""Gate 1: the configuration of a `.keras` file is walked without Keras. Only what is allowed is passed on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from featx_core.base.files.file_names import shown_text
from featx_core.networks.own.allowed import DANGERS, MAX_SHOWN, MODELS, VALUES, problem_of
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.limits import MAX_LAYERS

MAX_CONFIG_BYTES = 5_000_000
MAX_WIDTH = 65_536  # units, filters, heads
MAX_WINDOW = 4_096  # sides of kernels, strides, paddings
MAX_VALUES = 2**28  # in one image at a layer
REDUCED, FULL = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"), "float32"
"""How Keras names precisions, and the one that models of the user compute in."""

WIDTHS = frozenset(
    {
        "units",
        "filters",
        "depth_multiplier",
        "input_dim",
        "output_dim",
        "key_dim",
        "value_dim",
        "num_heads",
        "groups",
        "n",
        "head_dim",
        "num_query_heads",
    }
)
WINDOWS = frozenset(
    {
        "kernel_size",
        "pool_size",
        "strides",
        "dilation_rate",
        "size",
        "padding",
        "cropping",
        "height",
        "width",
        "output_size",
    }
)
SHAPES = frozenset(
    {
        "batch_shape",
        "batch_input_shape",
        "input_shape",
        "build_input_shape",
        "target_shape",
        "shape",
        "output_shape",
    }
)


def read_config(content: bytes) -> dict[str, Any]:
    """Read the configuration of a model, walk it, and leave out how it was trained.

    Args:
        content: The JSON.

    Returns:
        The same, without the settings of optimizers, losses and metrics, which often name code of the author and are not
        needed; and in float32, whatever precision it was trained in.

    Raises:
        ModelFileError: If it is no JSON, names a part that is not allowed, or is too large. The message can follow the name
            of the file.
    """
    try:
        config = _without_training(json.loads(content))
    except (ValueError, RecursionError):
        raise ModelFileError("is damaged: its configuration cannot be read.") from None
    if not isinstance(config, dict) or "class_name" not in config:
        raise ModelFileError("is damaged: its configuration describes no model.")
    n_layers = 0
    for part in _parts(config):
        n_layers += "inbound_nodes" in part or "build_config" in part
        _check_class(part)
        _check_sizes(part)
        if n_layers > MAX_LAYERS:
            raise ModelFileError(f"has more than {MAX_LAYERS} layers.")
    if config["class_name"] not in MODELS:
        raise ModelFileError(
            f"is a `{shown_text(str(config['class_name']), MAX_SHOWN)}`, no functional or sequential model."
        )
    return config


def _without_training(value: Any) -> Any:
    if isinstance(value, dict):
        whole = {key: _without_training(item) for key, item in value.items() if key != "compile_config"}
        return _in_full_precision(whole)
    return [_without_training(item) for item in value] if isinstance(value, list) else value


def _in_full_precision(part: dict[str, Any]) -> dict[str, Any]:
    settings = part.get("config")
    if part.get("class_name") == "DTypePolicy" and isinstance(settings, dict) and settings.get("name") in REDUCED:
        return {**part, "config": {**settings, "name": FULL}}
    return {**part, "dtype": FULL} if part.get("dtype") in REDUCED else part


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Walk all objects of a configuration, the outermost first."""
    ahead = [value]
    while ahead:
        item = ahead.pop()
        if isinstance(item, dict):
            yield item
            ahead += item.values()
        elif isinstance(item, list):
            ahead += item


def _check_class(part: Mapping[str, Any]) -> None:
    if "class_name" not in part:
        if _is_code(part):
            raise ModelFileError(f"{DANGERS['__lambda__']}, and save the model again.")
        return
    name = part["class_name"]
    if isinstance(name, str) and name in VALUES:
        return
    problem = problem_of(name, part.get("module"), part.get("registered_name"))
    if problem:
        raise ModelFileError(f"{problem}, and save the model again.")
    settings = part.get("config")
    if isinstance(settings, dict) and settings.get("data_format") == "channels_first":
        raise ModelFileError(f"has channels first, in layer `{_named(settings)}`. Only channels last can be read.")


def _is_code(part: Mapping[str, Any]) -> bool:
    """Tell a function as Keras writes one for an activation: its code, defaults and closure, without a class."""
    value = part.get("value")
    return len(part) == 1 and isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)


def _check_sizes(part: Mapping[str, Any]) -> None:
    for key, value in part.items():
        numbers = list(_numbers(value)) if key in WIDTHS | WINDOWS | SHAPES else []
        limit = MAX_WIDTH if key in WIDTHS else MAX_WINDOW if key in WINDOWS else MAX_VALUES
        if any(not abs(number) <= limit for number in numbers) or (key in SHAPES and _n_values(value) > MAX_VALUES):
            words = f"`{key}` of {value}" if len(str(value)) < 60 else f"a `{key}`"
            raise ModelFileError(f"is too large: it has {words} in layer `{_named(part)}`.")


def _n_values(value: Any) -> float:
    """Return how many values the largest shape among some has: a layer of several inputs has several."""
    if not isinstance(value, list):
        return 0
    inner = [_n_values(item) for item in value if isinstance(item, list)]
    return max([math.prod(abs(number) for number in value if isinstance(number, int | float) and number), *inner])


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _named(part: Mapping[str, Any]) -> str:
    return shown_text(str(part.get("name", "unnamed")), MAX_SHOWN)
