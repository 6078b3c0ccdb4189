"""The tables of an evaluation."""

from collections.abc import Iterator, Sequence

from regenkit.analysis.findings.wording import ROUTES, one, percent, plain, plus_minus
from regenkit.analysis.results.figure import Cost, Figure
from regenkit.analysis.results.report import Report
from regenkit.analysis.tables.table import EMPTY, Cell, Table, count, figure, value, words
from regenkit.stages import STAGES

MINUS = {"oracle": "gap: predicted − true Y′", "direct": "predicted − direct",
         "direct_half": "predicted − direct, half"}  # fmt: skip


def routes(report: Report, *, caption: str = "", differences: bool = False) -> Table:
    """A row a route, a column bits and each metric; the differences of routes below, where they are asked for."""
    scores, bits = report.scores, report.bits
    has_bits = any(route in bits.routes for route in ROUTES)
    titles = [f"{plain(name)} ({score.better})" for name, score in scores.items()]
    rows = []
    for route, name in ROUTES.items():
        shown = [score.routes.get(route) for score in scores.values()]
        cost = bits.routes[route].total.bits if route in bits.routes else None
        if cost or any(shown):
            rows.append([words(name), *([figure(cost)] if has_bits else []), *map(figure, shown)])
    for route, name in MINUS.items() if differences else ():
        minus = [score.predicted_minus.get(route) for score in scores.values()]
        if route in bits.predicted_minus or any(minus):
            rows.append([words(name), *([figure(bits.predicted_minus.get(route))] if has_bits else []),
                         *map(figure, minus)])  # fmt: skip
    return Table(
        titles=["route", *([f"bits {one(report.unit)} (lower)"] if has_bits else []), *titles],
        rows=rows,
        caption=caption,
    )


def lengths(report: Report) -> Table:
    """How long samples are, where X does not say it."""
    rows = [[words(name), figure(report.lengths[route].mean), figure(report.lengths[route].away)]
            for route, name in ROUTES.items() if route in report.lengths]  # fmt: skip
    return Table(
        titles=["route", f"{report.unit}s", "away from the real Y"],
        rows=rows,
        caption="How long samples are, and by how much they differ in length from the real Y of the same X.",
    ).without_empty()


def fields(report: Report) -> Table:
    """Bits of every field, and what X saves of them."""
    steps = {"generator": "X → Y′", "direct": "X → Y, direct", "direct_half": "X → Y, direct, half", "oracle": "Y′ → Y"}
    rows = [
        [words(step), words(field), value(cost.bits.mean), *_saved(cost)]
        for route, step in steps.items() if route in report.bits.routes
        for field, cost in report.bits.routes[route].fields.items()
    ]  # fmt: skip
    return Table(
        titles=["step", "field", "bits", "bits without X", "saved by X", "share of it"],
        rows=rows,
        caption=(
            f"Held-out bits {one(report.unit)} by field. What X saves estimates what it tells: bits without X − "
            "bits with X, the difference of two upper bounds, so an estimate and no bound."
        ),
    ).without_empty()


def _saved(cost: Cost) -> list[Cell]:
    if cost.without_x is None or cost.saved is None:
        return [EMPTY] * 3
    share = value(cost.share_saved, percent) if cost.without_x.mean else EMPTY
    return [value(cost.without_x.mean), figure(cost.saved), share]


def compactness(report: Report) -> Table:
    found = report.boundary.compactness
    rows = []
    for side, name, route in (("rep", "Y′", "generator"), ("y", "Y", "direct")):
        stage = report.bits.routes.get(route)
        for field, code in found.fields[side].items():
            best = min(code.orders, key=lambda bits: bits.mean)
            cost = stage.fields.get(field) if stage else None
            rows.append([words(name), words(field), *map(figure, (*code.orders, best)), value(code.step),
                         _without_x(cost)])  # fmt: skip
        rows.append([words(name), words("all"), EMPTY, EMPTY, EMPTY, figure(found.per_step[side]), EMPTY,
                     _without_x(stage.total if stage else None)])  # fmt: skip
    return Table(
        titles=["side", "field", "order 0", "order 1", "order 2", "best order", "rounded to", "model"],
        rows=rows,
        caption=(
            f"Bits {one(report.unit)} of {found.examples} held-out examples, coded given 0, 1 or 2 tokens before "
            "(counts of the training split, adapted as it goes), and by the trained model without X. Continuous fields "
            "are rounded to the step stated."
        ),
    ).without_empty()


def _without_x(cost: Cost | None) -> Cell:
    return value(cost.without_x.mean) if cost and cost.without_x else EMPTY


def relevance(report: Report) -> Table:
    found = report.boundary.relevance

    def row(name: str, bound: Figure, shuffled: Figure, route: str) -> Sequence[Cell]:
        worth = report.bits.routes[route].total.saved if route in report.bits.routes else None
        return [words(name), figure(bound), figure(shuffled), figure(worth)]

    kept = ""
    if found.kept:
        kept = (
            f" The bound for Y′ is {plus_minus(found.kept)} of that for Y; as Y′ is made of Y, the greater holds for Y."
        )
    return Table(
        titles=["X and …", "bound", "bound, X shuffled", f"worth to the model (bits {one(report.unit)})"],
        rows=[row("Y′", found.rep, found.rep_shuffled, "generator"), row("Y", found.y, found.y_shuffled, "direct")],
        caption=(
            f"InfoNCE lower bounds in bits {one(found.unit)}, {found.units} of them, each to be found among "
            f"{found.negatives}: never more than {found.cap:.1f}. The critic is bilinear on counts and sees nothing "
            f"beyond its unit: read the two against each other.{kept} Last, the models' estimate, {one(report.unit)}."
        ),
    ).without_empty()


def codebook(report: Report) -> Table:
    return Table(
        titles=["field of Y′", "tokens", "used", "dead", "perplexity", "share of the commonest"],
        rows=[[words(name), count(use.tokens), count(use.used), count(use.dead), value(use.perplexity),
               value(use.commonest)] for name, use in report.boundary.codebook.items()],
        caption="In the training split.",
    )  # fmt: skip


def training(report: Report, *, together: bool = False) -> Table:
    """Of the stages that draw; or of those that train several of these `together`, perhaps with an auxiliary one."""

    def rows() -> Iterator[list[Cell]]:
        for stage, each in report.training.items():
            if bool(STAGES[stage].parts) != together:
                continue
            seconds = None if each.seconds is None else round(each.seconds)
            yield [words(stage), count(each.parameters), count(each.steps), count(each.best_step),
                   count(seconds), words(each.origin or "this run")]  # fmt: skip

    return Table(
        titles=["stage", "parameters", "steps", "best step", "seconds", "from"],
        rows=list(rows()),
        caption=(
            "Stages that train others as one, with all their parameters, and hand them their weights. What is left, as "
            "an auxiliary stage, is dropped: it draws nothing and counts nowhere else."
            if together
            else "What each stage took to train. Seconds are of training steps alone."
        ),
    )
