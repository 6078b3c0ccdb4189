"""What scores of samples show, in words, for the metrics that have a better side: which cells beat the direct route,
whose predicted Y′ does best, and which of the two steps loses more.

Nothing is said of what the interval over examples, or the spread between seeds, does not tell apart.
"""

import math
from collections.abc import Iterator
from typing import Any

from regenkit.analysis.comparison.apart import reach, size
from regenkit.analysis.evaluation.scores import plain


def by_samples(report: dict[str, Any]) -> list[str]:
    """Sentences on the scores of a comparison (`summary`); none where there are no scores."""
    if not report["better"]:
        return []
    return [*_direct(report), *_best(report), *_shares(report), *_gaps(report)]


def _direct(report: dict[str, Any]) -> Iterator[str]:
    """Which cells beat the direct route, and which lose to it."""
    cells = [cell for cell in report["cells"] if "direct" in cell]
    told, alike = [], []
    for cell in cells:
        won: dict[str, list[str]] = {"better": [], "worse": []}
        for name in report["better"]:
            figures = cell["scores"][name]
            low, high = reach(figures["loss"]["minus_direct"])
            if low > 0 or high < 0:
                said = f"{figures['predicted']['mean']:.3f} against {figures['direct']['mean']:.3f}"
                won["worse" if low > 0 else "better"].append(f"{plain(name)} ({said})")
        parts = [f"{side} by {', '.join(listed)}" for side, listed in won.items() if listed]
        if parts:
            told.append(f"{cell['label']} is {' and '.join(parts)}")
        else:
            alike.append(cell["label"])
    if told:
        yield f"Against the direct route, beyond the spread: {'; '.join(told)}."
    if alike:
        yield f"By no metric told from the direct route: {'; '.join(alike)}."


def _best(report: dict[str, Any]) -> Iterator[str]:
    """Whose samples from predicted Y′ score best."""
    cells, open_ = report["cells"], []
    if len(cells) < 2:
        return
    told: dict[str, list[str]] = {}
    for name in report["better"]:
        lost = [cell["scores"][name]["loss"]["whole"] for cell in cells]
        mean = [each["mean"] for each in lost]
        least = min(range(len(cells)), key=lambda place: (math.isnan(mean[place]), mean[place]))
        label, figures = cells[least]["label"], cells[least]["scores"][name]["predicted"]
        others = [cell["label"] for place, cell in enumerate(cells)
                  if place != least and not reach(lost[place])[0] > reach(lost[least])[1]]  # fmt: skip
        if others:
            open_.append(f"{plain(name)} ({_few([label, *others], len(cells))})")
        else:
            told.setdefault(label, []).append(f"{plain(name)} ({figures['mean']:.3f})")
    for label, listed in told.items():
        yield f"Samples from the predicted Y′ of {label} score best, beyond the spread, by {', '.join(listed)}."
    if open_:
        yield f"Which predicted Y′ does best is open by {', '.join(open_)}."


def _few(labels: list[str], count: int) -> str:
    return "all alike" if len(labels) == count else f"best {labels[0]}, not told from {'; '.join(labels[1:])}"


def _shares(report: dict[str, Any]) -> Iterator[str]:
    """Of what a cell loses to the reference, which step loses more: by rendering, what Y′ does not hold or the renderer
    does not make of it; by predicting, the mismatch."""
    more: dict[str, list[str]] = {"rendering": [], "predicting": []}
    told = set()
    for cell in report["cells"]:
        by: dict[str, list[str]] = {step: [] for step in more}
        for name in report["better"]:
            loss = cell["scores"][name]["loss"]
            low, high = reach(loss["split"])
            step, other = ("rendering", "predicting") if low > 0 else ("predicting", "rendering")
            if (low > 0 or high < 0) and reach(loss[step])[0] > 0:
                by[step].append(f"{plain(name)} {loss[step]['mean']:.3f} against {loss[other]['mean']:.3f}")
        for step, listed in by.items():
            if listed:
                more[step].append(f"{cell['label']} ({', '.join(listed)})")
                told.add(cell["label"])
    if more["rendering"]:
        yield (
            f"Against the reference, rendering loses more than predicting in {'; '.join(more['rendering'])}: there a "
            "richer Y′, or a better renderer, is to be tried."
        )
    if more["predicting"]:
        yield (
            f"Against the reference, predicting loses more than rendering in {'; '.join(more['predicting'])}: there a "
            "Y′ easier to predict, or a better generator, is to be tried."
        )
    if rest := [cell["label"] for cell in report["cells"] if cell["label"] not in told]:
        yield f"Whether rendering or predicting loses more is not told by any metric in {'; '.join(rest)}."


def _gaps(report: dict[str, Any]) -> Iterator[str]:
    """Whose predicted Y′ is least told from the true one."""
    names, cells = list(report["better"]), report["cells"]
    if len(cells) < 2:
        return
    told: dict[str, list[str]] = {}
    for name in names:
        gaps = [cell["scores"][name]["gap"] for cell in cells]
        distance = [abs(gap["mean"]) for gap in gaps]
        least = min(range(len(cells)), key=lambda place: (math.isnan(distance[place]), distance[place]))
        spans = [size(gap) for gap in gaps]
        if all(spans[least][1] < low for place, (low, _) in enumerate(spans) if place != least):
            told.setdefault(cells[least]["label"], []).append(f"{plain(name)} ({gaps[least]['mean']:+.3f})")
    for label, listed in told.items():
        yield f"The gap of predicted to true Y′ is smallest in {label}, beyond the spread, by {', '.join(listed)}."
    if rest := len(names) - sum(map(len, told.values())):
        yield f"By {rest} of {len(names)} metrics the smallest gap of predicted to true Y′ is not told from the next."
