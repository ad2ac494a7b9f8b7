"""The list of layers on the form of a custom network: add, set, move, duplicate and remove rows."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import streamlit as st

from featx_core.architecture.layer_kinds import LAYER_KINDS
from featx_core.architecture.layer_parameters import Parameter
from featx_core.architecture.rows import MAX_ROWS, Row, RowFacts, describe_row, layer, row_values
from pages._ui.shell import formatting, session

_ROWS = "custom_rows"
_WHAT_IS_LEFT = ":gray[depends on the row above]"
_FINE = 0.01
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Entry:
    """A row with a number that stays the same wherever the row moves: its widgets are known by it."""

    number: int
    row: Row


def fill(rows: Sequence[Row]) -> None:
    """Put these rows in place of those that are there."""
    _keep([Entry(next(_numbers), row) for row in rows])


def entries(first: Sequence[Row]) -> list[Entry]:
    """Return the rows as they are now; at the first visit, these."""
    if session.recall(_ROWS) is None:
        fill(first)
    found = session.recall(_ROWS)
    return list(found) if isinstance(found, tuple) else []


def show(listed: Sequence[Entry], facts: Sequence[RowFacts]) -> None:
    """Show the rows, each with its output or why it is not possible, and a menu to add one."""
    place_of_rows = st.container(key="custom_layers")
    for place, (entry, fact) in enumerate(zip(listed, facts, strict=True)):
        line = place_of_rows.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False)
        kind, words = entry.row[0], describe_row(entry.row)
        with line.popover(
            f"{place + 1}. **{kind}** {formatting.escape(words)}", key=f"row_{entry.number}", width="stretch"
        ):
            _settings(entry)
        line.markdown(_gives(fact), width=118, text_alignment="right")
        line.menu_button(
            "",
            _actions(place, len(listed)),
            icon=":material/more_vert:",
            type="tertiary",
            key=f"act_{entry.number}",
            on_click=_act,
            args=(entry.number,),
            format_func=lambda name: f":material/{_ACTIONS[name].icon}: {_ACTIONS[name].title}",
        )
        if fact.problem:
            words = formatting.escape(f"Row {place + 1}: {fact.problem}.")
            place_of_rows.markdown(f":red[:material/error: {words}]")
    st.menu_button(
        "Add a layer",
        list(LAYER_KINDS),
        icon=":material/add:",
        key="add_layer",
        on_click=_add,
        disabled=len(listed) >= MAX_ROWS,
        help=f"At most {MAX_ROWS} layers." if len(listed) >= MAX_ROWS else None,
    )


def _gives(fact: RowFacts) -> str:
    """Write the shape that comes out of a row, and its parameters in small print."""
    if fact.output_shape is None:
        return "" if fact.problem else _WHAT_IS_LEFT
    n_own = f"  \n:small[:gray[{formatting.counted(fact.n_parameters, 'parameter')}]]" if fact.n_parameters else ""
    return f":small[{formatting.sides(fact.output_shape)}]{n_own}"


def _settings(entry: Entry) -> None:
    st.caption(LAYER_KINDS[entry.row[0]].sentence)
    parameters, values = LAYER_KINDS[entry.row[0]].parameters, row_values(entry.row)
    if not parameters:
        st.caption("This layer has no options.")
        return
    for line in _lines(parameters):
        for column, (parameter, part) in zip(st.columns(2, vertical_alignment="bottom"), line, strict=False):
            with column:
                _widget(entry, parameter, values[parameter.name], part)


def _lines(parameters: Sequence[Parameter]) -> list[list[tuple[Parameter, int | None]]]:
    """Set the widgets two by two, height beside width."""
    single = [cell for parameter in parameters for cell in _cells(parameter) if cell[1] is None]
    pairs = [_cells(parameter) for parameter in parameters if parameter.form == "pair"]
    twos = [single[i : i + 2] for i in range(0, len(single), 2)]
    return [*twos[:1], *pairs, *twos[1:]]


def _cells(parameter: Parameter) -> list[tuple[Parameter, int | None]]:
    """One widget for each number."""
    return [(parameter, 0), (parameter, 1)] if parameter.form == "pair" else [(parameter, None)]


def _widget(entry: Entry, parameter: Parameter, value: Any, part: int | None) -> None:
    key = _key(entry.number, parameter, part)
    st.session_state.setdefault(key, value if part is None else value[part])
    shared: dict[str, Any] = {
        "key": key,
        "help": parameter.help or None,
        "on_change": _change,
        "args": (entry.number, parameter.name, part),
    }
    label = parameter.title if part is None else f"{parameter.title} {('height', 'width')[part]}"
    if parameter.form == "flag":
        st.toggle(label, **shared)
    elif parameter.form == "choice":
        st.selectbox(label, parameter.choices, **shared)
    elif parameter.form == "share":
        low, high = float(parameter.minimum), float(parameter.maximum)
        st.number_input(label, low, high, step=_FINE, format="%g", **shared)
    else:
        st.number_input(label, int(parameter.minimum), int(parameter.maximum), step=1, **shared)


def _key(number: int, parameter: Parameter, part: int | None) -> str:
    return f"row_{number}_{parameter.name}{'' if part is None else f'_{part}'}"


def _change(number: int, name: str, part: int | None) -> None:
    """Take over one number that was set on a row, and what follows from it."""
    listed = entries(())
    place = _place(listed, number)
    if place is None:
        return
    row = listed[place].row
    before, parameters = row_values(row), {each.name: each for each in LAYER_KINDS[row[0]].parameters}
    new = st.session_state[_key(number, parameters[name], part)]
    values = before | {
        name: new if part is None else tuple(new if i == part else old for i, old in enumerate(before[name]))
    }
    for follower in parameters.values():
        if follower.follows == name and before[follower.name] == before[name]:
            values[follower.name] = None
    listed[place] = Entry(number, layer(row[0], **values))
    _keep(listed)
    for parameter in parameters.values():
        value = row_values(listed[place].row)[parameter.name]
        for each, i in _cells(parameter):
            st.session_state[_key(number, each, i)] = value if i is None else value[i]


def _add() -> None:
    kind = st.session_state["add_layer"]
    if kind is not None:
        _keep([*entries(()), Entry(next(_numbers), layer(kind))])


def _act(number: int) -> None:
    name, listed = st.session_state[f"act_{number}"], entries(())
    place = _place(listed, number)
    if name is not None and place is not None:
        _keep(_ACTIONS[name].apply(listed, place))


def _place(listed: Sequence[Entry], number: int) -> int | None:
    return next((place for place, entry in enumerate(listed) if entry.number == number), None)


def _keep(listed: Sequence[Entry]) -> None:
    session.remember(_ROWS, tuple(listed))


def _swapped(listed: list[Entry], place: int, other: int) -> list[Entry]:
    listed[place], listed[other] = listed[other], listed[place]
    return listed


@dataclass(frozen=True)
class _Action:
    """One thing to do with a row."""

    title: str
    icon: str
    apply: Callable[[list[Entry], int], list[Entry]]


_ACTIONS: Mapping[str, _Action] = MappingProxyType(
    {
        "up": _Action("Move up", "arrow_upward", lambda listed, i: _swapped(listed, i, i - 1)),
        "down": _Action("Move down", "arrow_downward", lambda listed, i: _swapped(listed, i, i + 1)),
        "copy": _Action(
            "Duplicate",
            "content_copy",
            lambda listed, i: [*listed[: i + 1], Entry(next(_numbers), listed[i].row), *listed[i + 1 :]],
        ),
        "remove": _Action("Remove", "delete", lambda listed, i: [*listed[:i], *listed[i + 1 :]]),
    }
)


def _actions(place: int, n_rows: int) -> list[str]:
    impossible = {"up": place == 0, "down": place == n_rows - 1, "copy": n_rows >= MAX_ROWS}
    return [name for name in _ACTIONS if not impossible.get(name, False)]
