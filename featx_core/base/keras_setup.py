"""The one place where Keras is imported: its backend and its logging."""

import contextlib
import os
import random
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np

from featx_core.base.compat import pending_variables, set_pending_variables


def load_keras() -> ModuleType:
    """Import Keras on TensorFlow, with few log lines. Takes seconds the first time.

    Returns:
        The module `keras`.

    Raises:
        RuntimeError: If Keras was already imported with another backend, or with channels first.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    settings = (keras.backend.backend(), keras.backend.image_data_format())
    if settings != ("tensorflow", "channels_last"):
        raise RuntimeError(
            f"featx needs Keras on TensorFlow with channels last. Received: {settings[0]} with {settings[1]}. "
            "Import featx before Keras, and remove other settings from keras.json."
        )
    return sys.modules["keras"]


@contextlib.contextmanager
def float32_layers() -> Iterator[None]:
    """Build networks that reckon in float32, whatever number format Keras was told to use for others."""
    config = load_keras().config
    number_format, policy = config.floatx(), config.dtype_policy()
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    try:
        yield
    finally:
        config.set_floatx(number_format)
        config.set_dtype_policy(policy)


@contextlib.contextmanager
def same_random_state() -> Iterator[None]:
    """Build networks without changing the random state from which Keras draws the seeds of initializers."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - the process-wide one is meant
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002


@contextlib.contextmanager
def without_weights() -> Iterator[None]:
    """Build networks for their shapes alone: within this, no weight takes memory.

    Keras notes each weight that was made so, and would fill them all at the end of whichever stateless call comes next, of
    any network: gigabytes, inside the graph that is being traced. This forgets them again.
    """
    keras = load_keras()
    pending = pending_variables()
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        set_pending_variables(pending)
