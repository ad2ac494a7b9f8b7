"""Reproducible training: the same seed gives the same bits on the same machine."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import numpy as np

from featx_core.base.keras_setup import load_keras


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make everything random inside depend on a seed alone: build and train the network inside this context.

    Within, TensorFlow picks kernels whose sums do not depend on the timing of threads. Afterwards that choice, and the
    generators of Python and NumPy, are as they were. Those of Keras and TensorFlow cannot be read: they are left seeded, and
    the worker seeds them anew after such a job.

    Args:
        seed: 0 to 2**32 - 1.
    """
    keras = load_keras()
    from tensorflow.python.framework import config

    was_on = config.is_op_determinism_enabled()
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - Keras sets the old generator; it is put back
    keras.utils.set_random_seed(seed)
    config.enable_op_determinism()
    try:
        yield
    finally:
        if not was_on:
            config.disable_op_determinism()
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
