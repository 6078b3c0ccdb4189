"""What is asked of a regenerated picture besides that it is the true one: DejaVu-TS and DejaVu-CL (arXiv 2303.01573).

TS  the paper compares features of a network of pictures and texts (CLIP), which is in no package here. In its place the
    features of EfficientNet-lite0, frozen, of the regenerated picture must tell the classes in it: a linear map of
    their mean says the share of each class, and is compared with the true shares by cross-entropy.
CL  the generator's prediction from the regenerated picture must agree with its prediction from the true one.
"""

from collections.abc import Mapping
from typing import Any, final

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_dense.networks.efficientnet import CHANNELS, Features
from regenkit_dense.networks.prediction import unit

Term = tuple[tf.Tensor, tf.Tensor]
STAGE = 5


@final
class ClassShares(keras.layers.Layer):
    """Call it with a picture and the true classes: (cross-entropy, weight), each [batch].

    Raises ValueError where Y has no classes.
    """

    def __init__(self, shape: tuple[int, int, int], rep: Spec) -> None:
        super().__init__(autocast=False)
        known = [field.vocabulary for name, field in rep.items() if name == "classes"]
        if not known:
            raise ValueError(f"class_supervision wants classes, and Y′ has {', '.join(rep)}: leave it out")
        self.count = int(known[0] or 0)
        self.features = Features(shape, (STAGE,))
        self.say = keras.layers.Dense(self.count, dtype="float32")

    def build(self, _shape: object = None) -> None:
        self.say.build((None, CHANNELS[STAGE - 1]))
        self.built = True

    def call(self, picture: tf.Tensor, classes: tf.Tensor) -> Term:
        said = self.say(tf.reduce_mean(self.features(picture)[STAGE], [1, 2]))
        shares = tf.reduce_sum(tf.one_hot(classes - 1, self.count), [1, 2])
        known = tf.reduce_sum(shares, 1, keepdims=True)
        lost = tf.nn.softmax_cross_entropy_with_logits(tf.math.divide_no_nan(shares, known), said)
        present = tf.cast(known[:, 0] > 0, tf.float32)
        return lost * present, present


def disagreement(first: Mapping[str, Any], second: Mapping[str, Any]) -> tf.Tensor:
    """[batch]: how far two predictions (see `stage.Predicts`) are from each other, a mean over the pixels. Of classes
    the cross-entropy, of depths the difference of logarithms, of normals 1 − cosine. The first is the teacher: it gets
    no gradient."""
    total = tf.constant(0.0)
    for name, value in first.items():
        if isinstance(value, tuple):
            one, other = tf.stop_gradient(value[0]), second[name][0]
            if name == "normals":
                apart = 1 - tf.reduce_sum(unit(one) * unit(other), -1)
            else:
                apart = tf.abs(tf.math.log(one + 1e-6) - tf.math.log(other + 1e-6))[..., 0]
        else:
            apart = tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(tf.stop_gradient(value)), second[name])
        total += tf.reduce_mean(apart, [1, 2])
    return total
