"""Which features a command extracts: options of a pretrained network, or any spec as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx_core.architecture.layers import find_layer
from featx_core.command.outcome import CommandError
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.methods.registry import outline
from featx_core.networks.own.bringing import add_model
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import Spec

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

FREE_SIDE = 224
"""Of the input of a model that takes images of any size."""

MODEL_OPTIONS = ("layer", "pooling", "image_size", "fit")
OPTIONS = ("backbone", "weights", "layer", "pooling", "image_size", "fit", "precision", "seed")
DEFAULT_BACKBONE = "efficientnet_lite0"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe the features."""
    group = parser.add_argument_group(
        "what to extract", "A pretrained network by its options, or any way to extract by the JSON of a run."
    )
    group.add_argument("--backbone", metavar="NAME", help=f"network, such as resnet50 (default: {DEFAULT_BACKBONE})")
    group.add_argument("--weights", choices=("imagenet", "embedded", "random"), help="default: as it was trained")
    group.add_argument("--layer", metavar="LAYER", help="index, name or stage such as stage3 (default: the last)")
    group.add_argument("--pooling", choices=("avg", "max", "flatten", "none"), help="of maps (default: avg)")
    group.add_argument("--image-size", metavar="PIXELS", help="side of the input, or HEIGHTxWIDTH")
    group.add_argument("--fit", choices=("crop", "stretch", "pad", "resize_crop"), help="default: crop")
    group.add_argument("--precision", choices=("float32", "bfloat16"), help="default: float32")
    group.add_argument("--seed", type=int, help="of random weights (default: 0)")
    group.add_argument("--model", metavar="FILE", help="a .keras model of your own, instead of a pretrained network")
    group.add_argument(
        "--preprocessing",
        choices=tuple(PREPROCESSING),
        help="what that model was trained on (default: what its file says)",
    )
    group.add_argument("--spec", metavar="FILE", help="JSON of a run, as the app copies it; - for standard input")


def own_model(arguments: argparse.Namespace, workspace: Workspace) -> Spec:
    """Bring the model that `--model` names into a workspace, and make its spec, tapped at its last map unless told.

    Raises:
        CommandError: If an option has nothing to do with it, or the file does not say what it was trained on.
        ModelFileError: If the model cannot be used.
        SpecError: If there is no such layer or size.
    """
    given = _parsed({name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None})
    for name in given:
        if name not in MODEL_OPTIONS:
            raise CommandError(f"--model names the network; leave out --{name}.")
    facts = add_model(workspace, arguments.model)
    preprocessing = arguments.preprocessing or facts.suggested
    if preprocessing is None:
        raise CommandError(
            f"{facts.name} does not say what it was trained on: state it with --preprocessing, one of "
            f"{', '.join(facts.presets)}."
        )
    height, width = (side or FREE_SIDE for side in facts.input_shape[:2])
    size = given.pop("image_size", (height, width))
    whole = OwnModel(facts.weights, facts.name, size, preprocessing, fit=given.pop("fit", "crop"))
    layers = outline(whole, workspace).layers
    stages = [info.stage for info in layers if info.stage]
    layer = given.get("layer", stages[-1] if stages else None)
    has_map = layers[find_layer(layers, layer)].is_spatial
    return dataclasses.replace(whole, layer=layer, pooling=given.get("pooling", "avg" if has_map else None))


def spec_of(arguments: argparse.Namespace) -> Spec:
    """Read the spec that the options name.

    Raises:
        CommandError: If a file of JSON cannot be read, or both ways are used at once.
        SpecError: If there is no such extractor.
    """
    given = {name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None}
    if arguments.preprocessing is not None:
        raise CommandError("--preprocessing is for --model alone: pretrained networks bring their own.")
    if arguments.spec is None:
        return Pretrained(**{"backbone": DEFAULT_BACKBONE, **_parsed(given)})
    if given:
        option = next(iter(given)).replace("_", "-")
        raise CommandError(f"--spec says all; leave out --{option}, or change it in the JSON.")
    return spec_from_json(_read(arguments.spec))


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The spec {name} cannot be read as text.") from error


def _parsed(given: dict[str, Any]) -> dict[str, Any]:
    parsed = dict(given)
    if "layer" in parsed and parsed["layer"].lstrip("-").isdigit():
        parsed["layer"] = int(parsed["layer"])
    if parsed.get("pooling") == "none":
        parsed["pooling"] = None
    if "image_size" in parsed:
        parsed["image_size"] = _size(parsed["image_size"])
    return parsed


def _size(text: str) -> tuple[int, int]:
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isascii() and side.isdigit() for side in sides):
        raise CommandError(f"--image-size takes a side such as 224, or HEIGHTxWIDTH such as 224x320. Received: {text}.")
    return int(sides[0]), int(sides[-1])
