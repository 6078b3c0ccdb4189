"""What a comparison shows, in words: computed from its figures alone, so that it can be checked on made-up ones.

The second principle of regeneration learning (arXiv 2301.08846, section 2.1): what Y′ leaves out of Y should have
little to do with X; so what Y′ keeps should be what X knows something of. A field that costs bits which X does not save
is not.
"""

import math
from collections.abc import Iterator
from typing import Any

from regenkit.report.finding import LITTLE, MUCH, plain


def finding(report: dict[str, Any]) -> list[str]:
    """Sentences on a comparison (`compare.summary`): which cell is lowest and by how much, how it stands to the direct
    route, where its lead is largest, which fields of Y′ break the second principle, and whose gap is smallest."""
    if all(cell.get("density") for cell in report["cells"]):
        return list(_gaps(report))  # bits of densities say nothing; see `limits`
    return [*_lowest(report), *_direct(report), *_lead(report), *_principle(report), *_gaps(report)]


def along(report: dict[str, Any]) -> tuple[str, list[float]] | None:
    """(what was varied, its value in each cell), where that is one setting and its values are numbers."""
    settings = [cell["settings"] for cell in report["cells"]]
    if any(len(each) != 1 for each in settings):
        return None
    try:
        values = [float(value) for each in settings for value in each.values()]
    except ValueError:
        return None
    return (next(iter(settings[0])), values) if all(map(math.isfinite, values)) else None


def limits(report: dict[str, Any]) -> list[str]:
    """What the figures do not say."""
    found = []
    if report["split"] == "validation":
        found.append(
            "Comparing is tuning, so this is the validation split, on which the best weights were chosen as well: its "
            "figures flatter. For the chosen cell, `regenkit evaluate` measures the test split."
        )
    else:
        found.append("This is the test split: a cell chosen by it is no longer measured by it.")
    if len(report["cells"][0]["total"]["seeds"]) < 3:
        found.append("With fewer than three training seeds the spread between seeds is unknown; --seeds 3 shows it.")
    if len({tuple(cell["given"]) for cell in report["cells"]}) > 1:
        said = "; ".join(f"{cell['label']}: {', '.join(cell['given']) or 'nothing'}" for cell in report["cells"])
        found.append(f"The cells are given different things ({said}), which cost no bits: their totals do not compare.")
    if continuous := [cell["label"] for cell in report["cells"] if cell.get("density")]:
        found.append(
            f"Y′ is continuous in {'; '.join(continuous)}: what X → Y′ costs there is a density, so neither it nor the "
            "total compares with bits of tokens. Compare scores of samples (--scores)."
        )
    if report["left_out"]:
        found.append(
            f"Only the {report['examples']} examples that all cells hold out count; {report['left_out']} do not."
        )
    found.append(
        "What X saves is measured by hiding it from the same model. A model that never learned without X does worse "
        "without it than it could, and X seems to save more than it does."
    )
    return found


def unknown(cell: dict[str, Any]) -> list[str]:
    """The fields of a cell's Y′ that break the second principle: they cost MUCH of X → Y′, and X saves LITTLE of them,
    or nothing for all that the examples tell. The costliest first."""
    if cell.get("density"):
        return []  # what it costs is no number of bits
    whole, fields = cell["generator"]["bits"]["mean"], cell["generator"]["fields"]
    costs = {name: figures["bits"]["mean"] for name, figures in fields.items()}
    little = {name for name in fields if share(fields[name]) < LITTLE or fields[name]["saved"]["low"] <= 0}
    found = [name for name in fields if costs[name] >= MUCH * whole and name in little]
    return sorted(found, key=lambda name: -costs[name])


def share(figures: dict[str, Any]) -> float:
    """Which part of a field's bits X saves."""
    blind = figures["bits"]["mean"] + figures["saved"]["mean"]
    return float(figures["saved"]["mean"] / blind) if blind > 0 else 0.0


def tied(difference: dict[str, Any]) -> bool:
    """A difference that its interval over examples, or the spread between seeds, does not set apart from nothing."""
    within = difference["low"] <= 0 <= difference["high"]
    return bool(within or abs(difference["mean"]) <= difference.get("spread", 0.0))


def signed(difference: dict[str, Any]) -> str:
    """A difference with what it may be."""
    spread = f", seeds ± {difference['spread']:.3f}" if "spread" in difference else ""
    return f"{difference['mean']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]{spread}"


def _lowest(report: dict[str, Any]) -> Iterator[str]:
    cells, first = report["cells"], report["cells"][report["lowest"]]
    parts = f"{first['generator']['bits']['mean']:.3f} for X → Y′, {first['renderer']['bits']['mean']:.3f} for Y′ → Y"
    yield f"{first['label']} is lowest: {first['total']['mean']:.3f} bits a step ({parts})."
    others = sorted((cell for cell in cells if cell is not first), key=lambda cell: cell["total"]["mean"])
    for ties, said in ((True, "Within the spread of it, so no better or worse for all we know"), (False, "Beyond it")):
        listed = "; ".join(
            f"{cell['label']} {signed(cell['minus_lowest'])}" for cell in others if tied(cell["minus_lowest"]) == ties
        )
        if listed:
            yield f"{said}: {listed}."


