"""A Y′ of several fields, drawn rung by rung: each field by a model of its own, from X and the fields before.

    P(Y′ | X) = P(top | X) · P(bottom | X, top)

as the two levels of a VQ-VAE-2 (Razavi et al. 2019, arXiv 1906.00446), or a cascade of resolutions (Ho et al. 2021,
arXiv 2106.15282): Y′ is the picture at 16 and at 32 pixels, and the renderer makes 64 of it. The rungs are trained side
by side, in one stage.
"""

from collections.abc import Mapping
from typing import Annotated, Any, final

import numpy as np
from pydantic import AfterValidator

from regenkit import plugins
from regenkit.errors import UserError
from regenkit.layers import noise as noises
from regenkit.models.options import taken
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.arguments import check_choice
from regenkit.recipe.remedies import RESAMPLE
from regenkit.spec import Spec

Batch = Mapping[str, tf.Tensor]
APART = 15485863
"""Between the seeds of two rungs."""


def checked(rung: Mapping[str, Any]) -> dict[str, Any]:
    """A rung with all defaults filled in. Raises ValueError."""
    return check_choice(rung, lambda name: plugins.host().find("generator", name), "{use: diffusion}")


Rung = Annotated[dict[str, Any], AfterValidator(checked)]


@final
class Ladder(keras.Model):
    """P(target | condition), a rung a field of the target, in its order.

    rungs   of each: the generator's name and options, {use: NAME, …}; one for all, or one a field
    """

    version = 1

    def __init__(self, *, condition: Spec, target: Spec, rungs: list[Rung]) -> None:
        super().__init__()
        if len(rungs) not in (1, len(target)):
            raise ValueError(
                f"{len(rungs)} rungs for a Y′ of {', '.join(target)}; right is one for all, or one a field"
            )
        self.condition, self.target = condition, target
        self.rungs: list[Any] = []
        known = condition
        for number, (name, field) in enumerate(target.items()):
            options = checked(rungs[number % len(rungs)])
            model = plugins.host().find("generator", options.pop("use")).load()
            self.rungs.append(model(condition=known, target=Spec({name: field}), **options))
            known |= {name: field}
        self.built = True
        if all(hasattr(rung, "field_log_prob") for rung in self.rungs):
            self.field_log_prob = self._field_log_prob

    def groups(self) -> dict[str, list]:
        """Variables by optimiser: those of rungs that have several keep their own."""
        found: dict[str, list] = {}
        for number, rung in enumerate(self.rungs):
            parts = rung.groups() if hasattr(rung, "groups") else {"main": rung.trainable_variables}
            for group, variables in parts.items():
                found.setdefault(_group(number, group), []).extend(variables)
        return found

    def begin_training(self, batch_size: int) -> None:
        for rung in self.rungs:
            if hasattr(rung, "begin_training"):
                rung.begin_training(batch_size)

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """The terms of every rung, which learns from the true fields before its own."""
        known = dict(batch["condition"])
        found: dict[str, Any] = {}
        for number, (name, rung) in enumerate(zip(self.target, self.rungs, strict=True)):
            target = {key: value for key, value in batch["target"].items() if key in (name, "mask")}
            losses = dict(
                rung.losses({**batch, "condition": dict(known), "target": target}, noise=noises.apart(noise, number))
            )
            statistics = losses.pop("statistics", {})
            for group, terms in losses.items():
                of_group = found.setdefault(_group(number, group), {})
                of_group.update({f"{term}_{number}": value for term, value in terms.items()})
            if statistics:
                found.setdefault("statistics", {}).update(
                    {f"{number}/{key}": value for key, value in statistics.items()}
                )
            known[name] = batch["target"][name]
        return found

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        for number, rung in enumerate(self.rungs):
            mine = {
                key.partition("/")[2]: value
                for key, value in statistics.items()
                if key.partition("/")[0] == str(number)
            }
            if mine:
                rung.absorb(mine)

    def sample(
        self, condition: Batch, *, seed: int, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0,
        given: Any = None,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """Draw every field, each from the ones drawn before; options go to the rungs that have them."""
        options = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        known: dict[str, Any] = dict(condition)
        drawn: dict[str, np.ndarray] = {}
        for number, (name, rung) in enumerate(zip(self.target, self.rungs, strict=True)):
            mine = {key: value for key, value in options.items() if key in taken(rung)}
            fixed = {key: value for key, value in (given or {}).items() if key == name}
            drawn |= rung.sample(known, seed=seed + APART * number, given=fixed, **mine)
            known[name] = drawn[name]
        return drawn

    def resample(self, condition: Batch, target: Batch, *, seed: int) -> dict[str, np.ndarray]:
        """Every field as its rung draws it given the true fields before, and within it the true earlier steps.

        Raises UserError where a rung cannot.
        """
        known: dict[str, Any] = dict(condition)
        drawn: dict[str, np.ndarray] = {}
        for number, (name, rung) in enumerate(zip(self.target, self.rungs, strict=True)):
            if not hasattr(rung, "resample"):
                raise UserError(f"the rung of {name}, {type(rung).__name__}, has no method {RESAMPLE}")
            drawn |= rung.resample(known, {name: target[name]}, seed=seed + APART * number)
            known[name] = target[name]
        return drawn

    def _field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log P(field | condition, fields before) in nats, each [batch], where every rung has a likelihood."""
        known: dict[str, Any] = dict(condition)
        found: dict[str, tf.Tensor] = {}
        for name, rung in zip(self.target, self.rungs, strict=True):
            mine = {key: value for key, value in target.items() if key in (name, "mask")}
            found |= rung.field_log_prob(known, mine)
            known[name] = target[name]
        return found


def _group(number: int, group: str) -> str:
    return group if group == "main" else f"{group}_{number}"
