"""Names of layers that are used once."""

from __future__ import annotations

SEPARATOR = "."


def unused(wanted: str, taken: set[str]) -> str:
    """Return a name, numbered where it is taken, and take it.

    >>> taken = {"conv"}
    >>> unused("conv", taken), unused("conv", taken)
    ('conv.1', 'conv.2')
    """
    name, number = wanted, 1
    while name in taken:
        name, number = f"{wanted}{SEPARATOR}{number}", number + 1
    taken.add(name)
    return name
