"""The order in which people read names: 2 before 10."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

_TEXTS_AT_ONCE = 20_000
_LENGTHS = 0x100  # so many characters stand before those that say how long a number is, the end of a line among them


def natural_order(texts: Sequence[str]) -> np.ndarray:
    """Return where each of some texts stands once they are sorted as they are read, letters of either case alike.

    Returns:
        int64 `(n_texts,)`: the place of the first, of the second, ...; texts that are read alike stay in their order.

    >>> natural_order(["b10", "b2", "A1", "b02"]).tolist()
    [2, 1, 3, 0]
    """
    keys = natural_keys(texts)
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)


def natural_keys(texts: Sequence[str]) -> list[str]:
    """Return for each text one that sorts as it is read: numbers by their value, before all other characters.

    >>> first, second = natural_keys(["b2", "B10"])
    >>> first < second
    True
    """
    keys: list[str] = []
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        keys += _keys(texts[start : start + _TEXTS_AT_ONCE])
    return keys


def _keys(texts: Sequence[str]) -> list[str]:
    """Find the keys of some texts in one go: each number loses its zeros, and how long it is comes before it."""
    joined = "\n".join(texts).casefold()
    if joined.count("\n") != len(texts) - 1:  # one has several lines
        return [_key(text) for text in texts]
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    is_digit = (codes >= ord("0")) & (codes <= ord("9"))
    edges = np.flatnonzero(np.diff(is_digit, prepend=False, append=False))
    begins, ends = edges[::2], edges[1::2]
    is_kept = np.ones(len(codes), bool)
    others = np.append(np.flatnonzero(codes != ord("0")), len(codes))
    firsts = np.minimum(others[np.searchsorted(others, begins)], ends)  # digits that are no zero in front
    edge = np.zeros(len(codes) + 1, np.int64)
    np.add.at(edge, begins, 1)
    np.add.at(edge, firsts, -1)
    is_kept[np.cumsum(edge[:-1]) > 0] = False
    before = np.cumsum(is_kept) - is_kept  # characters kept before each
    marks = before[begins] + 2 * np.arange(len(begins))
    found = np.zeros(int(is_kept.sum()) + 2 * len(begins), np.uint32)
    found[marks + 1] = _LENGTHS + (ends - firsts)
    n_marks = np.cumsum(np.bincount(begins, minlength=len(codes)))
    found[(before + 2 * n_marks)[is_kept]] = codes[is_kept]
    return found.tobytes().decode("utf-32-le", "surrogatepass").split("\n")


def _key(text: str) -> str:
    return re.sub("[0-9]+", lambda found: _marked(found[0].lstrip("0")), text.casefold())


def _marked(digits: str) -> str:
    return f"\0{chr(_LENGTHS + len(digits))}{digits}"
