"""Type checks for values from JSON that may have been edited."""

import math


def is_text(value: object) -> bool:
    """Return whether a value is a text.

    >>> is_text("a"), is_text(1)
    (True, False)
    """
    return isinstance(value, str)


def is_count(value: object) -> bool:
    """Return whether a value is a whole number, 0 or more.

    >>> is_count(3), is_count(-1), is_count(True), is_count(1.5)
    (True, False, False, False)
    """
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_amount(value: object) -> bool:
    """Return whether a value is a finite number, 0 or more.

    >>> is_amount(1.5), is_amount(float("inf")), is_amount(float("nan")), is_amount("1.5")
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def are_counts(value: object) -> bool:
    """Return whether a value is a list of whole numbers, 0 or more."""
    return isinstance(value, list) and all(map(is_count, value))


def are_texts(value: object) -> bool:
    """Return whether a value is a list of texts."""
    return isinstance(value, list) and all(map(is_text, value))


def are_pairs(value: object) -> bool:
    """Return whether a value is a list of pairs of texts.

    >>> are_pairs([["a.png", "is empty"]]), are_pairs([["a.png"]]), are_pairs(["ab"])
    (True, False, False)
    """
    return isinstance(value, list) and all(are_texts(pair) and len(pair) == 2 for pair in value)
