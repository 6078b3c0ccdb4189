"""What a comparison shows, in words: computed from its figures alone, so that it can be checked on made-up ones."""

import math
from collections.abc import Iterator
from typing import Any

from regenkit.analysis.comparison.apart import overlap, signed, tied
from regenkit.analysis.comparison.labels import RECIPE
from regenkit.analysis.comparison.sampled import by_samples
from regenkit.analysis.evaluation.principle import LITTLE, MUCH, broken


def finding(report: dict[str, Any]) -> list[str]:
    """Sentences on a comparison (`summary`): by bits, where there are some, which cell is lowest and by how much, how
    it stands to the direct route, where its lead is largest, and which fields of Y′ break the second principle; by
    scores, what `sampled` says."""
    by_bits = [*_lowest(report), *_direct(report), *_lead(report)] if report["lowest"] is not None else []
    return [*by_bits, *_principle(report), *by_samples(report)]


def along(report: dict[str, Any]) -> tuple[str, list[float]] | None:
    """(what was varied, its value in each cell), where that is one setting and its values are numbers."""
    settings = [cell["settings"] for cell in report["cells"]]
    if any(len(each) != 1 for each in settings):
        return None
    try:
        values = [float(value) for each in settings for value in each.values()]
    except ValueError:
        return None
    key = next(iter(settings[0]))
    return (key, values) if key != RECIPE and all(map(math.isfinite, values)) else None


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
    if len(report["cells"][0]["runs"]) < 3:
        found.append("With fewer than three training seeds the spread between seeds is unknown; --seeds 3 shows it.")
    if len({tuple(cell["given"]) for cell in report["cells"]}) > 1:
        said = "; ".join(f"{cell['label']}: {', '.join(cell['given']) or 'nothing'}" for cell in report["cells"])
        found.append(f"The cells are given different things ({said}), which cost nothing: they do not compare.")
    if continuous := [cell["label"] for cell in report["cells"] if cell["density"]]:
        found.append(
            f"Y′ is continuous in {'; '.join(continuous)}: what X → Y′ costs there is a density and no number of bits, "
            "so scores of samples alone compare."
        )
    if without := [cell["label"] for cell in report["cells"] if "total" not in cell and not cell["density"]]:
        found.append(
            f"A stage of {'; '.join(without)} has no likelihood, so there are no bits of the whole route: scores of "
            "samples alone compare."
        )
    if report["better"] and len(report["cells"][0]["runs"]) < 2:
        found.append("A score of all samples together has no interval: by one training seed it tells no difference.")
    if report["left_out"]:
        found.append(
            f"Only the {report['examples']} examples that all cells hold out count; {report['left_out']} do not."
        )
    if any("generator" in cell for cell in report["cells"]) or any("saved" in row for row in report["direct"]):
        found.append(
            "What X saves is measured by hiding it from the same model. A model that never learned without X does "
            "worse without it than it could, and X seems to save more than it does."
        )
    return found


def unknown(cell: dict[str, Any]) -> list[str]:
    """The fields of a cell's Y′ that break the second principle (see `principle`), the costliest first."""
    if "generator" not in cell:
        return []
    whole, fields = cell["generator"]["bits"]["mean"], cell["generator"]["fields"]
    costs = {name: figures["bits"]["mean"] for name, figures in fields.items()}
    found = [name for name in fields if broken(costs[name], whole, fields[name]["saved"])]
    return sorted(found, key=lambda name: -costs[name])


def share(figures: dict[str, Any]) -> float:
    """Which part of a field's bits X saves."""
    blind = figures["bits"]["mean"] + figures["saved"]["mean"]
    return float(figures["saved"]["mean"] / blind) if blind > 0 else 0.0


def _lowest(report: dict[str, Any]) -> Iterator[str]:
    cells, first = [cell for cell in report["cells"] if "total" in cell], report["cells"][report["lowest"]]
    parts = f"{first['generator']['bits']['mean']:.3f} for X → Y′, {first['renderer']['bits']['mean']:.3f} for Y′ → Y"
    if len(cells) == 1:
        yield f"{first['label']} alone has bits of its whole route: {first['total']['mean']:.3f} a step ({parts})."
        return
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
    if "minus_direct" not in cell:
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
    if axis is None or any("minus_direct" not in cell for cell in report["cells"]):
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
    near = [cell["label"] for cell in others if overlap(cell["minus_direct"], best["minus_direct"])]
    unsure = f" (at {' and '.join(near)} it may be as large)" if near else ""
    yield f"Regeneration leads the direct route most at {best['label']}{unsure}; {against}."


def _principle(report: dict[str, Any]) -> Iterator[str]:
    cells = [cell for cell in report["cells"] if "generator" in cell]
    flagged = [(cell, name) for cell in cells for name in unknown(cell)]
    if cells and not flagged:
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
        alike = [each for each in cells if frozenset(each["generator"]["fields"]) == left and "total" in each]
        tried = min(alike, key=lambda each: each["total"]["mean"], default=None)
        if not left:
            yield f"X knows little of any field of {cell['label']}: another Y′ is wanted, not a leaner one."
        elif tried and "total" in cell:
            difference = tried["total"]["mean"] - cell["total"]["mean"]
            yield f"The leaner Y′ of {without} is {tried['label']}, {difference:+.3f} bits a step in all."
        else:
            yield f"A leaner Y′ to try: {without}, which leaves {', '.join(sorted(left))}."
