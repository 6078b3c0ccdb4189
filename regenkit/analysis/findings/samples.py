"""What scores of samples show: which cells beat the direct route, whose predicted Y′ does best, and which of the two
steps loses more.

No sentence is about a difference within the interval over examples or the spread between seeds.
"""

import math
from collections.abc import Iterator

from regenkit.analysis.findings.significance import exceeds, of_size, reach, reach_of_size
from regenkit.analysis.findings.wording import against, margin, number, plain, signed_number
from regenkit.analysis.results.comparison import Cell, Comparison
from regenkit.analysis.results.figure import Figure, Loss


def by_samples(comparison: Comparison) -> list[str]:
    """Sentences on the scores of a comparison; none where there are none."""
    if not comparison.better:
        return []
    return [*_direct(comparison), *_best(comparison), *_steps(comparison), *_gaps(comparison)]


def _loss(cell: Cell, metric: str) -> Loss:
    loss = cell.scores[metric].loss
    assert loss
    return loss


def _margin(comparison: Comparison) -> str:
    return margin(len(comparison.cells[0].runs))


def _direct(comparison: Comparison) -> Iterator[str]:
    """Which cells beat the direct route, and which lose to it."""
    differ, equal = [], []
    for cell in (cell for cell in comparison.cells if cell.direct is not None):
        outcome: dict[str, list[str]] = {"better": [], "worse": []}
        for name in comparison.better:
            minus, routes = _loss(cell, name).minus_direct, cell.scores[name].routes
            low, high = reach(minus) if minus else (-math.inf, math.inf)
            if low > 0 or high < 0:
                values = against(routes["predicted"].mean, routes["direct"].mean)
                outcome["worse" if low > 0 else "better"].append(f"{plain(name)} ({values})")
        parts = [f"{side} by {', '.join(names)}" for side, names in outcome.items() if names]
        if parts:
            differ.append(f"{cell.label} is {' and '.join(parts)}")
        else:
            equal.append(cell.label)
    if differ:
        yield f"Against the direct route, beyond {_margin(comparison)}: {'; '.join(differ)}."
    if equal:
        yield f"By no metric different from the direct route, as far as is known: {'; '.join(equal)}."


def _best(comparison: Comparison) -> Iterator[str]:
    """Whose samples from predicted Y′ score best."""
    cells = comparison.cells
    if len(cells) < 2:
        return
    best: dict[str, list[str]] = {}
    undecided = []
    for name in comparison.better:
        lost = [_loss(cell, name).whole for cell in cells]
        least = min(range(len(cells)), key=lambda place: (math.isnan(lost[place].mean), lost[place].mean))
        label, figure = cells[least].label, cells[least].scores[name].routes["predicted"]
        near = [cell.label for place, cell in enumerate(cells)
                if place != least and not exceeds(lost[place], lost[least])]  # fmt: skip
        if len(near) == len(cells) - 1:
            undecided.append(f"{plain(name)} (no cells differ)")
        elif near:
            undecided.append(f"{plain(name)} (best {label}, no different from {'; '.join(near)})")
        else:
            best.setdefault(label, []).append(f"{plain(name)} ({number(figure.mean)})")
    for label, names in best.items():
        beyond = _margin(comparison)
        yield f"Samples from the predicted Y′ of {label} score best, beyond {beyond}, by {', '.join(names)}."
    if undecided:
        yield f"Which predicted Y′ does best is open by {', '.join(undecided)}."


def _steps(comparison: Comparison) -> Iterator[str]:
    """Of what a cell loses to the reference, which step loses more. Rendering loses what Y′ does not hold or the
    renderer does not make of it; predicting, the mismatch."""
    more: dict[str, list[str]] = {"rendering": [], "predicting": []}
    undecided = []
    for cell in comparison.cells:
        by: dict[str, list[str]] = {step: [] for step in more}
        for name in comparison.better:
            loss = _loss(cell, name)
            low, high = reach(loss.split)
            step, lost, other = (("rendering", loss.rendering, loss.predicting) if low > 0 else
                                 ("predicting", loss.predicting, loss.rendering))  # fmt: skip
            if (low > 0 or high < 0) and reach(lost)[0] > 0:
                by[step].append(f"{plain(name)} {against(lost.mean, other.mean)}")
        for step, names in by.items():
            if names:
                more[step].append(f"{cell.label} ({', '.join(names)})")
        if not any(by.values()):
            undecided.append(cell.label)
    if more["rendering"]:
        yield (
            f"Against the reference, rendering loses more than predicting in {'; '.join(more['rendering'])}: try a "
            "richer Y′ there, or a better renderer."
        )
    if more["predicting"]:
        yield (
            f"Against the reference, predicting loses more than rendering in {'; '.join(more['predicting'])}: try a Y′ "
            "there that is easier to predict, or a better generator."
        )
    if undecided:
        yield f"By no metric is it clear whether rendering or predicting loses more in {'; '.join(undecided)}."


def _gaps(comparison: Comparison) -> Iterator[str]:
    """Whose samples from predicted Y′ differ least from those from true Y′."""
    names, cells = list(comparison.better), comparison.cells
    if len(cells) < 2:
        return
    smallest: dict[str, list[str]] = {}
    for name in names:
        gaps = [cell.scores[name].gap for cell in cells]
        least = min(range(len(cells)), key=lambda place: (math.isnan(gaps[place].mean), abs(gaps[place].mean)))
        if all(_larger(gap, gaps[least]) for place, gap in enumerate(gaps) if place != least):
            smallest.setdefault(cells[least].label, []).append(f"{plain(name)} ({signed_number(gaps[least].mean)})")
    for label, metrics in smallest.items():
        beyond = _margin(comparison)
        yield f"The gap of predicted to true Y′ is smallest in {label}, beyond {beyond}, by {', '.join(metrics)}."
    if rest := len(names) - sum(map(len, smallest.values())):
        yield f"By {rest} of {len(names)} metrics the smallest gap of predicted to true Y′ is not clear."


def _larger(gap: Figure, least: Figure) -> bool:
    """Whether a gap is larger than the least one, whichever way it goes."""
    if gap.interval is None and least.interval is None:
        return exceeds(of_size(gap), of_size(least))
    return reach_of_size(gap)[0] > reach_of_size(least)[1]
