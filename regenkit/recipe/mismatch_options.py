"""Remedies for the mismatch of true and predicted Y′, as a recipe has them; checked before anything is trained.

    finetune: {on: sampled}              train the renderer further on predicted Y′ (`predicted`)
    train.renderer.rep_noise: 0.1        perturb Y′ while the renderer is trained (`rep_noise`)

Research question 10 of arXiv 2301.08846.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from regenkit.recipe.recipe import Part
from regenkit.stage import Resamples

FINETUNE = ("sampled", "teacher_forced")
RESAMPLE = "resample(condition, target, *, seed)"
"""What a generator needs for `finetune: {on: teacher_forced}` and `rep_noise: generator`."""


def tuned_on(section: Any) -> str | None:
    """The `on` of `finetune`; None where it is null or missing. It may be null so that a comparison can vary it.

    Raises ValueError.
    """
    if section is None:
        return None
    if not isinstance(section, Mapping) or set(section) != {"on"} or section["on"] not in FINETUNE:
        choices = " or ".join(f"{{on: {each}}}" for each in FINETUNE)
        raise ValueError(f"should be {choices}, or null; steps and the like are set in train.finetune")
    return str(section["on"])


def misplaced(train: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Each rep_noise under `train` that is not the renderer's. Only the renderer reads Y′."""
    if train.get("rep_noise"):
        yield ("rep_noise",)
    for stage, settings in train.items():
        if stage != "renderer" and isinstance(settings, Mapping) and settings.get("rep_noise"):
            yield (stage, "rep_noise")


def unable(generator: Part, finetune: str | None, rep_noise: float | str) -> Iterator[str]:
    """The fault where the recipe needs single steps given the true earlier ones, and the generator cannot draw them."""
    asked = {"finetune.on: teacher_forced": finetune == "teacher_forced",
             "train.renderer.rep_noise: generator": rep_noise == "generator"}  # fmt: skip
    target = generator.component.load() if any(asked.values()) and not generator.run else None
    if isinstance(target, type) and not issubclass(target, Resamples):
        why = next(key for key, wanted in asked.items() if wanted)
        yield f"{generator.where('use')}: {generator.use} has no method {RESAMPLE}, as {why} needs"
