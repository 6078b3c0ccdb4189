"""Heads of real clips: cut out, explained from a portrait, written as text and read again; and a recipe of them."""

import base64
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from clips import film, tone
from face_clip import clips
from PIL import Image
from test_cli import regenkit

from regenkit.components import Evaluation
from regenkit.errors import BadSource, UserError
from regenkit_video.converter.head import HeadCoefficients
from regenkit_video.data import HeadFolder
from regenkit_video.face.head import heads, placed
from regenkit_video.metrics.heads import identity_distance, landmark_error, lip_correlation, perceptual_distance, psnr
from regenkit_video.modality.clip import Sound
from regenkit_video.modality.film import film as opened
from regenkit_video.modality.head import Head
from regenkit_video.modality.speaker import Speaker
from regenkit_video.modality.voice import wav

RECIPE = """\
dataset: {use: head/folder, path: clips, size: 32}
converter: {use: head/coefficients}
generator: {use: head/speaking, width: 16, depth: 1, sample: {temperature: 0}}
renderer: {use: head/portrait, width: 8}
direct: {use: head/portrait, width: 8, listen: 16}
evaluate: [head/psnr, head/lip_correlation, head/identity_distance]
train: {steps: 4, batch_size: 2, steps_per_call: 2, validate_every: 2, checkpoint_every: 2, sample_every: 0,
        renderer: {window: 3}, direct: {window: 3}}
"""


@pytest.fixture(scope="module")
def clip() -> Path:
    return clips() / "single_face.mp4"


def test_a_head_becomes_coefficients_and_text(clip: Path) -> None:
    (head,) = heads(clip, 64, frames=30)
    assert head.frames.shape[1:] == (64, 64, 3) and len(head.frames) == 30
    y, meta = Head(64).encode(head)
    converter = HeadCoefficients(Head(64).spec)
    rep = converter.convert(y)
    converter.spec.check(rep, "a head")
    assert not rep["coefficients"][0].any() and np.abs(rep["pose"][0]).max() < 0.01, "0 at the portrait"
    np.testing.assert_array_equal(rep["reference"], y["frames"][0])
    again, told = converter.from_text(converter.to_text(rep, meta))
    np.testing.assert_allclose(again["coefficients"], rep["coefficients"], atol=6e-4)
    np.testing.assert_allclose(again["reference"], rep["reference"], atol=1e-6)
    np.testing.assert_allclose(again["points"], rep["points"], atol=1e-5)
    assert told == meta
    wide = converter.complete(rep, converter.given({"jaw_drop": "0.5"}))
    assert (wide["coefficients"][:, converter.model.names.index("jaw_drop")] == 0.5).all()
    text = converter.to_text(rep, meta).partition("portrait:")[0]
    empty = io.BytesIO()
    Image.new("RGB", (64, 64)).save(empty, "PNG")
    black = base64.b64encode(empty.getvalue()).decode()
    head = b"IHDR" + struct.pack(">II", 60_000, 60_000) + empty.getvalue()[24:29]
    vast = base64.b64encode(
        empty.getvalue()[:12] + head + struct.pack(">I", zlib.crc32(head)) + empty.getvalue()[33:]
    ).decode()
    for picture, said in (("", "has no portrait; right is a PNG of 64"), ("portrait: AAAA", "portrait is no picture"),
                          (f"portrait: {vast}", "portrait is no picture"),
                          (f"portrait: {black}", "no face is seen in the portrait")):  # fmt: skip
        with pytest.raises(UserError, match=said):
            converter.from_text(text + picture)
    for wrong in ("portrait: nothing", "coefficients: 3", "- 1", "portrait: 3\nother: 2"):
        with pytest.raises(UserError, match="not the coefficients of a head"):
            converter.from_text(wrong)


def test_scores_of_the_reference_itself_and_of_a_still_head(clip: Path) -> None:
    (head,) = heads(clip, 64, frames=24)
    y = Head(64).encode(head)[0]
    still = {"frames": np.repeat(y["frames"][:1], 24, 0)}
    of = Evaluation(samples=[y, still], references=[y, y])
    assert psnr(of)[0] > 58 > psnr(of)[1] and perceptual_distance(of)[0] == 0 < perceptual_distance(of)[1]
    assert landmark_error(of)[0] == 0 < landmark_error(of)[1] < 0.1
    assert identity_distance(of)[0] == 0 and identity_distance(of)[1] < 0.04, "it is the same person"
    assert lip_correlation(of)[0] > 0.999
    with pytest.raises(BadSource, match="no face is seen"):
        placed(np.zeros((2, 64, 64, 3), np.uint8))


