"""The auxiliary stage of DejaVu (Borse et al. 2023, arXiv 2303.01573): a picture is regenerated from what a redaction
left of it and from the maps that the generator predicts, so that the maps must say what was taken.

It is trained beside the generator (`models.assisted` of the core) and dropped. Here are the module, controls and
schedules; `redaction`, `modules`, `error` and `supervision` have the parts. Ratios, cut-offs and weights are this
project's own choices: of the paper only the idea was at hand.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, final

import numpy as np
from pydantic import AfterValidator, NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit import plugins
from regenkit.layers import noise as noises
from regenkit.layers.statistics import of_part, prefixed
from regenkit.models.sampling import seeds_of
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Probability
from regenkit.recipe.arguments import check_choice
from regenkit.spec import Field, Spec
from regenkit.stage import NOISE, STATISTICS, TRUTH, Batch, HasGroups, LearnsStatistics, Losses, Predicts
from regenkit_dense.networks.prediction import picture_of
from regenkit_dense.redaction.redaction import Kind, redact_all
from regenkit_dense.regeneration import error as errors
from regenkit_dense.regeneration.maps import channels, check, gated, joined, shuffled
from regenkit_dense.regeneration.modules import Attention, Forward, Recursive
from regenkit_dense.regeneration.supervision import ClassShares, disagreement


def _checked(choice: Mapping[str, Any]) -> dict[str, Any]:
    return check_choice(choice, lambda name: plugins.host().find("renderer", name), "{use: diffusion}")


Module = Literal["forward", "recursive", "attention"] | Annotated[dict[str, Any], AfterValidator(_checked)]


@final
class Regeneration(keras.Model):
    """P(picture | the picture redacted, maps).

    redaction          what is taken, in this order
    strength           how much of it, from 0, nothing, to 1
    strength_steps     steps in which the strength rises from 0
    module             "forward", "recursive", "attention", or a renderer of any kind: {use: diffusion, width: 32}
    width, depth       channels and blocks of the first three
    turns              of the recursive one
    error              a pixel: mean absolute ("l1") or squared ("mse")
    perceptual         weight of an error in EfficientNet-lite0's features beside it
    warmup_steps       steps in which the gradient that the maps get rises from 0
    maps               "predicted"; as controls "shuffled", to other places of the picture, and "detached", without a
                       gradient
    shared_attention   attention's blocks are the generator's own, kept with it (DejaVu-SA)
    class_supervision  weight of the loss by the classes seen in the regenerated picture (in place of DejaVu-TS)
    cycle              weight of the generator's disagreement with itself on the regenerated picture (DejaVu-CL)
    """

    def __init__(
        self, *, condition: Spec, target: Spec, redaction: tuple[Kind, ...] = ("pixels",), strength: Probability = 0.75,
        strength_steps: NonNegativeInt = 0, module: Module = "forward", width: PositiveInt = 16, depth: PositiveInt = 2,
        turns: PositiveInt = 3, error: errors.Kind = "l1", perceptual: NonNegativeFloat = 0.0,
        warmup_steps: NonNegativeInt = 0, maps: Literal["predicted", "shuffled", "detached"] = "predicted",
        shared_attention: bool = False, class_supervision: NonNegativeFloat = 0.0, cycle: NonNegativeFloat = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.picture, self.shape = picture_of(target)
        check(condition, self.picture, self.shape)
        self.condition, self.target, self.rep = condition, target, condition.without(target)
        self.redaction, self.strength, self.strength_steps = redaction, strength, strength_steps
        self.error, self.warmup_steps, self.maps = error, warmup_steps, maps
        self.weights_of = {"perceptual": perceptual, "classes": class_supervision, "cycle": cycle}
        renderer = isinstance(module, dict)
        if shared_attention and module != "attention":
            raise ValueError(f"shared_attention wants module: attention, not {module}")
        if renderer and (asked := [name for name, weight in self.weights_of.items() if weight]):
            raise ValueError(f"{', '.join(asked)}: a renderer's losses show no picture to judge; right is 0, or "
                             "module: forward, recursive or attention")  # fmt: skip
        if self.shape[2] == 1 and "grey" in redaction:
            raise ValueError("redaction grey takes colours, and these pictures have none")
        self.perceptual = errors.perceptual(self.shape) if perceptual else None
        self.shares = ClassShares(self.shape, self.rep) if class_supervision else None
        self.shared_attention = shared_attention
        inputs = self.shape[2] + 1 + channels(self.rep)
        self.module: Any = None
        if isinstance(module, dict):
            self.module = self._renderer(module)
        elif module == "forward":
            self.module = Forward(inputs, self.shape[2], width, depth)
        elif module == "recursive":
            self.module = Recursive(inputs, self.shape[2], width, depth, turns)
        elif not shared_attention:
            self.module = Attention(self.shape, inputs, width, depth)
        self.renders = renderer
        self.inputs_of_module = inputs
        for layer in (self.shares, None if renderer else self.module):
            if layer is not None:
                layer.build(None)
        self.steps = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps")
        self.built = True
        if renderer and isinstance(self.module, HasGroups):
            self.groups = self.module.groups

    def assist(self, generator: Predicts) -> None:
        """See `stage.Assists`. Its attention is made here, where the generator's is known."""
        self.__dict__["_generator"] = lambda: generator  # a function, or Keras would take it for a part of this one
        if self.shared_attention:
            block = self._block()
            self.module = Attention(self.shape, self.inputs_of_module, 0, 0, shared=block.width)
            self.module.build(None)

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """The error of the regenerated picture, and what else is asked of it; of a renderer its own losses."""
        condition = batch["condition"]
        pixels = tf.cast(condition[self.picture], tf.float32)
        seeds = tf.zeros([tf.shape(pixels)[0], 2], tf.int32) if noise is None else noise
        kept, known, maps = self._given(condition, seeds, training=noise is not None)
        if self.renders:
            own = noises.fold_in(noise, "renderer")
            inner = {
                **batch,
                "condition": {"kept": kept, "known": known, "maps": maps},
                "target": {self.picture: pixels},
                NOISE: own,
            }
            found = dict(self.module.losses(inner, noise=own))
            counted = prefixed("renderer", found.pop(STATISTICS, {}))
        else:
            found, counted = {"main": self._terms(self._regenerated(kept, known, maps), pixels, batch)}, {}
        if noise is not None:
            found[STATISTICS] = {**counted, "steps": tf.ones([])}
        return found

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        """A step has been made."""
        self.steps.assign_add(1)
        if (mine := of_part("renderer", statistics)) and isinstance(self.module, LearnsStatistics):
            self.module.absorb(mine)

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> dict[str, np.ndarray]:
        """The regenerated picture."""
        values = {name: tf.convert_to_tensor(condition[name]) for name in self.condition}
        kept, known, maps = self._given(values, seeds_of(seed, int(values[self.picture].shape[0])), training=False)
        if self.renders:
            found: dict[str, np.ndarray] = self.module.sample({"kept": kept, "known": known, "maps": maps}, seed=seed)
            return found
        return {self.picture: self._regenerated(kept, known, maps)[-1].numpy()}

    # --- what it is made of ------------------------------------------------------------------------------------------

    def _given(self, condition: Batch, seeds: tf.Tensor, *, training: bool) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """(kept pixels, known pixels, maps)"""
        strength = tf.constant(self.strength, tf.float32)
        if training and self.strength_steps:
            strength *= self._risen(self.strength_steps)
        pixels = tf.cast(condition[self.picture], tf.float32)
        kept, known = redact_all(pixels, self.redaction, strength, noises.fold_in(seeds, "redact"))
        maps = joined(condition, self.rep)
        if self.maps == "shuffled":
            maps = shuffled(maps, noises.fold_in(seeds, "shuffle"))
        if self.maps == "detached":
            maps = tf.stop_gradient(maps)
        elif training and self.warmup_steps:
            maps = gated(maps, self._risen(self.warmup_steps))
        return kept, known, maps

    def _risen(self, steps: int) -> tf.Tensor:
        return tf.minimum(1.0, tf.cast(self.steps, tf.float32) / steps)

    def _regenerated(self, kept: tf.Tensor, known: tf.Tensor, maps: tf.Tensor) -> list[tf.Tensor]:
        more = {"shared": self._block()} if self.shared_attention else {}
        found: list[tf.Tensor] = self.module(kept, known, maps, **more)
        return found

    def _terms(self, pictures: list[tf.Tensor], pixels: tf.Tensor, batch: Mapping[str, Any]) -> dict[str, Any]:
        last, weights = pictures[-1], self.weights_of
        each = [errors.by_pixel(self.error, picture, pixels) for picture in pictures]
        one = tf.ones_like(each[0])
        found = {"pixels": (tf.add_n(each) / len(each), one)}
        if self.perceptual:
            found["perceptual"] = (weights["perceptual"] * self.perceptual(last, pixels), one)
        if self.shares:
            lost, present = self.shares(last, batch[TRUTH]["classes"])
            found["classes"] = (weights["classes"] * lost, present)
        if weights["cycle"]:
            generator = self.__dict__["_generator"]()
            condition = batch["condition"]
            first = {name: condition[name] for name in self.rep}
            said = generator.predict_steps({**condition, self.picture: last}, batch[TRUTH], noise=None)
            teacher = {name: _as_prediction(value, self.rep[name]) for name, value in first.items()}
            found["cycle"] = (weights["cycle"] * disagreement(teacher, said), one)
        return found

    def _block(self) -> Any:
        """The generator's attention. Raises ValueError where it has none."""
        if "_generator" not in self.__dict__:
            raise ValueError("shared_attention: there is no generator yet to share with")
        block = getattr(getattr(self.__dict__["_generator"](), "trunk", None), "attention", None)
        if block is None:
            raise ValueError("shared_attention wants a generator whose trunk has an attention: dense/unet, dense/vit")
        return block

    def _renderer(self, module: Mapping[str, Any]) -> Any:
        options = dict(module)
        record = plugins.host().find("renderer", options.pop("use"))
        sizes = {"kept": self.shape[2], "known": 1, "maps": channels(self.rep)}
        fields = {name: Field(kind="continuous", shape=(*self.shape[:2], size)) for name, size in sizes.items()}
        return record.load()(condition=Spec(fields), target=self.target, **options)


def _as_prediction(value: tf.Tensor, field: Field) -> Any:
    """What `Assisted` gives (a distribution, or a mean) as `predict_steps` gives it (logits, or a pair)."""
    return tf.math.log(value + 1e-9) if field.vocabulary else (value, None)
