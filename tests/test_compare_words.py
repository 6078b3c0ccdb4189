"""What a comparison says and draws where a score or bits are not defined, and how sure its words are."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_compare import SETUP
from test_compare import report as of_bits
from test_compare_curve import report as along
from test_compare_scores import SCORED
from test_compare_scores import report as of_scores

from regenkit.analysis.findings.comparison import finding, limits, worded
from regenkit.analysis.findings.significance import exceeds
from regenkit.analysis.grid.losses import score_over_seeds
from regenkit.analysis.grid.summary import Measured, summary
from regenkit.analysis.pages.comparison_page import measured_on, page
from regenkit.analysis.pages.plot_tradeoff import losses, tradeoff
from regenkit.analysis.results.comparison import Comparison
from regenkit.analysis.results.figure import Better, Figure
from regenkit.analysis.tables.comparison_tables import fields_table, main_table

SIDES: tuple[Better, ...] = ("higher", "lower", "closer")


@pytest.mark.parametrize("side", SIDES)
def test_losses_add_up_where_a_score_is_not_defined_of_all_examples(side: Better) -> None:
    """Each was of the examples that its own two routes define, so that two losses of 0.07 made one of −0.02."""
    random = np.random.default_rng(0)
    runs: list[dict[str, dict[str, np.ndarray]]] = []
    for _ in range(3):
        values = {route: random.random(50) for route in ("reference", "oracle", "predicted", "direct")}
        for route, gap in {"reference": np.nan, "oracle": np.nan, "predicted": np.inf, "direct": np.nan}.items():
            values[route][random.integers(0, 50, 6)] = gap
        runs.append({"m": values})
    loss = score_over_seeds(runs, [range(50)] * 3, {"m": side})["m"].loss
    assert loss and loss.minus_direct and loss.minus_direct.defined
    assert loss.whole.seeds == pytest.approx(np.add(loss.rendering.seeds, loss.predicting.seeds))
    assert loss.whole.mean == pytest.approx(loss.rendering.mean + loss.predicting.mean)
    assert loss.split.mean == pytest.approx(loss.rendering.mean - loss.predicting.mean)
    three = [[run["m"][route] for route in ("reference", "oracle", "predicted")] for run in runs]
    apart = [(each[2] - each[0])[np.isfinite(each).all(0)].mean() for each in three]
    assert abs(loss.whole.mean) == pytest.approx(abs(np.mean(apart)))


def test_bits_of_two_stages_add_up_where_one_rules_examples_out() -> None:
    lean = of_bits(seeds=2, impossible=3).cells[1]
    assert lean.generator and lean.renderer and lean.total
    parts = [stage.total.bits.mean for stage in (lean.generator, lean.renderer)]
    assert sum(parts) == pytest.approx(lean.total.mean)
    assert (lean.generator.infinite, lean.renderer.infinite) == (0, 3)


def test_a_cell_is_not_the_lowest_for_ruling_out_a_longer_example() -> None:
    """Cells that rule out as many were ranked by bits an example, of which a long one has more."""
    steps = np.array([100.0] + [10.0] * 9)

    def run(bits_a_step: float, impossible: int) -> Measured:
        pitch = bits_a_step * steps
        pitch[impossible] = np.inf
        return Measured(folder=Path("runs/made/up"), ids=[str(number) for number in range(10)], steps=steps,
                        bits={"generator": {"beat": steps}, "renderer": {"pitch": pitch}}, given=(), shared=(),
                        keys={}, parameters=dict.fromkeys(("generator", "renderer"), 9), seconds={})  # fmt: skip

    named = [("long", {"parts": "[a]"}), ("short", {"parts": "[b]"})]
    found = summary(SETUP, named, [[run(2.0, 0)], [run(1.9, 9)]])
    assert found.lowest == 1 and found.cells[0].total and found.cells[1].total
    assert found.cells[0].total.mean == pytest.approx(3.0) and found.cells[1].total.mean == pytest.approx(2.9)


def test_a_score_without_true_y_prime_is_not_drawn() -> None:
    """The page ended in a traceback: "cannot convert float NaN to integer"."""
    found, nothing = of_scores(SCORED), Figure(float("nan"))
    cells = []
    for cell in found.cells:
        fid = cell.scores["toy/fid"]
        assert fid.loss
        lost = replace(fid.loss, rendering=nothing, predicting=nothing, split=nothing)
        cells.append(replace(cell, scores={**cell.scores, "toy/fid": replace(fid, loss=lost)}))
    assert "loss of hit by rendering" in losses(replace(found, cells=tuple(cells)))


def test_a_direct_route_outside_of_the_plot_is_written_beside_it() -> None:
    """The page named a dashed line that was not there."""
    near, far = (along({"a": 3.0, "b": 3.1}, {"a": value, "b": value}, key="converter.use") for value in (3.05, 9.0))
    assert tradeoff(near).count('<line class="direct"') == 2 and "outside" not in tradeoff(near)
    drawn = tradeoff(far)
    assert "dashed: the direct route" in page(near) and "dashed: the direct route" not in page(far)
    assert '<line class="direct"' not in drawn and re.search(r">outside of this: direct (9|8\.99)\S*, ", drawn)


def test_a_cell_that_rules_out_more_does_not_save() -> None:
    found = of_bits(direct=3.2)
    lean = found.cells[1]
    assert lean.renderer and found.lowest == 1
    assert any("and the detour by Y′ saves: lean −0.2" in said for said in finding(found))
    torn = replace(lean, renderer=replace(lean.renderer, infinite=2))
    said = finding(replace(found, cells=(found.cells[0], torn)))
    assert any("whether the detour by Y′ saves is open, as what is lower where" in each for each in said)
    leading = along({"1": 3.0, "2": 3.1}, {"1": 3.5, "2": 3.5})
    ruled = [replace(cell, renderer=cell.renderer and replace(cell.renderer, infinite=1)) for cell in leading.cells]
    assert any("Regeneration leads" in each for each in leading.finding)
    assert any("At no paired_fraction" in each for each in finding(replace(leading, cells=tuple(ruled))))


def test_no_difference_that_is_seen_is_not_no_difference() -> None:
    """ "the detour by Y′ does not differ from it" """
    level = along({"a": 3.0, "b": 3.5}, {"a": 3.0, "b": 3.5}, key="converter.use")
    assert any("and whether the detour by Y′ saves is open: use=a" in said for said in level.finding)


def test_the_table_of_fields_is_no_surer_than_the_sentence() -> None:
    found = of_bits(seeds=3)
    full = found.cells[0].generator
    assert full and full.fields["chord"].saved
    for high, verdict in ((0.1, "broken"), (0.9, "perhaps broken")):
        chord = replace(full.fields["chord"], saved=replace(full.fields["chord"].saved, low=-0.1, high=high))
        generator = replace(full, fields={**full.fields, "chord": chord})
        cells = (replace(found.cells[0], generator=generator), found.cells[1])
        flags = [row[-1].text for row in fields_table(replace(found, cells=cells)).rows if row[-1].text]
        assert flags == [verdict]


def test_direct_routes_of_several_cells_are_told_apart_in_every_table() -> None:
    found = along({"a": 3.0, "b": 3.1}, {"a": 3.5, "b": 3.6}, key="converter.use")
    for table, name in ((main_table(found), "direct X → Y"), (fields_table(found), "direct")):
        named = [cell.text for row in table.rows for cell in row if "direct" in cell.text]
        assert named == [f"{name} of 1", f"{name} of 2"]
    (one,) = [row[0].text for row in fields_table(of_bits(direct=2.0)).rows if "direct" in row[0].text]
    assert one == "direct"


def test_one_seed_has_no_spread_to_go_beyond() -> None:
    one, three = of_bits(direct=2.0), of_bits(direct=2.0, seeds=3, apart=0.01)
    assert any(said.startswith("Higher, beyond the interval: full") for said in one.finding)
    assert any(said.startswith("Higher, beyond the spread: full") for said in three.finding)
    single = " ".join(of_scores(SCORED, seeds=1).finding)
    assert "beyond the interval" in single and "beyond the spread" not in single
    assert any("is unknown" in limit for limit in one.limits)
    assert any("is hardly known" in limit for limit in of_bits(seeds=2).limits)


def test_the_leaner_cell_is_named_with_the_spread_of_its_difference() -> None:
    found = of_bits(seeds=3, apart=0.1)
    full, lean = (cell.total for cell in found.cells)
    assert full and lean
    spread = np.std(np.subtract(lean.seeds, full.seeds), ddof=1)
    assert any("full without chord is lean, −0.50" in said and f"± {spread:.3f} bits a step in all." in said
               for said in found.finding)  # fmt: skip


def test_no_field_breaks_the_principle_of_the_cells_of_which_it_is_known() -> None:
    found = along({"a": 3.0, "b": 3.5}, key="converter.use")
    assert any(said.startswith("No field of Y′ breaks the second principle") for said in found.finding)
    unknown = found.cells[1].generator
    assert unknown
    total = replace(unknown.total, saved=None, without_x=None)
    cells = (found.cells[0], replace(found.cells[1], generator=replace(unknown, total=total)))
    assert any(said.startswith("No field of Y′ of use=a breaks") for said in finding(replace(found, cells=cells)))
    known = found.cells[0].generator
    assert known
    few = {name: replace(each, saved=Figure(0.5)) for name, each in known.fields.items()}  # of few examples, one seed
    cells = (replace(found.cells[0], generator=replace(known, fields=few)), found.cells[1])
    assert not any("No field of Y′" in said for said in finding(replace(found, cells=cells)))


def test_scores_of_all_together_differ_by_twice_the_spread_of_their_difference() -> None:
    """As docs/comparing.md says; two cells whose seeds differ alike had to differ by four spreads."""

    def figure(*seeds: float) -> Figure:
        return Figure(float(np.mean(seeds)), seeds=seeds, spread=float(np.std(seeds, ddof=1)))

    one = figure(1.0, 2.0, 3.0)
    assert exceeds(figure(1.5, 2.6, 3.7), one) and not exceeds(one, figure(1.5, 2.6, 3.7))
    assert not exceeds(figure(1.1, 2.9, 3.8), one)
    assert not exceeds(figure(float("nan"), 2.6, 3.7), one) and not exceeds(Figure(9.0), Figure(1.0))
    interval = replace(one, low=1.9, high=2.1)  # with an interval, what both reach counts
    assert exceeds(replace(interval, mean=5.0, low=4.9, high=5.1), interval)
    assert not exceeds(replace(interval, mean=3.0, low=2.9, high=3.1), interval)


def test_one_example_is_not_written_as_several() -> None:
    one = replace(of_bits(), examples=1, left_out=1)
    assert "Only the example that all cells hold out counts; 1 does not." in list(limits(one))
    assert measured_on(one) == "validation split, 1 example, 400 steps of Y, 1 training seed"


def texts(comparison: Comparison) -> list[Any]:
    return [[cell.text for cell in row] for row in main_table(comparison).rows]


def test_a_difference_that_is_small_is_not_written_as_none() -> None:
    """Of pictures a bit a pixel is much: "Higher, beyond the spread: b +0.000 [+0.000, +0.001]"."""
    found = of_bits()
    full = replace(found.cells[0], minus_lowest=Figure(0.0004, 0.0002, 0.0006))
    small = worded(replace(found, cells=(full, found.cells[1])))
    assert any("full +0.0004 [+0.0002, +0.0006]" in said for said in small.finding)
    assert any("+0.0004 [+0.0002, +0.0006]" in row for row in texts(small)) and "+0.0004" in page(small)
