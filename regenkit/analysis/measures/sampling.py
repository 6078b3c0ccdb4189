"""Y sampled for held-out inputs, by every route there is from X to Y.

    reference     the real Y
    oracle        the renderer from the true Y′                 what rendering loses
    predicted     the renderer from the generator's Y′          what the run makes; predicted − oracle is the mismatch
    direct        X → Y without Y′, as the recipe builds it     what the detour is to beat
    direct_half   the same, no larger than the generator        a large one can overfit: the better one counts
    constant      the renderer from one and the same Y′         what Y′ is worth
    random        a training example; cut or repeated, where X says how long Y is
    unigram       every token by its training frequency; where Y is of tokens
    mean          the mean of the training examples of the same X; where Y is of numbers

What is not known in a training example (0 of tokens, and of numbers with gaps) is no answer of random, unigram, mean
and constant.

Given fields (a key, a metre) are supplied to every route.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from regenkit.analysis.measures.baselines import class_mean, constant_rep, random_training, unigram
from regenkit.analysis.measures.examples import Pair
from regenkit.analysis.measures.spool import Spool
from regenkit.pipeline import Pipeline
from regenkit.spec import Fields, Spec

DIRECT = ("direct", "direct_half")
ROUTES = ("reference", "oracle", "predicted", *DIRECT, "constant", "random", "unigram", "mean")


@final
@dataclass(frozen=True)
class Drawn:
    """Samples of one route, and the Y′ that each is held against; with several samples an input, round after round."""

    ys: Sequence[Fields]
    reps: Sequence[Fields]


def routes_to(y: Spec, baselines: Sequence[str] = DIRECT) -> tuple[str, ...]:
    """The routes by which Y can be had: tokens have frequencies, numbers of fixed shape a mean.

    baselines   the direct routes that are trained
    """
    without = set(DIRECT) - set(baselines)
    if not all(field.vocabulary for field in y.values()):
        without.add("unigram")
    if any(field.vocabulary or field.variable for field in y.values()):
        without.add("mean")
    return tuple(route for route in ROUTES if route not in without)


def draw(pipeline: Pipeline, route: str, pairs: Sequence[Pair], learned: Sequence[Pair], samples: int = 1) -> Drawn:
    """Y of every input by a route, `samples` times over.

    learned   the training pairs, for the baselines
    """
    drawn = Drawn(all_ys := Spool(), all_reps := Spool())
    xs, truths = [each["x"] for each in pairs], [each["rep"] for each in pairs]
    given = [pipeline.given_of(rep) for rep in truths]
    for seed in range(samples):
        reps = truths
        if route == "reference":
            ys = [each["y"] for each in pairs]
        elif route == "random":
            ys = random_training(pipeline, learned, pairs, seed)
        elif route == "unigram":
            ys = unigram(pipeline, learned, pairs, seed)
        elif route == "mean":
            ys = class_mean(pipeline.specs["y"], learned, xs)
        elif route in DIRECT:
            conditions = [{**x, **each.fields} for x, each in zip(xs, given, strict=True)]
            targets = pipeline.sample(route, conditions, seed=seed)
            ys = [pipeline.joined(rep, target) for rep, target in zip(truths, targets, strict=True)]
        else:
            if route == "predicted":
                reps = pipeline.predict_rep(xs, given, seed=seed)
            elif route == "constant":
                reps = constant_rep(pipeline, learned, pairs)
            ys = pipeline.render_rep(reps, seed=seed)
        all_ys.extend(ys)
        all_reps.extend(reps)
    return drawn
