"""Comparisons along a number, and of scores: the curve, the gaps and the words on them, on made-up figures."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from regenkit.analysis.findings.comparison import finding, varied_number, worded
from regenkit.analysis.grid.losses import score_over_seeds
from regenkit.analysis.grid.summary import Measured, summary
from regenkit.analysis.pages.comparison_page import page
from regenkit.analysis.pages.plot_curve import curve
from regenkit.analysis.results.comparison import Comparison, Setup
from regenkit.analysis.results.figure import Better, Figure
from regenkit.analysis.tables.comparison_tables import main_table, scores_table

EXAMPLES, SEEDS = 40, 3


def report(
    totals: dict[str, float], direct: dict[str, float] | None = None, *, key: str = "dataset.paired_fraction",
    apart: float = 0.02, gaps: dict[str, float] | None = None,
) -> Comparison:  # fmt: skip
    """Cells by the value of `key`, in bits a step. A direct route each; `gaps` of the score toy/rhyme, each exact to
    0.01 (-0.2 of the direct route), and of toy/whole, one figure a seed, which are the same for all."""
    random = np.random.default_rng(0)
    steps = np.full(EXAMPLES, 10)

    def run(value: str, seed: int) -> Measured:
        def bits(mean: float) -> np.ndarray:
            return steps * (mean + 0.01 * random.standard_normal(EXAMPLES))

        shift = apart * (seed - 1)
        stages = {"generator": {"beat": bits(0.5)}, "generator_without_x": {"beat": bits(1.0)},
                  "renderer": {"pitch": bits(totals[value] - 0.5 + shift)}}  # fmt: skip
        if direct:
            stages |= {f"direct{end}": {"pitch": bits(direct[value])} for end in ("", "_without_x")}
        found: dict[str, dict[str, np.ndarray]] = {}
        if gaps:
            oracle = random.random(EXAMPLES)
            noise = 0.01 * random.standard_normal(EXAMPLES)
            found["toy/rhyme"] = {"reference": oracle, "oracle": oracle, "predicted": oracle + gaps[value] + noise}
            found["toy/whole"] = {"reference": np.array(0.5), "oracle": np.array(0.5),
                                  "predicted": np.array(0.4 + 0.05 * seed)}  # fmt: skip
            if direct:
                found["toy/rhyme"]["direct"] = oracle - 0.2 + noise[::-1]
                found["toy/whole"]["direct"] = np.array(0.4)
        known = [stage for stage in stages if "without" not in stage]
        return Measured(
            folder=Path("runs/made/up"), ids=[f"song {number}" for number in range(EXAMPLES)], steps=steps,
            bits=stages, keys={stage: f"{stage} {value}" for stage in known}, given=(), shared=(),
            parameters=dict.fromkeys(known, 1000), seconds=dict.fromkeys(known, 60.0), scores=found,
        )  # fmt: skip

    named = [(f"{key.split('.')[-1]}={value}", {key: value}) for value in totals]
    better: dict[str, Better] = {"toy/rhyme": "higher", "toy/whole": "closer"} if gaps else {}
    setup = Setup(recipe="song", folder="runs/song/compare", split="validation", base={}, better=better,
                  seeds=(tuple(range(SEEDS)),) * len(totals), environment={}, command="regenkit compare")  # fmt: skip
    return worded(summary(setup, named, [[run(value, seed) for seed in range(SEEDS)] for value in totals]))


TOTALS, DIRECT = {"1": 3.0, "0.05": 3.6, "0.2": 3.2}, {"1": 3.0, "0.05": 4.4, "0.2": 3.5}


def test_where_the_lead_is_largest_is_said_of_each_its_own_direct_route() -> None:
    found = report(TOTALS, DIRECT)
    assert len(found.direct) == 3 and varied_number(found) == ("dataset.paired_fraction", [1.0, 0.05, 0.2])
    (said,) = [sentence for sentence in found.finding if "leads" in sentence]
    assert said.startswith("Regeneration leads the direct route most at paired_fraction=0.05; regeneration − direct: ")
    assert re.search(r"paired_fraction=0\.05 −0\.(80|79)\d \[.*\], seeds ± 0\.0\d\d; .*=1 [+−]0\.0\d\d.*\.$", said)
    assert said.index("=0.05 ") < said.index("=0.2 ") < said.index("=1 ")  # in order, whatever was written


def test_a_lead_that_the_seeds_do_not_bear_out_is_none() -> None:
    close = report(TOTALS, {value: total + 0.1 for value, total in TOTALS.items()}, apart=0.3)
    assert any("At no paired_fraction does regeneration beat" in sentence for sentence in close.finding)
    behind = report(TOTALS, {value: total - 0.5 for value, total in TOTALS.items()})
    assert any("At no paired_fraction does regeneration beat" in sentence for sentence in behind.finding)
    level = report({"0.1": 3.0, "1": 3.01}, {"0.1": 3.5, "1": 3.5})
    assert any("(at paired_fraction=1 it may be as large)" in sentence for sentence in level.finding)


def test_a_clear_lead_counts_beside_a_larger_one_that_is_not_clear() -> None:
    """Only the largest difference was looked at, so that regeneration was said to beat the direct route at no value."""
    found = report(TOTALS, DIRECT)
    full, few, some = found.cells
    unclear, clear = Figure(-0.8, -1.7, 0.1), Figure(-0.3, -0.4, -0.2)
    cells = (full, replace(few, minus_direct=unclear), replace(some, minus_direct=clear))
    (said,) = [each for each in finding(replace(found, cells=cells)) if "egeneration" in each]
    assert said.startswith(
        "Regeneration leads the direct route most at paired_fraction=0.2 (at paired_fraction=0.05 it may be as large); "
    )


def test_a_cell_without_any_finite_bits_is_left_out_of_pictures_and_words() -> None:
    """The page ended in a traceback after everything was trained."""
    found = report({**TOTALS, "1": np.inf}, DIRECT)
    assert found.lowest == 2 and not any("nan" in each for each in found.finding)
    drawn = page(found)
    assert drawn.count("<circle") == 2 and "<h2>Along" not in drawn and "nan" not in drawn
    none = report(dict.fromkeys(TOTALS, np.inf), DIRECT)
    assert none.lowest is None and "<circle" not in page(none)
    assert any("infinite or undefined for 40 by Y′ → Y of paired_fraction=1, " in each for each in none.limits)


def test_the_curve_is_drawn_of_one_setting_that_is_a_number() -> None:
    drawn = curve(report(TOTALS, DIRECT))
    assert drawn.count("<polyline") == 4 and drawn.count("<circle") == 6 and "paired_fraction (logarithmic)" in drawn
    way = re.search(r'<polyline class="series" points="([^"]*)"', drawn)
    assert way
    points = np.array([pair.split(",") for pair in way[1].split()], float)
    assert (np.diff(points[:, 0]) > 0).all() and (np.diff(points[:, 1]) > 0).all()  # fewer bits: lower on the page
    gaps = np.diff(points[:, 0])
    assert gaps[0] / gaps[1] == pytest.approx(np.log(4) / np.log(5), abs=0.01)
    described = re.search(r'<desc id="curve-text">(.*?)</desc>', drawn)
    assert described and re.search(r"paired_fraction=0\.05: by way of Y′ 3\.\d+, direct 4\.\d+;", described[1])
    plain = curve(report({"0": 3.0, "0.3": 3.1}, key="generator.dropout"))
    assert plain.count("<polyline") == 2 and "logarithmic" not in plain  # 0 has no logarithm
    assert "Along generator.dropout" in page(report({"0": 3.0, "0.3": 3.1}, key="generator.dropout"))
    words = report({"[timing]": 3.0, "[rhythm]": 3.1}, key="converter.parts")
    assert curve(words) == "" and "<h2>Along" not in page(words)


def test_gaps_are_taken_seed_by_seed_and_the_smallest_is_named() -> None:
    found = report({"8": 3.0, "4": 3.1}, key="generator.width", gaps={"8": -0.30, "4": -0.10})
    gap = found.cells[0].scores["toy/rhyme"].gap
    assert len(gap.seeds) == SEEDS and gap.mean == pytest.approx(-0.3, abs=0.01)
    assert (
        gap.interval and gap.interval[0] < gap.mean < gap.interval[1] and gap.spread is not None and gap.spread < 0.01
    )
    whole = found.cells[0].scores["toy/whole"].gap
    assert whole.seeds == pytest.approx([-0.1, -0.05, 0.0]) and whole.interval is None
    assert whole.spread == pytest.approx(0.05)
    said = found.finding[-2:]
    assert re.search(r"smallest in width=4, beyond the spread, by rhyme \(−0\.(10|09)", said[0])
    assert said[1].startswith("By 1 of 2 metrics the smallest gap")
    alike = report({"8": 3.0, "4": 3.1}, gaps={"8": -0.10, "4": 0.10}).finding
    assert alike[-1].startswith("By 2 of 2 metrics the smallest gap")


def test_scores_have_a_table_of_their_own() -> None:
    found = report({"8": 3.0, "4": 3.1}, {"8": 3.0, "4": 3.1}, gaps={"8": -0.30, "4": -0.10})
    table = scores_table(found)
    rows = [[cell.text for cell in row] for row in table.rows]
    assert table.titles == ["score", "cell", "reference", "true Y′", "predicted Y′", "direct", "gap"]
    assert [row[:2] for row in rows] == [
        ["rhyme (higher)", "paired_fraction=8"], ["rhyme (higher)", "paired_fraction=4"],
        ["whole (closer)", "paired_fraction=8"], ["whole (closer)", "paired_fraction=4"],
    ]  # fmt: skip
    assert re.fullmatch(r"−0\.(30|29)\d \[−0\.\d{3}, −0\.\d{3}\] ± 0\.\d{3}", rows[0][-1])
    assert rows[2][-1] == "−0.050 ± 0.050"
    assert len(rows) == len(main_table(found).rows) == 4
    assert "<h2>Scores of samples</h2>" in page(found)
    assert "Scores" not in page(report(TOTALS))


def test_undefined_scores_and_other_orders_of_examples() -> None:
    one = {"toy/rhyme": {"oracle": np.array([1.0, np.nan, 3.0]), "predicted": np.array([1.0, 2.0, 5.0])}}
    other = {"toy/rhyme": {"oracle": np.array([3.0, 1.0]), "predicted": np.array([4.0, 1.0])}}
    found = score_over_seeds([one, other], [[0, 2], [1, 0]], {"toy/rhyme": "higher"})["toy/rhyme"].gap
    assert found.seeds == (1.0, 0.5) and found.mean == 0.75
    whole = score_over_seeds([one], [[0, 1, 2]], {"toy/rhyme": "higher"})["toy/rhyme"].gap
    assert whole.mean == 1.0 and whole.spread is None
