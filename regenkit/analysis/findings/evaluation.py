"""The finding of an evaluation: what the boundary Y′ costs and buys, and which Y′ to try next. The weightiest first."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from regenkit.analysis.findings.principle import LITTLE, broken_by, is_end, is_known, is_sure, may_save_nothing, unknown
from regenkit.analysis.findings.significance import differs, outcome
from regenkit.analysis.findings.wording import (
    ROUTES,
    against,
    joined,
    listed,
    milliseconds,
    number,
    one,
    percent,
    plain,
    with_interval,
    without_infinite,
)
from regenkit.analysis.results.figure import Score, StageCost
from regenkit.analysis.results.report import Report

DIRECT = {"direct": "that the recipe builds", "direct_half": "no larger than the generator"}
NEAR = 1.25
"""By this factor at most the direct route is larger or smaller than generator and renderer together, to be fair."""


def worded(report: Report) -> Report:
    """The same with its finding."""
    return replace(report, finding=tuple(finding(report)))


def finding(report: Report) -> list[str]:
    """Sentences for a person. Figures are bits a unit of Y unless they say otherwise."""
    bits = report.bits.routes
    comparable = not report.continuous and "predicted" in bits
    found = [*_against_direct(report)] if comparable else [*_no_bits(report)]
    if comparable:
        found += [*_costs(report), *_leaner(bits["generator"], set(report.boundary.compactness.fields["y"]))]
        found += _dropped(report) if "direct" in bits else ()
    return [
        *_infinite(report),
        *found,
        *_sizes(report),
        *_lengths(report),
        *_relevance(report),
        *_compactness(report),
        *_scores(report),
        *_tokens(report),
    ]


def _infinite(report: Report) -> Iterator[str]:
    ways = {"generator": "X → Y′", "oracle": "Y′ → Y", "direct": "the direct route", "direct_half": "its smaller model"}
    bits = report.bits.routes
    if found := [f"{bits[route].infinite} by {way}" for route, way in ways.items()
                 if route in bits and bits[route].infinite]:  # fmt: skip
        yield without_infinite(report.examples, found)


def _against_direct(report: Report) -> Iterator[str]:
    if not report.baselines:
        yield "The direct route was not measured (--no-direct), so what the detour by Y′ is worth is open."
        return
    bits, differences = report.bits.routes, report.bits.predicted_minus
    if not differences:
        yield "The direct route has no likelihood: by way of Y′ and directly, Y is compared by its scores alone."
        return
    best = min(differences, key=lambda route: (bits[route].infinite, bits[route].total.bits.mean))
    difference, predicted, direct = differences[best], bits["predicted"], bits[best]
    better = f"the better of two direct models, the one {DIRECT[best]}"
    if not difference.defined:
        yield f"Bits do not compare the detour by Y′ with {better}: no example has finite bits by both."
        return
    total = against(predicted.total.bits.mean, direct.total.bits.mean, f" bits {one(report.unit)}")
    reach = f"({total}; difference {with_interval(difference)})"
    shown = outcome(difference, (predicted.infinite, direct.infinite))
    if shown == "open":
        yield f"Whether the detour by Y′ beats {better}, is open {reach}."
    elif shown == "torn":
        less = difference.mean < 0
        yield (
            f"Whether the detour by Y′ beats {better}, is open: it costs {'less' if less else 'more'} where both have "
            f"finite bits {reach}, but holds {'more' if less else 'fewer'} examples impossible, {predicted.infinite} "
            f"against {direct.infinite}."
        )
    else:
        yield f"The detour by Y′ {'beats' if shown == 'less' else 'loses to'} {better} {reach}."


def _sizes(report: Report) -> Iterator[str]:
    """The recipe says how large the direct route is; where it is not as large as the two stages, that is said."""
    if "direct" not in report.baselines:
        return
    stages = report.parameters["generator"] + report.parameters["renderer"]
    direct = report.parameters["direct"]
    if not stages / NEAR <= direct <= stages * NEAR:
        yield (
            f"The direct route has {direct:,} parameters, generator and renderer together have {stages:,}. To compare "
            "models of one size, set the direct route's arguments under `direct` in the recipe."
        )


def _no_bits(report: Report) -> Iterator[str]:
    routes = {"generator": "X → Y′", "oracle": "Y′ → Y"} | ({"direct": "the direct route"} if report.baselines else {})
    by_scores = f"{'By way of Y′ and directly, ' if report.baselines else ''}Y is compared by its scores alone."
    if silent := [name for route, name in routes.items() if route not in report.bits.routes]:
        yield f"Without a likelihood: {', '.join(silent)}. So no bits can be compared. {by_scores}"
    else:
        yield (
            f"Y′ is continuous ({', '.join(report.continuous)}): what X → Y′ costs is a density, to which no bits of Y "
            f"can be added. {by_scores}"
        )


def _costs(report: Report) -> Iterator[str]:
    made, left = report.bits.routes["generator"], report.bits.routes["oracle"]
    if not (made.total.bits.defined and left.total.bits.defined):
        return  # no example has finite bits, as is said before
    if not made.total.saved:
        yield (
            f"X → Y′ costs {made.total.bits.mean:.2f} ({_fields(made)}). What X saves of it is not known: the "
            "generator never learned without X, as it does with `condition_dropout: 0.1`."
        )
    if made.total.saved and made.total.without_x and made.total.saved.defined:
        yield (
            f"X → Y′ costs {made.total.bits.mean:.2f} ({_fields(made)}), and would cost "
            f"{made.total.without_x.mean:.2f} without X: X saves {with_interval(made.total.saved)}."
        )
    worth = ""
    if (spared := report.bits.constant_minus_oracle) and spared.defined:
        worth = f" To know the true Y′, and not a constant one, saves {with_interval(spared)}."
    yield f"Y′ → Y costs {left.total.bits.mean:.2f} ({_fields(left)}).{worth}"


def _fields(cost: StageCost) -> str:
    return listed({name: each.bits.mean for name, each in cost.fields.items()})


def _leaner(generator: StageCost, in_y: set[str]) -> Iterator[str]:
    """Which fields of Y′ break the second principle, and what to try without them."""
    if not (generator.total.saved and generator.total.saved.defined):
        return
    broken = unknown(generator)
    shares = {name: cost.share_saved for name, cost in generator.fields.items() if not is_end(name)}
    rest = [name for name in shares if name not in broken]
    for name in broken:
        yield broken_by(name, generator, in_y=name in in_y)
    if broken and rest:
        yield f"A leaner Y′ to try: {', '.join(rest)}, without {', '.join(broken)}."
    elif broken:
        yield "X knows little of every field of this Y′: try one made of something else."
    elif len(rest) > 1 and not all(is_known(generator.fields[name]) for name in rest):
        yield "Of so few examples it is not known which fields of Y′ X knows little of."
    elif len(rest) > 1:
        each = ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
        first = min(shares, key=lambda name: shares[name])
        most = generator.fields[first].bits.mean > generator.total.bits.mean / 2  # without it little of Y′ is left
        leaner = "" if most else f" If you want to try a leaner Y′, drop {first} first."
        yield (
            f"No field of Y′ that costs much is unknown to X (X saves: {each}), so none breaks the second principle."
            f"{leaner}"
        )


def _dropped(report: Report) -> Iterator[str]:
    """What Y′ leaves out although X knows of it: the second principle the other way round."""
    made, direct = report.bits.routes["generator"], report.bits.routes["direct"]
    for name, cost in direct.fields.items():
        if name in made.fields or cost.saved is None or cost.without_x is None or not cost.without_x.mean:
            continue
        if not cost.saved.defined:
            continue
        unsure = may_save_nothing(cost)
        if is_sure(cost):
            verdict = "little, as the second principle asks"
        elif cost.share_saved < LITTLE:
            verdict = "whether that is little, as the second principle asks, is open"
        else:
            verdict = "whether a richer Y′ should keep it is open" if unsure else "a richer Y′ might keep it"
        yield (
            f"Y′ leaves out {name}, of which X knows {percent(max(cost.share_saved, 0.0))}"
            f"{', and perhaps nothing' if unsure else ''} (it saves the direct model {with_interval(cost.saved)}): "
            f"{verdict}."
        )


def _lengths(report: Report) -> Iterator[str]:
    if not {"reference", "oracle", "predicted"} <= set(report.lengths):
        return
    routes = ["predicted", "oracle", *(["direct"] if "direct" in report.lengths else [])]
    means = ", ".join(f"{ROUTES[route]} {number(report.lengths[route].mean.mean, 1)}" for route in routes)
    cost = report.bits.routes.get("predicted")
    ends = sum(each.bits.mean for name, each in cost.fields.items() if is_end(name)) if cost else 0.0
    said = f" To say where each ends costs {number(ends)} of its bits {one(report.unit)}." if ends > 0 else ""
    yield (
        f"Y is {number(report.lengths['reference'].mean.mean, 1)} {report.unit}s long on average; samples: {means}. "
        f"From predicted Y′ they differ from the real Y of the same X by "
        f"{number(report.lengths['predicted'].away.mean, 1)} on average.{said}"
    )


def _relevance(report: Report) -> Iterator[str]:
    found = report.boundary.relevance
    if not (found.rep.interval and found.y.interval):
        return
    models, bits = "", report.bits.routes
    saved = [bits[route].total.saved for route in ("generator", "direct") if route in bits]
    if len(saved) == 2 and saved[0] and saved[1] and saved[0].defined and saved[1].defined:
        models = (
            f" By the trained models, X is worth {saved[0].mean:.2f} bits {one(report.unit)} on the way to Y′ and "
            f"{saved[1].mean:.2f} on the direct one."
        )
    shuffled = (number(round(each.mean, 2) + 0.0, 2) for each in (found.rep_shuffled, found.y_shuffled))  # no −0
    reach = f"with X shuffled {' and '.join(shuffled)}; at most {found.cap:.1f}"
    if found.rep.interval[0] > 0 and found.y.interval[0] > 0:
        yield (
            f"Contrastive bounds: X and Y′ share at least {with_interval(found.rep)} bits {one(found.unit)}, X and Y "
            f"at least {with_interval(found.y)} ({reach}; the greater holds for Y).{models}"
        )
    else:
        yield (
            f"Contrastive bounds on what X shares, in bits {one(found.unit)}: with Y′ {with_interval(found.rep)}, with "
            f"Y {with_interval(found.y)} ({reach}). One that may be 0 or less shows nothing.{models}"
        )


def _compactness(report: Report) -> Iterator[str]:
    found, takes = report.boundary.compactness, milliseconds(report.boundary.conversion.median)
    if not found.ratio.defined:
        yield f"Y′ takes {takes} an example to convert. By a coder of counts alone Y has no bits to compare it with."
        return
    yield (
        f"Y′ takes {percent(found.ratio.mean)} of the bits of Y, by a coder of counts alone "
        f"({found.per_step['rep'].mean:.2f} of {found.per_step['y'].mean:.2f} {one(report.unit)}), and {takes} an "
        "example to convert."
    )


def _scores(report: Report) -> Iterator[str]:
    if "direct" in report.baselines:
        wins: dict[bool, list[str]] = {True: [], False: []}
        for name, score in report.scores.items():
            difference = score.predicted_minus[_better_direct(score, report.baselines)]
            if score.better != "closer" and differs(difference):
                wins[(difference.mean > 0) == (score.better == "higher")].append(plain(name))
        for won, names in wins.items():
            if names:
                yield (
                    f"Samples of the detour are {'better' if won else 'worse'} than those of the better direct model, "
                    f"beyond the interval, by {joined(names)}."
                )
        if any(score.better != "closer" for score in report.scores.values()) and not any(wins.values()):
            yield (
                "By no metric that has a better side do samples of the detour and of the better direct model differ "
                "beyond the interval."
            )
    if gaps := [plain(name) for name, score in report.scores.items() if differs(score.gap)]:
        yield (
            "Samples from predicted Y′ differ from those from true Y′ (the mismatch of the two steps) by "
            f"{joined(gaps)}."
        )


def _better_direct(score: Score, baselines: Sequence[str]) -> str:
    """The direct route that scores better, as a large one can overfit; the first where neither does."""
    sign = -1.0 if score.better == "lower" else 1.0
    return max(
        baselines, key=lambda route: sign * score.routes[route].mean if score.routes[route].defined else -math.inf
    )


def _tokens(report: Report) -> Iterator[str]:
    for name, use in report.boundary.codebook.items():
        if use.dead > use.tokens / 4:
            yield (
                f"{use.dead} of the {use.tokens} tokens of {name} {'is' if use.dead == 1 else 'are'} never used in "
                f"training (perplexity {use.perplexity:.1f})."
            )
