"""The report in words: what the boundary Y′ costs and buys, and which Y′ to try next. The weightiest comes first."""

from collections.abc import Mapping
from typing import Any

from regenkit.analysis.evaluation.principle import LITTLE, broken
from regenkit.analysis.evaluation.scores import plain

DIRECT = {"direct": "of matched size", "direct_half": "no larger than the generator"}


def finding(report: Mapping[str, Any]) -> list[str]:
    """Sentences for a person. Figures are bits a step of Y unless they say otherwise."""
    bits = report["bits_by_field"]
    compared = not report.get("continuous") and {"predicted", *DIRECT} <= set(bits)
    parts = (
        *((_detour, _costs, _leaner) if compared else (_densities,)),
        *((_dropped,) if {"generator", "direct"} <= set(bits) and not report.get("continuous") else ()),
        _contrast, _compact, _metrics, _tokens,
    )  # fmt: skip
    return [sentence for part in parts for sentence in part(report)]


def _detour(report: Mapping[str, Any]) -> list[str]:
    bits = report["bits_per_step"]
    best = min(DIRECT, key=lambda route: bits[route]["mean"])
    apart = bits[f"predicted − {best}"]
    total = f"{bits['predicted']['mean']:.2f} bits a step against {bits[best]['mean']:.2f}"
    reach = f"({total}; difference {_range(apart)})"
    if apart["high"] < 0:
        return [f"The detour by Y′ beats the better of two direct models, the one {DIRECT[best]} {reach}."]
    if apart["low"] > 0:
        return [f"The detour by Y′ loses to the better of two direct models, the one {DIRECT[best]} {reach}."]
    return [f"Whether the detour by Y′ beats the better of two direct models, the one {DIRECT[best]}, is open {reach}."]


def _densities(report: Mapping[str, Any]) -> list[str]:
    routes = {"generator": "X → Y′", "oracle": "Y′ → Y", "direct": "the direct route"}
    silent = [name for route, name in routes.items() if route not in report["bits_by_field"]]
    if silent:
        return [
            f"Without a likelihood: {', '.join(silent)}. So no bits can be compared; by way of Y′ and directly, Y is "
            "compared by its scores alone."
        ]
    return [
        f"Y′ is continuous ({', '.join(report['continuous'])}): what X → Y′ costs is a density, to which no bits of Y "
        "can be added. By way of Y′ and directly, Y is compared by its scores alone."
    ]


def _costs(report: Mapping[str, Any]) -> list[str]:
    bits, fields = report["bits_per_step"], report["bits_by_field"]
    made, left = fields["generator"], fields["oracle"]
    saved = report["worth_of_x"]["generator"]["total"]
    return [
        f"X → Y′ costs {bits['generator']['mean']:.2f} ({_listed(made)}), which would be "
        f"{bits['generator_without_x']['mean']:.2f} without X: X saves {_range(saved)}.",
        f"Y′ → Y costs {bits['oracle']['mean']:.2f} ({_listed(left)}); knowing the true Y′ and not a constant one "
        f"saves {_range(bits['constant − oracle'])}.",
    ]


def wasted(report: Mapping[str, Any]) -> list[str]:
    """Fields of Y′ that cost much and of which X knows little: what breaks the second principle."""
    cost, saved = report["bits_by_field"]["generator"], report["worth_of_x"]["generator"]["by_field"]
    return [name for name in cost if broken(cost[name], sum(cost.values()), saved[name])]


def _leaner(report: Mapping[str, Any]) -> list[str]:
    cost, without = report["bits_by_field"]["generator"], report["bits_by_field"]["generator_without_x"]
    known = {name: 1 - cost[name] / without[name] if without[name] else 0.0 for name in cost}
    found = []
    for name in wasted(report):
        said = (
            f"Of {name}, which costs {cost[name]:.2f}, X knows {percent(known[name])}: it breaks the second principle, "
            "that Y′ keep what has to do with X and drop the rest."
        )
        if name in report["bits_by_field"]["direct"]:
            said += " Y holds it too, so it is paid for somewhere; left to the renderer, what X knows of it is lost."
        else:
            said += " Y does not hold it, so these bits are lost but for what it spares the renderer."
        found.append(said)
    rest = [name for name in cost if name not in wasted(report)]
    if found and rest:
        found.append(f"A leaner Y′ to try: {', '.join(rest)}, without {', '.join(wasted(report))}.")
    elif found:
        found.append("X knows little of every field of this Y′: try one made of something else.")
    elif len(cost) > 1:
        least = min(known, key=lambda name: known[name])
        shares = ", ".join(f"{name} {percent(share)}" for name, share in known.items())
        found.append(
            f"No field of Y′ that costs much is unknown to X (what X saves: {shares}), so none breaks the second "
            f"principle. If a leaner Y′ is to be tried, drop {least} first."
        )
    return found


