"""Classes that are numbered through family by family."""

from __future__ import annotations

from collections.abc import Mapping


def find_family(label: int, n_classes_of: Mapping[str, int]) -> str:
    """Name the family of a class.

    Args:
        label: The number of the class, from 0.
        n_classes_of: How many classes each family has, in their order.

    Raises:
        ValueError: If there are not so many classes.
    """
    last = 0
    for name, n_classes in n_classes_of.items():
        last += n_classes
        if label < last:
            return name
    raise ValueError(f"`label` must be less than {last}. Received: {label}.")
