"""The form of a model of the user."""

import dataclasses

import streamlit as st

from featx_core.architecture.outline import Outline
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.own.facts import ModelFacts
from featx_core.specs.own_model import OwnModel
from featx_core.specs.spec import Spec, SpecError
from featx_core.workspace.workspace import Workspace
from pages._ui.extract import model_files
from pages._ui.extract.forms.asked import Asked
from pages._ui.extract.forms.taps import pick_layer, pick_pooling
from pages._ui.networks import outlines
from pages._ui.networks.layer_choices import LAST
from pages._ui.shell import formatting, fragments, questions, session
from pages._ui.shell.inputs import fit_picker

_FREE_SIDE = 224


def own_model(workspace: Workspace) -> Asked:
    """Show the parameters of a model of the user."""
    facts = model_files.pick(workspace)
    preprocessing = _preprocessing(facts)
    output = _output(facts)
    layer_place = st.container()
    with st.expander("Advanced", icon=":material/tune:", key="own_advanced", on_change="rerun"):
        pooling_place = st.container()
        size, fit = _size(facts), fit_picker()
        class_names = _class_names(facts, output)
    try:
        whole = OwnModel(
            facts.weights,
            facts.name,
            size,
            preprocessing,
            output,
            fit=fit,
            class_names=class_names,
            format=facts.format,
        )
        outline = outlines.fetch(whole)
        with layer_place:
            layer = pick_layer(outline, layer_key(facts.weights, output), _last_map(outline))
        with pooling_place:
            pooling = pick_pooling(outline, layer)
        spec = dataclasses.replace(whole, layer=layer, pooling=pooling)
    except SpecError as error:
        st.warning(formatting.escape(str(error)), icon=":material/rule:")
        fragments.end_page()
    except questions.NoAnswerError as error:
        questions.stop(error)
    return Asked(spec, layer_key=layer_key(facts.weights, output))


def fill(spec: Spec, workspace: Workspace) -> None:
    """Put the settings of a spec into the form, before it is drawn."""
    del workspace
    if not isinstance(spec, OwnModel):
        return
    session.remember(model_files.DIGEST_KEY, spec.weights.removeprefix("file:"))
    session.remember(_key("preprocessing", spec.weights), spec.preprocessing)
    session.remember(_key("output", spec.weights), spec.output)
    session.remember(_key("height", spec.weights), spec.image_size[0])
    session.remember(_key("width", spec.weights), spec.image_size[1])
    session.remember(_key("classes", spec.weights), "\n".join(spec.class_names))
    session.remember(layer_key(spec.weights, spec.output), LAST if spec.layer is None else spec.layer)
    session.remember("pooling", spec.pooling or "none")
    session.remember("fit", spec.fit)


def layer_key(weights: str, output: int) -> str:
    """Return the key under which the picked layer of a model is kept."""
    return _key(f"layer_{output}", weights)


def _key(name: str, weights: str) -> str:
    return f"own_{name}_{weights.removeprefix('file:')[:12]}"


def _preprocessing(facts: ModelFacts) -> str:
    """Let the user state what the model was trained on. Stops the page until it is stated where the file says nothing."""
    presets = list(facts.presets)
    chosen = st.selectbox(
        "Preprocessing",
        presets,
        index=presets.index(facts.suggested) if facts.suggested else None,
        format_func=lambda name: PREPROCESSING[name].sentence,
        placeholder="What the model was trained on",
        key=_key("preprocessing", facts.weights),
        persist_state="session",
        help="A file does not say how images were scaled for training, and with another scaling the features are worthless. "
        "The first choice is a guess from the model's own scaling layers, or from what its batch normalization saw.",
    )
    if chosen is None:
        st.caption("State the preprocessing to continue.")
        fragments.end_page()
    if warning := facts.warning(chosen):
        st.warning(formatting.escape(warning), icon=":material/warning:")
    return chosen


def _output(facts: ModelFacts) -> int:
    if len(facts.outputs) == 1:
        return 0
    return st.selectbox(
        "Output",
        range(len(facts.outputs)),
        format_func=lambda number: f"{facts.outputs[number].name}, {formatting.sides(facts.outputs[number].shape)}",
        key=_key("output", facts.weights),
        persist_state="session",
        help="The network ends here: layers that lead to other outputs alone are left out.",
    )


def _last_map(outline: Outline | None) -> str | None:
    """Return the last stage of a network: at first features come from its last map, and not from its classes."""
    stages = [info.stage for info in outline.layers if info.stage] if outline is not None else []
    return stages[-1] if stages else None


def _size(facts: ModelFacts) -> tuple[int, int]:
    sides = [
        side
        or int(
            st.number_input(
                f"Input {name} (pixels)",
                16,
                1024,
                _FREE_SIDE,
                32,
                key=_key(name, facts.weights),
                persist_state="session",
            )
        )
        for name, side in zip(("height", "width"), facts.input_shape[:2], strict=True)
    ]
    return sides[0], sides[1]


def _class_names(facts: ModelFacts, output: int) -> tuple[str, ...]:
    """Let the user name the classes of a classifier; without names they are numbered, unless only names say that it is one."""
    n_classes, is_open = facts.outputs[output].n_classes, facts.outputs[output].needs_names
    if not n_classes:
        return ()
    text = st.text_area(
        f"Names of the {n_classes} classes, if it is a classifier" if is_open else f"Names of the {n_classes} classes",
        key=_key("classes", facts.weights),
        persist_state="session",
        placeholder="One a line, in the order of the output",
        help="For heatmaps of a class. Without names "
        + ("the last values are taken for features." if is_open else "the classes are numbered."),
    )
    names = tuple(line.strip() for line in (text or "").splitlines() if line.strip())
    return names if names or is_open else tuple(f"class {number}" for number in range(n_classes))