def _dropped(report: Mapping[str, Any]) -> list[str]:
    """What Y′ leaves out, and X knows about: the second principle the other way round."""
    made, worth = report["bits_by_field"]["generator"], report["worth_of_x"]["direct"]["by_field"]
    without = report["bits_by_field"]["direct_without_x"]
    found = []
    for name, saved in worth.items():
        if name in made or not without[name]:
            continue
        share = saved["mean"] / without[name]
        verdict = "a richer Y′ might keep it" if share >= LITTLE else "little, as the second principle would have it"
        found.append(
            f"Y′ leaves out {name}, of which X knows {percent(share)} (it saves the direct model {_range(saved)}): "
            f"{verdict}."
        )
    return found


def _contrast(report: Mapping[str, Any]) -> list[str]:
    found, worth = report["relevance"], report["worth_of_x"]
    if not all("low" in found[side] for side in ("rep", "y")):
        return []
    models = ""
    if {"generator", "direct"} <= set(worth):
        models = (
            f" By the trained models, X is worth {worth['generator']['total']['mean']:.2f} bits a step on the way to "
            f"Y′ and {worth['direct']['total']['mean']:.2f} on the direct one."
        )
    return [
        f"Contrastive bounds: X tells at least {_range(found['rep'])} bits a {found['unit']} about Y′ and "
        f"{_range(found['y'])} about Y (X shuffled: {found['rep_shuffled']['mean']:.2f} and "
        f"{found['y_shuffled']['mean']:.2f}; at most {found['cap']:.1f}; the greater holds for Y).{models}"
    ]


def _compact(report: Mapping[str, Any]) -> list[str]:
    found, cost = report["compactness"], report["conversion"]
    return [
        f"Y′ takes {percent(found['ratio']['mean'])} of the bits of Y, by a coder of counts alone "
        f"({found['per_step']['rep']['mean']:.2f} of {found['per_step']['y']['mean']:.2f} a step), and "
        f"{cost['median']:.2g} ms an example to convert."
    ]


def _metrics(report: Mapping[str, Any]) -> list[str]:
    wins: dict[bool, list[str]] = {True: [], False: []}
    for name, figures in report["metrics"].items():
        apart, better = figures["predicted − direct"], report["better"].get(name)
        if better in ("higher", "lower") and "low" in apart and (apart["low"] > 0 or apart["high"] < 0):
            wins[(apart["low"] > 0) == (better == "higher")].append(plain(name))
    gaps = [plain(name) for name, figures in report["metrics"].items()
            if "low" in figures["gap"] and (figures["gap"]["low"] > 0 or figures["gap"]["high"] < 0)]  # fmt: skip
    found = [
        f"Samples of the detour are {'better' if won else 'worse'} than those of the direct route of matched size, "
        f"beyond the interval, by {', '.join(names)}."
        for won, names in wins.items() if names
    ]  # fmt: skip
    if report["metrics"] and not any(wins.values()):
        found.append(
            "By no metric that has a better side do samples of the detour and of the direct route of matched size "
            "differ beyond the interval."
        )
    if gaps:
        found.append(f"Predicted Y′ is told from true Y′ (the mismatch of the two steps) by {', '.join(gaps)}.")
    return found


def _tokens(report: Mapping[str, Any]) -> list[str]:
    return [
        f"Of the {each['tokens']} tokens of {name} {each['dead']} are never used in training "
        f"(perplexity {each['perplexity']:.1f})."
        for name, each in report["codebook"].items()
        if each["dead"] > each["tokens"] / 4
    ]


def percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"


def _listed(fields: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in fields.items())


def _range(value: Mapping[str, float]) -> str:
    """Three digits, so that an interval that all but holds 0 can be told from one that does."""
    return f"{value['mean']:.3f} [{value['low']:.3f}, {value['high']:.3f}]".replace("-", "−")
