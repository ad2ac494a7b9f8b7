"""Neighbours of every image: the same as by plain sorting, in blocks, with copies, and by an index."""

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.measures import neighbor_lists as module
from featx_core.measures.neighbor_lists import neighbor_lists, recall_of

N_ROWS, K = 300, 5


@pytest.fixture
def vectors() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 20))[rng.integers(0, 6, N_ROWS)] + 0.5 * rng.normal(size=(N_ROWS, 20))


def sorted_plainly(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    order = np.argsort(-cosines, axis=1)[:, :K]
    return order, np.take_along_axis(cosines, order, axis=1)


@pytest.mark.parametrize("block", [1, 700, 2**24])
def test_blocks_of_any_size_give_what_sorting_all_gives(vectors, block, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_VALUES", block)
    found = neighbor_lists(vectors, K)
    rows, cosines = sorted_plainly(vectors)
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_allclose(found.similarities, cosines, atol=1e-6)
    assert (found.recall, found.n_measured) == (1.0, 0)
    assert found.sentence == "All images were compared with all: the neighbours are exact."


def test_copies_come_first_and_hide_nothing_else(vectors):
    many = np.concatenate([vectors, np.repeat(vectors[:1], 3, axis=0) * 2])  # the same directions
    found = neighbor_lists(many, K)
    copies = {0, N_ROWS, N_ROWS + 1, N_ROWS + 2}
    for row in copies:
        assert set(found.rows[row][:3]) == copies - {row}
        np.testing.assert_array_equal(found.rows[row][3:], sorted_plainly(vectors)[0][0][: K - 3])
    assert all(row not in listed for row, listed in enumerate(found.rows))


def test_more_copies_than_neighbors_are_neighbors_of_each_other():
    vectors = np.array([[1.0, 0.0]] * 8 + [[0.0, 1.0]])
    found = neighbor_lists(vectors, 3)
    assert all(set(listed) <= set(range(8)) - {row} for row, listed in enumerate(found.rows[:8]))
    np.testing.assert_allclose(found.similarities, [[1.0] * 3] * 8 + [[0.0] * 3], atol=1e-7)


def test_there_are_no_more_neighbors_than_others():
    assert sorted(neighbor_lists(np.eye(3), 10).rows[0].tolist()) == [1, 2]


def test_it_can_be_stopped(vectors):
    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        neighbor_lists(vectors, K, on_progress=stop)


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="at least two rows of finite numbers"):
        neighbor_lists(np.array([[1.0, np.nan], [0.0, 1.0]]))


def test_without_faiss_large_sets_are_compared_in_full_and_an_index_is_refused(vectors, monkeypatch):
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(module, "EXACT_OPERATIONS", 0)
    assert neighbor_lists(vectors, K).n_measured == 0
    with pytest.raises(ValueError, match="Install `faiss-cpu`"):
        neighbor_lists(vectors, K, is_exact=False)


def test_an_index_says_which_share_it_finds(vectors, monkeypatch):
    pytest.importorskip("faiss")
    many = np.concatenate([vectors, vectors[:40]])
    found = neighbor_lists(many, K, is_exact=False)
    cosines = sorted_plainly(many)[1]
    share = np.mean(found.similarities >= cosines[:, -1:] - 1e-5)
    assert found.n_measured == N_ROWS
    assert found.recall == pytest.approx(share, abs=0.03)
    assert found.recall > 0.9
    assert "% of the true neighbours, as measured on 300 images" in found.sentence


def test_the_recall_of_what_falls_short_is_the_share_that_is_there(vectors):
    """Rows in the place of neighbours that are the next by number: some of them happen to be near."""
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    everyone = np.arange(N_ROWS)
    true, cosines = sorted_plainly(vectors)
    true = np.concatenate([everyone[:, None], true], axis=1)
    found = (everyone[:, None] + np.arange(K + 1)) % N_ROWS
    found[0, 1:] = -1
    hits = [np.sum(unit[found[i, 1:]] @ unit[i] >= cosines[i, -1] - 1e-5) * (i > 0) for i in everyone]
    assert recall_of(unit, everyone, true, found) == pytest.approx(np.mean(hits) / K)
    assert recall_of(unit, everyone, true, true) == 1.0
