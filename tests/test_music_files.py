"""Melodies through files: there and back again in every format, real scores, files that are broken."""

import os
import wave
from collections import Counter
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from music21 import bar, chord, converter, corpus, key, meter, stream, tie
from music21 import note as notes21

from regenkit.errors import BadSource, UserError
from regenkit_music.modality import MelodyModality, files
from regenkit_music.modality.melody import BAR, METRES, MODES, Melody, Note
from regenkit_music.modality.midi import read_midi, write_midi
from regenkit_music.modality.picture import write_png
from regenkit_music.modality.score import melody_from_part, read_score, write_score
from regenkit_music.modality.sound import synthesize

SYLLABLES = ["Glo-", "ri-", "a", "Größe,", "月", "亮，", "ö", "❤️", "О-", "l'a-", "Heil!", "x y"]
anything = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def melodies(draw: st.DrawFn) -> Melody:
    """Any melody, its notes all with a syllable or all without."""
    sung, onset, found = draw(st.booleans()), draw(st.integers(0, 40)), []
    for _ in range(draw(st.integers(1, 24))):
        duration = draw(st.integers(1, 32))
        syllable = draw(st.sampled_from(SYLLABLES)) if sung else ""
        found.append(Note(onset=onset, duration=duration, pitch=draw(st.integers(36, 96)), syllable=syllable))
        onset += duration + draw(st.sampled_from([0, 0, 0, 1, 4, 40]))
    return Melody(
        notes=tuple(found),
        metre=draw(st.sampled_from(METRES)),
        tonic=draw(st.integers(0, 11)),
        mode=draw(st.sampled_from(MODES)),
        tempo=float(draw(st.integers(30, 240))),
        title=draw(st.sampled_from(["", "Süßer Gesang", "月", "a & <b>"])),
    )


