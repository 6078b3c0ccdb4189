"""What Y′ is worth as a boundary, measured on data alone: compactness, relevance, the cost of conversion, its tokens.

The paradigm's three principles (Tan et al. 2023, arXiv 2301.08846, section 2.1): Y′ says less than Y; what it drops has
little to do with X; and it is easy to come by. No trained stage is needed.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from regenkit.analysis.evaluation.compactness import compactness
from regenkit.analysis.evaluation.relevance import relevance
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields, Spec

TIMED = 100
"""Examples whose conversion is timed."""


def boundary(
    pipeline: Pipeline, training: Sequence[dict[str, Fields]], held_out: Sequence[dict[str, Fields]]
) -> dict[str, Any]:
    """Sections of the report by name. Examples are paired, as {"x": …, "y": …, "rep": …}.

    What a user gives is left out of Y′ and of Y: every route has it.
    """
    given = pipeline.given_spec
    specs = {side: spec.without(given) for side, spec in pipeline.specs.items()}

    def sides(examples: Sequence[dict[str, Fields]]) -> dict[str, Sequence[Fields]]:
        return {side: [{name: each[side][name] for name in spec} for each in examples] for side, spec in specs.items()}

    known, coming = sides(training), sides(held_out)
    lengths = {
        part: [pipeline.specs["y"].steps(each["y"]) for each in examples]
        for part, examples in (("training", training), ("held_out", held_out))
    }
    coded = {side: specs[side] for side in ("rep", "y")}
    return {
        "compactness": compactness(coded, known, coming, np.array(lengths["held_out"])),
        "relevance": relevance(specs, known, coming, lengths),
        "conversion": conversion(pipeline.converter, [each["y"] for each in held_out]),
        "codebook": codebook(specs["rep"], known["rep"]),
    }


def conversion(converter: Any, ys: Sequence[Fields]) -> dict[str, Any]:
    """Milliseconds that Y → Y′ takes an example, one after another on this machine: median and quartiles."""
    spent = []
    for y in [ys[place] for place in np.linspace(0, len(ys) - 1, min(TIMED, len(ys))).astype(int)]:
        begun = time.perf_counter()
        converter.convert(y)
        spent.append(1000 * (time.perf_counter() - begun))
    quarter, median, three = np.quantile(spent, [0.25, 0.5, 0.75])
    return {"median": float(median), "quartiles": [float(quarter), float(three)], "examples": len(spent)}


def codebook(spec: Spec, examples: Sequence[Fields]) -> dict[str, Any]:
    """Of each token field: how many tokens there are, are used, are dead, and 2^entropy (perplexity) of their use.

    `commonest` is the share of the commonest token: the nearer to 1, the less the field says.
    """
    found = {}
    for name, field in spec.items():
        if not field.vocabulary:
            continue
        values = np.concatenate([np.ravel(each[name]) for each in examples])
        counts = np.bincount(values, minlength=field.vocabulary + 1)[1:]
        share = counts[counts > 0] / counts.sum()
        found[name] = {
            "tokens": field.vocabulary,
            "used": int((counts > 0).sum()),
            "dead": int((counts == 0).sum()),
            "perplexity": float(2 ** -(share * np.log2(share)).sum()),
            "commonest": float(share.max(initial=0.0)),
        }
    return found
