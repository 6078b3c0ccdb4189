"""Held-out bits of every route of a run, as figures: what a user of Y′ pays for it, and what X is worth."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from regenkit.analysis.measures.baselines import constant_rep
from regenkit.analysis.measures.bits import has_bits, stage_bits, unigram_bits
from regenkit.analysis.measures.bootstrap import bootstrap
from regenkit.analysis.measures.examples import Pair
from regenkit.analysis.results.figure import Cost, Figure, StageCost
from regenkit.analysis.results.report import Bits
from regenkit.data.lengths import drawn_axes
from regenkit.pipeline import Pipeline

FieldBits = Mapping[str, np.ndarray]
"""Of each field, [examples]; or [seeds, examples]."""


def held_out_bits(
    pipeline: Pipeline,
    pairs: Sequence[Pair],
    learned: Sequence[Pair],
    steps: np.ndarray,
    baselines: Sequence[str],
    blindfolded: Sequence[str],
) -> tuple[Bits, np.ndarray | None]:
    """(figures of every route that has a likelihood, bits of the predicted route [examples] if it has one).

    blindfolded   the stages that are measured without X as well
    """
    y_spec = pipeline.specs["y"].without(pipeline.given_spec)
    known: dict[str, FieldBits] = {}
    blind: dict[str, FieldBits] = {}
    for stage in ("generator", *baselines):
        if has_bits(pipeline, stage):
            known[stage] = stage_bits(pipeline, stage, pairs)
            if stage in blindfolded:
                blind[stage] = stage_bits(pipeline, stage, pairs, withhold=True)
    if has_bits(pipeline, "renderer"):
        known["oracle"] = stage_bits(pipeline, "renderer", pairs)
        known["constant"] = stage_bits(pipeline, "renderer", pairs, rep=constant_rep(pipeline, learned, pairs))
    if {"generator", "oracle"} <= set(known):
        known["predicted"] = {**known["generator"], **known["oracle"]}
        if "generator" in blind:
            blind["predicted"] = {**blind["generator"], **known["oracle"]}
    if all(field.vocabulary for field in y_spec.values()):
        known["unigram"] = unigram_bits(y_spec, learned, pairs, drawn_axes(pipeline.specs["x"], y_spec))

    def minus(one: str, other: str) -> np.ndarray:
        return difference(whole(known[one]), whole(known[other]))

    both = whole(known["predicted"]) if "predicted" in known else None  # its two stages are counted where it is

    def costs(route: str) -> StageCost:
        return stage_cost(known[route], steps, blind.get(route), of=both if route in ("generator", "oracle") else None)

    figures = Bits(
        routes={route: costs(route) for route in known},
        predicted_minus={direct: bootstrap(minus("predicted", direct), steps)
                         for direct in baselines if {direct, "predicted"} <= set(known)},
        constant_minus_oracle=bootstrap(minus("constant", "oracle"), steps) if "oracle" in known else None,
    )  # fmt: skip
    return figures, both


def whole(bits: FieldBits) -> np.ndarray:
    """Of all fields together, [examples]."""
    total: np.ndarray = np.add.reduce(list(bits.values()))
    return total


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Undefined where both are infinite."""
    with np.errstate(invalid="ignore"):
        found: np.ndarray = one - other
    return found


def stage_cost(
    bits: FieldBits,
    steps: np.ndarray,
    without_x: FieldBits | None = None,
    figure: Callable[[np.ndarray, np.ndarray], Figure] = bootstrap,
    of: np.ndarray | None = None,
) -> StageCost:
    """Bits of an example by field, and the same with X hidden, as bits a step. All are of the examples whose bits are
    finite in all fields, so that they add up.

    figure   makes one of bits and steps; of arrays [seeds, examples] that is `over_seeds`
    of       bits that have to be finite as well, of the route that the stage is a part of
    """
    counted = np.isfinite(whole(bits)) & (True if of is None else np.isfinite(of))
    blind = counted & np.isfinite(whole(without_x)) if without_x else counted

    def cost(bits: np.ndarray, without_x: np.ndarray | None) -> Cost:
        found = figure(np.where(counted, bits, np.nan), steps)
        if without_x is None:
            return Cost(bits=found)
        return Cost(
            bits=found,
            without_x=figure(np.where(blind, without_x, np.nan), steps),
            saved=figure(np.where(blind, difference(without_x, bits), np.nan), steps),
        )

    return StageCost(
        total=cost(whole(bits), whole(without_x) if without_x else None),
        fields={name: cost(each, without_x[name] if without_x else None) for name, each in bits.items()},
        infinite=int((~np.isfinite(np.atleast_2d(whole(bits))).all(0)).sum()),
    )
