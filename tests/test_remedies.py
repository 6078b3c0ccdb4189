"""`finetune` and `rep_noise` in a recipe: what is refused, with its place, and that null is none."""

from pathlib import Path

import pytest
from toy import TEXT, read, refusal

from regenkit.run.folder import identity

SHAPES = "should be {on: sampled} or {on: teacher_forced}, or null; steps and the like are set in train.finetune"
ALONE = "only the renderer reads Y′: write it in train.renderer"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("finetune: {on: smapled}", f"17:11: finetune: {SHAPES}"),
        ("finetune: sampled", f"17:11: finetune: {SHAPES}"),
        ("finetune: {}", f"17:11: finetune: {SHAPES}"),
        ("finetune: {on: [sampled]}", f"17:11: finetune: {SHAPES}"),
        ("finetune: {on: sampled, steps: 3}", f"17:11: finetune: {SHAPES}"),
        ("finetnue: {on: sampled}", "17:1: finetnue: unknown section; did you mean 'finetune'?"),
    ],
)
def test_a_finetune_that_is_none_is_taught(line: str, said: str, tmp_path: Path) -> None:
    assert f"toy.yaml:{said}" in refusal(tmp_path, f"{TEXT}{line}\n")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train.rep_noise=0.1", f"train.rep_noise: {ALONE}"),
        ("train.generator.rep_noise=0.1", f"train.generator.rep_noise: {ALONE}"),
        ("train.finetune.rep_noise=generator", f"train.finetune.rep_noise: {ALONE}"),
        ("train.renderer.rep_noise=1.5", "train.renderer.rep_noise: should be less than or equal to 1"),
        ("train.renderer.rep_noise=genrator", "train.renderer.rep_noise: should be "),
        ("train.finetune.step=3", "train.finetune.step: unknown key 'step'; did you mean 'steps'?"),
        ("train.renderer.rep_noise=generator", "6:18: generator.use: toy/model has no method resample(condition, "
         "target, *, seed), as train.renderer.rep_noise: generator needs"),
        ("finetune={on: teacher_forced}", "6:18: generator.use: toy/model has no method resample(condition, target, "
         "*, seed), as finetune.on: teacher_forced needs"),
    ],
)  # fmt: skip
def test_refused(override: str, said: str, tmp_path: Path) -> None:
    assert said in refusal(tmp_path, TEXT, override)


def test_null_is_none_and_all_of_it_is_written_out_again(tmp_path: Path) -> None:
    plain, null = read(tmp_path, TEXT), read(tmp_path, TEXT, "finetune=null", "train.renderer.rep_noise=0")
    assert plain.finetune is None and identity(null) != identity(plain)  # which says 0 of the renderer
    assert identity(read(tmp_path, TEXT, "finetune=null")) == identity(plain)
    tuned = read(tmp_path, TEXT, "finetune={on: sampled}", "train.finetune={steps: 9}", "train.renderer.rep_noise=0.2")
    assert tuned.finetune == "sampled" and identity(tuned) != identity(plain)
    assert tuned.train_settings("finetune").steps == 9 and tuned.train_settings("finetune").batch_size == 8
    assert tuned.train_settings("renderer").rep_noise == 0.2 and tuned.train_settings("finetune").rep_noise == 0
    assert identity(read(tmp_path, tuned.dump())) == identity(tuned)
