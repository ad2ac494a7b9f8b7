"""How long maps take: t-SNE beside scikit-learn's, and a click on the Map page."""

import os
import tempfile
import time
from collections.abc import Iterator

import numpy as np
from sklearn.manifold import TSNE, trustworthiness

import featx_core as fx
from featx_core.maps.tsne import EARLY_ITERATIONS
from tests.benchmarks.measuring import Outcome, at_least, at_most, seconds_of

N_FEATURES, N_GROUPS, N_NEIGHBORS = 1_280, 20, 10
PERPLEXITY, N_ITERATIONS, N_TRUSTED = 30, 1_000, 3_000


def tsne(*, quick: bool) -> list[Outcome]:
    """Time both in turns on groups of vectors in 1 280 dimensions, and compare how far to trust the maps.

    Both start from principal components, with the same perplexity and as many iterations. Ours reports progress and measures
    its trust within its time; the first one of a process imports openTSNE as well.
    """
    n_rows = 1_000 if quick else 10_000
    times, gains = [], []
    for seed in range(1 if quick else 3):
        vectors = _vectors(n_rows, seed)
        peer = TSNE(init="pca", perplexity=PERPLEXITY, max_iter=N_ITERATIONS, random_state=seed)
        started = time.perf_counter()
        n_later = N_ITERATIONS - EARLY_ITERATIONS
        ours = fx.project(vectors, "tsne", seed=seed, perplexity=PERPLEXITY, n_iter=n_later).coordinates
        middle = time.perf_counter()
        theirs = peer.fit_transform(vectors)
        times.append((time.perf_counter() - middle) / (middle - started))
        rows = np.random.default_rng(seed).permutation(n_rows)[:N_TRUSTED]
        trust = [trustworthiness(vectors[rows], places[rows], n_neighbors=N_NEIGHBORS) for places in (ours, theirs)]
        gains.append(trust[0] - trust[1])
    return [
        at_least(f"t-SNE {n_rows} x {N_FEATURES}, {N_ITERATIONS} iterations, times scikit-learn's", times, 2),
        at_least("its trustworthiness less scikit-learn's", gains, -0.005),
    ]


def map_page(*, quick: bool) -> list[Outcome]:
    """Time a rerun of the whole Map page, as a click makes it."""
    from pages._ui.shell import jobs, library
    from tests.toys.app.map_packs import maps_of, select
    from tests.toys.app.visiting import InlineWorker, Visitor, keep_run

    n_images = 1_200 if quick else 10_000
    worker = InlineWorker()
    jobs.supervisor = lambda: worker  # type: ignore[assignment, return-value]
    with tempfile.TemporaryDirectory() as home:
        os.environ["FEATX_HOME"] = home
        token = library.new_token()
        workspace = library.open_workspace(token, make=True)
        workspace.add(_tiny_pictures(n_images))
        keep_run(workspace, _vectors(n_images, 0))
        visitor = Visitor(token).open("map")
        visitor.run()
        found = [seconds_of(visitor.run) for _ in range(3 if quick else 9)]
        if not visitor.has_no_fault or not maps_of(visitor):
            raise SystemExit("The page does not show a map.")
        clicks = [
            seconds_of(lambda row=row: select(visitor, [row], f"click:{row}")) for row in range(3 if quick else 9)
        ]
        if "**Selection: 1 image**" not in [text.value for text in visitor.tab.markdown]:
            raise SystemExit("The page does not show the image that was clicked.")
        workspace.close()
    return [
        at_most(f"a rerun of the Map page, {n_images} points, server time", found, 0.3, " s"),
        at_most(
            f"a click on a point of it, with {N_NEIGHBORS} neighbours among {N_FEATURES} features", clicks, 0.3, " s"
        ),
    ]


def _vectors(n_rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(N_GROUPS, 40))[rng.integers(0, N_GROUPS, n_rows)]
    mixed = (centres + 0.5 * rng.normal(size=(n_rows, 40))) @ rng.normal(size=(40, N_FEATURES))
    return np.maximum(mixed + rng.normal(size=mixed.shape), 0).astype(np.float32)


def _tiny_pictures(n_images: int) -> Iterator[tuple[str, bytes]]:
    from tests.conftest import png

    for number in range(n_images):
        yield f"label {number % N_GROUPS}/{number}.png", png(number, width=16, height=16)
