"""Prints the memory of this process, in bytes: at first, while TensorFlow holds 200 MB, and when they were handed back."""

import sys

import psutil

from featx_core.base.keras_setup import load_keras
from featx_core.base.memory import hand_back


def resident():
    return psutil.Process().memory_info().rss


load_keras()
import tensorflow as tf  # noqa: E402

tf.zeros((10, 10)) + 1
before = resident()
pieces = [tf.random.uniform((500_000,)) for _ in range(100)]
held = resident()
del pieces
hand_back()
sys.stdout.write(f"{before} {held} {resident()}\n")
