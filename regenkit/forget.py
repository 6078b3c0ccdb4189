"""Let go of models and graphs that nothing needs any more."""

from regenkit.quiet import keras


def forget_graphs() -> None:
    """Free what earlier trainings left, once nothing refers to their models and nothing will be differentiated again
    by a function that has been traced already.

    TensorFlow keeps the gradient of every `tf.custom_gradient` that it traces, `tf.nn.silu` among them, in a registry
    that only grows, and what is registered holds its whole graph: 0.46 GB a cell of a comparison of lyric2melody.
    """
    from tensorflow.python.framework import ops  # the registry is in no public module

    registered = ops.gradient_registry._registry
    for name in [name for name in registered if name.startswith("CustomGradient-")]:
        del registered[name]
    keras.utils.clear_session()
