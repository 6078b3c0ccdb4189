"""A portrait and what moves it → frames, by a U-Net that says what to change in the portrait.

The renderer is moved by coefficients: the mesh that they make is rasterised to a map of normals, and the U-Net sees the
map beside the portrait and the portrait's own (after Kim et al. 2018, "Deep video portraits", arXiv 1805.11714). The
direct route is moved by the voice: a transformer's encoder makes a vector of each frame, which scales and shifts the
same U-Net's blocks.

Pictures are folded 2 × 2 into channels before the U-Net and unfolded behind it. A frame is

    share × painted + (1 − share) × portrait,    with share in (0, 1) at each pixel
"""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from regenkit.layers import noise as noises
from regenkit.layers.attention import blocks, through
from regenkit.layers.fields import FieldsEmbedding
from regenkit.layers.unet import UNet
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import MASK, Spec
from regenkit.stage import Batch, Losses
from regenkit_video.face import driving
from regenkit_video.face.linear import linear_face
from regenkit_video.networks.critic import Critic, pyramid_distance

TOGETHER = 16
"""Frames that are drawn at once."""
LEANING = -2.0
"""Where the share of what is painted begins, as a logit: mostly the portrait."""
MOVERS = ("coefficients", "pose")


@final
class Portrait(keras.Model):
    """P(frames | portrait, coefficients and pose) or P(frames | portrait, voice).

    width        channels at half the frame's size; they double with each halving
    depth        residual blocks at each size, down and up
    listen       width of the encoder of the voice
    perceptual   weight of the error by bands of detail
    adversarial  weight of what a judge of patches says; 0 = there is none
    model        as of the converter `head/coefficients`
    """

    def __init__(
        self, *, condition: Spec, target: Spec, width: PositiveInt = 32, depth: PositiveInt = 1,
        listen: PositiveInt = 64, perceptual: NonNegativeFloat = 1.0, adversarial: NonNegativeFloat = 0.01,
        model: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.size = _size(condition, target)
        self.condition, self.target = condition, target
        self.by_mesh = set(MOVERS) <= set(condition)
        self.perceptual, self.adversarial = perceptual, adversarial
        self.face = linear_face(model)
        half, seen = self.size // 2, 4 * (9 if self.by_mesh else 6)
        self.inner_channels = 4 * 4
        self.stem = keras.layers.Conv2D(width, 3, padding="same")
        self.stem.build((None, half, half, seen))
        self.unet = UNet((half, half), self.inner_channels, width=width, depth=depth,
                         vector=0 if self.by_mesh else listen)  # fmt: skip
        self.unet.build(None)
        if not self.by_mesh:
            heard = condition.without(("reference", "points"))
            self.embedding = FieldsEmbedding(heard, listen)
            self.blocks = blocks(listen, 4, 2, dropout=0.2)
            for layer in self.blocks:
                layer.build((None, None, listen))
        self.critic = Critic(3 + (3 if self.by_mesh else 0), width) if adversarial else None
        self.built = True

    # --- learning ----------------------------------------------------------------------------------------------------

    def groups(self) -> dict[str, list[Any]]:
        """The judge has an optimiser of its own."""
        if self.critic is None:
            return {"main": list(self.trainable_variables)}
        judge = {id(variable) for variable in self.critic.trainable_variables}
        return {"main": [each for each in self.trainable_variables if id(each) not in judge],
                "judge": list(self.critic.trainable_variables)}  # fmt: skip

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """Of an example the sums over its frames; the weight is their number. The judge has no say in evaluation."""
        condition, true = batch["condition"], tf.cast(batch["target"]["frames"], tf.float32)
        mask = tf.cast(batch["target"][MASK], tf.float32)
        shape = tf.shape(true)[:2]
        flat = tf.reshape(true, [-1, self.size, self.size, 3])
        seen, vector, moved = self._seen(condition, shape, noise)
        shown = self._painted(seen, vector)

        def summed(value: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return tf.reduce_sum(tf.reshape(value, shape) * mask, 1), tf.reduce_sum(mask, 1)

        main = {"absolute": summed(tf.reduce_mean(tf.abs(shown - flat), [1, 2, 3])),
                "perceptual": summed(self.perceptual * pyramid_distance(shown, flat))}  # fmt: skip
        if self.critic is None or noise is None:
            return {"main": main}
        judged = self.critic(tf.concat([shown, moved], -1))
        main["adversarial"] = summed(-self.adversarial * tf.reduce_mean(judged, [1, 2]))
        false = self.critic(tf.concat([tf.stop_gradient(shown), moved], -1))
        real = self.critic(tf.concat([flat, moved], -1))
        hinge = 0.5 * tf.reduce_mean(tf.nn.relu(1 - real) + tf.nn.relu(1 + false), [1, 2])
        return {"main": main, "judge": {"hinge": summed(hinge)}}

    # --- drawing -----------------------------------------------------------------------------------------------------

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> dict[str, np.ndarray]:
        """float32 [batch, frames, size, size, 3], 0 after an example's end. The seed has no effect."""
        mask = np.asarray(condition[MASK], np.float32)
        fields = {name: tf.convert_to_tensor(value) for name, value in condition.items()}
        seen, vector, _ = self._seen(fields, tf.constant(mask.shape), None)
        parts = [self._painted(seen[start : start + TOGETHER], None if vector is None else
                               vector[start : start + TOGETHER]).numpy()
                 for start in range(0, mask.size, TOGETHER)]  # fmt: skip
        frames = np.concatenate(parts).reshape(*mask.shape, self.size, self.size, 3)
        return {"frames": np.clip(frames, -1, 1) * mask[..., None, None, None]}

    # --- the network -------------------------------------------------------------------------------------------------

    def _seen(
        self, condition: Batch, shape: tf.Tensor, seeds: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor | None, tf.Tensor]:
        """(pictures side by side [frames, size, size, 9 or 6], the portrait first; a vector a frame; the moved map)"""
        portrait = tf.cast(condition["reference"], tf.float32)
        nothing = {name: tf.zeros([shape[0], 1, size]) for name, size in zip(MOVERS, self._sizes(), strict=True)}
        own = self._map(nothing["coefficients"], nothing["pose"], condition["points"])
        still = tf.repeat(tf.concat([portrait, own[:, 0]], -1), shape[1], axis=0)
        if self.by_mesh:
            moved = self._map(condition["coefficients"], condition["pose"], condition["points"])
            moved = tf.reshape(moved, [-1, self.size, self.size, 3])
            return tf.concat([still, moved], -1), None, moved
        x = self.embedding(condition, shape)
        heard = through(self.blocks, x, condition[MASK][:, None, :], noises.fold_in(seeds, "blocks"))
        return still, tf.reshape(heard, [-1, heard.shape[-1]]), still[..., :0]

    def _sizes(self) -> tuple[int, int]:
        return len(self.face.names), 6

    def _map(self, coefficients: tf.Tensor, pose: tf.Tensor, points: tf.Tensor) -> tf.Tensor:
        """Rasterised by NumPy; it has no gradient, and its inputs need none."""

        def drawn(coefficients: np.ndarray, pose: np.ndarray, points: np.ndarray) -> np.ndarray:
            return driving.maps(coefficients, pose, points, self.size, self.face)

        driving.prepare()
        inputs = [tf.cast(each, tf.float32) for each in (coefficients, pose, points)]
        found = tf.numpy_function(drawn, inputs, tf.float32, stateful=False)
        return tf.ensure_shape(found, [None, None, self.size, self.size, 3])

    def _painted(self, seen: tf.Tensor, vector: tf.Tensor | None) -> tf.Tensor:
        """float32 [frames, size, size, 3]"""
        portrait = seen[..., :3]
        folded = tf.nn.space_to_depth(tf.cast(seen, self.compute_dtype), 2)
        out = tf.cast(self.unet(self.stem(folded), vector)[0], tf.float32)
        out = tf.nn.depth_to_space(out, 2)
        share = tf.sigmoid(out[..., 3:] + LEANING)
        return share * tf.tanh(out[..., :3]) + (1 - share) * portrait


def _size(condition: Spec, target: Spec) -> int:
    """Pixels a side. Raises ValueError where the fields are others."""
    size = target["frames"].shape[1] if "frames" in target else None
    movers = set(MOVERS) <= set(condition) or "voice" in condition
    if set(target) != {"frames"} or not size or condition.get("reference", target["frames"]).shape != (size, size, 3):
        raise ValueError(f"this network draws frames of a portrait; it is asked for {', '.join(target)} of "
                         f"{', '.join(condition)}: use the converter head/coefficients")  # fmt: skip
    if not movers or "points" not in condition:
        raise ValueError("this network wants coefficients and pose, or a voice, beside the portrait and its points")
    if size % 16:
        raise ValueError(f"size {size}; right is a multiple of 16")
    return int(size)
