"""Colour-blind-safe colours for light and dark themes."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from featx_core.base.labels import OTHER, label_text

CATEGORICAL = ("#0561be", "#ed995f", "#12c2a7", "#974781", "#a68014", "#cb99ee", "#5a6a1a", "#6783f2")
"""Eight colours, ordered so that the first few differ most.

Found by a search that maximised the smallest distance in OKLab between any two of them, and to `NO_LABEL_COLOR`, as
seen with full colour vision and with each of the three colour-blindnesses (Machado et al., 2009). Contrast is at least
2.2 on white and 3 on `DARK_GROUND`.
"""

SYMBOLS = ("circle", "diamond", "square", "cross", "x", "circle-open", "diamond-open", "square-open")
"""Marker shapes that plotly draws in 2-D and in 3-D. The 9th class has the first colour and the second shape."""

NO_LABEL_COLOR = "#858b94"
LIGHT_GROUND = "#ffffff"
DARK_GROUND = "#0e1117"

SEQUENTIAL_SCALES = ("viridis", "cividis", "inferno")
"""Names of scales that rise steadily in lightness; plotly and Matplotlib know them. The first is the default."""


class LabelStyle(NamedTuple):
    """How the images of one label are drawn."""

    color: str
    symbol: str


NO_LABEL = LabelStyle(NO_LABEL_COLOR, SYMBOLS[0])
OTHER_CLASSES = LabelStyle(NO_LABEL_COLOR, "circle-open")


def label_styles(labels: Iterable[Any]) -> dict[Any, LabelStyle]:
    """Colour and marker symbol for each label.

    They depend on the set of labels alone, not on how often or in which order they come. What stands for no label, as
    `label_text` says, is grey, and so is `OTHER`. Styles repeat after 64 labels.

    Args:
        labels: One label an image, repeated as they are.

    Returns:
        A style for each different label, in reading order ("item 2" before "item 10"), `OTHER` and "no label" last.

    >>> label_styles(["dog", "cat", "dog"])["cat"]
    LabelStyle(color='#0561be', symbol='circle')
    """
    different = set(labels)
    texts = {label: label_text(label) for label in different}
    named = sorted(
        (label for label, text in texts.items() if text and text != OTHER),
        key=lambda label: _reading_order(str(texts[label])),
    )
    styles: dict[Any, LabelStyle] = {label: class_style(index) for index, label in enumerate(named)}
    others: dict[Any, LabelStyle] = {label: OTHER_CLASSES for label in different if texts[label] == OTHER}
    return styles | others | {label: NO_LABEL for label in sorted(different - set(named) - set(others), key=str)}


def class_style(index: int) -> LabelStyle:
    """Colour and marker symbol of the class with this index, from 0. They repeat after 64 classes."""
    return LabelStyle(CATEGORICAL[index % len(CATEGORICAL)], SYMBOLS[index // len(CATEGORICAL) % len(SYMBOLS)])


def run_color(index: int) -> str:
    """Colour of a run by its index in the ledger, from 0, so that a run has the same colour on every page."""
    return CATEGORICAL[index % len(CATEGORICAL)]


def _reading_order(label: str) -> tuple[list[tuple[int, int, str]], str]:
    parts = re.findall(r"[0-9]+|[^0-9]+", label.casefold())
    return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts], label
