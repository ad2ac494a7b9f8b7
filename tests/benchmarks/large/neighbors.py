"""Which index finds neighbours in a large set: recall and time of each, against exact search by blocks, in one run.

    python -m tests.benchmarks.large.neighbors 100000 [512] [exact faiss_ivf faiss_hnsw usearch pynndescent ...]

The rows are like features after a ReLU: 200 groups of unequal size around a few directions each, nothing negative, one row in
fifty a copy of another, and one row that is there 200 times. Recall is measured on 1 000 rows: the share of their ten nearest
that were found, where a row as near as the tenth counts too. Libraries that are not installed are passed over.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

N_NEIGHBORS, N_MEASURED = 10, 1_000


def rows_like_features(n_rows: int, n_features: int, seed: int = 0) -> np.ndarray:
    """Rows at length 1, float32."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(200, 0.5))
    groups = rng.choice(200, n_rows, p=shares)
    latent = rng.normal(size=(200, 48))[groups] + 0.6 * rng.normal(size=(n_rows, 48))
    mixed = latent.astype(np.float32) @ rng.normal(size=(48, n_features)).astype(np.float32)
    found = np.maximum(mixed + rng.normal(size=mixed.shape).astype(np.float32), 0)
    copies = rng.choice(n_rows, n_rows // 50, replace=False)
    found[copies] = found[rng.choice(n_rows, len(copies))]
    found[rng.choice(n_rows, min(200, n_rows // 10), replace=False)] = found[0]
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def exact(rows: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Cosines of the nearest of some rows, the rows themselves left out, the tenth last."""
    found = np.empty((len(queries), N_NEIGHBORS), np.float32)
    for start in range(0, len(queries), 250):
        part = queries[start : start + 250]
        cosines = rows[part] @ rows.T
        cosines[np.arange(len(part)), part] = -2
        found[start : start + len(part)] = -np.sort(-np.partition(cosines, -N_NEIGHBORS, axis=1)[:, -N_NEIGHBORS:])
    return found


def faiss_ivf(rows: np.ndarray, n_probes: int = 16) -> np.ndarray:
    """Lists around centres."""
    import faiss

    n_lists = int(4 * np.sqrt(len(rows)))
    quantizer = faiss.IndexFlatIP(rows.shape[1])
    index = faiss.IndexIVFFlat(quantizer, rows.shape[1], n_lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.max_points_per_centroid = 10, 64
    index.train(rows)
    index.add(rows)
    index.nprobe = n_probes
    return index.search(rows, N_NEIGHBORS + 1)[1]


def faiss_ivf_8(rows: np.ndarray) -> np.ndarray:
    """The same with fewer lists looked at."""
    return faiss_ivf(rows, 8)


def faiss_ivf_32(rows: np.ndarray) -> np.ndarray:
    """The same with more."""
    return faiss_ivf(rows, 32)


def faiss_hnsw(rows: np.ndarray) -> np.ndarray:
    """A graph of layers."""
    import faiss

    index = faiss.IndexHNSWFlat(rows.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 100, 64
    index.add(rows)
    return index.search(rows, N_NEIGHBORS + 1)[1]


def usearch(rows: np.ndarray) -> np.ndarray:
    """A graph of layers, in float32."""
    from usearch.index import Index

    index = Index(ndim=rows.shape[1], metric="ip", dtype="f32", connectivity=32, expansion_add=100, expansion_search=64)
    index.add(np.arange(len(rows)), rows, threads=2)
    return index.search(rows, N_NEIGHBORS + 1, threads=2).keys.astype(np.int64)


def pynndescent(rows: np.ndarray) -> np.ndarray:
    """Neighbours of neighbours, over and over."""
    import pynndescent

    return pynndescent.NNDescent(
        rows, metric="cosine", n_neighbors=N_NEIGHBORS + 6, random_state=0, n_jobs=2
    ).neighbor_graph[0]


WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    way.__name__: way for way in (faiss_ivf_8, faiss_ivf, faiss_ivf_32, faiss_hnsw, usearch, pynndescent)
}


def recall(rows: np.ndarray, measured: np.ndarray, expected: np.ndarray, found: np.ndarray) -> float:
    """The share of the nearest that were found."""
    kept = 0
    for query, nearest, listed in zip(measured, expected, found[measured], strict=True):
        others = [row for row in listed if row not in (query, -1)][:N_NEIGHBORS]
        kept += int(np.sum(rows[others] @ rows[query] >= nearest[-1] - 1e-5))
    return kept / (len(measured) * N_NEIGHBORS)


def main(n_rows: int, n_features: int, names: list[str]) -> None:
    """Print a line a way."""
    rows = rows_like_features(n_rows, n_features)
    measured = np.sort(np.random.default_rng(1).choice(n_rows, min(N_MEASURED, n_rows), replace=False))
    started, used = time.perf_counter(), time.process_time()
    expected = exact(rows, measured)
    share = n_rows / len(measured)
    print(
        f"exact, of {len(measured)} rows: {time.perf_counter() - started:.1f} s, {time.process_time() - used:.1f} s cpu;"
        f" of all it would be {share * (time.process_time() - used):.0f} s cpu",
        flush=True,
    )
    for name in names or WAYS:
        started, used = time.perf_counter(), time.process_time()
        try:
            found = WAYS[name](rows)
        except ImportError:
            print(f"{name}: not installed")
            continue
        seconds, used = time.perf_counter() - started, time.process_time() - used
        print(
            f"{name}: recall {recall(rows, measured, expected, found):.4f}, {seconds:.1f} s, {used:.1f} s cpu",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 512, sys.argv[3:])
