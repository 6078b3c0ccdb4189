"""MIDI in every dialect of words, script and encoding is read as written; a damaged file is a value or refused."""

from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import music_writers_midi as writers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from music_writers_midi import DIALECTS, TICKS, Dialect, write

from regenkit.errors import BadSource
from regenkit_music.modality.melody import METRES, MODES, Melody, Note
from regenkit_music.modality.midi import read_midi
from regenkit_music.modality.midi_file import read_songs

anything = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SCRIPTS = {  # words in syllables, and an encoding that old files have them in
    "cp1252": "Glo- ri- a Größe, Vö- ge- lein på ø- en cœur l'a- mor ¿dón- de? Heil!",
    "cp1251": "Ти- хо в са- ду мо- ём, лишь ве- тер по- ёт и ли- стья",
    "cp1253": "Μέ- σα στον κή- πο τρα- γου- δεί",
    "cp1250": "Vlk a krt šli k pr- stu, žlu- tý pták zpí- val",
    "shift_jis": "さ- く- ら の は- な が ドキ- ドキ 小 鳥",
    "gbk": "春 天 的 花 园 里 有 一 只 黄 色 的 小 鸟",
    "big5": "春 天 的 花 園 裡 有 一 隻 黃 色 的 小 鳥",
    "euc-kr": "봄- 날- 의 정- 원- 에 노- 란 새",
    "cp1255": "ב- גן ש- רה צי- פור",
    "cp1256": "في ال- حديقة يغني",
}


@st.composite
def sung(draw: st.DrawFn) -> tuple[Melody, str]:
    """A melody with a syllable on each note, and the encoding of its script."""
    encoding = draw(st.sampled_from(sorted(SCRIPTS)))
    syllables = SCRIPTS[encoding].split()
    onset, notes = draw(st.integers(0, 40)), []
    for place in range(draw(st.integers(1, 40))):
        duration = draw(st.integers(1, 32))
        syllable = syllables[place % len(syllables)]
        notes.append(Note(onset=onset, duration=duration, pitch=draw(st.integers(48, 80)), syllable=syllable))
        onset += duration + draw(st.sampled_from([0, 0, 0, 1, 4, 20]))
    notes[-1] = Note(**{**vars(notes[-1]), "syllable": notes[-1].syllable.removesuffix("-")})
    melody = Melody(
        notes=tuple(notes),
        metre=draw(st.sampled_from(METRES)),
        tonic=draw(st.integers(0, 11)),
        mode=draw(st.sampled_from(MODES)),
        tempo=float(draw(st.integers(30, 240))),
    )
    return melody, encoding


@settings(anything, max_examples=120)
@given(sung(), st.sampled_from(DIALECTS), st.booleans())
def test_every_dialect_script_and_encoding(
    tmp_path: Path, written: tuple[Melody, str], dialect: Dialect, unicode: bool
) -> None:
    melody, encoding = written
    data = dialect(melody, "utf-8" if unicode else encoding)
    (tune,) = read_midi(write(data, tmp_path), None if unicode else encoding).tunes
    title = "A song" if dialect is writers.soft_karaoke else ""
    assert Melody(**{**vars(melody), "title": title}) == tune.melody


@settings(anything, max_examples=60)
@given(sung(), st.sampled_from(DIALECTS), st.integers(-6, 6))
def test_words_early_or_late(tmp_path: Path, written: tuple[Melody, str], dialect: Dialect, shift: int) -> None:
    """Of a line with a note each quarter, whatever the shift up to an eighth; the notes never move."""
    melody, _ = written
    quarters = tuple(Note(**{**vars(n), "onset": 4 * i + 16, "duration": 4}) for i, n in enumerate(melody.notes))
    melody = Melody(**{**vars(melody), "notes": quarters, "metre": "4/4"})
    data = _moved(melody, dialect, shift * TICKS // 12)
    (tune,) = read_midi(write(data, tmp_path)).tunes
    assert [note.pitch for note in tune.melody.notes] == [note.pitch for note in melody.notes]
    if len(quarters) > 8:
        assert [note.syllable for note in tune.melody.notes] == [note.syllable for note in quarters]


def _moved(melody: Melody, dialect: Dialect, by: int) -> bytes:
    """The file with its notes `by` ticks later than its words: the words alone, then the notes alone, as one file."""
    silent = Melody(**{**vars(melody), "notes": tuple(Note(**{**vars(n), "syllable": ""}) for n in melody.notes)})
    words = writers._words(melody, lambda text, goes_on, _: writers.lyric(text + "-" * goes_on))
    head = writers._head(silent)
    return writers.midi(
        [writers.track(head), writers.track([(max(tick - by, 0), message) for tick, message in words]),
         writers.track(writers._notes(silent))]
    )  # fmt: skip


@settings(anything, max_examples=150)
@given(sung(), st.sampled_from(DIALECTS), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6))
def test_wrong_bytes(
    tmp_path: Path, written: tuple[Melody, str], dialect: Dialect, wrong: list[tuple[int, int]]
) -> None:
    data = bytearray(dialect(written[0], "utf-8"))
    for place, value in wrong:
        data[place % len(data)] = value
    _read_or_refused(write(bytes(data), tmp_path))


