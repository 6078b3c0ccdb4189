"""What Y′ is worth as a boundary, measured on data alone: compactness, relevance, the cost of conversion, its tokens.

The paradigm's three principles (Tan et al. 2023, arXiv 2301.08846, section 2.1): Y′ says less than Y; what it drops has
little to do with X; and it is easy to come by. No trained stage is needed.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from regenkit.analysis.measures.compactness import compactness
from regenkit.analysis.measures.examples import Pair, Side
from regenkit.analysis.measures.relevance import relevance
from regenkit.analysis.results.report import Boundary, Conversion, TokenUse
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields, Spec

TIMED = 100
"""Examples whose conversion is timed."""


def boundary(pipeline: Pipeline, learned: Sequence[Pair], held_out: Sequence[Pair]) -> Boundary:
    """What a user gives is left out of Y′ and of Y: every route has it."""
    given = pipeline.given_spec
    specs = {side: spec.without(given) for side, spec in pipeline.specs.items()}

    def sides(pairs: Sequence[Pair]) -> dict[str, Sequence[Fields]]:
        return {side: Side(pairs, side, list(spec)) for side, spec in specs.items()}

    training, coming = sides(learned), sides(held_out)
    lengths = {
        part: [pipeline.specs["y"].steps(y) for y in Side(pairs, "y")]
        for part, pairs in (("training", learned), ("held_out", held_out))
    }
    units = np.array([pipeline.units(y) for y in Side(held_out, "y")])
    coded = {side: specs[side] for side in ("rep", "y")}
    return Boundary(
        compactness=compactness(coded, training, coming, units),
        relevance=relevance(specs, training, coming, lengths),
        conversion=conversion(pipeline.converter, Side(held_out, "y")),
        codebook=codebook(specs["rep"], training["rep"]),
    )


def conversion(converter: Any, ys: Sequence[Fields]) -> Conversion:
    """What Y → Y′ takes, one example after another on this machine."""
    spent = []
    for y in [ys[int(index)] for index in np.linspace(0, len(ys) - 1, min(TIMED, len(ys)))]:
        begun = time.perf_counter()
        converter.convert(y)
        spent.append(1000 * (time.perf_counter() - begun))
    quarter, median, three = np.quantile(spent, [0.25, 0.5, 0.75])
    return Conversion(median=float(median), quartiles=(float(quarter), float(three)), examples=len(spent))


def codebook(spec: Spec, examples: Sequence[Fields]) -> dict[str, TokenUse]:
    """Of each token field: which of its tokens are used, and how evenly."""
    counts = {name: np.zeros(field.vocabulary + 1, np.int64) for name, field in spec.items() if field.vocabulary}
    for each in examples:
        for name, count in counts.items():
            count += np.bincount(np.ravel(each[name]), minlength=len(count))
    found = {}
    for name, count in counts.items():
        used = count[1:][count[1:] > 0]
        share = used / used.sum()
        found[name] = TokenUse(
            tokens=len(count) - 1, used=len(used), dead=len(count) - 1 - len(used),
            perplexity=float(2 ** -(share * np.log2(share)).sum()), commonest=float(share.max(initial=0.0)),
        )  # fmt: skip
    return found
