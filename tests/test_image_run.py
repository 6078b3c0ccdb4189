"""A recipe of pictures, from a user's own folder to samples, as a user types it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_cli import regenkit

RECIPE = """\
dataset: {use: image/folder, path: shapes, size: 16, channels: 1}
converter: {use: image/downsample, factor: 4}
generator: {use: diffusion, width: 8, depth: 1, sample: {steps: 2}}
renderer: {use: diffusion, width: 8, depth: 1, sample: {steps: 2}}
train: {steps: 4, batch_size: 8, steps_per_call: 2, validate_every: 2, checkpoint_every: 2, sample_every: 2}
"""


def shapes(folder: Path) -> None:
    """Forty squares and forty bars, of many sizes and greys."""
    random = np.random.default_rng(0)
    for kind, width in (("square", 3), ("bar", 1)):
        (folder / kind).mkdir(parents=True)
        for number in range(40):
            pixels = np.full((24, 24), random.integers(150, 256), np.uint8)
            top, left = random.integers(2, 10, 2)
            pixels[top : top + 9, left : left + 3 * width] = random.integers(0, 120)
            Image.fromarray(pixels).save(folder / kind / f"{number}.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe and a trained run, runs/shapes/1."""
    folder = tmp_path_factory.mktemp("user")
    shapes(folder / "shapes")
    (folder / "shapes.yaml").write_text(RECIPE)
    for name in ("[b]torn.png", "torn.jpg"):
        (folder / "shapes" / "bar" / name).write_bytes(b"torn")
    (folder / "shapes" / "bar" / "._0.png").write_bytes(b"of a Mac")
    said = regenkit("train", "shapes.yaml", cwd=folder).stdout
    assert (
        "\n1 no data, not looked at (`regenkit preview --json` lists all):\n  1 × is macOS's own, no data (bar/._0.png)"
        in said
    )
    assert "done; samples" in said
    assert (
        "warning 2 left out (`regenkit preview --json` lists all):\n  2 × is no picture" in said
        and "(bar/[b]torn.png, bar/torn.jpg)" in said
    )
    return folder


@pytest.mark.exhaustive(minutes=0.2)
def test_a_run_knows_what_the_data_said_of_its_modalities(place: Path) -> None:
    run = place / "runs/shapes/1"
    assert json.loads((run / "modalities.json").read_text())["x"] == {"labels": ["bar", "square"]}
    with Image.open(run / "samples/1-predicted.png") as picture:
        assert (picture.size, picture.mode) == ((16, 16), "L")
    assert (run / "samples/renderer-000002-1.png").exists()


@pytest.mark.exhaustive(minutes=0.2)
def test_pictures_have_no_encoding(place: Path) -> None:
    convert = ("convert", "runs/shapes/1", "shapes/bar/0.png", "-o", "bar.yaml", "--encoding", "cp1251")
    said = regenkit(*convert, cwd=place, expect=2).stderr
    assert "--encoding cp1251: files of image hold no text of old encodings; leave it out" in said


@pytest.mark.exhaustive(minutes=0.3)
def test_it_generates_where_the_data_are_not(place: Path) -> None:
    away = place / "elsewhere"
    (place / "shapes").rename(away)
    try:
        for _ in range(2):
            regenkit("generate", "runs/shapes/1", "--input", "Square", "--output", "one.png", "--seed", "3", cwd=place)
            made = (place / "one.png").read_bytes()
            (place / "one.png").unlink()
        regenkit("generate", "runs/shapes/1", "--input", "square", "--output", "one.png", "--seed", "3", cwd=place)
        assert (place / "one.png").read_bytes() == made  # one seed, one picture
        wrong = regenkit("generate", "runs/shapes/1", "--input", "sqare", "--output", "two.png", cwd=place, expect=2)
        assert "did you mean 'square'?" in wrong.stderr
        gone = regenkit("train", "shapes.yaml", cwd=place, expect=2)
        assert "shapes does not exist" in gone.stderr
    finally:
        away.rename(place / "shapes")


@pytest.mark.exhaustive(minutes=0.2)
def test_other_classes_want_another_run(place: Path) -> None:
    (place / "shapes/disc").mkdir()
    Image.new("L", (20, 20)).save(place / "shapes/disc/1.png")
    try:
        refused = regenkit("train", "shapes.yaml", "--run", "runs/shapes/1", cwd=place, expect=2)
        assert "begun with labels ['bar', 'square']" in refused.stderr and "--run DIR" in refused.stderr
    finally:
        (place / "shapes/disc/1.png").unlink()
        (place / "shapes/disc").rmdir()


@pytest.mark.exhaustive(minutes=0.2)
def test_a_converter_that_does_not_fit_the_pictures_is_refused(place: Path) -> None:
    refused = regenkit("train", "shapes.yaml", "--set", "converter.factor=3", cwd=place, expect=2)
    assert "shapes.yaml:2:" in refused.stderr and "divide by 1, 2, 4, 8, 16" in refused.stderr


LEARNED = [part for setting in (
    "converter={use: image/vqvae, factor: 4, width: 8, codebook_size: 8}", "renderer={use: converter}",
    "generator={use: transformer, width: 16, depth: 1}", "direct={use: diffusion, width: 8, depth: 1}",
) for part in ("--set", setting)]  # fmt: skip


