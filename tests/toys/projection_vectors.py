"""What the tests of projections project."""

import numpy as np

FAST = {"n_iter": 50}


def random_vectors(n_images=40, n_features=12, seed=0):
    return np.random.default_rng(seed).normal(size=(n_images, n_features)).astype(np.float32)


def two_groups(n_each=30, distance=12.0, n_features=80):
    vectors = random_vectors(2 * n_each, n_features)
    vectors[n_each:, 0] += distance
    return vectors


def quick(name):
    return {"tsne": FAST, "umap": {"n_epochs": 50}}.get(name, {})
