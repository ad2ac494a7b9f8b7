"""The types of spec fields, read from their annotations."""

from __future__ import annotations

import types
import typing
from typing import Any


def matches(value: Any, hint: Any) -> bool:
    """Whether a value is of a type: a class, a union, a literal, or a tuple of them. A bool is no number.

    >>> matches(3, int | None), matches(True, int), matches((1, "a"), tuple[int, ...])
    (True, False, False)
    """
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return any(matches(value, option) for option in typing.get_args(hint))
    if origin is typing.Literal:
        return any(value == option and type(value) is type(option) for option in typing.get_args(hint))
    if origin is tuple:
        return isinstance(value, tuple) and _items_match(value, typing.get_args(hint))
    if hint is Any:
        return True
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _items_match(value: tuple[Any, ...], options: tuple[Any, ...]) -> bool:
    if len(options) == 2 and options[1] is Ellipsis:
        return all(matches(item, options[0]) for item in value)
    return len(value) == len(options) and all(map(matches, value, options))


def described(hint: Any) -> str:
    """Name a type in plain words.

    >>> described(tuple[int, int] | None)
    'a tuple of int, int or None'
    """
    options = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(described(option) for option in options)
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(repr(option) for option in options)
    if typing.get_origin(hint) is tuple:
        return f"a tuple of {', '.join('...' if option is Ellipsis else described(option) for option in options)}"
    return "None" if hint is type(None) else hint.__name__
