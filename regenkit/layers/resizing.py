"""A grid of vectors in another size, with a gradient, which TensorFlow's `ResizeArea` has not."""

import numpy as np

from regenkit.quiet import tensorflow as tf


def resized(x: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """[batch, height, breadth, width] → [batch, *size, width].

    Along an axis that becomes coarser, a place gets the mean of all that lies in it: interpolation would look at the
    two places nearest its middle alone. Then what becomes finer is repeated where the sizes divide, else interpolated.
    """
    own = tuple(int(each) for each in x.shape[1:3])
    coarse = tuple(map(min, own, size))
    if coarse != own:
        rows, columns = (tf.constant(_shares(*each)) for each in zip(own, coarse, strict=True))
        mean = tf.einsum("bhwc,gh->bgwc", tf.cast(x, tf.float32), rows)
        x = tf.cast(tf.einsum("bgwc,kw->bgkc", mean, columns), x.dtype)
    if coarse == size:
        return x
    if not size[0] % coarse[0] and not size[1] % coarse[1]:
        return tf.repeat(tf.repeat(x, size[0] // coarse[0], axis=1), size[1] // coarse[1], axis=2)
    return tf.cast(tf.image.resize(x, size), x.dtype)


def _shares(fine: int, coarse: int) -> np.ndarray:
    """Which share of a coarse place each fine one has, float32 [coarse, fine]: rows of sum 1."""
    edges, step = np.arange(coarse + 1) * (fine / coarse), np.arange(fine)
    inside = np.minimum(edges[1:, None], step + 1) - np.maximum(edges[:-1, None], step)
    return (np.maximum(inside, 0.0) * (coarse / fine)).astype(np.float32)
