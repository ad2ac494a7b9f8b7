"""Selections: as bits between page and script, as images over projections and runs, as text in an address."""

import numpy as np
import pytest

from pages._ui.shell import chosen
from pages._ui.shell.chosen import MAX_LINK, Chosen, from_bits, from_link, keys_of, mask_of, to_bits, to_link

DIGESTS = [f"{(number * 2654435761) % 2**48:012x}{number:052x}" for number in range(300)]


def mask(rows, n_rows=300):
    made = np.zeros(n_rows, bool)
    made[list(rows)] = True
    return made


def test_bits_are_those_of_the_script():
    assert to_bits(mask([0, 3, 9], 10)) == "CQI="  # 0b00001001, 0b00000010
    np.testing.assert_array_equal(from_bits("CQI=", 10), mask([0, 3, 9], 10))


@pytest.mark.parametrize("n_rows", [1, 7, 8, 9, 1000])
def test_bits_come_back_as_they_were(n_rows):
    some = np.random.default_rng(n_rows).random(n_rows) < 0.5
    np.testing.assert_array_equal(from_bits(to_bits(some), n_rows), some)


@pytest.mark.parametrize("text", ["", "C", "CQ==", "CQIA", "ünfug", None, 3, {"a": 1}, "=" * 8])
def test_what_is_no_selection_of_ten_points_is_none(text):
    assert from_bits(text, 10) is None


def test_a_selection_of_copies_becomes_one_of_images_elsewhere():
    copies = keys_of(["aa", "aa", "bb", "bb"], [0, 1, 0, 1])
    one = Chosen(frozenset({"aa#1"}))
    assert mask_of(one, copies).tolist() == [False, True, False, False]
    assert mask_of(one, ["bb", "aa"]).tolist() == [False, True]
    assert mask_of(Chosen(frozenset({"bb"})), copies).tolist() == [False, False, True, True]
    assert not mask_of(Chosen(), copies).any()


@pytest.mark.parametrize("rows", [[], [5], range(40), range(41), range(0, 300, 2), range(300)])
def test_the_address_brings_a_selection_back_in_any_order_of_few_images(rows):
    text = to_link(mask(rows), DIGESTS)
    assert from_link(text, DIGESTS) == {DIGESTS[row] for row in rows}
    if 0 < len(rows) <= 40:
        assert from_link(text, DIGESTS[::-1]) == {DIGESTS[row] for row in rows}


def test_images_that_came_later_change_no_selection_and_others_do():
    text = to_link(mask(range(0, 200, 2), 200), DIGESTS[:200])
    assert from_link(text, DIGESTS) == {DIGESTS[row] for row in range(0, 200, 2)}
    assert from_link(text, DIGESTS[1:]) == frozenset()
    assert from_link(text, DIGESTS[:150]) == frozenset()


def test_copies_stand_in_the_address_too():
    keys = keys_of([digest for digest in DIGESTS[:3] for _ in range(2)], [0, 1] * 3)
    assert from_link(to_link(mask([1, 4], 6), keys), keys) == {keys[1], keys[4]}


def test_an_address_does_not_grow_beyond_its_limit():
    keys = [f"{number:064x}" for number in range(120_000)]
    noise = np.random.default_rng(0).random(len(keys)) < 0.5
    assert to_link(noise, keys) == ""
    group = np.arange(len(keys)) < 30_000
    assert 0 < len(to_link(group, keys)) <= MAX_LINK
    assert len(from_link(to_link(group, keys), keys)) == 30_000


@pytest.mark.parametrize("text", ["", "a", "b", "c123", "aÄ", "b" + "A" * 40, "a" + "A" * 9000, "b!!!", "bAAAA"])
def test_hostile_addresses_select_nothing(text):
    assert from_link(text, DIGESTS) == frozenset()


def test_bits_that_unpack_to_far_more_than_there_is_are_cut():
    import zlib

    bomb = chosen._text((8).to_bytes(4, "little") + chosen._check(DIGESTS[:8]) + zlib.compress(bytes(10**7)))
    assert len(bomb) > MAX_LINK or from_link("b" + bomb, DIGESTS) == frozenset()
    short = chosen._text((8).to_bytes(4, "little") + chosen._check(DIGESTS[:8]) + zlib.compress(b"\xff" * 10**6, 9))
    assert from_link("b" + short, DIGESTS) == frozenset(DIGESTS[:8])
