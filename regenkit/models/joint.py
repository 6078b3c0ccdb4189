"""Converter, generator and renderer trained together, so that Y′ is learned with X in view.

Tan et al. 2023 (arXiv 2301.08846), Equation 1, with X′ = f_X(X) and Y′ = f_Y(Y):

    −log P(Y|Y′)  +  ‖X′ − f_Y′(Y′)‖²  +  ‖Y′ − f_X′(X′)‖²  −  log P(Y|f_X′(X′))
    reconstruct      predict_x           predict_rep           adapt

Without stop-gradients (sg) it collapses: a Y′ that says nothing is predicted best. With them and a strong `approach` it
still did, on melodies (docs/results.md). Here

    reconstruct   moves renderer and converter, straight through the codes
    predict_x     X′ is what the generator's encoder makes of X: ‖sg(X′) − f(Y′)‖² moves the converter alone
    predict_rep   moves the generator, −log P(sg(Y′)|X); its counterpart `approach`, with a weight of its own, the
                  converter towards sg(what is predicted): of codes −log P, of vectors the squared distance
    adapt         moves renderer and generator, through draws of Y′: one a step, given the true earlier steps

An unpaired example has the first term alone. Where the converter is a rule, the terms that move it fall away, and what
is left is end-to-end fine-tuning of generator and renderer.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, final

from regenkit.layers import noise as noises
from regenkit.layers.fields import FieldsEmbedding
from regenkit.layers.gaussian import gaussian_nll, sampled
from regenkit.layers.token_nll import token_nll
from regenkit.models.paired import has_x
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.train_settings import JointSettings
from regenkit.spec import Y_AXIS, Clock
from regenkit.stage import STATISTICS, Batch, Losses, PredictsSteps, draws_length
from regenkit.stages import GENERATOR, RENDERER, Specs

Terms = dict[str, tuple[tf.Tensor, tf.Tensor]]


@final
class Joint(keras.Model):
    """The stages of one recipe as one model.

    parts     converter (none where it is a rule; then the batch holds Y′), generator, renderer
    specs     of the recipe's data
    settings  weights of the terms
    """

    def __init__(self, *, parts: Mapping[str, Any], specs: Specs, settings: JointSettings) -> None:
        super().__init__()
        self.converter, self.generator, self.renderer = parts.get("converter"), parts[GENERATOR], parts[RENDERER]
        rep, converter, generator = specs["rep"].only(optional=False), self.converter, self.generator
        self.rep, self.x, self.settings = rep, specs["x"], settings
        if not isinstance(generator, PredictsSteps):
            raise ValueError(f"{type(generator).__name__} lacks predict_steps, through which Y′ is drawn")
        if settings.window:
            raise ValueError("window is for an X with a clock of its own; here train.joint.window cuts all alike")
        for part in (generator, self.renderer):
            if draws_length(part):
                raise ValueError(f"the {type(part).__name__} draws the length of what it makes, which is not trained "
                                 "so; right are X, Y′ and Y along the steps of Y")  # fmt: skip
        for name in rep:
            if rep.clock(name) != Clock(Y_AXIS, Fraction(1)):
                raise ValueError(f"{name} of Y′ has no entry a step of Y; only such fields can be trained so")
        self.to_x: list[Any] = []
        if converter is not None and settings.predict_x:
            width = generator.width
            self.to_x = [FieldsEmbedding(rep, width), keras.layers.Dense(width, "silu"), keras.layers.Dense(width)]
            for layer in self.to_x:
                layer.build((None, None, width))
        self.built = True

    @property
    def parts(self) -> dict[str, Any]:
        """The stages that it is made of, by name."""
        first = {} if self.converter is None else {"converter": self.converter}
        return {**first, GENERATOR: self.generator, RENDERER: self.renderer}

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """Each term of Equation 1 by field, in nats, scaled by its weight."""
        condition, target, weights = batch["condition"], batch["target"], self.settings
        mask = condition["mask"]
        own = {part: noises.fold_in(noise, part) for part in ("converter", "generator", "renderer", "adapt")}
        terms: Terms = {}
        statistics: dict[str, tf.Tensor] = {}
        soft = hard = {name: target[name] for name in self.rep if name in target}
        if self.converter is not None:
            encoded = self.converter.soft(condition, target, noise=own["converter"])
            soft, statistics = encoded.soft, encoded.statistics
            hard = {name: tf.stop_gradient(value) for name, value in encoded.hard.items()}
            terms |= encoded.penalty

        known = self._renderer_condition(condition, mask)
        terms |= self._render("reconstruct", weights.reconstruct, {**known, **soft}, target, own["renderer"])

        # from here on for paired examples alone
        paired = has_x(condition, self.x)
        predicted = self.generator.predict_steps(condition, {**hard, "mask": mask}, noise=own["generator"])
        for name, value in predicted.items():
            nll, weight = _nll(value, hard[name], mask)
            terms[f"predict_rep_{name}"] = weights.predict_rep * nll * paired, weight * paired
            if self.converter is not None and weights.approach:
                away = _distance(tf.nest.map_structure(tf.stop_gradient, value), soft[name], mask)
                terms[f"approach_{name}"] = weights.approach * away * paired, weight * paired
        if self.to_x:
            of_x = tf.cast(tf.stop_gradient(self.generator.encode(condition, mask, own["generator"])), tf.float32)
            guess = self.to_x[0](soft, tf.shape(mask))
            for layer in self.to_x[1:]:
                guess = layer(guess)
            steps = tf.cast(mask, tf.float32) * paired[:, None]
            away = tf.reduce_mean((of_x[:, -tf.shape(mask)[1] :] - tf.cast(guess, tf.float32)) ** 2, -1)
            terms["predict_x"] = weights.predict_x * tf.reduce_sum(away * steps, 1), tf.reduce_sum(steps, 1)
        if weights.adapt:
            drawn = {name: self._draw(value, mask, noises.fold_in(own["adapt"], f"field {name}"))
                     for name, value in predicted.items()}  # fmt: skip
            seeds = noises.fold_in(own["adapt"], "renderer")
            rendered = self._render("adapt", weights.adapt, {**known, **drawn}, target, seeds)
            terms |= {name: (value * paired, weight * paired) for name, (value, weight) in rendered.items()}
        return {"main": terms, **({STATISTICS: statistics} if statistics else {})}

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        assert self.converter is not None
        self.converter.absorb(statistics)

    def _renderer_condition(self, condition: Batch, mask: tf.Tensor) -> dict[str, tf.Tensor]:
        """The given fields of Y′, those along the steps absent."""
        found: dict[str, tf.Tensor] = {"mask": mask}
        for name, field in self.renderer.condition.items():
            if name not in self.rep:
                found[name] = condition[name] if name in condition else tf.zeros(tf.shape(mask), tf.int32)
                assert name in condition or not field.scalar
        return found

    def _render(self, title: str, weight: float, rep: Batch, target: Batch, noise: tf.Tensor | None) -> Terms:
        losses = self.renderer.losses({"condition": rep, "target": target}, noise=noise)["main"]
        return {f"{title}_{name}": (weight * value, count) for name, (value, count) in losses.items()}

    def _draw(self, value: Any, mask: tf.Tensor, noise: tf.Tensor | None) -> tf.Tensor:
        """A field as the generator predicts it, with a gradient; without noise the likeliest token, or the mean."""
        known = tf.cast(mask, tf.float32)[..., None]
        if isinstance(value, tuple):
            mean, log_scale = value
            return sampled(mean, log_scale, noise) * known
        logits = value
        if noise is not None:
            logits += tf.reshape(noises.gumbel(noise, tf.size(logits[0])), tf.shape(logits))
        relaxed = tf.nn.softmax(logits / self.settings.temperature)
        if self.settings.through == "gumbel" and noise is not None:
            return relaxed * known
        hot = tf.one_hot(tf.argmax(logits, -1), logits.shape[-1])
        return (hot + relaxed - tf.stop_gradient(relaxed)) * known


def _nll(value: Any, true: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(−log P of the true Y′, steps), each [batch]."""
    if isinstance(value, tuple):
        known = tf.cast(mask, tf.float32)
        return tf.reduce_sum(tf.reduce_sum(gaussian_nll(true, *value), -1) * known, 1), tf.reduce_sum(known, 1)
    nll, known = token_nll(value, true)
    return tf.reduce_sum(nll, 1), tf.reduce_sum(known, 1)


def _distance(value: Any, soft: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """How far Y′ is from what is predicted: −log P of codes, squared distance of vectors; [batch]."""
    known = tf.cast(mask, tf.float32)
    if isinstance(value, tuple):
        return tf.reduce_sum(tf.reduce_sum((soft - value[0]) ** 2, -1) * known, 1)
    return -tf.reduce_sum(tf.reduce_sum(soft * tf.nn.log_softmax(value), -1) * known, 1)
