"""What a dataset says of its modalities: whatever is no map of arguments, or is refused by a modality, is told."""

import re
from pathlib import Path
from typing import Any

import pytest
from installed import distribution, regenkit
from test_author_commands import PLUGIN, RECIPE
from toy_job import Data, X

from regenkit import Dataset, Modality, UserError, conform
from regenkit.pipeline.building import modality
from regenkit.pipeline.modalities import keep

HERE = re.compile(r"test_author_modalities\.py, line \d+")
DATASET = Dataset(name="toy/data", target=f"{__name__}:Says", x="notes", y="notes")


class Says(Data):
    given: Any = None

    @property
    def modalities(self) -> Any:
        return self.given() if callable(self.given) else self.given


def saying(given: Any) -> Any:
    dataset = Says()
    object.__setattr__(dataset, "given", given)
    return dataset


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "modalities is None; right is a map like"),
        (["a"], "modalities is ['a']; right is a map like"),
        ({"labels": ["a"]}, "modalities is {'labels': ['a']}; right is a map like"),
        ({"X": {"labels": ["a"]}}, "modalities has 'X', and only x and y have modalities"),
        ({"x": {}, "rep": {}}, "modalities has 'rep'"),
        ({"x": {"labels": {"a", "b"}}}, "modalities holds a set, which JSON cannot keep"),
        ({"y": {"size": X}}, "modalities holds a Spec, which JSON cannot keep"),
    ],
)
def test_what_modalities_is(given: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        keep(saying(given), {}, None)
    assert said in str(caught.value) and HERE.search(str(caught.value))


def test_what_modalities_may_be(tmp_path: Path) -> None:
    keep(saying({"x": {"labels": ["a"], "path": tmp_path}}), {"x": {"labels": ["a"], "path": str(tmp_path)}}, tmp_path)
    assert (tmp_path / "modalities.json").is_file()
    keep(saying({}), {}, None)
    keep(Data(), {}, None)  # which has none


def test_modalities_that_is_a_method() -> None:
    class Method(Data):
        def modalities(self) -> Any:
            return {"x": {}}

    with pytest.raises(UserError, match="modalities is a method; write @property above it"):
        keep(Method(), {}, None)


def test_other_arguments_than_a_moment_ago() -> None:
    dataset = saying({"x": {"labels": ["b"]}})
    with pytest.raises(UserError, match=r"gives labels \['a'\], and the second time \['b'\]"):
        keep(dataset, {"x": {"labels": ["a"]}}, None)
    with pytest.raises(UserError, match=r"^runs/1: this run was begun with labels \['a'\]"):
        keep(dataset, {"x": {"labels": ["a"]}}, Path("runs/1"))


def test_a_property_that_fails_is_not_missing() -> None:
    """Its own error comes through: the command line names its line."""

    def fails() -> Any:
        raise AttributeError("lables")

    with pytest.raises(AttributeError, match="lables"):
        keep(saying(fails), {}, None)

    class Fails(Data):
        @property
        def version(self) -> int:  # type: ignore[override]  # a property, where Data has a number: so it can fail
            raise AttributeError("vers")

    with pytest.raises(AttributeError, match="vers"):
        conform.refuse_unfit(DATASET, Fails())


def test_modalities_that_only_the_object_has() -> None:
    """A trained run asks the class, and would know of none."""
    plain = Dataset(name="toy/data", target="toy_job:Data", x="notes", y="notes")
    with pytest.raises(UserError, match=r"has modalities that its target, Data, has not.*write a property") as caught:
        conform.refuse_unfit(plain, saying({}))
    assert HERE.search(str(caught.value))
    conform.refuse_unfit(DATASET, saying({}))
    conform.refuse_unfit(plain, Data())


class Classes:
    spec, version = X, 1

    def __init__(self, labels: list[str]) -> None:
        if not labels:
            raise ValueError("no labels; right is one at least")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": []}, "modality classes: no labels; right is one at least; its arguments are what"),
        ({}, "missing 1 required positional argument: 'labels'; its arguments are what"),
        ({"label": []}, "unexpected keyword argument 'label'; its arguments are what"),
    ],
)
def test_arguments_that_a_modality_refuses(options: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        modality(Modality(name="classes", target=f"{__name__}:Classes"), options, "dataset toy/data")
    assert said in str(caught.value) and "`modalities` of dataset toy/data" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ('{"x": {"labels": []}}', "error modality label: 0 labels"),
        ('{"labels": ["a"]}', "error dataset chess/openings (regenkit-chess 0.1.0)"),
    ],
)
def test_the_command_line_says_so(given: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "chess.yaml").write_text(RECIPE)
    has = f"class Openings:\n        modalities = property(lambda self: {given})"
    text = PLUGIN.replace('x="moves"', 'x="label"').replace("class Openings:", has)
    distribution(tmp_path, "regenkit-chess", "0.1.0", "chess", text)
    done = regenkit("check", "chess.yaml", folder=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith(said) and "Traceback" not in done.stderr, done.stderr
