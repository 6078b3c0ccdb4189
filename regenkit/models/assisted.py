"""A generator trained together with an auxiliary stage that must draw X again from X and the predicted Y′.

What the auxiliary stage loses reaches the generator through its prediction, so that Y′ is made to carry what X can be
rebuilt from (Borse et al. 2023, DejaVu, arXiv 2303.01573; how much of X the auxiliary stage sees is its own affair).
It is dropped afterwards: the generator alone gets its weights, and nothing is added where it draws.

An unpaired example has no X to be drawn again, and teaches the generator alone.
"""

from collections.abc import Mapping
from typing import Any, final

from regenkit.layers import noise as noises
from regenkit.layers.statistics import of_part, prefixed
from regenkit.models.joint import present
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.stage import MASK, NOISE, STATISTICS, HasGroups, LearnsStatistics, Losses, Predicts
from regenkit.stages import GENERATOR, Specs

AUXILIARY = "auxiliary"


@final
class Assisted(keras.Model):
    """parts: "generator", "auxiliary"; settings: the weight of the auxiliary stage's loss."""

    def __init__(self, *, parts: Mapping[str, Any], specs: Specs, settings: float) -> None:
        super().__init__()
        self.generator, self.auxiliary = parts[GENERATOR], parts[AUXILIARY]
        self.x, self.weight = specs["x"], settings
        if not isinstance(self.generator, Predicts):
            raise ValueError(f"{type(self.generator).__name__} lacks predict_steps, through which the loss reaches it")
        for name, part in self.parts.items():
            if isinstance(part, HasGroups):
                raise ValueError(f"the {name}, {type(part).__name__}, has an optimiser for each of its groups of "
                                 f"variables ({', '.join(part.groups())}); here there is one for all")  # fmt: skip
        self.built = True

    @property
    def parts(self) -> dict[str, Any]:
        """The stages that it is made of, by name."""
        return {GENERATOR: self.generator, AUXILIARY: self.auxiliary}

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """The generator's losses, and of each field of X what drawing it again costs, weighed."""
        own = {part: noises.fold_in(noise, part) for part in self.parts}
        found = dict(self.generator.losses({**batch, NOISE: own[GENERATOR]}, noise=own[GENERATOR]))
        condition, target = batch["condition"], batch["target"]
        predicted = self.generator.predict_steps(condition, target, noise=own[GENERATOR])
        mask = {MASK: condition[MASK]} if MASK in condition else {}
        x = {name: condition[name] for name in self.x}
        again = {**batch, "condition": {**x, **mask, **{name: soft(value) for name, value in predicted.items()}},
                 "target": {**x, **mask}}  # fmt: skip
        losses = dict(self.auxiliary.losses(again, noise=own[AUXILIARY]))
        paired = present(condition, self.x)
        statistics = prefixed(GENERATOR, found.pop(STATISTICS, {})) | prefixed(AUXILIARY, losses.pop(STATISTICS, {}))
        terms = {
            f"{AUXILIARY}_{name}": (self.weight * value * paired, count * paired)
            for group in losses.values()
            for name, (value, count) in group.items()
        }
        return {"main": {**found["main"], **terms}, **({STATISTICS: statistics} if statistics else {})}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        for name, part in self.parts.items():
            if (mine := of_part(name, statistics)) and isinstance(part, LearnsStatistics):
                part.absorb(mine)


def soft(value: Any) -> tf.Tensor:
    """A prediction with a gradient: of logits the distribution, of (mean, log of the standard deviation) the mean."""
    return value[0] if isinstance(value, tuple) else tf.nn.softmax(value)
