"""The model of the stage `joint`: which of the two fits how Y′ runs."""

from collections.abc import Mapping
from typing import Any

from regenkit.models.joint import Joint
from regenkit.models.joint_vectors import JointVectors
from regenkit.recipe.train_settings import JointSettings
from regenkit.stage import draws_length
from regenkit.stages import GENERATOR, Specs


def together(*, parts: Mapping[str, Any], specs: Specs, settings: JointSettings) -> Joint | JointVectors:
    """By vectors where a learned Y′ is of numbers and the generator draws its length; else step by step."""
    numbers = all(field.kind == "continuous" for field in specs["rep"].only(optional=False).values())
    vectors = numbers and "converter" in parts and draws_length(parts[GENERATOR])
    return (JointVectors if vectors else Joint)(parts=parts, specs=specs, settings=settings)
