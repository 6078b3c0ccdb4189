"""A Y′ of several fields, drawn rung by rung: each field by a model of its own, from X and the fields before.

    P(Y′ | X) = P(top | X) · P(bottom | X, top)

as the two levels of a VQ-VAE-2 (Razavi et al. 2019, arXiv 1906.00446), or a cascade of resolutions (Ho et al. 2021,
arXiv 2106.15282): Y′ is the picture at 16 and at 32 pixels, and the renderer makes 64 of it. The rungs are trained side
by side, in one stage.
"""

from collections.abc import Mapping
from typing import Annotated, Any, final

import numpy as np
from pydantic import AfterValidator, NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit import plugins
from regenkit.errors import UserError
from regenkit.layers import noise as noises
from regenkit.layers.statistics import of_part, prefixed
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Probability
from regenkit.recipe.arguments import check_choice, checked_against
from regenkit.recipe.mismatch_options import RESAMPLE
from regenkit.recipe.sampling import options_of, taken
from regenkit.spec import Spec
from regenkit.stage import (
    STATISTICS,
    Batch,
    ChecksSampling,
    HasGroups,
    HasLikelihood,
    OpenRun,
    PreparesTraining,
    Resamples,
    draws_length,
    no_run,
)


def checked(rung: Mapping[str, Any]) -> dict[str, Any]:
    """A rung with all defaults filled in, but for its sampling options. Raises ValueError."""
    built = {key: value for key, value in rung.items() if key != "sample"}
    found = check_choice(built, lambda name: plugins.host().find("generator", name), "{use: diffusion}")
    if "sample" not in rung:
        return found
    try:
        known = options_of(plugins.host().find("generator", found["use"]).load())
        sample = checked_against(f"{found['use']}.sample", known, rung["sample"], _where)
    except UserError as error:
        raise ValueError(str(error)) from error
    return {**found, "sample": sample} if sample else found


def _where(*path: str | int, key: bool = False) -> str:
    return ".".join(map(str, ("sample", *path)))


Rung = Annotated[dict[str, Any], AfterValidator(checked)]


@final
class Ladder(keras.Model):
    """P(target | condition), a rung a field of the target, in its order.

    rungs   of each: the generator's name, options and sampling options, {use: NAME, sample: {…}, …}; one for all, or
            one a field
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
        self.sampling: list[dict[str, Any]] = []
        known = condition
        for number, (name, field) in enumerate(target.items()):
            options = checked(rungs[number % len(rungs)])
            self.sampling.append(options.pop("sample", {}))
            model = plugins.host().find("generator", options.pop("use")).load()
            self.rungs.append(model(condition=known, target=Spec({name: field}), **options))
            known |= {name: field}
        self.draws_length = any(draws_length(rung) for rung in self.rungs)
        self.built = True
        self.check_sampling()
        if all(isinstance(rung, HasLikelihood) for rung in self.rungs):
            self.field_log_prob = self._field_log_prob

    def _keys(self, name: str, target: Batch) -> list[str]:
        """Of a rung's target: its field and, where there is one, the mask of its clock."""
        clock = self.target.clock(name)
        return [key for key in (name, clock.mask if clock else "") if key in target]

    def groups(self) -> dict[str, list]:
        """Variables by optimiser: those of rungs that have several keep their own."""
        found: dict[str, list] = {}
        for number, rung in enumerate(self.rungs):
            parts = rung.groups() if isinstance(rung, HasGroups) else {"main": rung.trainable_variables}
            for group, variables in parts.items():
                found.setdefault(_group(number, group), []).extend(variables)
        return found

    def begin_training(self, batch_size: int, open_run: OpenRun = no_run) -> None:
        for rung in self.rungs:
            if isinstance(rung, PreparesTraining):
                rung.begin_training(batch_size, open_run)

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> dict[str, Any]:
        """The terms of every rung, which learns from the true fields before its own."""
        known = dict(batch["condition"])
        found: dict[str, Any] = {}
        for number, (name, rung) in enumerate(zip(self.target, self.rungs, strict=True)):
            target = {key: batch["target"][key] for key in self._keys(name, batch["target"])}
            own = noises.fold_in(noise, "rung", number)
            losses = dict(rung.losses({**batch, "condition": dict(known), "target": target}, noise=own))
            statistics = losses.pop(STATISTICS, {})
            for group, terms in losses.items():
                of_group = found.setdefault(_group(number, group), {})
                of_group.update({f"{term}_{number}": value for term, value in terms.items()})
            if statistics:
                found.setdefault(STATISTICS, {}).update(prefixed(str(number), statistics))
            known |= target
        return found

    def absorb(self, statistics: dict[str, tf.Tensor]) -> None:
        for number, rung in enumerate(self.rungs):
            if mine := of_part(str(number), statistics):
                rung.absorb(mine)

    def sample(
        self, condition: Batch, *, seed: int, temperature: NonNegativeFloat | None = None,
        top_k: NonNegativeInt | None = None, top_p: Probability | None = None,
        guidance: NonNegativeFloat | None = None, steps: PositiveInt | None = None,
        length: NonNegativeInt | None = None, max_length: NonNegativeInt | None = None, given: Any = None,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """Draw every field, each from the ones drawn before; options go to the rungs that have them. None = as the rung
        has it."""
        asked = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "guidance": guidance, "steps": steps,
                "length": length, "max_length": max_length}  # fmt: skip
        options = {name: value for name, value in asked.items() if value is not None}
        known: dict[str, Any] = dict(condition)
        drawn: dict[str, np.ndarray] = {}
        for number, (name, rung) in enumerate(zip(self.target, self.rungs, strict=True)):
            mine = taken(rung, {**self.sampling[number], **options})
            fixed = {key: value for key, value in (given or {}).items() if key == name}
            found = rung.sample(known, seed=noises.derive(seed, "rung", number), given=fixed, **mine)
            drawn |= found
            known |= found
        return drawn

    def resample(self, condition: Batch, target: Batch, *, seed: int) -> dict[str, np.ndarray]:
        """Every field as its rung draws it given the true fields before, and within it the true earlier steps.

        Raises UserError where a rung cannot.
        """
        known: dict[str, Any] = dict(condition)
        drawn: dict[str, np.ndarray] = {}
        for number, (name, rung) in enumerate(zip(self.target, self.rungs, strict=True)):
            if not isinstance(rung, Resamples):
                raise UserError(f"the rung of {name}, {type(rung).__name__}, has no method {RESAMPLE}")
            mine = taken(rung, self.sampling[number], "resample")
            true = {key: target[key] for key in self._keys(name, target)}
            drawn |= rung.resample(known, true, seed=noises.derive(seed, "rung", number), **mine)
            known |= true
        return drawn

    def check_sampling(self, **options: Any) -> None:
        for rung, own in zip(self.rungs, self.sampling, strict=True):
            if isinstance(rung, ChecksSampling):
                rung.check_sampling(**{**own, **options})

    def _field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log P(field | condition, fields before) in nats, each [batch], where every rung has a likelihood."""
        known: dict[str, Any] = dict(condition)
        found: dict[str, tf.Tensor] = {}
        for name, rung in zip(self.target, self.rungs, strict=True):
            mine = {key: target[key] for key in self._keys(name, target)}
            for term, value in rung.field_log_prob(known, mine).items():
                found[term] = found[term] + value if term in found else value  # of several rungs' ends, the sum
            known |= mine
        return found


def _group(number: int, group: str) -> str:
    return group if group == "main" else f"{group}_{number}"
