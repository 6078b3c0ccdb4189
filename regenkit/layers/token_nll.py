"""−log likelihood of tokens, of which 0 is absent and costs nothing."""

from regenkit.quiet import tensorflow as tf


def token_nll(logits: tf.Tensor, tokens: tf.Tensor, among: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
    """(nats of each token, 0 where it does not count; 1 where it counts, else 0), float32 of the tokens' shape.

    logits  float32 [..., vocabulary], of the tokens 1…vocabulary
    tokens  int32 [...]; an absent one, 0, does not count
    among   bool [...]: only these count
    """
    present = tokens > 0
    counted = tf.cast(present if among is None else among & present, tf.float32)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(tokens - 1, 0), logits) * counted, counted
