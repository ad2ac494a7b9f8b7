"""The parameters of each way to extract, as a form that gives a spec."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from featx_core.methods import METHODS, Augmented, FineTuned, LambdaTransform, Pretrained
from featx_core.workspace import Workspace
from pages._ui.forms.asked import Asked
from pages._ui.forms.augmented import augmented
from pages._ui.forms.fine_tuned import fine_tuned
from pages._ui.forms.pretrained import pretrained
from pages._ui.forms.transform import lambda_transform

__all__ = ["FORMS", "Asked", "Form", "method_picker"]

Form = Callable[[Workspace], Asked]
FORMS: Mapping[str, Form] = MappingProxyType(
    {
        Pretrained.method: pretrained,
        Augmented.method: augmented,
        FineTuned.method: fine_tuned,
        LambdaTransform.method: lambda_transform,
    }
)


def method_picker() -> str:
    """Let the person pick a way to extract; with a single one there is nothing to pick."""
    names = list(FORMS)
    if len(names) == 1:
        return names[0]
    picked = st.segmented_control(
        "Method",
        names,
        default=names[0],
        required=True,
        format_func=lambda name: METHODS[name].method_title,
        key="method",
        persist_state="session",
    )
    st.caption(METHODS[picked].method_sentence)
    return picked