@settings(anything, max_examples=60)
@given(melodies())
def test_midi_there_and_back(tmp_path: Path, melody: Melody) -> None:
    write_midi(melody, tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid") == melody


@settings(anything, max_examples=25)
@given(melodies())
def test_musicxml_there_and_back(tmp_path: Path, melody: Melody) -> None:
    write_score(melody, tmp_path / "a.musicxml")
    assert read_score(tmp_path / "a.musicxml") == [melody]


def chorale(name: str = "bach/bwv269") -> Melody:
    return melody_from_part(corpus.parse(name).parts[0], title=name)


def test_chorale_by_hand() -> None:
    """BWV 269: 3/4, G major, an anacrusis of one quarter, melismas on "Le-" of "Lebelang" and others."""
    counts: Counter[str] = Counter()
    melody = melody_from_part(corpus.parse("bach/bwv269").parts[0], counts=counts)
    assert (melody.metre, melody.tonic, melody.mode) == ("3/4", 7, "major")
    first = [(note.onset, note.duration, note.pitch, note.syllable) for note in melody.notes[:4]]
    assert first == [(8, 4, 67, "in"), (12, 8, 67, "die-"), (20, 4, 74, "ser"), (24, 8, 71, "Mor-")]
    assert len(melody.notes) == 39
    assert counts["merged"] == 7
    every = melody_from_part(corpus.parse("bach/bwv269").parts[0], one_note_a_syllable=False)
    assert len(every.notes) == 39 + 7
    assert every.end == melody.end


@pytest.mark.parametrize("name", ["bach/bwv333", "bach/bwv10.7", "monteverdi/madrigal.3.10.mxl"])
def test_real_scores(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.musicxml"
    melody = chorale(name)
    ends = [note.onset + note.duration for note in melody.notes]
    assert all(note.onset >= end for note, end in zip(melody.notes[1:], ends, strict=False))
    assert all(note.syllable for note in melody.notes)
    files.write(melody, path)
    assert files.read(path)[0].notes == melody.notes


def test_choose_mode_is_asked() -> None:
    asked = []

    def choose(pitches, durations, sharps) -> str:
        asked.append((len(pitches), len(durations), sharps))
        return "minor"

    melody = melody_from_part(corpus.parse("bach/bwv269").parts[0], choose_mode=choose)
    assert asked == [(39, 39, 1)]
    assert (melody.tonic, melody.mode) == (4, "minor")


def part_of(metre: str, *bars: str) -> stream.Part:
    """A part from tiny notation, bar by bar."""
    part = stream.Part()
    for number, text in enumerate(bars):
        measure = stream.Measure(number=number)
        if number == 0:
            measure.append([key.KeySignature(0), meter.TimeSignature(metre)])
        measure.append(list(converter.parse(f"tinyNotation: {text}").recurse().notesAndRests))
        part.append(measure)
    return part


@pytest.mark.parametrize(
    ("metre", "bars", "modelled", "times"),
    [
        ("4/4", ["c4", "d2 e2", "f1"], "4/4", [(12, 4), (16, 8), (24, 8), (32, 16)]),
        ("3/8", ["c8", "d8 e8 f8"], "3/4", [(8, 4), (12, 4), (16, 4), (20, 4)]),
        ("2/2", ["c2 d2"], "4/4", [(0, 8), (8, 8)]),
        ("4/2", ["c1 d1"], "4/4", [(0, 8), (8, 8)]),
        ("4/4", ["c2 d4", "e4 f4 g2", "a1"], "4/4", [(4, 8), (12, 4), (16, 4), (20, 4), (24, 8), (32, 16)]),
        # a bar cut in two by a repeat sign, and a short bar that is filled
        ("4/4", ["c1", "d2.", "e4", "f1"], "4/4", [(0, 16), (16, 12), (28, 4), (32, 16)]),
        ("4/4", ["c1", "d2.", "e1"], "4/4", [(0, 16), (16, 12), (32, 16)]),
    ],
)
def test_bars(metre: str, bars: list[str], modelled: str, times: list[tuple[int, int]]) -> None:
    melody = melody_from_part(part_of(metre, *bars))
    assert melody.metre == modelled
    assert [(note.onset, note.duration) for note in melody.notes] == times


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (part_of("5/4", "c1 d4"), "5/4"),
        (part_of("4/4", "r1"), "no notes"),
        (part_of("2/4", "trip{c8 d e} f4", "trip{c8 d e} f4"), "between the sixteenths"),
        (stream.Part([notes21.Note("C4")]), "no time signature"),
        (stream.Part([meter.TimeSignature("4/4"), notes21.Note("C4", quarterLength=8.0), meter.TimeSignature("3/4"),
                      notes21.Note("C4", quarterLength=6.0)]), "changes its metre"),
    ],
)  # fmt: skip
def test_parts_that_are_no_melody(part: stream.Part, reason: str) -> None:
    with pytest.raises(BadSource, match=reason) as caught:
        melody_from_part(part, source="here")
    assert caught.value.source == "here"


def test_ties_chords_and_barlines() -> None:
    part = part_of("4/4", "c2 e2", "e4 g4 c'2")
    notes = list(part.recurse().notes)
    notes[1].tie, notes[2].tie = tie.Tie("start"), tie.Tie("stop")
    notes[3].activeSite.replace(notes[3], chord.Chord(["C4", "G4", "E4"], quarterLength=1.0))
    part.getElementsByClass("Measure")[1].rightBarline = bar.Barline("final")
    melody = melody_from_part(part)
    assert [(note.onset, note.duration, note.pitch) for note in melody.notes] == [
        (0, 8, 60), (8, 12, 64), (20, 4, 67), (24, 8, 72),
    ]  # fmt: skip


ABC = """X:1
T:Süßer Gesang
M:3/4
L:1/8
Q:1/4=100
K:Gm
G2|B4 A2|G4 d2|c2 B2 A2|G4|]
w:O Morn-ing | bright and fair to-day, Glück
w:A sec-ond verse

X:2
T:In five
M:5/4
K:C
CDEFG|

X:3
T:Third
M:C|
L:1/4
K:Ddor
DEFG|"AGFE"A{B}G !fermata![FA]E|
w:one two | three~four _ se\\-ven - *
"""


