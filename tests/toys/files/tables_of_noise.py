"""A table of sixteen columns of noise, labels, and what featx takes the columns of a table for."""

import numpy as np
import pandas as pd

from featx_core.tables.reading import look_at_table

N = 120

WORDS = np.repeat(["oak", "elm", "ash"], N // 3)

CODES = np.repeat([0, 1, 2], N // 3)

NOISE = np.random.default_rng(0).normal(size=(N, 16)).round(4)

FRAME = pd.DataFrame(NOISE, columns=[f"f{at}" for at in range(16)])

SHUFFLED = np.random.default_rng(1).permutation(N) + 1000


def with_column(name, values, at=16):
    found = FRAME.copy()
    found.insert(at, name, values)
    return found


def roles(name, content, *wanted):
    found = {column.name: column.role for column in look_at_table((name, content)).columns}
    return tuple(found[column] for column in wanted)


def is_clean(read, labels=("oak", "elm", "ash")):
    """Whether the sixteen columns of noise are the features, and nothing else."""
    np.testing.assert_array_equal(read.values, NOISE.astype(np.float32))
    assert sorted(set(read.labels), key=str) == sorted(labels, key=str)
    return True
