"""Which features a command extracts: options of a pretrained network, or any spec as JSON."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx_core.command.outcome import CommandError
from featx_core.command.vectors import opened
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import Spec

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

OPTIONS = ("backbone", "weights", "layer", "pooling", "image_size", "fit", "precision", "seed")
DEFAULT_BACKBONE = "efficientnet_lite0"
_INDEX = re.compile(r"-?[0-9]{1,9}")
_FILE = re.compile(r'"file:([0-9a-f]{64})"')
"""How a spec names a file of its workspace."""


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
    group.add_argument(
        "--model", metavar="FILE", help="a .keras or .onnx model of your own, instead of a pretrained network"
    )
    group.add_argument(
        "--preprocessing",
        choices=tuple(PREPROCESSING),
        help="what that model was trained on (default: what its file says)",
    )
    group.add_argument("--spec", metavar="FILE", help="JSON of a run, as the app copies it; - for standard input")
    group.add_argument(
        "--files-from",
        metavar="WORKSPACE",
        help="the workspace (.featx) of that run, where it learned or uses your weights",
    )


def spec_of(arguments: argparse.Namespace) -> Spec:
    """Read the spec that the options name.

    Raises:
        CommandError: If a file of JSON cannot be read, or both ways are used at once.
        SpecError: If there is no such extractor.
    """
    given = given_options(arguments)
    if arguments.model is not None:
        raise CommandError("--model is for one machine. On many, use the JSON of a run of it, with --files-from.")
    if arguments.preprocessing is not None:
        raise CommandError("--preprocessing is for --model alone: pretrained networks bring their own.")
    if arguments.spec is None:
        return Pretrained(**{"backbone": DEFAULT_BACKBONE, **given})
    if given:
        option = next(iter(given)).replace("_", "-")
        raise CommandError(f"--spec says all; leave out --{option}, or change it in the JSON.")
    return spec_from_json(_read(arguments.spec))


def bring_files(spec: Spec, source: str | None, workspace: Workspace) -> None:
    """Put the files that a spec names into a workspace: weights that were learned or brought.

    Args:
        spec: What is extracted.
        source: Path of a workspace that holds them; None where none is named.
        workspace: Where features are computed.

    Raises:
        CommandError: If the spec takes no images, or a file is neither here nor there.
    """
    if not spec.takes_images:
        raise CommandError(f"{spec.title} is a table of numbers, not a way to extract features from images.")
    missing = set(_FILE.findall(spec.to_json())) - set(workspace.artefacts())
    if not missing:
        return
    if source is None:
        raise CommandError(
            "This run uses weights that its workspace holds. Download the workspace in the app and name it: "
            "--files-from run.featx"
        )
    with opened(source) as other:
        names = other.artefacts()
        for digest in sorted(missing):
            if digest not in names:
                raise CommandError(f"{source} does not hold the weights of this run ({digest[:8]}).")
            workspace.put_artefact(names[digest], other.artefact(digest))


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The spec {name} cannot be read as text.") from error


def given_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given, as fields of a spec.

    Raises:
        CommandError: If a size is none.
    """
    parsed = {name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None}
    if "layer" in parsed and _INDEX.fullmatch(parsed["layer"]):
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
