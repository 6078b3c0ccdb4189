"""Videos for melodies: what is drawn from a tune, what moves in it, and a user's own."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from clips import film
from hypothesis import given
from hypothesis import strategies as st
from own_pictures import read_all

from regenkit.components import Example
from regenkit.errors import UserError
from regenkit_video.converter.motion import Motion, moving
from regenkit_video.data.melodies import Dancing, Scored, danced, melodies
from regenkit_video.modality.footage import SIDE, SPEC, Footage

TUNE = {"position": np.array([1, 5, 9, 13, 1]), "duration": np.array([4, 4, 4, 4, 16]),
        "pitch": np.array([13, 20, 13, 20, 30]), "metre": np.array(1), "mode": np.array(1)}  # fmt: skip


@given(st.integers(0, 99), st.integers(-2, 2), st.integers(-2, 2))
def test_the_shift_of_a_smooth_picture_is_found(seed: int, right: int, down: int) -> None:
    random = np.random.default_rng(seed)
    place = np.mgrid[: SIDE + 8, : SIDE + 8]
    phases, waves = random.uniform(0, 6, 4), random.uniform(0.1, 0.25, (4, 2))
    whole = sum(
        np.sin(wave[0] * place[0] + wave[1] * place[1] + phase) for wave, phase in zip(waves, phases, strict=True)
    )
    frames = np.stack([whole[4:-4, 4:-4], whole[4 - down : SIDE + 4 - down, 4 - right : SIDE + 4 - right]]) / 4
    found = moving(np.float32(frames)).reshape(2, 4, 3)
    assert not found[0].any(), "nothing has moved in the first frame"
    if right or down:
        assert found[1, :, 0].max() > 0
    structure = np.abs(np.gradient(frames.mean(0))[0]).mean() * np.abs(np.gradient(frames.mean(0))[1]).mean()
    if structure > 2e-3:
        toward = found[1, :, 1:].mean(0)
        assert toward @ (right, down) >= 0


def test_a_tune_is_seen_in_its_video() -> None:
    frames = danced(TUNE, melodies().spec)
    assert frames.shape == (32, SIDE, SIDE, 1) and frames.min() >= -1 and frames.max() <= 1
    SPEC.check({"footage": frames}, "a dance")
    bright = (frames[..., 0] + 1).sum((1, 2))
    louder = np.flatnonzero(np.diff(bright) > 4) + 1
    np.testing.assert_array_equal(louder, [4, 8, 12, 16])  # where notes begin
    rows = ((frames[..., 0] + 1) * np.arange(SIDE)[:, None]).sum((1, 2)) / bright
    assert rows[6] < rows[2] and rows[10] > rows[6] and rows[20] < rows[14], "a higher note is higher up"
    motion = Motion(SPEC).convert({"footage": frames})["motion"]
    assert motion.shape == (32, 12) and np.isfinite(motion).all()


def test_real_tunes_and_the_shuffled_control() -> None:
    own, other = Dancing(limit=1, longest=16), Dancing(limit=1, longest=16, shuffled=True)
    (source,) = own.sources()
    pairs, shuffled = ([each for each in data.read(source) if isinstance(each, Example)] for data in (own, other))
    assert len(pairs) == len(shuffled) > 100
    spec = melodies().spec
    for one, two in zip(pairs[:20], shuffled[:20], strict=True):
        spec.check(one.y, one.id)
        assert "syllables" not in one.meta
        np.testing.assert_array_equal(one.y["pitch"], two.y["pitch"])
        np.testing.assert_array_equal(one.x["footage"], danced(one.y, spec))
    different = [one.x["footage"].shape != two.x["footage"].shape or (one.x["footage"] != two.x["footage"]).any()
                 for one, two in zip(pairs, shuffled, strict=True)]  # fmt: skip
    assert np.mean(different) > 0.95


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    modality = melodies()
    value = modality.decode(TUNE, {})
    frames = np.uint8((danced(TUNE, modality.spec).repeat(3, 3) + 1) * 127.5).repeat(4, 1).repeat(4, 2)
    film(tmp_path / "a.mp4", frames, rate=8)
    film(tmp_path / "alone.mp4", frames, rate=8)
    film(tmp_path / "one.mp4", frames[:1], rate=8)
    for name in ("a.mid", "one.mid"):
        modality.write(value, tmp_path / name)
    examples, left_out = read_all(Scored(str(tmp_path)))
    assert left_out["alone.mp4"] == "no melody is beside it"
    assert left_out["one.mp4"].startswith("is one frame alone")
    (example,) = examples
    np.testing.assert_array_equal(example.y["duration"], TUNE["duration"])
    assert example.x["footage"].shape == (32, SIDE, SIDE, 1)
    shown = Footage().decode(example.x)
    assert shown.frames.shape == (32, SIDE, SIDE, 1) and "32 frames" in Footage().describe(shown)
    assert example.split is None
    for split in ("train", "test"):
        (tmp_path / "split" / split).mkdir(parents=True)
        for name in ("a.mp4", "a.mid"):
            (tmp_path / "split" / split / name).write_bytes((tmp_path / name).read_bytes())
    halves, _ = read_all(Scored(str(tmp_path / "split")))
    assert {each.id: each.split for each in halves} == {"train/a.mp4": "train", "test/a.mp4": "test"}
    shutil.rmtree(tmp_path / "split")
    (tmp_path / "a.mid").unlink()
    (tmp_path / "one.mid").unlink()
    with pytest.raises(UserError, match="has a melody of its name beside it"):
        Scored(str(tmp_path))
