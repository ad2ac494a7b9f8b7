"""The choice of a workspace, as an object and as text."""

import pytest

from featx_core.images.rendering.choice import USUAL, Rendering


@pytest.mark.parametrize(
    ("rendering", "text"),
    [
        (USUAL, "automatic"),
        (Rendering("range"), "range"),
        (Rendering("automatic", "first"), "automatic.first"),
        (Rendering("percentiles", (4, 1, 0)), "percentiles.4-1-0"),
    ],
)
def test_text_says_it_all(rendering, text):
    assert str(rendering) == text
    assert Rendering.parse(text) == rendering


@pytest.mark.parametrize("text", ["", "log", "range.", "range.all", "range.1-2", "range.1-2-3-4", "range.0-0-0"])
def test_other_text_is_refused(text):
    if text == "range.":
        assert Rendering.parse(text) == Rendering("range")
        return
    with pytest.raises(ValueError, match="must be one of"):
        Rendering.parse(text)
