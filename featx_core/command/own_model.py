"""A model of the user's own on the command line: what `--model` names, as a spec."""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from featx_core.architecture.layers import find_layer
from featx_core.command.outcome import CommandError
from featx_core.command.specs import given_options
from featx_core.methods.registry import outline
from featx_core.networks.own.bringing import add_model
from featx_core.networks.own.limits import FREE_SIDE
from featx_core.specs.own_model import OwnModel

if TYPE_CHECKING:
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace

OPTIONS = ("layer", "pooling", "image_size", "fit")


def own_model(arguments: argparse.Namespace, workspace: Workspace) -> Spec:
    """Bring the model that `--model` names into a workspace, and make its spec, tapped at its last map unless told.

    Raises:
        CommandError: If an option has nothing to do with it, or the file does not say what it was trained on.
        ModelFileError: If the model cannot be used.
        SpecError: If there is no such layer or size.
    """
    given = given_options(arguments)
    for name in given:
        if name not in OPTIONS:
            raise CommandError(f"--model names the network; leave out --{name}.")
    if arguments.spec is not None:
        raise CommandError("--spec says all; leave out --model.")
    facts = add_model(workspace, arguments.model)
    preprocessing = arguments.preprocessing or facts.suggested
    if preprocessing is None:
        raise CommandError(
            f"{facts.name} does not say what it was trained on: state it with --preprocessing, one of "
            f"{', '.join(facts.presets)}."
        )
    height, width = (side or FREE_SIDE for side in facts.input_shape[:2])
    size = given.pop("image_size", (height, width))
    whole = OwnModel(facts.weights, facts.name, size, preprocessing, fit=given.pop("fit", "crop"), format=facts.format)
    layers = outline(whole, workspace).layers
    stages = [info.stage for info in layers if info.stage]
    layer = given.get("layer", stages[-1] if stages else None)
    has_map = layers[find_layer(layers, layer)].is_spatial
    return dataclasses.replace(whole, layer=layer, pooling=given.get("pooling", "avg" if has_map else None))
