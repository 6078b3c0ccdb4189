"""Recipes: what is accepted, what a stage gets of it, and the schema for editors."""

from dataclasses import replace
from pathlib import Path

import in_tree
import pytest
from toy import HOST, TEXT, read, refusal

from regenkit import Spec, UserError, plugins, tokens, trust
from regenkit.recipe import SECTIONS, TrainSettings, json_schema, load, of_run
from regenkit.run.origin import settings_of

RECIPES = Path(__file__).parents[1] / "recipes"


def test_a_good_recipe(tmp_path: Path) -> None:
    recipe = read(tmp_path, TEXT)
    assert recipe.name == "toy" and recipe.generator.use == "toy/model" and recipe.evaluate == ("toy/score",)
    assert recipe.dataset.arguments == {"paired": ("bach", "essen"), "folder": None}
    spec = Spec({"pitch": tokens(12)})
    built = recipe.generator.build(condition=spec, target=spec)
    assert (built.width, built.target) == (64, spec)
    assert recipe.part("direct").build(condition=spec, target=spec).width == 96
    assert recipe.renderer.build(condition=spec, target=spec).rate == 3e-4
    assert recipe.part("converter").build().parts == ("rhythm",)


def test_train_settings_of_a_stage(tmp_path: Path) -> None:
    recipe = read(tmp_path, TEXT)
    assert recipe.train_settings("generator") == TrainSettings(batch_size=8, learning_rate=3e-4, steps=50)
    assert recipe.train_settings("renderer").patience == 3
    assert recipe.train_settings("direct") == recipe.train_settings() == TrainSettings(batch_size=8, learning_rate=3e-4)


def test_the_direct_route_has_as_many_steps_as_both_stages_wherever_they_were_trained(tmp_path: Path) -> None:
    recipe = read(tmp_path, TEXT)
    assert settings_of(recipe, "direct").steps == 50 + recipe.train_settings("renderer").steps
    (tmp_path / "run/renderer").mkdir(parents=True)
    (tmp_path / "run/renderer/done.json").write_text('{"steps": 700}')
    taken = replace(recipe, parts={**recipe.parts, "renderer": replace(recipe.renderer, run=tmp_path / "run")})
    assert settings_of(taken, "direct").steps == settings_of(taken, "direct_half").steps == 750
    (tmp_path / "run/joint").mkdir()
    (tmp_path / "run/joint/done.json").write_text('{"steps": 90}')
    assert settings_of(taken, "direct").steps == 750 + 90


def test_without_direct_the_baseline_takes_the_generator_s_arguments(tmp_path: Path) -> None:
    recipe = read(tmp_path, TEXT.replace("direct: {width: 96}\n", ""))
    assert recipe.part("direct").arguments == recipe.generator.arguments


def test_a_baseline_of_another_class_shares_what_it_can_with_the_generator(tmp_path: Path) -> None:
    text = TEXT.replace("direct: {width: 96}", "direct: {use: transformer, depth: 6}")
    recipe = read(tmp_path, text.replace("{use: toy/model, width: 64}", "{use: toy/model, width: 64, rate: 0.2}"))
    direct, half = recipe.part("direct"), recipe.part("direct_half")
    assert direct.use == half.use == "transformer" and recipe.generator.use == "toy/model"
    assert (direct.arguments["width"], direct.arguments["depth"]) == (64, 6)  # its rate is the generator's alone
    assert (half.arguments["width"], half.arguments["depth"]) == (64, 3)
    small = read(tmp_path, TEXT.replace("direct: {width: 96}", "direct: {use: transformer, width: 32, depth: 2}"))
    assert small.part("direct_half").arguments == small.part("direct").arguments  # and never larger
    (tmp_path / "again.yaml").write_text(recipe.dump())
    assert load(tmp_path / "again.yaml", host=HOST).plain() == recipe.plain()


