"""Graphs that are let go of are freed, also those with `silu` in them."""

import gc
import weakref

import numpy as np
import pytest

from featx_core.base.tensorflow_compat import forget_gradients, traced

tf = pytest.importorskip("tensorflow")

INPUT = tf.TensorSpec((None, 3), tf.float32)


def swish(values):
    return tf.nn.silu(values)


def test_what_tensorflow_keeps_is_what_is_forgotten():
    """Fails when TensorFlow no longer keeps such graphs: then all of this can go."""
    kept = tf.function(swish).get_concrete_function(INPUT)
    other = tf.function(swish).get_concrete_function(INPUT)
    seen, other_graph = weakref.ref(kept.graph), other.graph
    del kept
    gc.collect()
    assert seen() is not None
    assert forget_gradients(seen()) == 1
    gc.collect()
    assert seen() is None
    assert forget_gradients(other_graph) == 1


def test_a_traced_graph_runs_and_is_freed():
    graph = traced(swish, INPUT)
    seen, values = weakref.ref(graph.graph), np.array([[-1.0, 0.0, 2.0]], np.float32)
    np.testing.assert_allclose(graph(tf.constant(values)), values / (1 + np.exp(-values)), rtol=1e-6)
    del graph
    gc.collect()
    assert seen() is None


def test_gradients_within_a_graph_stay_right():
    def slope(values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            total = tf.reduce_sum(swish(values))
        return tape.gradient(total, values)

    values = np.array([[-1.0, 0.0, 2.0]], np.float32)
    sigmoid = 1 / (1 + np.exp(-values))
    np.testing.assert_allclose(
        traced(slope, INPUT)(tf.constant(values)), sigmoid * (1 + values * (1 - sigmoid)), rtol=1e-5
    )


def test_gradients_of_inner_graphs_are_forgotten_with_the_outer_one():
    graph = traced(
        lambda values: tf.while_loop(lambda at, _: at < 2, lambda at, x: (at + 1, swish(x)), (0, values))[1], INPUT
    )
    assert forget_gradients(graph.graph) == 0
    seen = weakref.ref(graph.graph)
    del graph
    gc.collect()
    assert seen() is None


def test_all_are_forgotten_at_once():
    functions = [tf.function(swish).get_concrete_function(INPUT) for _ in range(3)]
    assert forget_gradients() >= 3
    assert [float(each(tf.zeros((1, 3)))[0, 0]) for each in functions] == [0.0] * 3
