"""What metrics of text compare: the texts of samples and references."""

from collections.abc import Sequence
from typing import Any

from regenkit.components import Evaluation
from regenkit.spec import Fields


def samples(of: Evaluation) -> list[str]:
    return _texts(of.y, of.samples)


def references(of: Evaluation) -> list[str]:
    return _texts(of.y, of.references)


def _texts(modality: Any, fields: Sequence[Fields]) -> list[str]:
    return [modality.decode(each) for each in fields]
