"""A training that is over leaves no graph behind."""

import gc
import weakref

import pytest

from regenkit.forget import forget_graphs
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf


def trained() -> "weakref.ref[tf.Graph]":
    """The graph of a step of a model whose activation has a gradient of its own."""
    layer, optimizer = keras.layers.Dense(3, activation="silu"), keras.optimizers.AdamW()
    layer.build((None, 2))
    optimizer.build(layer.trainable_variables)

    def step(x: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x))
        optimizer.apply(tape.gradient(loss, [each.value for each in layer.trainable_variables]))

    traced = tf.function(step, autograph=False)
    traced(tf.ones([4, 2]))
    return weakref.ref(traced.get_concrete_function(tf.ones([4, 2])).graph)


@pytest.mark.exhaustive(minutes=0.2)
def test_graphs_are_forgotten() -> None:
    graphs = [trained() for _ in range(3)]
    forget_graphs()
    gc.collect()
    assert [graph() for graph in graphs] == [None] * 3
    trained()  # one goes on as before
