"""All kinds of specs by name, and reading them from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec, parse_spec
from featx_core.specs.vector_table import VectorTable

SPECS: Mapping[str, type[Spec]] = MappingProxyType(
    {
        kind.method: kind
        for kind in (Pretrained, OwnModel, CustomSequential, Augmented, FineTuned, LambdaTransform, VectorTable)
    }
)


def spec_from_json(text: str) -> Spec:
    """Read any spec from its JSON form.

    Raises:
        SpecError: If the text is no such form, or names an unknown method, version, field or type.
    """
    return parse_spec(text, SPECS)
