"""Retired words stay out of the code, the pages and the docs. `docs/style.md` says what stands for them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RETIRED = {
    "saliency": r"\bsaliency\b",
    "panel": r"\bpanels?\b",
    "teach": r"\bteach(es|ing)?\b",
    "learn (as a verb of code)": r"\b(learn|teach)_\w+\(",
    "person (for the user)": r"\b(the|a) person\b",
    "row an image": r"\b(row|column|number|text) an? (image|row|feature)\b",
    "named rightly": r"\bnamed? \S+ rightly\b|\bnamed rightly\b",
    "had no part": r"\bhad no part\b",
    "real difference": r"\bno real difference\b|\breally better\b",
    "deviation (alone)": r"\bmean 0 and deviation\b",
    "limits but MAX and MIN": r"\b_?(MOST|FEWEST|LARGEST|LONGEST|LEAST|MAXIMUM|SMALLEST|MINIMUM)_[A-Z_]+\b",
    "Asks, JobTable, sentences": r"\bAsks\b|\bJobTable\b|worker\.sentences",
}
"""What is not written any more, and how it is found. Case counts: limits are constants."""


def texts():
    yield ROOT / "app.py"
    for folder, kind in (("featx_core", "*.py"), ("pages", "*.py"), ("docs", "*.md")):
        yield from sorted((ROOT / folder).rglob(kind))
    yield from (ROOT / "README.md", ROOT / "CONTRIBUTING.md")


def found(pattern, text):
    """Count the places, also where a line breaks within a phrase."""
    return len(re.findall(pattern, re.sub(r"[\s#]+", " ", text)))


@pytest.mark.parametrize("pattern", RETIRED.values(), ids=RETIRED)
def test_retired_words_stay_out(pattern):
    hits = {path.relative_to(ROOT).as_posix(): found(pattern, path.read_text("utf-8")) for path in texts()}
    assert {path: n_hits for path, n_hits in hits.items() if n_hits and path != "docs/style.md"} == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("panel", "the panel of images"),
        ("person (for the user)", "Let the\n    person pick"),
        ("row an image", "one row an image"),
        ("limits but MAX and MIN", "MOST_SECONDS = 3"),
        ("learn (as a verb of code)", "learn_once("),
    ],
)
def test_retired_words_are_found(name, text):
    assert found(RETIRED[name], text) == 1
