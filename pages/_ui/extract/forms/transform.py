"""The form of formulas: what they are applied to, the steps, and what each makes of a few rows as the user types."""

import dataclasses
from typing import Literal

import streamlit as st

from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.expression import Expression
from featx_core.expressions.functions import FUNCTIONS
from featx_core.expressions.presets import PRESETS
from featx_core.images.fitting import Fit
from featx_core.specs.lambda_transform import DEFAULT_SIZE, MAX_STEPS, PIXELS, SIDES, LambdaTransform
from featx_core.specs.spec import Spec, SpecError
from featx_core.workspace.runs import Run
from featx_core.workspace.workspace import Workspace
from pages._ui.extract import formulas
from pages._ui.extract.forms.asked import Asked
from pages._ui.shell import formatting, fragments, session
from pages._ui.shell.inputs import fit_picker

_STEPS = "transform_steps"
_MAX_CHARACTERS = 300
_WAITING = "\u00a0\nWaiting for the previous step.\n\u00a0"  # as many lines as a step that can be read
_NO_PIXELS: tuple[tuple[int, int], Fit] = (DEFAULT_SIZE, "crop")
_FIRST = PRESETS["square"].expressions


def lambda_transform(workspace: Workspace) -> Asked:
    """Show source, presets and steps. What cannot be read yet is not run: the last formula that could be stays shown."""
    run = _source(workspace)
    size, fit = _pixels() if run is None else _NO_PIXELS
    source: Spec | Literal["pixels"] = run.spec if run else PIXELS
    shape = tuple(run.details.get("feature_shape", (1,))) if run else (*size, 3)
    _presets(len(shape) == 3)
    sample = formulas.find_sample(run, size, fit, workspace.images())
    texts, problem = _steps(shape, sample)
    spec = _fitting(LambdaTransform(("x",), source, size, fit), texts, shape)
    return Asked(spec, preview=lambda images: formulas.show(spec, sample), problem=problem or None)


def fill(spec: Spec, workspace: Workspace) -> None:
    """Put the settings of a spec into the form, before it is drawn."""
    del workspace
    if not isinstance(spec, LambdaTransform):
        return
    session.remember("transform_source", spec.source.digest if isinstance(spec.source, Spec) else PIXELS)
    session.remember("transform_side", spec.image_size[0])
    session.remember("fit", spec.fit)
    _write(spec.expressions)


def _fitting(spec: LambdaTransform, texts: tuple[str, ...], shape: tuple[int, ...]) -> LambdaTransform:
    """Return the steps to a spec, unless what could last be read does not fit this source."""
    try:
        found = dataclasses.replace(spec, expressions=texts)
        found.shapes(shape)
    except SpecError:
        return spec
    return found


def _source(workspace: Workspace) -> Run | None:
    found = {run.digest: run for run in workspace.ledger.runs()}
    names = [PIXELS, *found] if len(workspace.images()) else list(found)
    if st.session_state.get("transform_source") not in names:
        st.session_state.pop("transform_source", None)
    networks = [
        run.digest for run in found.values() if run.spec.takes_images and not isinstance(run.spec, LambdaTransform)
    ]
    picked = st.selectbox(
        "Apply to",
        names,
        index=names.index(networks[0]) if networks else 0,
        format_func=lambda name: formatting.run_words(found[name]) if name in found else "Pixels",
        key="transform_source",
        persist_state="session",
        help="Pixels: red, green and blue from 0 to 1. A run: its stored features.",
    )
    return found.get(picked)


def _pixels() -> tuple[tuple[int, int], Fit]:
    left, right = st.columns([1, 2])
    side = left.number_input(
        "Size (pixels)", *SIDES, DEFAULT_SIZE[0], 16, key="transform_side", persist_state="session"
    )
    with right:
        fit = fit_picker()
    return (int(side), int(side)), fit


def _presets(has_places: bool) -> None:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    names = [name for name, preset in PRESETS.items() if has_places or not preset.needs_places]
    left.selectbox(
        "Begin with",
        names,
        index=None,
        placeholder="A preset",
        format_func=lambda name: PRESETS[name].title,
        key="transform_preset",
        on_change=_take_preset,
    )
    with right.popover("Functions", icon=":material/function:", width="stretch"):
        _functions()