def test_abc(tmp_path: Path) -> None:
    path = tmp_path / "tunes.abc"
    path.write_text(ABC, encoding="utf-8")
    first, third = files.read(path)
    assert (first.title, first.metre, first.tonic, first.mode, first.tempo) == ("Süßer Gesang", "3/4", 7, "minor", 100)
    assert [(note.onset, note.duration) for note in first.notes[:3]] == [(8, 4), (12, 8), (20, 4)]
    assert [note.syllable for note in first.notes] == [
        "O",
        "Morn-",
        "ing",
        "bright",
        "and",
        "fair",
        "to-",
        "day,",
        "Glück",
    ]
    assert (third.title, third.metre, third.mode) == ("Third", "4/4", "minor")
    assert [(note.syllable, note.duration) for note in third.notes] == [
        ("one", 4), ("two", 12), ("three four", 8), ("se-ven-", 8),
    ]  # fmt: skip
    path.write_text("X:1\nM:5/4\nK:C\nCDEFG|\n", encoding="utf-8")
    with pytest.raises(BadSource, match="5/4"):
        files.read(path)


def karaoke(path: Path, events: list[str], charset: str, kind: str = "text") -> None:
    words, tune = mido.MidiTrack(), mido.MidiTrack()
    for text in ("@KMIDI KARAOKE FILE", "@TStille Nacht") if kind == "text" else ():
        words.append(mido.MetaMessage("text", text=text))
    for index, event in enumerate(events):
        words.append(mido.MetaMessage(kind, text=event, time=480 if index else 0))
        tune.append(mido.Message("note_on", note=60 + index, velocity=80, time=30 if index else 0))
        tune.append(mido.Message("note_off", note=60 + index, time=450))
    file = mido.MidiFile(charset=charset)
    file.tracks += [words, tune]
    file.save(path)


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_karaoke(tmp_path: Path, charset: str) -> None:
    karaoke(tmp_path / "a.kar", ["\\Stil", "le ", "Näch", "te, ", "/hei", "li", "ge", " Nacht"], charset)
    (melody,) = files.read(tmp_path / "a.kar")
    assert melody.title == "Stille Nacht"
    assert [note.syllable for note in melody.notes] == ["Stil-", "le", "Näch-", "te,", "hei-", "li-", "ge", "Nacht"]
    assert [(note.onset, note.duration) for note in melody.notes[:2]] == [(0, 4), (4, 4)]


def test_midi_words_find_their_part(tmp_path: Path) -> None:
    """Lyric events go to the part whose notes they fall on; the accompaniment above and the drums don't count."""
    karaoke(tmp_path / "a.mid", ["Stil-", "le", "Nacht"], "latin-1", "lyrics")
    file = mido.MidiFile(tmp_path / "a.mid")
    for channel, pitch in ((1, 90), (9, 40)):
        track = mido.MidiTrack()
        for _ in range(2):
            track.append(mido.Message("note_on", note=pitch, velocity=80, time=240, channel=channel))
            track.append(mido.Message("note_off", note=pitch, time=240, channel=channel))
        file.tracks.append(track)
    file.save(tmp_path / "b.mid")
    melody = read_midi(tmp_path / "b.mid")
    assert [(note.pitch, note.syllable) for note in melody.notes] == [(60, "Stil-"), (61, "le"), (62, "Nacht")]


def test_midi_anacrusis(tmp_path: Path) -> None:
    """A pickup written as a short bar of its own ends up late in bar 0."""
    head, tune = mido.MidiTrack(), mido.MidiTrack()
    head.append(mido.MetaMessage("time_signature", numerator=1, denominator=4))
    head.append(mido.MetaMessage("time_signature", numerator=3, denominator=4, time=480))
    for pitch in (60, 62, 64, 65):
        tune.append(mido.Message("note_on", note=pitch, velocity=80))
        tune.append(mido.Message("note_off", note=pitch, time=480))
    file = mido.MidiFile()
    file.tracks += [head, tune]
    file.save(tmp_path / "a.mid")
    melody = read_midi(tmp_path / "a.mid")
    assert melody.metre == "3/4"
    assert [note.onset for note in melody.notes] == [8, 12, 16, 20]


