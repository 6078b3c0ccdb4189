"""Converter, generator and renderer trained together, where X has a clock of its own and Y′ is vectors.

The remedy of NaturalSpeech (Tan et al. 2022, arXiv 2205.04421) and VITS (Kim et al. 2021, arXiv 2106.06103) for the
mismatch between Y′ as it is made and as it is predicted. Of Equation 1 (`models.joint`) these terms are left:

    reconstruct   −log P(Y|Y′), or what the renderer has in its place: moves renderer and converter, by a draw of Y′
    predict_rep   −log P(Y′|X), the generator's own loss: moves the generator
    approach      the same term where it moves the converter
    divergence    what the converter adds itself, such as a variational autoencoder's bound

With `approach` as large as `predict_rep` and a divergence of weight 1 it is the bound of VITS, and one step more: Y′ is
also held near the normal distribution. With `approach: 0` the generator follows a Y′ that does not mind it.

The renderer learns from `window` entries of each example, cut anew each step, because waveforms are long; in evaluation
the window is the middle one. An unpaired example teaches converter and renderer alone.
"""

from collections.abc import Mapping
from typing import Any, final

from regenkit.layers import noise as noises
from regenkit.layers.statistics import prefixed
from regenkit.models import groups
from regenkit.models.paired import has_x
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import JointSettings
from regenkit.spec import Spec
from regenkit.stage import (
    CONDITION,
    NOISE,
    STATISTICS,
    TARGET,
    Batch,
    HasGroups,
    JointConverter,
    Losses,
)
from regenkit.stages import GENERATOR, RENDERER, Specs


@final
class JointVectors(keras.Model):
    """parts: converter, generator, renderer; specs of the recipe's data; settings: weights of the terms, the window."""

    def __init__(self, *, parts: Mapping[str, Any], specs: Specs, settings: JointSettings) -> None:
        super().__init__()
        self.converter, self.generator, self.renderer = parts["converter"], parts[GENERATOR], parts[RENDERER]
        self.rep, self.x, self.settings = specs["rep"].only(optional=False), specs["x"], settings
        if not isinstance(self.converter, JointConverter):
            raise ValueError(f"the converter, {type(self.converter).__name__}, lacks soft, through which it is trained")
        if isinstance(self.generator, HasGroups):
            raise ValueError(f"the generator, {type(self.generator).__name__}, has several optimisers; right is one")
        for name in ("predict_x", "adapt"):
            if getattr(settings, name):
                raise ValueError(f"{name}: needs an X along Y′, step by step; right here is {name}: 0")
        if len(self.rep.clocks) != 1:
            raise ValueError(f"Y′ runs along {len(self.rep.clocks)} clocks; right is one")
        (self.clock,) = self.rep.clocks
        self.own = specs["y"].only(optional=False)
        for name in self.own:
            clock = self.own.clock(name)
            if clock is None or clock.axis != self.clock.axis or (self.clock.hop / clock.hop).denominator != 1:
                raise ValueError(
                    f"an entry of Y′ covers {self.clock.hop} steps, which is no multiple of those of {name}"
                )
        self.built = True

    @property
    def parts(self) -> dict[str, Any]:
        """The stages that it is made of, by name."""
        return {"converter": self.converter, GENERATOR: self.generator, RENDERER: self.renderer}

    def groups(self) -> dict[str, list]:
        """An optimiser for all that is trained together, and one for each further group of the renderer (judges). The
        converter's own decoder is among the former, but no gradient reaches it."""
        own = [*self.converter.trainable_variables, *self.generator.trainable_variables]
        return groups.merged(own, RENDERER, self.renderer)

    def losses(self, batch: Mapping[str, Any], *, noise: tf.Tensor | None) -> Losses:
        """Each term, scaled by its weight."""
        condition, target, weights = batch[CONDITION], batch[TARGET], self.settings
        own = {part: noises.fold_in(noise, part) for part in (*self.parts, "window")}
        encoded = self.converter.soft(condition, target, noise=own["converter"])
        masks = self._masks(target)
        given = {name: condition[name] for name in self.renderer.condition if name not in self.rep}
        rep, y = self._cut({**encoded.soft, **masks}, target, own["window"])
        read = {CONDITION: {**given, **rep}, TARGET: y, NOISE: own[RENDERER]}
        rendered = dict(self.renderer.losses(read, noise=own[RENDERER]))
        statistics = prefixed(RENDERER, rendered.pop(STATISTICS, {})) | prefixed("converter", encoded.statistics)
        found: Losses = {"main": dict(encoded.penalty)}
        for group, terms in rendered.items():
            mine = found.setdefault(groups.name_of(group, RENDERER, self.renderer), {})
            mine |= {f"reconstruct_{name}": (weights.reconstruct * value, weight)
                     for name, (value, weight) in terms.items()}  # fmt: skip
        if weights.predict_rep:
            share = weights.approach / weights.predict_rep
            felt = {name: share * value + (1 - share) * tf.stop_gradient(value) for name, value in encoded.soft.items()}
            read = {CONDITION: condition, TARGET: {**felt, **masks}, NOISE: own[GENERATOR]}
            predicted = dict(self.generator.losses(read, noise=own[GENERATOR]))
            statistics |= prefixed(GENERATOR, predicted.pop(STATISTICS, {}))
            paired = has_x(condition, self.x)
            found["main"] |= {f"predict_rep_{name}": (weights.predict_rep * value * paired, weight * paired)
                              for name, (value, weight) in predicted["main"].items()}  # fmt: skip
        return {**found, **({STATISTICS: statistics} if statistics else {})}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        groups.absorb(self.parts, statistics)

    def _masks(self, target: Batch) -> dict[str, tf.Tensor]:
        """That of Y′, by those of Y."""
        clock = self.own.clocks[0]
        return {self.clock.mask: target[clock.mask][:, :: int(self.clock.hop / clock.hop)]}

    def _cut(self, rep: Batch, y: Batch, seeds: tf.Tensor | None) -> tuple[Batch, Batch]:
        """A window of both that begins at the same time; whole examples where there is none."""
        size = self.settings.window
        if size is None:
            return rep, y
        entries = tf.reduce_sum(tf.cast(rep[self.clock.mask], tf.int32), 1)
        free = tf.maximum(entries - size, 0)
        place = tf.fill(tf.shape(free), 0.5) if seeds is None else noises.uniform(seeds, 1)[:, 0]
        start = tf.minimum(tf.cast(place * tf.cast(free + 1, tf.float32), tf.int32), free)
        return self._window(rep, self.rep, start, size), self._window(y, self.own, start, size)

    def _window(self, side: Batch, spec: Spec, start: tf.Tensor, size: int) -> Batch:
        """`size` entries of Y′ from `start` int32 [batch] on, and what they cover; 0 after an example's end."""
        found = dict(side)
        for clock in spec.clocks:
            inner = int(self.clock.hop / clock.hop)
            place = start[:, None] * inner + tf.range(size * inner)[None]
            last = tf.shape(side[clock.mask])[1] - 1
            known = tf.gather(side[clock.mask], tf.minimum(place, last), batch_dims=1) & (place <= last)
            found[clock.mask] = known
            for name in spec:
                if spec.clock(name) == clock:
                    value = tf.gather(side[name], tf.minimum(place, last), batch_dims=1)
                    there = tf.reshape(known, [-1, size * inner, *[1] * (value.shape.rank - 2)])
                    found[name] = value * tf.cast(there, value.dtype)
        return found