@fragments.draw
def _functions() -> None:
    wanted = st.text_input("Search", type="search", live=True, key="function_search").strip().lower()
    with st.container(height=360, border=False):
        st.caption(
            "x is one row: an image, a feature map or a vector. Operators: + - * / ** < <= > >= == !=. Constant: pi."
        )
        for group in dict.fromkeys(row.group for row in FUNCTIONS.values()):
            rows = [row for row in FUNCTIONS.values() if row.group == group]
            found = [row for row in rows if wanted in f"{row.signature} {row.sentence} {group}".lower()]
            if found:
                st.markdown(f"**{group}**")
                st.markdown(
                    "\n".join(
                        f"- `{row.signature}` {formatting.escape(_help(row.sentence, row.caveat))}" for row in found
                    )
                )


def _help(sentence: str, caveat: str) -> str:
    return f"{sentence} {caveat}".replace("`", "").strip()


def _take_preset() -> None:
    name = str(st.session_state.get("transform_preset"))
    if name in PRESETS:
        _write(PRESETS[name].expressions)
        st.session_state["transform_preset"] = None


def _write(texts: tuple[str, ...]) -> None:
    """Put texts into new boxes: one box keeps its text for as long as it is there."""
    first = max(_numbers(), default=-1) + 1
    numbers = list(range(first, first + len(texts)))
    session.remember(_STEPS, numbers)
    for number, text in zip(numbers, texts, strict=True):
        st.session_state[_key(number)] = text


def _numbers() -> list[int]:
    found = session.recall(_STEPS)
    return list(found) if isinstance(found, list) else []


def _key(number: int) -> str:
    return f"transform_step_{number}"


def _steps(shape: tuple[int, ...], sample: formulas.Sample | None) -> tuple[tuple[str, ...], str]:
    """Show the boxes of the steps, each with what was read; give the texts that can be used, and what is wrong."""
    if not _numbers():
        _write(_FIRST)
    numbers, good, problem = _numbers(), [], ""
    for place, number in enumerate(numbers, start=1):
        text = _box(place, number, is_only=len(numbers) == 1)
        if problem:
            st.code(_WAITING, language=None)
            continue
        try:
            step = Expression(text)
            shape = step.output_shape(shape)
        except ExpressionError as error:
            problem = f"Step {place} cannot be used yet: column {error.column}."
            st.code(f"{error.pointer()}\n{error.sentence}", language=None, wrap_lines=True)
            continue
        good.append(step.plain)
        words = formulas.range_words(tuple(good), sample)
        st.code(f"{step.plain}\n\u2192 {formatting.shape(shape)}\n{words}", language=None, wrap_lines=True)
    st.button(
        "Add a step",
        icon=":material/add:",
        key="transform_add",
        disabled=len(numbers) >= MAX_STEPS,
        on_click=_add,
        help="Each step is applied to the result of the previous one.",
    )
    return _usable(tuple(good), problem), problem


def _box(place: int, number: int, *, is_only: bool) -> str:
    left, right = st.columns([8, 1], vertical_alignment="bottom")
    text = left.text_input(
        f"Step {place}",
        max_chars=_MAX_CHARACTERS,
        key=_key(number),
        live=True,
        persist_state="session",
        placeholder="x ** 2",
        autocomplete="off",
    )
    right.button(
        "",
        icon=":material/close:",
        key=f"transform_remove_{number}",
        disabled=is_only,
        on_click=_remove,
        args=(number,),
        help=f"Remove step {place}",
        type="tertiary",
    )
    return text or ""


def _usable(good: tuple[str, ...], problem: str) -> tuple[str, ...]:
    """Return the steps, or those that could last be read."""
    if not problem:
        session.remember("transform_good", good)
        return good
    before = session.recall("transform_good")
    return before if isinstance(before, tuple) else _FIRST


def _add() -> None:
    number = max(_numbers(), default=-1) + 1
    session.remember(_STEPS, [*_numbers(), number])
    st.session_state[_key(number)] = "x"


def _remove(number: int) -> None:
    session.remember(_STEPS, [other for other in _numbers() if other != number])
