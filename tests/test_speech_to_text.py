"""Speech → phonemes → text on a user's own folder, as a user types it: trained, generated, aligned, measured."""

import json
from pathlib import Path

import numpy as np
import pytest
from own_sounds import tone, write
from PIL import Image
from test_cli import regenkit

pytestmark = pytest.mark.exhaustive(minutes=3)
RECIPE = """\
dataset: {use: speech/folder_to_text, path: voices, language: cs, sample_rate: 8000}
source: {use: speech/mel, sample_rate: 8000, n_fft: 256, hop_length: 80, n_mels: 12}
converter: {use: text/phonemes, language: cs, stress: false}
generator: {use: speech/ctc, width: 16, depth: 1, heads: 2, kernel: 5}
renderer: {use: transformer, width: 16, depth: 1, heads: 2}
direct: {use: speech/ctc, width: 20, depth: 1, heads: 2, kernel: 5}
evaluate: [text/character_error_rate, text/word_error_rate]
train: {steps: 4, batch_size: 8, steps_per_call: 1, validate_every: 4, checkpoint_every: 4, sample_every: 0}
"""
FEATURES = """\
dataset: {use: speech/folder, path: voices, language: cs, sample_rate: 8000}
converter: {use: speech/bestrq, sample_rate: 8000, n_fft: 256, hop_length: 80, n_mels: 12, width: 16, depth: 1}
generator: {use: speech/fastspeech, width: 16, depth: 1, decoder_depth: 1}
renderer: {use: speech/vocos, width: 16, depth: 1, sample_rate: 8000}
direct: {use: speech/text2wave, sample_rate: 8000}
train: {steps: 2, batch_size: 8, steps_per_call: 1, validate_every: 2, checkpoint_every: 2, sample_every: 0}
"""
WORDS = ("ano", "ne", "kde", "co je", "loď", "ryba")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recipes and a trained run, runs/said/1: words that are chords, one without words, one torn."""
    folder = tmp_path_factory.mktemp("user")
    for number in range(30):
        words = f"{WORDS[number % 6]} {WORDS[number // 5]}"
        sound = sum(tone(0.12 * len(words), hertz=100.0 + 7 * number + 50 * k, loudness=0.1) for k in range(3))
        write(folder / "voices" / f"{number}.wav", np.asarray(sound), 16_000)
        (folder / "voices" / f"{number}.txt").write_text(words)
    write(folder / "voices" / "unsaid.wav", tone(1.0, hertz=170.0))
    (folder / "voices" / "torn.wav").write_bytes(b"RIFF")
    (folder / "voices" / "torn.txt").write_text("ano")
    (folder / "said.yaml").write_text(RECIPE)
    (folder / "features.yaml").write_text(FEATURES)
    said = regenkit("train", "said.yaml", cwd=folder).stdout
    assert "done; samples" in said and "1 × has no transcript" in said and "1 × is damaged, or is no sound" in said
    return folder


def test_a_recording_is_written_down(place: Path) -> None:
    said = regenkit("generate", "runs/said/1", "--input", "voices/3.wav", "-o", "a.txt", cwd=place)
    assert (place / "a.txt").exists() and not said.stderr.startswith("error")
    drawn = ("--sample", "generator.beam_size=0", "--sample", "generator.temperature=1")
    regenkit("generate", "runs/said/1", "--input", "voices/3.wav", "-o", "b.txt", *drawn, cwd=place)
    refused = regenkit("generate", "runs/said/1", "--input", "voices/torn.wav", "-o", "c.txt", cwd=place, expect=2)
    assert "torn.wav" in refused.stderr and not (place / "c.txt").exists()


def test_phonemes_are_read_edited_and_spelled(place: Path) -> None:
    (place / "word.txt").write_text("loď")
    regenkit("convert", "runs/said/1", "word.txt", "-o", "phones.yaml", cwd=place)
    assert (place / "phones.yaml").read_text().strip() == "loc"
    regenkit("render", "runs/said/1", "phones.yaml", "-o", "again.txt", cwd=place)
    assert (place / "again.txt").exists()


def test_words_are_found_in_a_recording(place: Path) -> None:
    align = ("align", "runs/said/1", "voices/3.wav", "--text", "co je ano")
    for name in ("a.TextGrid", "a.ctm", "a.png"):
        regenkit(*align, "-o", name, cwd=place)
    grid = (place / "a.TextGrid").read_text()
    spans = [line.split() for line in (place / "a.ctm").read_text().splitlines()]
    assert "".join(span[4] for span in spans) == "tso|je|ano" and grid.count("intervals [") >= len(spans)
    ends = np.cumsum([[float(span[2]), float(span[3])] for span in spans], 1)
    assert (np.diff(ends.ravel()) >= -2e-3).all() and (ends >= 0).all()  # one after the other, to the millisecond
    with Image.open(place / "a.png") as picture:
        assert picture.size == (900, 380)
    regenkit(*align[:-1], "Co je? Ano!", "-o", "same.ctm", cwd=place)  # as people write it
    assert (place / "same.ctm").read_text() == (place / "a.ctm").read_text()
    for text, name in (("5", "five.ctm"), ("pět", "pet.ctm")):  # the language is the data's
        regenkit(*align[:-1], text, "-o", name, cwd=place)
    assert (place / "five.ctm").read_text() == (place / "pet.ctm").read_text()
    for bad, message in (
        (("align", "runs/said/1", "voices/3.wav", "--text", "co", "-o", "a.wav"), ".TextGrid, .ctm or .png"),
        (("align", "runs/said/1", "voices/3.wav", "--text", "co " * 60, "-o", "b.ctm"), "is too short for the"),
        (("align", "runs/said/1", "voices/3.wav", "--text", "日", "-o", "b.ctm"), "the alphabet of"),
    ):
        assert message in regenkit(*bad, cwd=place, expect=2).stderr
    assert not (place / "b.ctm").exists()


def test_a_learned_x_prime_stands_in_place_of_the_spectrum(place: Path) -> None:
    regenkit("train", "features.yaml", "--stage", "converter", cwd=place)
    learned = RECIPE.replace(RECIPE.splitlines()[1], "source: {from: runs/features/1}").replace(
        "kernel: 5}\nrenderer", "kernel: 5, subsampling: 1}\nrenderer"
    ).replace("kernel: 5}\nevaluate", "kernel: 5, subsampling: 1}\nevaluate")  # fmt: skip
    (place / "learned.yaml").write_text(learned)
    assert "done; samples" in regenkit("train", "learned.yaml", cwd=place).stdout
    regenkit("generate", "runs/learned/1", "--input", "voices/3.wav", "-o", "l.txt", cwd=place)
    assert (place / "l.txt").exists()


def test_it_is_measured_by_every_route(place: Path) -> None:
    regenkit("evaluate", "runs/said/1", cwd=place)
    report = json.loads((place / "runs/said/1/report.json").read_text())
    assert set(report["scores"]["text/character_error_rate"]["routes"]) >= {"oracle", "predicted", "direct"}
    card = (place / "runs/said/1/MODEL_CARD.md").read_text()
    assert "X is read as X′, which is made by speech/mel." in card.replace("\\", "")
