"""Scores that people reported as read wrongly, each with its right reading. One README says what is special in each."""

import shutil
from pathlib import Path

import pytest

from regenkit_music.data import Folder
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.score import read_score

CASES = Path(__file__).parent / "cases" / "music"
GARDEN = [
    "Walk-", "ing", "down", "the", "gar-", "den", "path,", "I",
    "found", "a", "lit-", "tle", "yel-", "low", "bird", "there.",
]  # fmt: skip
TUNE = [67, 69, 71, 72, 74, 72, 71, 69, 67, 69, 71, 67, 69, 66, 67, 67]
"""G4 A4 B4 C5 D5 C5 B4 A4 G4 A4 B4 G4 A4 F#4 G4 G4"""
IN_A_MINOR = [69, 72, 71, 69, 68, 69, 71, 72, 74, 76, 74, 72, 71, 69, 68, 69]
UPBEAT = [
    (8, 4, 67, "Walk-"), (12, 4, 69, "ing"), (16, 4, 71, "down"), (20, 12, 72, "the"), (32, 4, 74, "gar-"),
    (36, 4, 72, "den"), (40, 8, 71, "path,"), (48, 4, 67, "I"), (52, 4, 69, "found"), (56, 4, 71, "a"),
    (60, 4, 69, "lit-"), (64, 4, 66, "tle"), (68, 4, 67, "bird"), (72, 8, 67, "there."),
]  # fmt: skip


def the_melody(name: str) -> Melody:
    (tune,) = read_score(CASES / name).tunes
    return tune.melody


def in_quarters(pitches: list[int], rests_before: dict[int, int] | None = None) -> list[tuple[int, int, int, str]]:
    """GARDEN on these pitches, a quarter each. rests_before: note → quarters of rest before it."""
    found, onset = [], 0
    for index, (pitch, syllable) in enumerate(zip(pitches, GARDEN, strict=True)):
        onset += 4 * (rests_before or {}).get(index, 0)
        found.append((onset, 4, pitch, syllable))
        onset += 4
    return found


@pytest.mark.parametrize(
    ("name", "key", "notes"),
    [
        ("20-xml-transposing/a.musicxml", (0, "major"), in_quarters([pitch + 5 for pitch in TUNE])),
        ("21-xml-minor-no-mode/a.musicxml", (9, "minor"), in_quarters(IN_A_MINOR)),
        ("21-xml-minor-no-mode/with_mode.musicxml", (9, "minor"), in_quarters(IN_A_MINOR)),
        ("23-xml-two-voices/a.musicxml", (7, "major"), in_quarters(TUNE)),
        ("25-xml-verses/a.musicxml", (7, "major"), in_quarters(TUNE)),
        ("25-xml-verses/b.musicxml", (7, "major"), in_quarters(TUNE)),
        ("27-xml-ties-grace-pickup/a.musicxml", (7, "major"), UPBEAT),
        ("27-xml-ties-grace-pickup/a.mxl", (7, "major"), UPBEAT),
        ("27-xml-ties-grace-pickup/UPPER.MXL", (7, "major"), UPBEAT),
        ("27-xml-ties-grace-pickup/UPPER.XML", (7, "major"), UPBEAT),
        ("27-xml-ties-grace-pickup/utf16.musicxml", (7, "major"), UPBEAT),
        ("28-xml-tenor-clef/a.musicxml", (7, "major"), in_quarters([pitch - 12 for pitch in TUNE])),
        ("37-xml-cue-notes/a.musicxml", (7, "major"), in_quarters(TUNE, rests_before={8: 4})),
    ],
)
def test_the_right_notes(name: str, key: tuple[int, str], notes: list[tuple[int, int, int, str]]) -> None:
    melody = the_melody(name)
    assert [(note.onset, note.duration, note.pitch, note.syllable) for note in melody.notes] == notes
    assert (melody.tonic, melody.mode) == key
    assert melody.metre == ("3/4" if "27-" in name else "4/4")


def test_what_is_not_read_is_said() -> None:
    remarks = {
        "23-xml-two-voices/a.musicxml": ("notes of other voices of the part, not read: 8",),
        "25-xml-verses/a.musicxml": ("syllables of other verses (verse part1verse2), not read: 16",),
        "27-xml-ties-grace-pickup/a.mxl": (
            "notes that prolong a syllable, merged into it: 1",
            "grace notes, left out: 1",
        ),
        "37-xml-cue-notes/a.musicxml": ("cue notes, which another part plays, left out: 4",),
    }
    assert {name: read_score(CASES / name).tunes[0].remarks for name in remarks} == remarks


def test_a_folder_reads_the_same(tmp_path: Path) -> None:
    for name in ("23-xml-two-voices/a.musicxml", "27-xml-ties-grace-pickup/UPPER.MXL"):
        shutil.copy(CASES / name, tmp_path)
        (example,) = Folder(str(tmp_path)).read(Path(name).name)
        assert example.meta["syllables"] == [note.syllable for note in the_melody(name).notes]
        assert example.x is not None
