"""Texts sort as they are read, like lists of their words and numbers do."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from featx_core.images.sorting.natural import natural_order


def parts(text):
    found = re.findall(r"[0-9]+|[^0-9]+", text.casefold())
    return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in found]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from("aBß0019\n\u0660~é"), max_size=7), max_size=12))
def test_they_sort_as_lists_of_words_and_numbers_do(texts):
    expected = sorted(range(len(texts)), key=lambda place: parts(texts[place]))
    assert natural_order(texts).tolist() == expected


def test_long_numbers_and_very_many_texts():
    texts = [f"{'9' * (1 + row % 40)}x{row:05d}" for row in range(20_050)]
    assert natural_order(texts).tolist() == sorted(range(20_050), key=lambda row: (row % 40, row))
