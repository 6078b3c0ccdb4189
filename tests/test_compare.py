"""`regenkit compare`: the grid, the figures and the finding on made-up bits with known answers."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from songs import anything

from regenkit.analysis.findings.comparison import LOWER, UNDEFINED, finding, worded
from regenkit.analysis.findings.principle import unknown
from regenkit.analysis.grid.cells import cells, parse, slug
from regenkit.analysis.grid.summary import Measured, summary
from regenkit.analysis.pages.comparison_page import page
from regenkit.analysis.pages.svg import ticks
from regenkit.analysis.results.comparison import Comparison, Setup
from regenkit.analysis.tables.comparison_tables import main_table
from regenkit.errors import UserError

RECIPE = """\
dataset: {use: music/corpus, paired: [bach], unpaired: [], limit: 60}
converter: {use: music/template, parts: [timing], given: [tonality, metre]}
generator: {use: transformer, width: 8, depth: 1, heads: 2}
renderer: {use: transformer, width: 8, depth: 1, heads: 2}
train: {steps: 2, steps_per_call: 2, validate_every: 2, checkpoint_every: 2, sample_every: 0, warmup_steps: 1}
"""

# --- the grid --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("generator.width=64,128", ["64", "128"]),
        ("converter.parts=[timing],[rhythm, cadence]", ["[timing]", "[rhythm, cadence]"]),
        ("converter={use: a/b},{use: a/b, parts: [c, d]}", ["{use: a/b}", "{use: a/b, parts: [c, d]}"]),
        ("train.learning_rate= 1e-3 , 3e-4", ["1e-3", "3e-4"]),
        ("dataset.path='a, b',c=d", ["'a, b'", "c=d"]),
    ],
)
def test_values_are_the_items_of_a_list(option: str, values: list[str]) -> None:
    assert parse(option) == (option.partition("=")[0], values)


def test_what_is_no_choice_of_values_is_taught() -> None:
    for option, said in {
        "generator.width": "write KEY=A,B",
        "=1,2": "write KEY=A,B",
        "generator.width=": "write KEY=A,B",
        "generator.width=64": "one value; it takes two",
        "converter.parts=[timing, rhythm]": "one value, the list in brackets",
        "converter.parts=[timing]|[rhythm]": "commas between them",
        "converter.parts=[timing],[rhythm": "commas between them",
        "generator.width=64,64": "the value 64 stands here twice",
        "x=" + "[" * 5000: "commas between them",
    }.items():
        with pytest.raises(UserError, match=re.escape(said)) as caught:
            parse(option)
        assert str(caught.value).startswith("--vary ")


@anything
@given(st.text(max_size=60))
def test_any_text_is_values_or_refused(text: str) -> None:
    try:
        _, values = parse(f"a.b={text}")
    except UserError:
        return
    assert len(values) >= 2
    assert all(value in text for value in values)


def test_cells_are_every_choice_by_every_seed(tmp_path: Path) -> None:
    recipe = tmp_path / "song.yaml"
    recipe.write_text(RECIPE)
    found = cells(recipe, ["train.seed=5"], ["converter.parts=[timing],[rhythm]", "generator.width=8,4"], 2)
    assert [cell.label for cell in found] == [
        "parts=[timing], width=8", "parts=[timing], width=4", "parts=[rhythm], width=8", "parts=[rhythm], width=4"
    ]  # fmt: skip
    assert [list(cell.recipes) for cell in found] == [[5, 6]] * 4
    last = found[-1].recipes[6]
    assert last.train_settings().seed == 6 and last.generator.arguments["width"] == 4
    assert list(last.part("converter").arguments["parts"]) == ["rhythm"]
    assert slug(found[0].label) == "parts=timing-width=8"
    for varied, seeds, said in (
        (["generator.width=8,4", "generator.width=2,1"], 1, "varied twice"),
        (["converter={use: music/template},{use: a}", "converter.parts=[timing],[rhythm]"], 1, "lies within converter"),
        (["train.seed=1,2"], 2, "--seeds varies it already"),
        (["generator.dropout=0.1,0.10"], 1, "the same recipe"),
        (["generator.width=8,wide"], 1, "--vary generator.width=wide: generator.width: should be a valid integer"),
        (["generator.widht=8,4"], 1, "did you mean 'width'"),
    ):
        with pytest.raises(UserError, match=re.escape(said)):
            cells(recipe, [], varied, seeds)


# --- figures and words on made-up bits --------------------------------------------------------------------------------


def report(
    *, seeds: int = 1, apart: float = 0.0, direct: float | None = None, dense: tuple[str, ...] = (), impossible: int = 0
) -> Comparison:  # fmt: skip
    """Two cells of 40 examples of 10 steps. `full` has a chord of 2 bits a step that X knows nothing of, and a beat of
    which it saves half; `lean` the beat alone, and pitches that cost 1.5 bits more. Seeds are `apart` from each other.
    The Y′ of `dense` cells is continuous. `impossible` examples are so by the renderer of `lean`.
    """
    random = np.random.default_rng(0)
    steps = np.full(40, 10)

    def run(cell: str, seed: int, fields: dict[str, tuple[float, float]], pitch: float) -> Measured:
        def bits(value: float) -> np.ndarray:
            return steps * (value + 0.01 * random.standard_normal(40))

        shift = apart * (seed - (seeds - 1) / 2)
        stages = {
            "generator": {name: bits(value) for name, (value, _) in fields.items()},
            "generator_without_x": {name: bits(value) for name, (_, value) in fields.items()},
            "renderer": {"pitch": bits(pitch + shift)},
        }
        if cell == "lean":
            stages["renderer"]["pitch"][:impossible] = np.inf
        if direct is not None:
            stages |= {"direct": {"pitch": bits(direct)}, "direct_without_x": {"pitch": bits(direct)}}
        known = [stage for stage in stages if "without" not in stage]
        if cell in dense:
            stages = {stage: bits for stage, bits in stages.items() if not stage.startswith("generator")}
        return Measured(
            folder=Path("runs/made/up"), ids=[f"song {number}" for number in range(40)], steps=steps, bits=stages,
            keys=dict.fromkeys(known, "same"), given=(), shared=("beat",), parameters=dict.fromkeys(known, 1000),
            seconds=dict.fromkeys(known, 60.0), density=cell in dense,
        )  # fmt: skip

    full = [run("full", seed, {"chord": (2.0, 2.01), "beat": (0.5, 1.0)}, 1.0) for seed in range(seeds)]
    lean = [run("lean", seeds - 1 - seed, {"beat": (0.5, 1.0)}, 2.5) for seed in range(seeds)]
    named = [("full", {"parts": "[chords, rhythm]"}), ("lean", {"parts": "[rhythm]"})]
    return worded(summary(SETUP, named, [full, lean]))


SETUP = Setup(recipe="song", folder="runs/song/compare", split="validation", base={}, seeds=((0,), (0,)), better={},
              environment={}, command="regenkit compare")  # fmt: skip


def test_figures_are_what_was_put_in() -> None:
    found = report(direct=2.8)
    full, lean = found.cells
    assert found.lowest == 1 and found.examples == 40 and found.steps == 400
    assert full.total and full.total.mean == pytest.approx(3.5, abs=0.02)
    assert full.minus_lowest and full.minus_lowest.interval
    assert full.minus_lowest.interval[0] < 0.5 < full.minus_lowest.interval[1] < 0.52
    assert lean.minus_direct and lean.minus_direct.mean == pytest.approx(0.2, abs=0.02)
    assert lean.generator and lean.generator.fields["beat"].share_saved == pytest.approx(0.5, abs=0.02)
    assert (full.parameters, full.seconds) == (2000, 120)
    assert len(found.direct) == 1  # one baseline for both


def test_the_field_that_x_does_not_know_is_named_and_the_leaner_cell_with_it() -> None:
    found = report(direct=2.8)
    assert [unknown(cell.generator) for cell in found.cells if cell.generator] == [["chord"], []]
    text = " ".join(found.finding)
    assert re.search(r"lean is lowest: (3\.00|2\.99)\d bits .* Higher, beyond the interval: full \+0\.(49|50)\d", text)
    assert re.search(r"chord breaks the second .*: in full it costs (1\.99|2\.00)\d of the 2\.(49|50)\d", text)
    assert "beat breaks" not in text and "Y does not hold it" in text
    assert re.search(r"The leaner Y′ of full without chord is lean, −0\.(49|50)", text)
    assert re.search(r"the detour by Y′ costs more: lean \+0\.(19|20)", text)
    alone = replace(found, cells=(found.cells[0],) * 2, lowest=0)
    assert "A leaner Y′ to try: full without chord, which leaves beat." in finding(alone)


def test_a_difference_within_the_spread_of_the_seeds_is_none() -> None:
    near, far = report(seeds=3, apart=0.1), report(seeds=3, apart=0.5)
    assert near.cells[0].minus_lowest and near.cells[0].minus_lowest.spread == pytest.approx(0.2, abs=0.02)
    assert any(sentence.startswith("Higher, beyond the spread: full") for sentence in near.finding)
    assert any(sentence.startswith("Within the spread") for sentence in far.finding)
    assert not any(sentence.startswith("Higher") for sentence in far.finding)
    assert any("fewer than three" in sentence for sentence in report(seeds=2).limits)
    assert not any("fewer than three" in sentence for sentence in near.limits)


def test_a_cell_that_rules_out_what_is_true_is_not_the_lowest_and_that_is_said() -> None:
    """Infinite bits were left out of its mean, which made it better."""
    found = report(direct=3.2, impossible=2)
    full, lean = found.cells
    assert report(direct=3.2).lowest == 1 and found.lowest == 0 and lean.minus_lowest
    assert lean.renderer and lean.renderer.infinite == 2 and full.renderer and full.renderer.infinite == 0
    said = [each for each in found.limits if "infinite" in each]
    assert len(said) == 1 and said[0].startswith("Of 40 examples bits are infinite or undefined for 2 by Y′ → Y of ")
    assert not any("infinite" in each for each in report().limits)


def test_a_cell_behind_the_lowest_is_not_called_higher_where_it_costs_less() -> None:
    """`lean` costs 0.5 bits less on all examples that it can hold, and was said to be higher by −0.5."""
    found = report(impossible=2)
    assert found.lowest == 0 and found.cells[1].minus_lowest and found.cells[1].minus_lowest.mean < -0.4
    (said,) = [each for each in found.finding if "; " not in each and each.endswith("].") and "lean" in each]
    assert said.startswith(f"{LOWER}: lean −0.5")
    none = report(direct=2.8, impossible=40)
    assert f"{UNDEFINED}: lean." in none.finding and "nan" not in " ".join((*none.finding, page(none)))


def test_what_some_cells_hold_out_and_not_all_is_counted_of_each() -> None:
    """Of two cells that hold out three examples each, and two in common, one of the two others was counted."""
    whole = report()

    def run(*ids: str) -> Measured:
        steps = np.full(len(ids), 10)
        stages = {"generator": {"beat": steps * 1.0}, "renderer": {"pitch": steps * 2.0}}
        return Measured(folder=Path("runs/made/up"), ids=list(ids), steps=steps, bits=stages, given=(), shared=(),
                        keys=dict.fromkeys(stages, "same"), parameters=dict.fromkeys(stages, 1000),
                        seconds=dict.fromkeys(stages, 60.0))  # fmt: skip

    named = [(cell.label, cell.settings) for cell in whole.cells]
    found = worded(summary(SETUP, named, [[run("a", "b", "c")], [run("b", "c", "d")]]))
    assert (found.examples, found.left_out) == (2, 2)
    assert "Only the 2 examples that all cells hold out count; 2 do not." in found.limits


def test_densities_are_not_compared_as_bits() -> None:
    dense = report(seeds=3, apart=0.1, direct=2.8, dense=("full", "lean"))
    assert dense.lowest is None and dense.finding == () and any("a density" in limit for limit in dense.limits)
    text = page(dense)
    assert "trade-off" not in text and "X → Y′</button>" not in text and "Y′ → Y</button>" in text
    mixed = report(seeds=3, apart=0.1, direct=2.8, dense=("lean",))
    assert mixed.lowest == 0 and mixed.finding[0].startswith("full alone has bits")
    lean = mixed.cells[1]
    assert (lean.generator, lean.total, lean.minus_direct) == (None, None, None)
    table = main_table(mixed)
    first, second, _ = ([cell.text for cell in row] for row in table.rows)
    assert second[2] == second[4] == "–" and first[4].startswith("3.") and page(mixed).count("<circle") == 1


def test_the_page_stands_alone_and_says_the_picture_in_words() -> None:
    text = page(report(seeds=3, apart=0.1, direct=2.8))
    open_tags: list[str] = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert not {"src", "srcset"} & {name for name, _ in attrs}
            assert tag != "link" or str(dict(attrs)["href"]).startswith("data:")
            if tag not in ("meta", "link", "html"):
                open_tags.append(tag)

        def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            pass

        def handle_endtag(self, tag: str) -> None:
            assert tag in ("html", open_tags[-1] if open_tags else None), tag
            if tag != "html":
                open_tags.pop()

    Checker().feed(text)
    assert [tag for tag in open_tags if tag not in ("li", "p", "td", "tr", "th")] == []
    described = re.search(r'<desc id="tradeoff-text">(.*?)</desc>', text)
    assert described and re.search(r"1: full: X → Y′ 2\..*; 2: lean: X → Y′ 0\.", described[1])
    assert text.count("<circle") == 2 and 'class="direct"' in text and "broken" in text


@given(st.floats(-100, 100), st.floats(1e-3, 100))
def test_ticks_are_few_and_within(low: float, width: float) -> None:
    found = ticks(low, low + width)
    assert 2 <= len(found) <= 8
    assert low - 1e-6 <= found[0] and found[-1] <= low + width + 1e-6