def test_a_voice_with_a_portrait_beside_it(clip: Path, tmp_path: Path) -> None:
    sound = np.float32(tone(0.8))[:, None]
    wav(Sound(samples=sound, rate=16_000), tmp_path / "voice.wav")
    with pytest.raises(UserError, match="who speaks"):
        Speaker(32).read(tmp_path / "voice.wav")
    frame = next(iter(opened(clip).frames()))
    Image.fromarray(frame).save(tmp_path / "voice.png")
    (value,) = Speaker(32).read(tmp_path / "voice.wav")
    fields, meta = Speaker(32).encode(value)
    Speaker(32).spec.check(fields, "a speaker")
    assert len(fields["voice"]) == 20 and meta["heard"].endswith("voice.wav")
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "voice.png")
    with pytest.raises(BadSource, match="no face is seen"):
        Speaker(32).read(tmp_path / "voice.wav")
    (tmp_path / "voice.png").write_bytes(b"torn")
    with pytest.raises(BadSource, match="be read as a picture"):
        Speaker(32).read(tmp_path / "voice.wav")


@pytest.mark.exhaustive(minutes=0.2)
def test_each_stretch_of_a_video_is_heard_where_it_is(clip: Path, tmp_path: Path) -> None:
    """What is made of a stretch has the sound of that stretch, for as long as its frames."""
    frames = np.stack([*opened(clip).frames()])[:20]
    dark = np.zeros_like(frames)
    steps = [0 * tone(0.8), tone(0.8), 0 * tone(0.8), tone(1.6) / 4]
    path = film(tmp_path / "a.mp4", np.concatenate([dark, frames, dark, frames]), rate=25, sound=np.concatenate(steps))
    values = Speaker(32).read(path)
    heard = []
    for value in values:
        fields, meta = Speaker(32).encode(value)
        assert len(fields["voice"]) == 20
        made = Head(32).decode({"frames": np.zeros((20, 32, 32, 3), np.float32)}, meta)
        assert made.sound is not None and len(made.sound.samples) == 20 * 640
        np.testing.assert_allclose(made.sound.samples, value.sound.samples, atol=1e-3)
        heard.append(float(np.abs(made.sound.samples).mean()))
    assert [value.second for value in values] == [0.8, 2.4]
    assert heard[0] > 0.25 and 0.05 < heard[1] < 0.1
    first, second = heads(path, 32)
    assert (first.second, second.second) == (0.8, 2.4)
    assert np.abs(first.frames.astype(int) - second.frames).mean() < 4, "the same frames at another time"


@pytest.mark.exhaustive(minutes=3)
def test_a_head_speaks(clip: Path, tmp_path: Path) -> None:
    frames = np.stack([*opened(clip).frames()])[:60]
    (tmp_path / "clips").mkdir()
    for number in range(6):
        part = np.roll(frames, 7 * number, axis=0)[:20]
        film(tmp_path / "clips" / f"{number}.mp4", part, rate=25, sound=tone(0.8) if number else None)
    assert HeadFolder(str(tmp_path / "clips"), size=32).modalities["y"] == {"size": 32}
    (tmp_path / "head.yaml").write_text(RECIPE)
    said = regenkit("train", "head.yaml", cwd=tmp_path).stdout
    assert "done; samples" in said
    run = "runs/head/1"
    regenkit("generate", run, "--input", "clips/1.mp4", "-o", "head.mp4", cwd=tmp_path)
    made = opened(tmp_path / "head.mp4")
    assert made.sounding and len(list(made.frames())) >= 19
    regenkit("convert", run, "clips/1.mp4", "-o", "moved.yaml", cwd=tmp_path)
    regenkit("render", run, "moved.yaml", "-o", "moved.png", cwd=tmp_path)
    regenkit("evaluate", run, cwd=tmp_path)
    assert (tmp_path / run / "report.json").exists()
