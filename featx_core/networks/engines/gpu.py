"""The GPU that TensorFlow sees, and its capabilities. Used only in processes that import TensorFlow."""

from __future__ import annotations

import functools
from typing import NamedTuple

BATCHES_AT_ONCE = 4
"""So many batches of the processor make one on a GPU. It is halved until it fits where memory runs out."""

_BFLOAT16_FROM = (8, 0)  # NVIDIA's compute capability from which on bfloat16 has instructions of its own (Ampere, 2020)


class Gpu(NamedTuple):
    """A GPU.

    Attributes:
        name: As its maker calls it.
        has_bfloat16: Whether it multiplies bfloat16 numbers by instructions of its own.
    """

    name: str
    has_bfloat16: bool


@functools.cache
def find_gpu() -> Gpu | None:
    """Return the GPU that TensorFlow computes on; None where it sees none."""
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    if not devices:
        return None
    details = tf.config.experimental.get_device_details(devices[0])
    capability = tuple(details.get("compute_capability") or (0, 0))
    return Gpu(details.get("device_name") or "GPU", capability >= _BFLOAT16_FROM)