def _direct(report: dict[str, Any]) -> Iterator[str]:
    cell = report["cells"][report["lowest"]]
    if "direct" not in cell:
        return
    bits, difference = report["direct"][cell["direct"]]["bits"]["mean"], cell["minus_direct"]
    if tied(difference):
        said = "against which the detour by Y′ shows no difference"
    else:
        said = "and the detour by Y′ saves" if difference["mean"] < 0 else "and the detour by Y′ costs more"
    yield f"The direct route X → Y costs {bits:.3f} bits a step, {said}: {cell['label']} {signed(difference)}."


def _lead(report: dict[str, Any]) -> Iterator[str]:
    """Along a setting that is a number: where regeneration stands best against the direct route."""
    axis = along(report)
    if axis is None or any("direct" not in cell for cell in report["cells"]):
        return
    cells = [cell for _, cell in sorted(zip(axis[1], report["cells"], strict=True), key=lambda each: each[0])]
    best = min(cells, key=lambda cell: cell["minus_direct"]["mean"])
    listed = "; ".join(f"{cell['label']} {signed(cell['minus_direct'])}" for cell in cells)
    against = f"regeneration − direct: {listed}"
    name = axis[0].rpartition(".")[2]
    if best["minus_direct"]["mean"] >= 0 or tied(best["minus_direct"]):
        yield f"At no {name} does regeneration beat the direct route beyond the spread; {against}."
        return
    others = [cell for cell in cells if cell is not best]
    near = [cell["label"] for cell in others if _overlap(cell["minus_direct"], best["minus_direct"])]
    unsure = f" (at {' and '.join(near)} it may be as large)" if near else ""
    yield f"Regeneration leads the direct route most at {best['label']}{unsure}; {against}."


def _gaps(report: dict[str, Any]) -> Iterator[str]:
    """Whose predicted Y′ is least told from the true one by the metrics, where there are some."""
    names, cells = list(report.get("better", ())), report["cells"]
    if not names or len(cells) < 2:
        return
    told: dict[str, list[str]] = {}
    for name in names:
        gaps = [cell["scores"][name]["gap"] for cell in cells]
        size = [abs(gap["mean"]) for gap in gaps]
        least = min(range(len(cells)), key=lambda place: (math.isnan(size[place]), size[place]))
        reach = [_size(gap) for gap in gaps]
        if all(reach[least][1] < low for place, (low, _) in enumerate(reach) if place != least):
            told.setdefault(cells[least]["label"], []).append(f"{plain(name)} ({gaps[least]['mean']:+.3f})")
    for label, listed in told.items():
        yield f"The gap of predicted to true Y′ is smallest in {label}, beyond the spread, by {', '.join(listed)}."
    if rest := len(names) - sum(map(len, told.values())):
        yield f"By {rest} of {len(names)} metrics the smallest gap of predicted to true Y′ is not told from the next."


def _reach(value: dict[str, Any]) -> tuple[float, float]:
    """From where to where it may be: its interval over examples, or the spread between seeds, whichever is wider.
    Anything, where neither is known."""
    if "low" not in value and "spread" not in value:
        return -math.inf, math.inf
    mean, spread = value["mean"], value.get("spread", 0.0)
    return min(value.get("low", mean), mean - spread), max(value.get("high", mean), mean + spread)


def _size(value: dict[str, Any]) -> tuple[float, float]:
    """The same of its absolute value."""
    low, high = _reach(value)
    return 0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high))


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return _reach(one)[0] <= _reach(other)[1] and _reach(other)[0] <= _reach(one)[1]


def _principle(report: dict[str, Any]) -> Iterator[str]:
    cells = report["cells"]
    flagged = [(cell, name) for cell in cells for name in unknown(cell)]
    if not flagged:
        yield (
            f"No field of Y′ breaks the second principle: X saves at least {LITTLE:.0%} of the bits of each that costs "
            f"{MUCH:.0%} of X → Y′ or more."
        )
    for name in dict.fromkeys(name for _, name in flagged):
        within = [cell for cell, other in flagged if other == name]
        cell = max(within, key=lambda cell: cell["generator"]["fields"][name]["bits"]["mean"])
        figures, whole = cell["generator"]["fields"][name], cell["generator"]["bits"]["mean"]
        also = f" (also in {'; '.join(each['label'] for each in within if each is not cell)})" if within[1:] else ""
        unsure = " (for all the examples tell, nothing)" if figures["saved"]["low"] <= 0 else ""
        if name in cell["shared"]:
            where = "Y holds it too: a Y′ without it pays for it in Y′ → Y."
        else:
            where = "Y does not hold it: what it costs is lost but for what it spares Y′ → Y."
        yield (
            f"{name} breaks the second principle: in {cell['label']}{also} it costs {figures['bits']['mean']:.3f} of "
            f"the {whole:.3f} bits of X → Y′, of which X saves {max(share(figures), 0):.1%}{unsure}. {where}"
        )
    said = set()
    for cell, _ in flagged:
        left = frozenset(cell["generator"]["fields"]) - frozenset(unknown(cell))
        if left in said:
            continue
        said.add(left)
        without = f"{cell['label']} without {', '.join(unknown(cell))}"
        alike = [each for each in cells if frozenset(each["generator"]["fields"]) == left]
        tried = min(alike, key=lambda each: each["total"]["mean"], default=None)
        if not left:
            yield f"X knows little of any field of {cell['label']}: another Y′ is wanted, not a leaner one."
        elif tried:
            difference = tried["total"]["mean"] - cell["total"]["mean"]
            yield f"The leaner Y′ of {without} is {tried['label']}, {difference:+.3f} bits a step in all."
        else:
            yield f"A leaner Y′ to try: {without}, which leaves {', '.join(sorted(left))}."
