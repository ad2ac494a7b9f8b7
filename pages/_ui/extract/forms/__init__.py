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
from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.workspace import Workspace
from pages._ui.extract.forms.asked import Asked
from pages._ui.extract.forms.augmented import augmented
from pages._ui.extract.forms.fine_tuned import fine_tuned
from pages._ui.extract.forms.pretrained import pretrained
from pages._ui.extract.forms.sequential import sequential
from pages._ui.extract.forms.transform import lambda_transform

__all__ = ["FORMS", "Asked", "Form", "method_picker"]

Form = Callable[[Workspace], Asked]
FORMS: Mapping[str, Form] = MappingProxyType(
    {
        Pretrained.method: pretrained,
        CustomSequential.method: sequential,
        Augmented.method: augmented,
        FineTuned.method: fine_tuned,
        LambdaTransform.method: lambda_transform,
    }
)


def offered(images: ImageSet) -> list[str]:
    """List the ways to extract that this workspace has something for: without images, those that take vectors."""
    return [name for name in FORMS if len(images) or METHODS[name].takes_tables]


def method_picker(images: ImageSet) -> str:
    """Let the user pick a way to extract; with a single one there is nothing to pick."""
    names = offered(images)
    if len(names) == 1:
        return names[0]
    picked = st.segmented_control(
        "Method",
        names,
        default=names[0],
        required=True,
        format_func=lambda name: METHODS[name].title,
        key="method",
        persist_state="session",
    )
    st.caption(METHODS[picked].sentence)
    return picked
