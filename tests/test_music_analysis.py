"""Key, chords, beats, cadences and phrases of melodies: known cases, properties, and human analyses."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit_music.analysis.cadence import cadences
from regenkit_music.analysis.chord import CHORDS, chord_parts, chord_token, chords
from regenkit_music.analysis.key import choose_mode, find_key
from regenkit_music.analysis.phrase import contour, phrases
from regenkit_music.analysis.rhythm import beats, metrical_weights
from regenkit_music.modality.melody import BAR, BEAT, METRES, Melody, Note, encode

TWINKLE = [60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60]
LENGTHS = [4, 4, 4, 4, 4, 4, 8, 4, 4, 4, 4, 4, 4, 8]


def melody(pitches: list[int], lengths: list[int], mode: str = "major", metre: str = "4/4") -> Melody:
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).tolist()
    notes = tuple(Note(onset=o, duration=d, pitch=p) for o, d, p in zip(starts, lengths, pitches, strict=True))
    return Melody(notes=notes, mode=mode, metre=metre, tonic=0 if mode == "major" else 9)


@settings(deadline=None)
@given(shift=st.integers(-12, 12))
def test_key_moves_with_the_melody(shift: int) -> None:
    tonic, mode = find_key(np.array(TWINKLE) + shift, np.array(LENGTHS))
    assert (tonic, mode) == (shift % 12, "major")


def test_mode_is_the_signatures_major_or_relative_minor() -> None:
    minor = [69, 71, 72, 74, 76, 74, 72, 71, 69, 68, 69]
    assert choose_mode(np.array(TWINKLE), np.array(LENGTHS), 0) == "major"
    assert choose_mode(np.array(minor), np.ones(len(minor)), 0) == "minor"
    assert choose_mode([p + 7 for p in minor], [1] * len(minor), 1) == "minor"  # E minor, one sharp; plain lists too
    assert choose_mode([], [], 0) == "major"


def test_chord_tokens_and_names_agree() -> None:
    assert [CHORDS[chord_token(root, kind) - 1] for root, kind in ((0, ""), (9, "m"), (7, "7"))] == ["C", "Am", "G7"]
    assert chord_parts(chord_token(11, "m7b5")) == (11, "m7b5")
    assert chord_parts(1) is None and chord_parts(0) is None


def test_arpeggios_give_their_chords() -> None:
    fields, _ = encode(melody([60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 72, 67, 64, 60], [4] * 16))
    names = [CHORDS[token - 1] for token in chords(fields)]
    assert [names[0], names[4], names[8], names[12]] == ["C", "F", "G", "C"]


@pytest.mark.parametrize("metre", METRES)
def test_every_metre_begins_on_a_strong_first_beat(metre: str) -> None:
    fields, _ = encode(melody([60] * 2 * BAR[metre], [1] * 2 * BAR[metre], metre=metre))
    beat, weight = beats(fields), metrical_weights(fields)
    assert set(beat) == set(range(1, BAR[metre] // BEAT[metre] + 1))
    assert weight[0] == weight[BAR[metre]] == weight.max() == 4
    assert np.all(weight[:: BEAT[metre]] >= 2)


def test_cadences_need_length_and_the_tonic() -> None:
    fields, _ = encode(melody(TWINKLE, LENGTHS))
    assert cadences(fields).tolist() == [1] * 6 + [2 + int(chords(fields)[6] == chord_token(0, ""))] + [1] * 6 + [3]
    fields, _ = encode(melody([60, 62, 60], [4, 8, 2]))
    assert cadences(fields)[1] in (2, 3) and cadences(fields)[2] == 1  # a last note shorter than its beat ends nothing


def test_phrases_break_after_long_notes() -> None:
    fields, _ = encode(melody(TWINKLE, LENGTHS))
    assert phrases(fields).tolist() == [1, 2, 2, 2, 2, 2, 3, 1, 2, 2, 2, 2, 2, 3]


def test_contour_tells_steps_from_leaps() -> None:
    fields, _ = encode(melody([60, 62, 67, 67, 66, 60], [4] * 6))
    assert contour(fields).tolist() == [3, 4, 5, 3, 2, 1]


@settings(deadline=None)
@given(shift=st.integers(-8, 8))
def test_chords_do_not_depend_on_the_written_key(shift: int) -> None:
    plain, _ = encode(melody(TWINKLE, LENGTHS))
    moved, _ = encode(melody(TWINKLE, LENGTHS).transposed(shift))
    assert chords(plain).tolist() == chords(moved).tolist()


def benchmark() -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks" / "analyser.py"
    spec = importlib.util.spec_from_file_location("benchmark_analyser", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_agreement_with_human_analyses_of_three_chorales() -> None:
    pytest.importorskip("music21")
    module = benchmark()
    songs = list(module.chorales(3))
    shares = module.measure(songs)
    tonic, analyser = shares["constant tonic"], shares["analyser"]
    ceiling = shares["ceiling, one chord a span"]
    assert tonic[0] + 0.1 < analyser[0] < ceiling[0]
    assert tonic[1] + 0.1 < analyser[1] < ceiling[1]
    assert module.measure_keys(songs)["key, given the signature"] >= 2 / 3
