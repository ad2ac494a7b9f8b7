"""What each column of a file is taken for, to be changed with a click before it counts."""

from collections.abc import Mapping, Sequence

import streamlit as st

from featx_core.tables.layout import Column, Layout, Role
from pages._ui.shell import formatting, session

_FEW = 12  # columns that are all shown
_MAX_SHOWN = 24
_MAX_CHOICES = 500  # columns in a select box


def choose(layout: Layout, key: str) -> tuple[tuple[str, Role], ...]:
    """Show the columns, or of many those that are not plain features, each with its role.

    Args:
        layout: What the file offers.
        key: Names the widgets; another for each way to read the file.

    Returns:
        The columns whose role was changed, each with the new one.
    """
    heading, grid, more = st.container(), st.container(horizontal=True, gap="small"), st.container()
    with more:
        others = _others(layout.columns, key)
    shown = [*_worth_showing(layout.columns), *(column for column in layout.columns if column.name in others)]
    keys = {column.name: f"role_{key}_{column.name}" for column in shown}
    with heading:
        _summary(layout.columns, shown)
    with grid:
        for column in shown:
            _select(column, keys, {each.name: each.role for each in shown})
    roles = {column.name: session.recall(keys[column.name], column.role) for column in shown}
    typed = [(name, _role("feature")) for name in others if name not in keys]
    return (*((each.name, _role(roles[each.name])) for each in shown if roles[each.name] != each.role), *typed)


def _worth_showing(columns: Sequence[Column]) -> list[Column]:
    if len(columns) <= _FEW:
        return list(columns)
    return [column for column in columns if not column.is_plain][:_MAX_SHOWN]


def _others(columns: Sequence[Column], key: str) -> list[str]:
    """Let the user pick columns that are not shown by themselves; any name can be typed."""
    if len(columns) <= _FEW:
        return []
    shown = {column.name for column in _worth_showing(columns)}
    options = [column.name for column in columns if column.name not in shown]
    return st.multiselect(
        "Change another column",
        options[:_MAX_CHOICES],
        key=f"others_{key}",
        placeholder="Pick a column, or type its name",
        accept_new_options=len(options) > _MAX_CHOICES,
        width=420,
    )


def _summary(columns: Sequence[Column], shown: Sequence[Column]) -> None:
    """Say what the columns that are not shown are taken for."""
    names = {column.name for column in shown}
    hidden = [column.role for column in columns if column.name not in names]
    n_features = hidden.count("feature")
    parts = [f"{formatting.counted(n_features, 'other')} as features"] if n_features else []
    parts += [f"{formatting.counted(len(hidden) - n_features, 'other')} left out"] if len(hidden) > n_features else []
    st.caption(f"How each column is used{' (' if parts else ''}{', '.join(parts)}{')' if parts else ''}")


def _select(column: Column, keys: Mapping[str, str], guesses: Mapping[str, Role]) -> None:
    st.selectbox(
        formatting.escape(column.name),
        column.options,
        index=column.options.index(column.role),
        key=keys[column.name],
        disabled=len(column.options) == 1,
        help=formatting.escape(f"Holds {column.holds}" + (f" ({column.why})." if column.why else ".")),
        on_change=_yield_to,
        args=(column.name, dict(keys), dict(guesses)),
        width=150,
    )


def _yield_to(name: str, keys: Mapping[str, str], guesses: Mapping[str, Role]) -> None:
    """Leave out the column that had the labels or the names before this one."""
    role = session.recall(keys[name])
    if role not in ("label", "name"):
        return
    for other, key in keys.items():
        if other != name and session.recall(key, guesses[other]) == role:
            session.remember(key, "left out")


def _role(value: object) -> Role:
    found: dict[object, Role] = {"label": "label", "name": "name", "left out": "left out"}
    return found.get(value, "feature")
