"""Numbers in a recipe that no component could mean are refused when it is checked, before anything is built."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regenkit import UserError
from regenkit.components import Component
from regenkit.plugins import ROLES, host
from regenkit.recipe import load
from regenkit.recipe.arguments import check_arguments, parameters


def numbers() -> Iterator[Any]:
    """Every component and argument whose default is a number, or may be left out of a count."""
    for role in sorted({"converter", "generator", "renderer", "dataset", "modality"} & set(ROLES)):
        for component, _ in host().all(role):
            for name, parameter in parameters(component).items():
                if type(parameter.default) in (int, float) or name == "limit":
                    yield pytest.param(component, name, id=f"{role} {component.name} {name}")


@pytest.mark.parametrize(("component", "name"), list(numbers()))
def test_nothing_is_less_than_nothing(component: Component, name: str) -> None:
    with pytest.raises(UserError, match=rf"{name}: should be .*, not -1"):
        check_arguments(component, {name: -1}, lambda *path, key=False: ".".join(map(str, path)))


@pytest.mark.parametrize(
    ("window", "said"),
    [([5], "should have more values than 1"), ([5, 2, 1], "should have 2 values, not 3")],
)
def test_a_pair_is_two(window: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        check_arguments(host().find("converter", "image/vlae"), {"window": window}, lambda *path, key=False: str(path))


@pytest.mark.parametrize(
    ("generator", "said"),
    [
        ("{use: maskgit, heads: 0}", "generator.heads: should be greater than 0, not 0"),
        ("{use: maskgit, condition_dropout: 1}", "generator.condition_dropout: should be less than 1, not 1"),
        ("{use: ladder, rungs: [{}]}", "generator.rungs.0: needs the key 'use', as in {use: diffusion}"),
        ("{use: ladder, rungs: [{use: difusion}]}", "generator.rungs.0: "),
        ("{use: ladder, rungs: [{use: diffusion}, {use: diffusion, widht: 3}]}", "generator.rungs.1: widht: unknown"),
    ],
)  # fmt: skip
def test_a_recipe_says_where(generator: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "it.yaml"
    path.write_text("dataset: {use: image/emoji}\nconverter: {use: image/pyramid, factors: [4, 2]}\n"
                    f"generator: {generator}\nrenderer: {{use: diffusion}}\n")  # fmt: skip
    with pytest.raises(UserError) as refused:
        load(path)
    assert str(refused.value).startswith(f"{path}:3:") and said in str(refused.value)
