"""A regulariser is a line of a recipe: what is taken, and what is refused with what would be right."""

from pathlib import Path

import pytest

from regenkit import UserError
from regenkit.recipe import check_data, load

ONE_LINE = """\
dataset: {use: image/mnist}
converter: {use: image/downsample}
generator: {use: diffusion}
renderer: {use: diffusion}
direct: {regularizer: CHOICE}
"""


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("{use: dispersive}", ""),
        ("{use: repa, teacher: {use: image/efficientnet, stage: 4}}", ""),
        ("{use: repa, teacher: {from: runs/vae/1}}", ""),
        ("null", ""),
        ("{use: dispersiv}", "direct.regularizer: no regularizer is named 'dispersiv'; did you mean 'dispersive'?"),
        ("{use: dispersive, weigth: 1}", "weigth: unknown key 'weigth'; did you mean 'weight'?"),
        ("{use: dispersive, form: hing}", "form: should be 'infonce_l2', 'infonce_cosine', 'hinge' or 'covariance', "
                                          "not 'hing'; did you mean 'hinge'?"),
        ("{use: dispersive, temperature: 0}", "temperature: should be greater than 0, not 0"),
        ("{weight: 1}", "needs the key 'use', as in {use: dispersive}; there are dispersive, repa"),
        ("{use: repa}", "repa: needs the key 'teacher'"),
        ("dispersive", "should be a map, not 'dispersive'"),
        ("{use: repa, teacher: {}}", "teacher: names no teacher; write {use: NAME, …}"),
        ("{use: repa, teacher: {from: runs/a, stage: 4}}", "unknown key 'stage': a converter from elsewhere"),
        ("{use: repa, teacher: {use: image/eficientnet}}", "did you mean 'image/efficientnet'?"),
        ("{use: repa, teacher: {use: image/efficientnet, stge: 4}}", "unknown key 'stge'; did you mean 'stage'?"),
        ("{use: repa, teacher: {from: runs/none}}", "teacher.from: there is no run directory 'runs/none'"),
        ("{use: repa, teacher: {use: image/vae}}", "image/vae is learned: train it, and {from: RUN} takes it"),
        ("{use: repa, teacher: {use: image/downsample}}", "image/downsample is no network"),
    ],
)  # fmt: skip
def test_a_line_of_a_recipe(choice: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs/vae/1").mkdir(parents=True)
    Path("line.yaml").write_text(ONE_LINE.replace("CHOICE", choice))
    if said:
        with pytest.raises(UserError) as refused:
            check_data(load("line.yaml"))
        assert said in str(refused.value) and str(refused.value).startswith("line.yaml:5:")
        return
    recipe = load("line.yaml")
    check_data(recipe)
    Path("again.yaml").write_text(recipe.dump())
    assert load("again.yaml").plain() == recipe.plain()
