"""The ways to extract features: one file each, and the registry of them all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from featx_core.base.progress import as_stages
from featx_core.methods.augmented import Augmented
from featx_core.methods.custom_sequential import CustomSequential
from featx_core.methods.fine_tuned import FineTuned
from featx_core.methods.lambda_transform import LambdaTransform
from featx_core.methods.pretrained import Pretrained
from featx_core.methods.vector_table import VectorTable
from featx_core.specs.spec import Spec, SpecError, parse_spec

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

METHODS: Mapping[str, type[Spec]] = MappingProxyType(
    {way.method: way for way in (Pretrained, CustomSequential, Augmented, FineTuned, LambdaTransform)}
)

SOURCES: Mapping[str, type[Spec]] = MappingProxyType({VectorTable.method: VectorTable})
"""What is brought in rather than extracted: specs as those of `METHODS`, which stand in the ledger and in other specs."""

__all__ = [
    "METHODS",
    "SOURCES",
    "Augmented",
    "CustomSequential",
    "FineTuned",
    "LambdaTransform",
    "Pretrained",
    "Spec",
    "SpecError",
    "VectorTable",
    "build",
    "spec_from_json",
    "train",
]


def spec_from_json(text: str) -> Spec:
    """Read any spec from its JSON form.

    Raises:
        SpecError: If the text is no such form, or names an unknown method, version, field or type.
    """
    return parse_spec(text, {**METHODS, **SOURCES})


def train(spec: Spec, workspace: Workspace, *, on_progress: StageCallback | ProgressCallback | None = None) -> Spec:
    """Learn what a spec wants learned from the images of a workspace; give the spec that names the trained weights.

    Args:
        spec: Any way to extract features. One that needs no training is given as it is.
        workspace: Holds the images and labels; takes the trained weights and the record of the training.
        on_progress: Called with steps done and steps in all of each stage; one with a method `stage` is also told the
            names of the stages. When it raises `Cancelled`, the best weights so
            far are kept.

    Raises:
        ValueError: If these images and labels cannot be learned from. The message says what is missing.
    """
    return spec.train(workspace, as_stages(on_progress))


def build(spec: Spec, workspace: Workspace | None = None, *, on_progress: ProgressCallback | None = None) -> Extractor:
    """Make the extractor that a spec describes.

    Args:
        spec: Any way to extract features.
        workspace: Where weights that the user brought are kept. Not needed for other weights.
        on_progress: Called with bytes done and bytes in all while weights are downloaded.

    Returns:
        An extractor, ready to run.

    Raises:
        SpecError: If the spec cannot be built, or must be trained first.
    """
    if spec.needs_training:
        raise SpecError("This extractor has nothing learned yet. Train it first: `spec = fx.train(spec, workspace)`.")
    return spec.build(workspace, on_progress=on_progress)
