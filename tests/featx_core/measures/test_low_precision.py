"""Everything that forms a norm, a distance or a covariance gives the same for float16 and float32 as for float64.

The same numbers are handed over in both precisions, far from zero, with large norms, and as float16 whose squares exceed it.
"""

import dataclasses

import numpy as np
import pytest

from featx_core.comparison.scores import score_extractor
from featx_core.comparison.subset import choose_subset
from featx_core.curation.clusters import find_clusters
from featx_core.curation.label_errors import find_label_errors
from featx_core.curation.outliers import find_outliers
from featx_core.expressions.expression import Expression
from featx_core.heatmaps.activation_energy import activation_energy
from featx_core.heatmaps.eigen_cam import eigen_cam
from featx_core.heatmaps.similarity import cell_contributions
from featx_core.maps.placing import place
from featx_core.maps.projection import project
from featx_core.maps.trust import measure_trust
from featx_core.measures.effect_sizes import feature_effects
from featx_core.measures.neighbors import (
    at_unit_length,
    cosine_dissimilarities,
    effective_dimension,
    hubness,
    movers,
    nearest,
    neighbor_rows,
)
from featx_core.measures.out_of_fold import out_of_fold_scores
from featx_core.measures.probes import held_out_probe, knn_accuracy, linear_probe
from featx_core.measures.similarity import compare_spaces, linear_cka, neighbor_overlap, rsa, space_of

N_IMAGES, N_FEATURES = 60, 8
CODES = np.arange(N_IMAGES) % 3
LABELS = [str(code) for code in CODES]
DIGESTS = [f"{row:064x}" for row in range(N_IMAGES)]
OTHER = np.random.default_rng(5).normal(size=(N_IMAGES, N_FEATURES))
PLACES = {
    "offset of 10 000": (1e4, 1, np.float32),
    "norms of a million": (0, 3e5, np.float32),
    "float16": (0, 1, np.float16),
    "float16, offset": (100, 4, np.float16),
    "float16, squares beyond it": (0, 8e3, np.float16),
    "float16, tiny": (0, 1e-4, np.float16),
}


def drawn(place):
    """Features of three labels."""
    offset, unit, dtype = PLACES[place]
    rng = np.random.default_rng(0)
    means = 1.2 * np.random.default_rng(99).normal(size=(3, N_FEATURES))
    return (offset + unit * (means[CODES] + rng.normal(size=(N_IMAGES, N_FEATURES)))).astype(dtype)


def numbers(found):
    """Return all numbers of a result, in one row."""
    if found is None or isinstance(found, str):
        return []
    if dataclasses.is_dataclass(found):
        return numbers([getattr(found, field.name) for field in dataclasses.fields(found)])
    if isinstance(found, dict):
        return numbers([found[key] for key in sorted(found)])
    if isinstance(found, list | tuple):
        return [number for part in found for number in numbers(part)]
    return np.asarray(found, np.float64).ravel().tolist()


def projected(vectors):
    found = project(vectors, "pca", seed=0)
    return found.coordinates / np.abs(found.coordinates).max(), found.details["explained_variance"]


def at_one(values):
    return np.asarray(values, np.float64) / float(np.abs(np.asarray(values, np.float64)).max())


def placed(vectors):
    first = project(vectors[:50], "pca", seed=0)
    found = place(first, vectors, 50)
    return found.coordinates / np.abs(found.coordinates).max()


def typical(vectors):
    found = find_clusters(vectors, DIGESTS, method="k_means", n_clusters=3)
    return found.numbers, found.stabilities, [DIGESTS.index(digest) for digests in found.typical for digest in digests]


def errors(vectors):
    labels = ["1", *LABELS[1:]]
    found = find_label_errors(vectors, labels, DIGESTS)
    return found.margins, [DIGESTS.index(digest) for digest in found.digests]


MEASURES = {
    "at unit length": at_unit_length,
    "cosine dissimilarities": cosine_dissimilarities,
    "dissimilarities to others": lambda vectors: cosine_dissimilarities(vectors[:9], vectors[9:]),
    "neighbours": neighbor_rows,
    "nearest": lambda vectors: nearest(vectors, 3),
    "movers": lambda vectors: movers(vectors, OTHER),
    "hubness": hubness,
    "effective dimension": effective_dimension,
    "effects": lambda vectors: feature_effects(vectors, CODES == 1),
    "k-NN": lambda vectors: knn_accuracy(vectors, CODES).correct,
    "linear probe": lambda vectors: linear_probe(vectors, CODES).correct,
    "held out": lambda vectors: held_out_probe(vectors, CODES, np.arange(N_IMAGES) % 4 == 0),
    "out of fold": lambda vectors: out_of_fold_scores(vectors, CODES, np.arange(N_IMAGES) % 5),
    "CKA": lambda vectors: linear_cka(vectors, OTHER),
    "RSA": lambda vectors: rsa(vectors, OTHER),
    "overlap": lambda vectors: neighbor_overlap(vectors, OTHER),
    "spaces": lambda vectors: compare_spaces(space_of(vectors), space_of(OTHER)),
    "scores": lambda vectors: score_extractor(vectors, choose_subset(DIGESTS, LABELS, None)),
    "outliers": lambda vectors: find_outliers(vectors, DIGESTS),
    "clusters": typical,
    "label errors": errors,
    "PCA": projected,
    "placing": placed,
    "normalize": Expression("normalize(x)").apply,
    "standardize": Expression("standardize(x)").apply,
    "typicality": lambda vectors: at_unit_length(vectors) @ at_unit_length(vectors).mean(axis=0),
    "activation energy": lambda vectors: at_one(activation_energy(vectors.reshape(10, 6, N_FEATURES))),
    "Eigen-CAM": lambda vectors: at_one(eigen_cam(vectors.reshape(10, 6, N_FEATURES))),
    "contributions": lambda vectors: cell_contributions(
        vectors.reshape(10, 6, N_FEATURES), vectors.ravel(), vectors[::-1].ravel()
    ),
    "trust": lambda vectors: measure_trust(vectors, OTHER[:, :2]),
}

SLOW = ("linear probe", "scores", "label errors", "out of fold", "held out", "outliers", "clusters")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "measure", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in MEASURES]
)
def test_low_precision_gives_what_float64_gives(measure, place):
    vectors = drawn(place)
    found, expected = (numbers(MEASURES[measure](given)) for given in (vectors, vectors.astype(np.float64)))
    assert expected
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