@pytest.mark.parametrize("suffix", files.WRITES)
def test_every_suffix_is_written_whole(suffix: str, tmp_path: Path) -> None:
    MelodyModality().write(chorale(), tmp_path / f"a{suffix}")
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]
    assert (tmp_path / f"a{suffix}").stat().st_size > 300


@pytest.mark.parametrize("suffix", files.READS)
@pytest.mark.parametrize("kind", ["empty", "random", "truncated"])
def test_broken_files(suffix: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"broken{suffix}"
    data = b""
    if kind == "random":
        data = np.random.default_rng(0).integers(0, 256, 600, np.uint8).tobytes()
    if kind == "truncated":
        good = tmp_path / ("good.mid" if suffix in (".mid", ".midi", ".kar") else "good.musicxml")
        files.write(chorale(), good)
        data = good.read_bytes()[: 300 if good.suffix == ".mid" else 2000]
    path.write_bytes(data)
    with pytest.raises(BadSource) as caught:
        files.read(path)
    assert caught.value.source == str(path)
    assert caught.value.reason


@settings(anything, max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_midi_file_with_one_wrong_byte(tmp_path: Path, place: int, value: int) -> None:
    write_midi(chorale(), tmp_path / "a.mid")
    data = bytearray((tmp_path / "a.mid").read_bytes())
    data[place % len(data)] = value
    (tmp_path / "a.mid").write_bytes(data)
    try:
        assert read_midi(tmp_path / "a.mid").notes
    except BadSource as error:
        assert error.reason


def test_wrong_paths(tmp_path: Path) -> None:
    for path, message in [("a.mp3", r"\.musicxml"), ("a", "without a suffix"), ("a.mid", "no such file")]:
        with pytest.raises(UserError, match=message):
            files.read(tmp_path / path)
    (tmp_path / "folder.mid").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        files.read(tmp_path / "folder.mid")
    for path, message in [("a.mp3", r"\.wav"), ("no/a.mid", "does not exist"), ("folder.mid", "can't be written")]:
        with pytest.raises(UserError, match=message):
            files.write(chorale(), tmp_path / path)
    assert os.listdir(tmp_path) == ["folder.mid"]


def test_sound() -> None:
    """As long as the melody, never clipped, and of the right pitch."""
    melody = Melody(notes=(Note(onset=4, duration=16, pitch=69),), tempo=60.0)
    sound = synthesize(melody, 16000)
    assert len(sound) == pytest.approx(16000 * (5 + 0.33), rel=0.01)
    assert 0.5 < np.abs(sound).max() <= 0.81
    assert np.abs(sound[:15000]).max() == 0
    spectrum = np.abs(np.fft.rfft(sound[16000:80000]))
    assert np.argmax(spectrum) * 16000 / 64000 == pytest.approx(440, abs=4)


def test_wav_is_playable(tmp_path: Path) -> None:
    files.write(chorale(), tmp_path / "a.wav")
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22050)
        assert file.getnframes() / 22050 == pytest.approx(chorale().end / 4 * 60 / 96, abs=0.5)


@pytest.mark.parametrize("syllable", ["through", "$x_1$", "月", "a\nb"])
def test_pictures_of_odd_words(syllable: str, tmp_path: Path) -> None:
    notes = tuple(Note(onset=i, duration=1, pitch=60, syllable=syllable) for i in range(60))
    write_png(Melody(notes=notes, metre="12/8", title=syllable), tmp_path / "a.png")
    write_png(Melody(notes=()), tmp_path / "b.png")


def test_describe() -> None:
    about = MelodyModality().describe(chorale("bach/bwv333"))
    assert about.startswith(
        "bach/bwv333: G minor, 4/4, 96 quarters a minute, 38 notes in 11 bars, F4 to D5, “dein'n Leib"
    )
    assert MelodyModality().describe(Melody(notes=())) == "untitled: no notes"


def test_bars_are_sixteenths() -> None:
    assert {metre: int(16 * eval(metre)) for metre in METRES} == BAR
