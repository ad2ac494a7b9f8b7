"""Names of layers that are used once."""

from __future__ import annotations

import re

SEPARATOR = "."
_UNFIT = re.compile(r"[^A-Za-z0-9_.>-]+")
"""What TensorFlow takes in no name of a scope, as each layer has one in a graph. Keras takes anything but a slash."""


def traceable(name: str) -> str:
    """Return a name that a graph of TensorFlow can have.

    >>> traceable("block1.conv"), traceable("my 'conv'"), traceable("_first"), traceable("層")
    ('block1.conv', 'my_conv_', 'layer_first', 'layer_')
    """
    fit = _UNFIT.sub("_", name)
    return fit if fit[:1].isalnum() else f"layer{fit}"


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