def test_the_smaller_baseline_is_no_wider_than_the_generator_wherever_that_comes_from(tmp_path: Path) -> None:
    wide = "direct: {use: transformer, width: 512, depth: 9}"
    usual = TEXT.replace("direct: {width: 96}", wide).replace("{use: toy/model, width: 64}", "{use: toy/model}")
    recipe = read(tmp_path, usual)  # 32 wide by default, and not said how deep: as deep as a transformer is
    assert {recipe.part("direct_half").arguments[name] for name in ("width", "depth")} == {32, 3}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.yaml").write_text(recipe.dump())
    kept = of_run(tmp_path / "run", HOST)
    assert kept.part("direct_half").arguments == recipe.part("direct_half").arguments
    taken = read(tmp_path, usual.replace("{use: toy/model}", f"{{from: {tmp_path / 'run'}}}"))
    assert taken.part("direct_half").arguments == recipe.part("direct_half").arguments


def test_a_resolved_recipe_loads_as_itself(tmp_path: Path) -> None:
    recipe = read(tmp_path, TEXT)
    again = read(tmp_path, recipe.dump())
    assert again.plain() == recipe.plain()
    assert recipe.plain()["generator"] == {
        "use": "toy/model", "width": 64, "rate": 0.1, "causal": True, "schema": "plain", "limit": None,
    }  # fmt: skip
    assert again.digest() == recipe.digest()


def test_a_digest_depends_on_its_sections_alone(tmp_path: Path) -> None:
    one, other = read(tmp_path, TEXT), read(tmp_path, TEXT, "train.batch_size=7", "generator.rate=0.1")
    assert one.digest("dataset", "converter", "generator") == other.digest("dataset", "converter", "generator")
    assert one.digest() != other.digest()


def test_a_setting_that_no_stage_would_take_is_refused(tmp_path: Path) -> None:
    """In TEXT generator and renderer have steps of their own, and the baseline's are the sum of theirs."""
    with pytest.raises(UserError, match=r"--set train.steps=20: .* set train.generator.steps and train.renderer.steps"):
        read(tmp_path, TEXT, "train.steps=20")
    assert read(tmp_path, TEXT, "train.patience=9").train_settings("generator").patience == 9


@pytest.mark.parametrize("number", ["3e-4", "3.0e-4", "3E-4", "+3e-4", ".0003", "0.0003"])
def test_numbers_as_people_write_them(number: str, tmp_path: Path) -> None:
    assert read(tmp_path, TEXT.replace("3e-4", number)).train_settings().learning_rate == pytest.approx(3e-4)


@pytest.mark.parametrize(
    "text", ["on", "no", "yes", "12:30", "2026-11-21", "0x10", "1_000", "none", "<<", "=", "'3e-4'"]
)
def test_text_stays_text(text: str, tmp_path: Path) -> None:
    recipe = read(tmp_path, TEXT.replace("width: 64", f"schema: {text}"))
    assert recipe.generator.arguments["schema"] == text.strip("'")


def test_a_stage_of_another_run(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "recipe.yaml").write_text(read(tmp_path, TEXT, "generator.width=48").dump())
    text = TEXT.replace("direct: {width: 96}\n", "").replace("{use: toy/model, width: 64}", f"{{from: {other}}}")
    recipe = read(tmp_path, text)
    assert recipe.generator.run == recipe.part("direct").run == recipe.part("direct_half").run == other
    assert recipe.generator.arguments["width"] == 48 and recipe.part("direct").arguments["width"] == 96
    assert recipe.plain()["generator"] == {"from": str(other)} and "direct" not in recipe.plain()
    missing = text.replace(f"from: {other}", "from: runs/none")
    assert "toy.yaml:6:19: generator.from: there is no run directory 'runs/none'" in refusal(tmp_path, missing)
    more = text.replace(f"{{from: {other}", f"{{from: {other}, width: 4")
    assert "unknown key 'width': a stage from elsewhere brings its own arguments" in refusal(tmp_path, more)