@pytest.mark.exhaustive(minutes=0.2)
def test_a_preview_writes_its_pictures_on_one_sheet(place: Path) -> None:
    said = regenkit("preview", "shapes.yaml", "--count", 6, "-o", "sheet.png", cwd=place).stdout
    assert "sheet.png: the Y of these examples" in said and "\x1b_G" not in said  # no terminal, no picture in it
    with Image.open(place / "sheet.png") as sheet:
        colours = len(sheet.convert("RGB").getcolors(1 << 20) or [])
        assert sheet.width > sheet.height and colours > 3


@pytest.mark.exhaustive(minutes=0.3)
def test_y_prime_that_is_learned_is_not_there_before_it_is_trained(place: Path) -> None:
    assert "before training there is none" in regenkit("preview", "shapes.yaml", *LEARNED, cwd=place).stdout
    alone = ("--stage", "generator", "--run", "runs/early")
    early = regenkit("train", "shapes.yaml", *LEARNED, *alone, cwd=place, expect=2)
    assert "its converter has not been trained" in early.stderr and not (place / "runs/early/generator").exists()
    refused = regenkit("evaluate", "runs/early", cwd=place, expect=2)
    assert "its converter has not been trained; run `regenkit train`" in refused.stderr
    assert not (place / "runs/early/direct").exists()


@pytest.mark.exhaustive(minutes=0.3)
def test_what_cannot_be_built_leaves_no_run(place: Path) -> None:
    for command in ("check", "train"):
        refused = regenkit(command, "shapes.yaml", "--set", "converter.factor=5", cwd=place, expect=2)
        assert "factor" in refused.stderr
    teacher = "generator.regularizer={use: repa, teacher: {from: runs/none}}"
    refused = regenkit("train", "shapes.yaml", "--set", teacher, cwd=place, expect=2)
    assert "generator.regularizer.teacher.from: there is no run directory 'runs/none'" in refused.stderr
    assert not (place / "runs/shapes/2").exists()


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize("option", ["nan", "inf", "-1"])
def test_guidance_is_a_finite_number(place: Path, option: str) -> None:
    refused = regenkit("generate", "runs/shapes/1", "--input", "bar", "-o", "x.png", "--guidance", option, cwd=place,
                       expect=2)  # fmt: skip
    assert "guidance" in refused.stderr and not (place / "x.png").exists()


@pytest.mark.exhaustive(minutes=0.2)
def test_a_baseline_that_cannot_be_built_is_said_before_training_and_not_after(place: Path) -> None:
    codes = ["converter={use: image/vqvae, factor: 4, width: 8, codebook_size: 8}", "renderer={use: converter}",
             "generator={use: maskgit, width: 16, depth: 1}", "train.steps=0"]  # fmt: skip
    said = "maskgit draws grids of tokens of a fixed shape; pixels is none: use diffusion"
    settings = [part for each in codes for part in ("--set", each)]
    trained = regenkit("train", "shapes.yaml", *settings, "--run", "runs/codes", cwd=place)
    output = " ".join((trained.stdout + trained.stderr).split())
    assert f"`regenkit evaluate` will refuse this run: shapes.yaml: {said}" in output
    assert "add direct: {use: NAME}" in output
    assert said in " ".join(regenkit("evaluate", "runs/codes", cwd=place, expect=2).stderr.split())
    assert said in " ".join(regenkit("preview", "shapes.yaml", *settings, cwd=place, expect=2).stderr.split())
    both = regenkit("evaluate", "runs/shapes/1", "runs/codes", cwd=place, expect=2)
    assert "runs/shapes/1 and runs/codes are of different recipes" in " ".join(both.stderr.split())


@pytest.mark.exhaustive(minutes=2)
def test_evaluation_without_likelihoods(place: Path) -> None:
    regenkit("evaluate", "runs/shapes/1", "--examples", "6", cwd=place)
    report = json.loads((place / "runs/shapes/1/report.json").read_text())
    assert report["examples"] == 6 and not report["bits"]["routes"]
    page = (place / "runs/shapes/1/report.html").read_text()
    assert "Without a likelihood: X → Y′" in page and "sheet-predicted" not in page and page.count("<img") == 16


@pytest.mark.exhaustive(minutes=0.4)
def test_a_score_whose_files_are_not_here_is_refused_before_training(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`evaluate` would train two direct models first."""
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))  # other tests fetch into theirs
    recipe = RECIPE + "evaluate: [image/frechet_distance]\n"
    (place / "scored.yaml").write_text(recipe)
    regenkit("train", "scored.yaml", "--set", "train.steps=1", cwd=place)
    refused = regenkit("evaluate", "runs/scored/1", cwd=place, expect=2)
    assert "regenkit data fetch image/frechet_distance" in refused.stderr
    assert not (place / "runs/scored/1/direct").exists()


@pytest.mark.exhaustive(minutes=0.2)
def test_data_that_are_not_here_are_no_fault_of_the_recipe(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))
    (place / "digits.yaml").write_text(
        RECIPE.replace("image/folder, path: shapes, size: 16, channels: 1", "image/mnist")
    )
    assert "sound" in regenkit("check", "digits.yaml", cwd=place).stdout
    refused = regenkit("train", "digits.yaml", cwd=place, expect=2)
    assert "regenkit data fetch image/mnist" in refused.stderr
