"""A generator trained together with an auxiliary stage that must draw X again from X and the predicted Y′.

What the auxiliary stage loses reaches the generator through its prediction, so that Y′ is made to carry what X can be
rebuilt from (Borse et al. 2023, DejaVu, arXiv 2303.01573; how much of X the auxiliary stage sees is its own affair).
It is dropped afterwards: the generator alone gets its weights, and nothing is added where it draws.

An unpaired example has no X to be drawn again, and teaches the generator alone.

The weights that are kept are those by which the generator alone predicts held-out examples best: what the auxiliary
stage loses is not judged.
"""

from collections.abc import Mapping
from typing import Any, final

from regenkit.layers import noise as noises
from regenkit.layers.statistics import prefixed
from regenkit.models import groups
from regenkit.models.paired import has_x
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.stage import (
    MASK,
    NOISE,
    STATISTICS,
    TRUTH,
    Assists,
    HasGroups,
    Losses,
    Predicts,
)
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
        if isinstance(self.generator, HasGroups):
            names = ", ".join(self.generator.groups())
            raise ValueError(f"the generator, {type(self.generator).__name__}, has an optimiser for each of its groups "
                             f"of variables ({names}); here there is one for all")  # fmt: skip
        if isinstance(self.auxiliary, Assists):
            self.auxiliary.assist(self.generator)
        self.built = True

    @property
    def parts(self) -> dict[str, Any]:
        """The stages that it is made of, by name."""
        return {GENERATOR: self.generator, AUXILIARY: self.auxiliary}

    def groups(self) -> dict[str, list]:
        """An optimiser for the generator and what draws X again, and one for each further group of the auxiliary stage
        (an adversary's), whose first group is what draws."""
        return groups.merged(self.generator.trainable_variables, AUXILIARY, self.auxiliary)

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """The generator's losses and, in training, what drawing X again costs, weighed."""
        if noise is None:
            return self.generator.losses(batch, noise=None)
        own = {part: noises.fold_in(noise, part) for part in self.parts}
        found = dict(self.generator.losses({**batch, NOISE: own[GENERATOR]}, noise=own[GENERATOR]))
        condition, target = batch["condition"], batch["target"]
        predicted = self.generator.predict_steps(condition, target, noise=own[GENERATOR])
        mask = {key: value for side in (target, condition) for key, value in side.items() if key.split(" ")[0] == MASK}
        x = {name: condition[name] for name in self.x}
        again = {**batch, "condition": {**x, **mask, **{name: soft(value) for name, value in predicted.items()}},
                 "target": {**x, **mask}, TRUTH: target}  # fmt: skip
        losses = dict(self.auxiliary.losses(again, noise=own[AUXILIARY]))
        paired = has_x(condition, self.x)
        statistics = prefixed(GENERATOR, found.pop(STATISTICS, {})) | prefixed(AUXILIARY, losses.pop(STATISTICS, {}))
        terms: Losses = {"main": dict(found["main"])}
        for group, each in losses.items():
            mine = terms.setdefault(groups.name_of(group, AUXILIARY, self.auxiliary), {})
            mine |= {f"{AUXILIARY}_{name}": (self.weight * value * paired, count * paired)
                     for name, (value, count) in each.items()}  # fmt: skip
        return {**terms, **({STATISTICS: statistics} if statistics else {})}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        groups.absorb(self.parts, statistics)


def soft(value: Any) -> tf.Tensor:
    """A prediction with a gradient: of logits the distribution, of (mean, log of the standard deviation) the mean."""
    return value[0] if isinstance(value, tuple) else tf.nn.softmax(value)