@pytest.mark.parametrize("chain", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_runs_that_take_a_stage_from_themselves_are_refused(
    chain: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGENKIT_TRUST", "1")  # these runs were not made by a training
    for name, other in zip(chain, [*chain[1:], chain[0]], strict=True):
        (tmp_path / name).mkdir()
        taken = f"{{from: {tmp_path / name / '..' / other}}}"
        text = TEXT.replace("direct: {width: 96}\n", "").replace("{use: toy/model, width: 64}", taken)
        (tmp_path / name / "recipe.yaml").write_text(text)
        trust.sign(tmp_path / name)  # else it may name no other run
    with pytest.raises(UserError, match=r"6:19: generator\.from: .*a: this run takes a stage from itself"):
        of_run(tmp_path / "a", HOST)


def test_a_folder_that_is_no_run_is_named_with_its_place(tmp_path: Path) -> None:
    text = TEXT.replace("{use: toy/model, width: 64}", f"{{from: {tmp_path}}}").replace("direct: {width: 96}\n", "")
    assert f"toy.yaml:6:19: generator.from: {tmp_path}: not a run directory" in refusal(tmp_path, text)


def test_a_folder_that_is_no_run_is_told_from_the_runs_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs/toy/2").mkdir(parents=True)
    Path("runs/toy/2/recipe.yaml").write_text(TEXT)
    with pytest.raises(UserError, match=r"runs/toy: not a run directory .*; runs here: runs/toy/2$"):
        of_run(Path("runs/toy"), HOST)


def test_a_renderer_that_is_the_converter_s_decoder(tmp_path: Path) -> None:
    text = TEXT.replace("renderer:\n  use: toy/model\n  rate: 3e-4\n", "renderer: {use: converter}\n")
    recipe = read(tmp_path, text)
    assert recipe.renderer.own_decoder and recipe.renderer.use == "toy/half"
    assert recipe.plain()["renderer"] == {"use": "converter"}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.yaml").write_text(recipe.dump())
    taken = text.replace("{use: converter}", f"{{from: {tmp_path / 'run'}}}")
    found = read(tmp_path, taken).renderer
    assert found.own_decoder and found.run == tmp_path / "run" and found.arguments == recipe.renderer.arguments
    for given in (text, taken):
        said = "toy.yaml:7:11: renderer: is the converter's own decoder, and joint needs a renderer of its own"
        assert said in refusal(tmp_path, f"{given}joint: {{}}\n")


def test_settings_of_a_stage_that_is_not_trained_here_are_named(tmp_path: Path) -> None:
    assert read(tmp_path, TEXT).unread == ()
    assert read(tmp_path, TEXT, "train.converter.steps=5", "train.finetune.steps=5").unread == ("converter", "finetune")
    assert read(tmp_path, f"{TEXT}finetune: {{on: sampled}}\n", "train.finetune.steps=5").unread == ()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/recipe.yaml").write_text(read(tmp_path, TEXT).dump())
    taken = TEXT.replace("{use: toy/model, width: 64}", f"{{from: {tmp_path / 'other'}}}")
    assert read(tmp_path, taken.replace("direct: {width: 96}\n", "")).unread == ("generator",)


def test_overrides(tmp_path: Path) -> None:
    recipe = read(tmp_path, TEXT, "generator.width=4", "train.converter.steps=3", "converter.parts=[chords, cadence]",
                  "evaluate=[]", "train.clip_norm=null")  # fmt: skip
    assert recipe.generator.arguments["width"] == 4
    assert recipe.train_settings("converter").steps == 3 and recipe.train_settings("converter").clip_norm is None
    assert recipe.part("converter").arguments["parts"] == ("chords", "cadence") and recipe.evaluate == ()


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_recipes_are_right(path: Path) -> None:
    """Whether their data are here or not."""
    load(path, host=plugins.Host(in_tree.PLUGINS))


def test_every_setting_of_training_is_explained() -> None:
    assert [name for name, field in TrainSettings.model_fields.items() if not field.description] == []


def test_the_schema_describes_what_a_recipe_takes() -> None:
    built = json_schema.build(HOST)
    assert set(built["properties"]) == {*SECTIONS}
    choices = {choice["title"]: choice for choice in built["properties"]["generator"]["anyOf"]}
    assert choices["toy/model"]["properties"]["width"] == {
        "default": 32,
        "minimum": 1,
        "title": "Width",
        "type": "integer",
    }
    assert "target" not in choices["toy/model"]["properties"]
    for section in ("auxiliary", "finetune", "joint"):  # which a comparison may vary with none
        assert {"type": "null"} in built["properties"][section]["anyOf"]
    assert choices["toy/model"]["additionalProperties"] is False
    assert "toy_heavy" in choices["toy/heavy"]["description"]  # what is not installed is still listed
    assert built["properties"]["train"]["properties"]["renderer"]["properties"]["steps"]["minimum"] == 0
    assert built["properties"]["evaluate"]["items"]["enum"] == ["toy/clarity", "toy/score"]
