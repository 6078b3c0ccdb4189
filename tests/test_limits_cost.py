"""What a stage takes is known before it is built; what cannot fit is refused by number, and by the option to change."""

import math
from pathlib import Path
from typing import Any

import letters
import pytest

import regenkit_music
from regenkit import limits, plugins
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.pipeline.cost import cost, costs, listed
from regenkit.pipeline.draft import draft
from regenkit.recipe import load
from regenkit.spec import Spec, tokens
from regenkit.stages import ROUTE, Side

RECIPES = Path(__file__).parents[1] / "recipes"


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    host = plugins.Host([letters, regenkit_music])
    monkeypatch.setattr(plugins, "host", lambda: host)
    monkeypatch.delenv(limits.MEMORY, raising=False)
    path = tmp_path / "toy.yaml"
    path.write_text(letters.RECIPE)
    return lambda *settings, of=path: Pipeline(load(of, settings))


@pytest.mark.parametrize(
    ("setting", "stage", "numbers"),
    [
        ("generator.width=100000", "generator", ("100,000", "(128 would take 1.4 MB)", "840 GB", limits.MEMORY)),
        ("renderer.depth=100000", "renderer", ("100,000", "1,000 layers", limits.LAYERS)),
        ("renderer.width=1" + "0" * 40, "renderer", ("TB", limits.MEMORY)),
        ("train.generator.batch_size=1000000000", "generator", ("1,000,000,000", "fit", "TB")),
    ],
)
def test_what_cannot_fit_is_refused_by_the_option_that_decides(
    setting: str, stage: str, numbers: tuple[str, ...], pipeline: Any
) -> None:
    with pytest.raises(UserError) as refused:
        cost(pipeline(setting), stage)
    said = str(refused.value)
    assert setting.partition("=")[0] in said
    for number in numbers:
        assert number in said


def test_an_option_within_a_list_is_named_by_its_path(pipeline: Any) -> None:
    found = pipeline("generator.rungs=[{use: transformer, width: 100000}]", of=RECIPES / "lyric2melody.yaml")
    with pytest.raises(UserError, match=r"generator\.rungs\.0\.width: 100,000 is too large"):
        found.build("generator")


def test_a_field_of_many_values_is_named_beside_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.MEMORY, "60G")
    part = load(RECIPES / "class2image.yaml").part("generator")
    condition = Side(spec=Spec({"label": tokens(3)}), source={"label": "x"})
    target = Side(spec=Spec({"code": tokens(10**8)}), source={"code": "rep"})
    with pytest.raises(
        UserError, match=r"generator.width: 128 is too large.*But the field 'code' of Y′.*has 100,000,000 values"
    ):
        draft(part, condition, target)


def test_a_field_of_the_data_may_decide(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = pipeline()
    monkeypatch.setenv(limits.MEMORY, "90")
    with pytest.raises(UserError, match=r"the field 'letter' of X, which the data have, has 5 values"):
        found.build("generator")


def test_a_draft_has_the_shapes_of_the_stage(pipeline: Any) -> None:
    found = pipeline()
    for stage in ROUTE:
        drafted, built = found.build(stage, drafted=True), found.build(stage)
        assert [each.shape for each in drafted.variables] == [each.shape for each in built.variables]
        assert found.parameters[stage] == sum(math.prod(each.shape) for each in built.trainable_variables)


def test_a_draft_changes_no_weights_of_what_is_built_after_it(pipeline: Any) -> None:
    from regenkit.quiet import keras

    found, weights = pipeline(), []
    for drafts in (0, 3):
        keras.utils.set_random_seed(1)
        for _ in range(drafts):
            found.build("renderer", drafted=True)
        weights.append([each.numpy() for each in found.build("renderer").variables])
    assert all((one == other).all() for one, other in zip(*weights, strict=True))


def test_activations_grow_with_the_batch_and_the_steps(pipeline: Any) -> None:
    small = cost(pipeline(), "generator", {"y": 32})
    more = cost(pipeline("train.batch_size=64"), "generator", {"y": 32})
    long = cost(pipeline(), "generator", {"y": 64})
    assert small.activations and more.activations and long.activations
    assert 1.9 < more.activations / small.activations * small.batch_size / 32 < 2.1
    assert 1.9 < long.activations / small.activations < 4.1  # attention is of pairs
    assert small.optimizer == 4 * (3 * small.parameters) + small.weights


def test_settings_that_change_nothing_are_warned_of(pipeline: Any) -> None:
    """They were ignored in silence."""
    made = pipeline("train.finetune.steps=5")
    (warned,) = [line for line in listed(made, costs(made, ROUTE)) if "warning" in line]
    assert warned.endswith("train.finetune changes nothing, because this recipe does not train the stage finetune")


def test_what_is_large_but_fits_is_warned_of(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = pipeline()
    found = costs(made, ROUTE)
    assert not [line for line in listed(made, found) if "warning" in line]
    monkeypatch.setenv(limits.MEMORY, str(round(1.2 * found["generator"].total)))
    warned = [line for line in listed(made, costs(made, ["generator"]), 100) if "warning" in line]
    assert len(warned) == 1 and limits.size(found["generator"].total) in warned[0]


def test_limits_are_what_the_environment_says(monkeypatch: pytest.MonkeyPatch, pipeline: Any) -> None:
    monkeypatch.setenv(limits.MEMORY, "64G")
    assert limits.memory() == 64 * 10**9
    for text in ("lots", "-1", "0", "1e9", "64 X"):
        monkeypatch.setenv(limits.MEMORY, text)
        with pytest.raises(UserError, match=limits.MEMORY):
            limits.memory()
    monkeypatch.delenv(limits.MEMORY)
    assert 10**8 < limits.memory() < 10**14
    monkeypatch.setenv(limits.LAYERS, "3")
    with pytest.raises(UserError, match="more than 3 layers"):
        pipeline().build("generator")


def test_what_a_generator_and_its_auxiliary_stage_take_is_counted_too(tmp_path: Path, pipeline: Any) -> None:
    path = tmp_path / "assisted.yaml"
    path.write_text(f"{letters.RECIPE}auxiliary: {{use: transformer, width: 8, depth: 1, heads: 2}}\n")
    found = costs(pipeline(of=path), ("generator", "assisted"))
    alone, both = (found[stage].activations for stage in ("generator", "assisted"))
    assert alone and both and both > alone
