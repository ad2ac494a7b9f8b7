"""The ways to extract features: one file each, and the registry of them all."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from featx_core.methods.pretrained import Pretrained
from featx_core.methods.spec import Spec, SpecError, parse_spec

if TYPE_CHECKING:
    from featx_core.extractor import Extractor
    from featx_core.progress import ProgressCallback
    from featx_core.workspace import Workspace

METHODS: Mapping[str, type[Spec]] = MappingProxyType({Pretrained.method: Pretrained})

__all__ = ["METHODS", "Pretrained", "Spec", "SpecError", "build", "spec_from_json"]


def spec_from_json(text: str) -> Spec:
    """Read any spec from its JSON form.

    Raises:
        SpecError: If the text is no such form, or names an unknown method, version, field or type.
    """
    return parse_spec(text, METHODS)


def build(
    spec: Spec, workspace: "Workspace | None" = None, *, on_progress: "ProgressCallback | None" = None
) -> "Extractor":
    """Make the extractor that a spec describes.

    Args:
        spec: Any way to extract features.
        workspace: Where weights that the user brought are kept. Not needed for other weights.
        on_progress: Called with bytes done and bytes in all while weights are downloaded.

    Returns:
        An extractor, ready to run.
    """
    return spec.build(workspace, on_progress=on_progress)
