"""Sampling options: each stage declares its own, a recipe fixes some, a user overrides all, and no training depends on
them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import in_tree
import numpy as np
import pytest
import runs
from runs import PLAIN, SMALL, train
from toy import TEXT, refusal

from regenkit import UserError, plugins
from regenkit.analysis.compare import Options, _check
from regenkit.analysis.grid.cells import cells
from regenkit.cli.outputs import sampling_options
from regenkit.pipeline import Pipeline
from regenkit.pipeline.load import load_run
from regenkit.recipe import document, load
from regenkit.recipe.sampling import asked, options_of, taken

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
HOST = plugins.Host(in_tree.PLUGINS)
RECIPE = f"""\
dataset: {{use: toy/data}}
converter: {{use: toy/parity}}
generator: {{use: transformer, condition_dropout: 0.2, {SMALL}}}
renderer: {{use: transformer, {SMALL}}}
train: {{{PLAIN}, sample_every: 0}}
"""


@pytest.mark.parametrize("role", ["generator", "renderer"])
def test_every_model_declares_its_options_with_types_and_defaults(role: str) -> None:
    for record, _ in HOST.all(role):
        options = options_of(record.load())
        learns = not isinstance(record.load(), type) or hasattr(record.load(), "losses")
        draws = learns and not record.deterministic and getattr(record, "trained", True)
        assert "temperature" in options or not draws, record.name
        for name, option in options.items():
            assert option.default is not option.empty and option.annotation not in (Any, float, int), (
                record.name,
                name,
            )


class Guided:
    def sample(self, condition: Any, *, seed: int, temperature: float = 1.0, steps: int = 3, given: Any = None) -> Any:
        return temperature, steps


def test_a_user_s_options_are_checked_against_the_stages_that_have_them() -> None:
    stages = {"generator": Guided(), "renderer": object()}
    assert asked(stages, {"steps": 5, "temperature": 2}) == {"steps": 5, "temperature": 2.0}
    with pytest.raises(
        UserError, match=r"stepz: not a sampling option of .*; did you mean 'steps'\? There are: steps, temperature"
    ):
        asked(stages, {"stepz": 5})
    with pytest.raises(UserError, match=r"steps: should be a valid integer, not 'many'"):
        asked(stages, {"steps": "many"})
    assert asked(stages, {"steps": np.int64(5), "temperature": np.float32(0.5)}) == {"steps": 5, "temperature": 0.5}
    for wrong in (object(), b"5", {5}, np.array([5]), np.datetime64("2020-01-01")):
        with pytest.raises(UserError, match=r"steps: should be a valid integer, not "):
            asked(stages, {"steps": wrong})
    assert taken(Guided(), {"steps": 5, "guidance": 2}) == {"steps": 5} and not taken(object(), {"steps": 5})


def test_settings_of_a_command_line() -> None:
    assert sampling_options(["steps=20", "guidance=1.5"]) == {"steps": 20, "guidance": 1.5}
    for wrong in ("steps", "=3", "steps=", "steps= "):
        with pytest.raises(UserError, match="write NAME=VALUE"):
            sampling_options([wrong])


@pytest.mark.parametrize(
    "text", ["2e0", "1_000", "12:30", "on", "2020-01-01", "!!set {a}", "&a 1", "[1", "{a: 1, a: 2}"]
)
def test_a_command_line_s_value_is_what_a_recipe_reads_it_as(text: str, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(f"a: {text}")
    try:
        wanted = document.read(tmp_path / "r.yaml").data["a"]
    except UserError:
        with pytest.raises(UserError, match="--sample steps="):
            sampling_options([f"steps={text}"])
    else:
        assert sampling_options([f"steps={text}"]) == {"steps": wanted}


def test_what_a_recipe_fixes_is_checked_with_its_place(tmp_path: Path) -> None:
    wrong = TEXT.replace("{use: toy/model, width: 64}", "{use: transformer, sample: {guidanse: 2, top_p: 3}}")
    lines = refusal(tmp_path, wrong)
    assert "toy.yaml:6:40: generator.sample.guidanse: unknown key 'guidanse'; did you mean 'guidance'?" in lines
    assert "generator.sample.top_p: should be less than or equal to 1, not 3" in lines


@pytest.mark.parametrize("nothing", ["null", "0", "[]"])
def test_sampling_options_are_a_map_wherever_they_stand(nothing: str, tmp_path: Path) -> None:
    rung = f"{{use: ladder, rungs: [{{use: transformer, sample: {nothing}}}]}}"
    for line, place in (("{use: toy/model, width: 64}", f"{{use: transformer, sample: {nothing}}}"),
                        ("{use: toy/model, width: 64}", rung), ("{width: 96}", f"{{sample: {nothing}}}")):  # fmt: skip
        assert "sample: should be a map, not" in refusal(tmp_path, TEXT.replace(line, place))


# --- runs -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with runs.at_home(folder, runs.Stopper("nothing")):
        Path("runs/song").mkdir(parents=True)
        train("runs/song/1", RECIPE)
        yield folder


@pytest.mark.exhaustive(minutes=0.2)
def test_no_contract_knows_of_them_and_a_recipe_keeps_them(home: Path) -> None:
    Path("guided.yaml").write_text(RECIPE)
    plain, guided = (Pipeline(load("guided.yaml", more)) for more in ([], ["generator.sample={guidance: 2}"]))
    assert plain.contract("generator") == guided.contract("generator")
    assert guided.recipe.plain()["generator"]["sample"] == {"guidance": 2.0} != plain.recipe.plain()["generator"]
    Path("again.yaml").write_text(guided.recipe.dump())
    assert load("again.yaml").plain() == guided.recipe.plain()
    with pytest.raises(UserError, match=r"generator\.sample: guidance 2\.0 compares with an absent condition"):
        Pipeline(load("guided.yaml", ["generator.sample={guidance: 2}", "generator.condition_dropout=0"])).build(
            "generator"
        )


@pytest.mark.exhaustive(minutes=0.2)
def test_a_user_overrides_what_the_recipe_fixes(home: Path) -> None:
    recipe = load("runs/song/1/recipe.yaml", ["generator.sample={temperature: 0}"])
    run = Pipeline(recipe, Path("runs/song/1"))
    condition = {"letter": np.tile(np.int32([1, 2, 3]), 8), "mode": np.int32(1)}

    def drawn(seed: int, **options: float) -> list[int]:
        (rep,) = run.sample("generator", [condition], seed=seed, options=options)
        return list(rep["parity"])

    assert drawn(1) == drawn(2) and drawn(1, temperature=50.0) != drawn(2, temperature=50.0)


@pytest.mark.exhaustive(minutes=0.2)
def test_an_option_that_a_stage_cannot_draw_by_is_refused_before_anything_is_drawn(home: Path) -> None:
    run = load_run("runs/song/1")
    stages = {name: run.stage(name) for name in ("generator", "renderer")}
    assert asked({"generator": stages["generator"]}, {"guidance": 2}) == {"guidance": 2.0}
    with pytest.raises(UserError, match=r"^renderer: guidance 2\.0 compares with an absent condition"):
        asked(stages, {"guidance": 2})
    with pytest.raises(UserError, match=r"^renderer: guidance 2\.0"):
        run.generate([], guidance=2)


@pytest.mark.exhaustive(minutes=0.2)
def test_an_argument_that_came_later_counts_as_its_default(home: Path) -> None:
    """So a run from before it is read; one that the recipe sets to something else is another training."""
    folder = Path("runs/song/1/generator/stage.json")
    before = folder.read_text()
    contract = json.loads(before)
    del contract["component"]["history_noise"], contract["converter"]["flip"]
    folder.write_text(json.dumps(contract))
    try:
        load_run("runs/song/1").stage("generator")
        contract["component"]["history_noise"] = 0.5
        contract["converter"]["flip"] = True
        folder.write_text(json.dumps(contract))
        with pytest.raises(
            UserError, match=r"component\.history_noise: trained with 0\.5, the recipe has 0\.0"
        ) as caught:
            load_run("runs/song/1").stage("generator")
        assert "converter.flip: trained with True, the recipe has False" in str(caught.value)
    finally:
        folder.write_text(before)


@pytest.mark.exhaustive(minutes=0.2)
def test_a_likelihood_is_looked_for_in_the_stage_as_it_is_built(home: Path) -> None:
    """Of a ladder it depends on its rungs; its class does not say."""
    rungs = f"{{use: ladder, rungs: [{{use: transformer, {SMALL}}}]}}"
    Path("rungs.yaml").write_text(RECIPE.replace(f"{{use: transformer, condition_dropout: 0.2, {SMALL}}}", rungs))
    grid = cells(Path("rungs.yaml"), [], ["renderer.width=8,12"], 1)
    _check(grid, Options())
    for cell in grid:
        assert "ladder" in next(iter(cell.recipes.values())).dump()


def test_an_option_of_sampling_among_the_arguments_is_told_its_place(tmp_path: Path) -> None:
    wrong = TEXT.replace("{use: toy/model, width: 64}", "{use: transformer, guidance: 2}")
    said = refusal(tmp_path, wrong)
    assert "generator.guidance: 'guidance' is a sampling option; write sample: {guidance: 2}" in said
