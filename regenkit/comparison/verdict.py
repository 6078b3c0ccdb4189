"""What a comparison shows, in words: computed from its figures alone, so that it can be checked on made-up ones.

The second principle of regeneration learning (arXiv 2301.08846, section 2.1): what Y′ leaves out of Y should have
little to do with X; so what Y′ keeps should be what X knows something of. A field that costs bits which X does not save
is not.
"""

from collections.abc import Iterator
from typing import Any

from regenkit.report.finding import LITTLE, MUCH


def finding(report: dict[str, Any]) -> list[str]:
    """Sentences on a comparison (`compare.summary`): which cell is lowest and by how much, how it stands to the direct
    route, and which fields of Y′ break the second principle."""
    return [*_lowest(report), *_direct(report), *_principle(report)]


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
