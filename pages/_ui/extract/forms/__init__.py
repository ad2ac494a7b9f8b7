"""The parameters of each way to extract, as a form that gives a spec."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from featx_core.images.image_set import ImageSet
from featx_core.methods.registry import METHODS
from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec
from featx_core.workspace.workspace import Workspace
from pages._ui.extract.forms import augmented, fine_tuned, own_model, pretrained, sequential, transform
from pages._ui.extract.forms.asked import Asked
from pages._ui.shell import session

__all__ = ["FILLS", "FORMS", "Asked", "Form", "fill", "method_picker"]

Form = Callable[[Workspace], Asked]
FORMS: Mapping[str, Form] = MappingProxyType(
    {
        Pretrained.method: pretrained.pretrained,
        OwnModel.method: own_model.own_model,
        CustomSequential.method: sequential.sequential,
        Augmented.method: augmented.augmented,
        FineTuned.method: fine_tuned.fine_tuned,
        LambdaTransform.method: transform.lambda_transform,
    }
)
FILLS: Mapping[str, Callable[[Spec, Workspace], None]] = MappingProxyType(
    {
        Pretrained.method: pretrained.fill,
        OwnModel.method: own_model.fill,
        CustomSequential.method: sequential.fill,
        Augmented.method: augmented.fill,
        FineTuned.method: fine_tuned.fill,
        LambdaTransform.method: transform.fill,
    }
)


def offered(images: ImageSet) -> list[str]:
    """List the ways to extract that this workspace has something for: without images, those that take vectors."""
    return [name for name in FORMS if len(images) or METHODS[name].takes_tables]


def fill(spec: Spec, workspace: Workspace) -> None:
    """Put the settings of a spec into the form of its method, before it is drawn."""
    session.remember("method", spec.method)
    FILLS[spec.method](spec, workspace)


def method_picker(images: ImageSet) -> str:
    """Let the user pick a way to extract; with a single one there is nothing to pick."""
    names = offered(images)
    if len(names) == 1:
        return names[0]
    return st.segmented_control(
        "Method",
        names,
        default=names[0],
        required=True,
        format_func=lambda name: METHODS[name].title,
        key="method",
        persist_state="session",
        help="  \n".join(f"**{METHODS[name].title}**: {METHODS[name].sentence}" for name in names),
    )
