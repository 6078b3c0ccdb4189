"""A recipe of speech from a user's own folder to samples, files and streams, as a user types it."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from own_sounds import tone, write
from PIL import Image
from test_cli import regenkit

pytestmark = pytest.mark.exhaustive(minutes=3)
RECIPE = """\
dataset: {use: speech/folder, path: voices, sample_rate: 8000}
converter: {use: speech/prosody, sample_rate: 8000, n_fft: 512, hop_length: 128, n_mels: 20}
generator: {use: speech/fastspeech, width: 16, depth: 1, decoder_depth: 1}
renderer: {use: speech/vocos, width: 16, depth: 1, sample_rate: 8000, adversarial_start: 1, judges_width: 2, segment: 8}
direct: {use: speech/text2wave, width: 16, depth: 1, vocoder_width: 16, sample_rate: 8000, hop_length: 128, n_mels: 20}
evaluate: [speech/mel_cepstral_distortion, speech/f0_rmse, speech/voicing_error, speech/stft_distance]
train:
  steps: 2
  batch_size: 4
  steps_per_call: 1
  validate_every: 2
  checkpoint_every: 2
  sample_every: 0
  renderer: {window: 8}
"""
WORDS = ("yes", "no", "stop", "go on", "one two", "hello")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe and a trained run, runs/speech/1: voices of two speakers whose words are chords."""
    folder = tmp_path_factory.mktemp("user")
    for number in range(24):
        words = f"{WORDS[number % 6]} {WORDS[number // 4]}"
        sound = sum(tone(0.12 * len(words), hertz=100.0 + 7 * number + 50 * k, loudness=0.1) for k in range(3))
        who = folder / "voices" / ("ada" if number % 2 else "bob")
        write(who / f"{number}.wav", np.asarray(sound), 16_000)
        (who / f"{number}.txt").write_text(words)
    write(folder / "voices" / "unpaired.wav", tone(3.0, hertz=170.0))
    (folder / "voices" / "torn.wav").write_bytes(b"RIFF")
    (folder / "speech.yaml").write_text(RECIPE)
    said = regenkit("train", "speech.yaml", cwd=folder).stdout
    assert "done; samples" in said and "warning 1 left out (" in said and "\n  1 × is damaged, or is no sound" in said
    return folder


def test_text_becomes_sound_with_a_speaker(place: Path) -> None:
    run = place / "runs/speech/1"
    assert json.loads((run / "modalities.json").read_text())["y"]["speakers"] == ["ada", "bob"]
    with Image.open(run / "samples/1-predicted.png") as picture:
        assert picture.size == (900, 380)
    generate = ("generate", "runs/speech/1", "--input", "Hello, one two!", "-o", "a.wav", "--given")
    regenkit(*generate, "speaker=bob", cwd=place)
    samples, rate = soundfile.read(place / "a.wav")
    assert rate == 8_000 and len(samples) % 128 == 0 and len(samples) >= 128 * 17  # an entry a symbol, at least
    longest = json.loads((run / "generator/longest.json").read_text())["steps"]
    text = "hello one two go on stop yes no " * 6  # of more symbols than a recording has entries
    regenkit("generate", "runs/speech/1", "--input", text, "-o", "long.wav", cwd=place)
    assert soundfile.info(place / "long.wav").frames >= 128 * len(text.strip()) > longest
    assert "it is one of ada, bob" in regenkit(*generate, "speaker=eve", cwd=place, expect=2).stderr


def test_a_stream_is_what_is_generated(place: Path) -> None:
    same = ("generate", "runs/speech/1", "--input", "Go on, hello, one two, stop.", "--seed", "3")
    regenkit(*same, "-o", "whole.wav", cwd=place)
    said = regenkit(*same, "--stream", "--sample", "chunk=5", "-o", "parts.wav", cwd=place)
    assert "the first part after" in said.stderr
    whole, parts = (soundfile.read(place / name)[0] for name in ("whole.wav", "parts.wav"))
    np.testing.assert_allclose(parts, whole, atol=1e-4)
    refused = regenkit(*same, "--stream", "--count", "2", "-o", "b.wav", cwd=place, expect=2)
    assert "2 results are asked for; one is streamed at a time" in refused.stderr


def test_noise_of_a_vocoder_that_is_tuned_on_predicted_spectra_is_the_same_in_a_stream(place: Path) -> None:
    regenkit("train", "speech.yaml", "--run", "runs/flow", "--set", "generator={from: runs/speech/1}", "--set",
             "renderer={use: speech/flow_vocoder, width: 16, depth: 1}", "--set", "finetune={on: teacher_forced}",
             "--set", "train.finetune.steps=2", cwd=place)  # fmt: skip
    assert (place / "runs/flow/finetune/done.json").is_file()
    same = ("generate", "runs/flow", "--input", "Go on, hello.", "--seed", "3", "--sample")
    regenkit(*same, "renderer.steps=2", "-o", "noise.wav", cwd=place)
    regenkit(*same, "renderer.steps=2", "--stream", "--sample", "chunk=5", "-o", "noise_parts.wav", cwd=place)
    whole, parts = (soundfile.read(place / name)[0] for name in ("noise.wav", "noise_parts.wav"))
    assert np.abs(whole).max() > 0.01
    np.testing.assert_allclose(parts, whole, atol=1e-4)


def test_y_prime_is_edited_and_rendered(place: Path) -> None:
    regenkit("convert", "runs/speech/1", "voices/ada/1.wav", "-o", "a.yaml", cwd=place)
    text = (place / "a.yaml").read_text()
    assert "pitch:" in text and "mel:" in text
    regenkit("render", "runs/speech/1", "a.yaml", "-o", "again.wav", cwd=place)
    true, again = (soundfile.info(place / name) for name in ("voices/ada/1.wav", "again.wav"))
    assert abs(true.duration - again.duration) <= 128 / 8_000


def test_it_is_measured_by_every_route(place: Path) -> None:
    regenkit("evaluate", "runs/speech/1", cwd=place)
    report = json.loads((place / "runs/speech/1/report.json").read_text())
    routes = report["scores"]["speech/mel_cepstral_distortion"]["routes"]
    assert set(routes) >= {"oracle", "predicted", "direct"}
