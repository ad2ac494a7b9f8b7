"""A map says what made it."""

import importlib.metadata

import numpy as np
import pytest

from featx_core.maps import pca, tsne
from featx_core.maps.origin import REPEATS, origin_words
from featx_core.maps.projection import Projection, project

ROWS = np.random.default_rng(0).normal(size=(30, 8)).astype(np.float32)


def test_an_exact_map_needs_no_seed():
    found = project(ROWS, "pca", seed=7)
    assert found.origin == f"Made by numpy {np.__version__}, 1 thread. {REPEATS['anywhere']}"
    assert Projection.from_bytes(found.to_bytes()).origin == found.origin


def test_an_estimated_one_says_its_seed(monkeypatch):
    monkeypatch.setattr(pca, "EXACT_OPERATIONS", 0)
    version = importlib.metadata.version("scikit-learn")
    assert (
        project(ROWS, "pca", seed=7).origin == f"Made by scikit-learn {version}, 1 thread, seed 7. {REPEATS['machine']}"
    )


@pytest.mark.thorough
@pytest.mark.parametrize("grid_rows", [10, 1_000])
def test_the_number_of_threads_is_said_and_changes_nothing(monkeypatch, grid_rows):
    monkeypatch.setattr(tsne, "THREADS_FROM", 0)
    monkeypatch.setattr(tsne, "GRID_ROWS", grid_rows)
    maps = []
    for threads in (1, 2):
        monkeypatch.setattr(tsne, "THREADS", threads)
        maps.append(project(ROWS, "tsne", n_iter=50))
    version = importlib.metadata.version("openTSNE")
    assert maps[1].origin == f"Made by openTSNE {version}, 2 threads, seed 0. {REPEATS['machine']}"
    assert maps[0].coordinates.tobytes() == maps[1].coordinates.tobytes()


def test_a_map_from_before_says_nothing():
    assert origin_words(None, 0) == ""
