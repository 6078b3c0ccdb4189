"""A recipe of a speaking face, from a user's own clips to samples and edited coefficients, as a user types it."""

from pathlib import Path

import numpy as np
import pytest
from clips import film, tone
from face_clip import clips
from test_cli import regenkit

from regenkit_video.data import Grid
from regenkit_video.modality.film import film as opened

RECIPE = """\
dataset: {use: face/folder, path: clips}
converter: {use: face/coefficients, pose: false}
generator: {use: gaussian, width: 16, depth: 1, heads: 2, sample: {temperature: 0}}
renderer: {use: face/mesh}
evaluate: [face/landmark_error, face/lip_correlation]
train: {steps: 4, batch_size: 2, steps_per_call: 2, validate_every: 2, checkpoint_every: 2, sample_every: 0}
"""


@pytest.fixture(scope="module")
def clip() -> Path:
    return clips() / "single_face.mp4"


def test_few_clips_are_held_out_by_name_and_many_are_drawn(clip: Path, tmp_path: Path) -> None:
    """A speaker of the whole corpus has a thousand clips in one folder; here one stands in for them."""
    for number in range(40):
        (tmp_path / f"{number:02d}.mp4").symlink_to(clip)
    many = Grid(str(tmp_path))
    assert len(many.sources()) == 40 and set(many.splits.values()) == {None}
    for number in range(5, 40):
        (tmp_path / f"{number:02d}.mp4").unlink()
    assert list(Grid(str(tmp_path)).splits.values()) == ["train", "train", "validation", "test", "test"]
    chosen = Grid(str(tmp_path), test=("00",))
    assert list(chosen.splits.values()) == ["test", "train", "train", "train", "validation"]


@pytest.mark.exhaustive(minutes=1.5)
def test_a_face_speaks(clip: Path, tmp_path: Path) -> None:
    frames = np.stack([*opened(clip).frames()])[:60]
    (tmp_path / "clips").mkdir()
    for number in range(6):
        part = np.roll(frames, 7 * number, axis=0)[:20]
        film(tmp_path / "clips" / f"{number}.mp4", part, rate=25, sound=tone(0.8))
    film(tmp_path / "clips" / "nobody.mp4", np.zeros((20, 64, 64, 3), np.uint8), rate=25)
    (tmp_path / "face.yaml").write_text(RECIPE)
    said = regenkit("train", "face.yaml", cwd=tmp_path).stdout
    assert "done; samples" in said and "no face is seen in it" in said
    run = "runs/face/1"
    assert (tmp_path / run / "samples/1-predicted.mp4").exists()
    regenkit("generate", run, "--input", "clips/0.mp4", "-o", "face.mp4", cwd=tmp_path)
    made = opened(tmp_path / "face.mp4")
    assert made.sounding and len(list(made.frames())) >= 19
    regenkit("convert", run, "clips/0.mp4", "-o", "spoken.yaml", cwd=tmp_path)
    text = (tmp_path / "spoken.yaml").read_text()
    assert "  jaw_drop: [" in text
    line = next(line for line in text.splitlines() if line.startswith("  jaw_drop:"))
    (tmp_path / "wide.yaml").write_text(text.replace(line, f"  jaw_drop: {[1.0] * 20}"))
    regenkit("render", run, "wide.yaml", "-o", "wide.png", cwd=tmp_path)
    assert (tmp_path / "wide.png").exists()
    (tmp_path / "bad.yaml").write_text(text.replace("  jaw_drop:", "  jaw_dorp:"))
    wrong = regenkit("render", run, "bad.yaml", "-o", "bad.png", cwd=tmp_path, expect=2)
    assert "did you mean 'jaw_drop'?" in wrong.stderr and not (tmp_path / "bad.png").exists()
    regenkit("evaluate", run, "--no-direct", cwd=tmp_path)
    assert (tmp_path / run / "report.json").exists()