@settings(anything, max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([1, 3, 5]), st.binary(max_size=12) | st.text().map(str.encode)),
        min_size=1,
        max_size=30,
    )
)
def test_any_text(tmp_path: Path, texts: list[tuple[int, int, bytes]]) -> None:
    events = [(place * TICKS // 3, writers.meta(kind, data)) for place, kind, data in texts]
    _read_or_refused(write(writers.midi([writers.track([*events, *writers.line([60, 64, 62] * 6)])]), tmp_path))


@settings(anything, max_examples=60)
@given(sung(), st.sampled_from(DIALECTS), st.integers(0, 10**6))
def test_cut_off(tmp_path: Path, written: tuple[Melody, str], dialect: Dialect, place: int) -> None:
    data = dialect(written[0], "utf-8")
    _read_or_refused(write(data[: place % len(data)], tmp_path))


def _read_or_refused(path: Path) -> None:
    try:
        found = read_midi(path)
    except BadSource as error:
        assert len(error.reason) > 5 and error.source == str(path)
        return
    assert found.tunes and all(tune.melody.notes for tune in found.tunes)
    for tune in found.tunes:
        ends = [note.onset + note.duration for note in tune.melody.notes]
        assert all(end <= note.onset for end, note in zip(ends, tune.melody.notes[1:], strict=False))


NOTES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 12), st.integers(60, 62), st.integers(0, 1)), min_size=1, max_size=40
)


@settings(deadline=None, max_examples=150)
@given(NOTES)
def test_first_on_first_off(notes: list[tuple[int, int, int, int]]) -> None:
    """Against a reading by hand: of one key, the first beginning has the first end."""
    events = [event for on, length, pitch, channel in notes for event in writers.note(on, on + length, pitch, channel)]
    (song,) = read_songs(writers.midi([writers.track(events)], kind=0, division=1), "a.mid")
    keys = defaultdict(list)
    for on, length, pitch, channel in notes:
        keys[channel, pitch].append((on, on + length))
    expected = sorted(
        (channel, Fraction(on), Fraction(off), pitch)
        for (channel, pitch), pairs in keys.items()
        for on, off in zip(sorted(on for on, _ in pairs), sorted(off for _, off in pairs), strict=True)
    )
    found = [
        (channel, note.onset, note.end, note.pitch) for channel, each in song.tracks[0].notes.items() for note in each
    ]
    assert sorted(found) == expected and song.remarks == ()


def test_ends_that_are_missing_or_too_many() -> None:
    on, off = bytes([0x90, 60, 90]), bytes([0x80, 60, 0])
    higher = writers.note(480, 960, 64)
    (song,) = read_songs(writers.midi([writers.track([(0, off), (0, on), *higher])]), "a.mid")
    assert [(n.onset, n.end, n.pitch) for n in song.tracks[0].notes[0]] == [(1, 2, 64)]
    (song,) = read_songs(writers.midi([writers.track([(0, on), *higher])]), "a.mid")
    assert [(n.onset, n.end, n.pitch) for n in song.tracks[0].notes[0]] == [(0, 1, 60), (1, 2, 64)]
    assert song.remarks == ("notes without an end, ended by the next note: 1",)
    (song,) = read_songs(writers.midi([writers.track([(480, on + b"\0" + off), *higher])]), "a.mid")
    assert [(n.onset, n.end, n.pitch) for n in song.tracks[0].notes[0]] == [(1, 2, 64)]
    assert song.remarks == ("notes of no length, left out: 1",)


def test_tracks_that_the_header_does_not_count_are_read() -> None:
    data = writers.midi([writers.track([]), writers.track(writers.line([60] * 9))])
    (song,) = read_songs(data[:10] + b"\0\1" + data[12:], "a.mid")
    assert len(song.tracks) == 2
    with pytest.raises(BadSource, match="cut off: it has 2 of 3 tracks"):
        read_songs(data[:10] + b"\0\3" + data[12:], "a.mid")
    whole = writers.midi([writers.track(writers.line([60] * 9))])
    (song,) = read_songs(whole[:18] + b"\0\1" + whole[20:], "a.mid")  # a length that is too long, of a whole track
    assert len(song.tracks[0].notes[0]) == 9


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"RIFF....WAVEfmt ", "is no MIDI file"),
        (b"MThd\0\0\0\6", "ends within the header"),
        (writers.midi([]), "has no tracks"),
        (writers.midi([writers.track([])]), r"has no notes \(drums aside\)"),
        (writers.midi([writers.track(writers.line([60] * 9, channel=9))]), r"has no notes \(drums aside\)"),
        (writers.midi([writers.track(writers.line([60] * 9))], kind=7), "type 7; there are 0, 1 and 2"),
        (writers.midi([writers.track(writers.line([60] * 9))], division=-7000), "division of time that is none"),
        (writers.midi([writers.track([(0, b"\x41"), *writers.line([60] * 9)])]), "has a damaged track 1"),
        (writers.midi([writers.track(writers.line([60], length=2**27))]), "so its times are damaged"),
        (writers.midi([writers.track([(0, writers.metre(5, 4)), *writers.line([60] * 20)])]), "is in 5/4; modelled"),
        (writers.midi([writers.track([(0, writers.text("@K")), (0, writers.meta(5, b"\x80\xff\x81a\x90b\xf0")),
                                      *writers.line([60] * 9)])]), "encoding that can't be told; say encoding"),
    ],
)  # fmt: skip
def test_a_reason_for_every_refusal(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(BadSource, match=reason):
        read_midi(write(data, tmp_path))
