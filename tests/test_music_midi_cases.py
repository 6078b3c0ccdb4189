"""The MIDI and karaoke files of tests/cases/music: each has a README with the right answer, asserted here."""

from pathlib import Path

import pytest

from regenkit.errors import BadSource
from regenkit_music.data import Folder
from regenkit_music.modality.files import reading
from regenkit_music.modality.melody import Melody

CASES = Path(__file__).parent / "cases" / "music"
GARDEN = "Walk- ing down the gar- den path, I found a lit- tle yel- low bird there."
TUNE = [
    67,
    69,
    71,
    72,
    74,
    72,
    71,
    69,
    67,
    69,
    71,
    67,
    69,
    66,
    67,
    67,
]  # G4 A4 B4 C5 D5 C5 B4 A4 G4 A4 B4 G4 A4 F#4 G4 G4


def one(path: str) -> Melody:
    (tune,) = reading(CASES / path).tunes
    return tune.melody


def remarks(path: str) -> str:
    return "; ".join(reading(CASES / path).findings)


def words(melody: Melody) -> str:
    return " ".join(note.syllable for note in melody.notes)


def pitches(melody: Melody) -> list[int]:
    return [note.pitch for note in melody.notes]


def times(melody: Melody) -> list[tuple[int, int]]:
    return [(note.onset, note.duration) for note in melody.notes]


QUARTERS = [(4 * place, 4) for place in range(16)]


@pytest.mark.parametrize(
    "path", ["01-kar-softkaraoke", "02-kar-credit-text", "03-kar-accompaniment-first",
             "03-kar-accompaniment-first/melody_first"],
)  # fmt: skip
def test_karaoke(path: str) -> None:
    melody = one(f"{path}/a.kar")
    assert (melody.title, words(melody), pitches(melody)) == ("Garden Song", GARDEN, TUNE)
    assert times(melody) == QUARTERS
    assert (melody.metre, melody.tonic, melody.mode, melody.tempo) == ("4/4", 7, "major", 100)


def test_a_melody_that_is_late_is_still_the_one_that_is_sung() -> None:
    melody = one("03-kar-accompaniment-first/melody_laid_back/a.kar")
    assert (words(melody), pitches(melody)) == (GARDEN, TUNE)
    assert times(melody)[5] == (22, 2) and times(melody)[9] == (38, 2)


def test_signatures_and_tempo_on_the_track_with_the_notes() -> None:
    melody = one("04-midi-meta-on-track-1/a.mid")
    assert (melody.metre, melody.tonic, melody.mode, melody.tempo) == ("3/4", 3, "major", 80)
    assert len(melody.notes) == 12


def test_one_bar_in_another_metre_is_filled() -> None:
    melody = one("05-midi-one-bar-of-2-4/a.mid")
    assert [note.onset for note in melody.notes] == [4 * place for place in [*range(10), *range(12, 24)]]
    assert pitches(melody)[10] == 72 and melody.metre == "4/4"
    assert "bars in another metre, filled up to whole bars: 1" in remarks("05-midi-one-bar-of-2-4/a.mid")


def test_a_song_that_changes_its_metre_is_two() -> None:
    first, second = (tune.melody for tune in reading(CASES / "05-midi-one-bar-of-2-4/half_half/a.mid").tunes)
    assert (first.metre, len(first.notes), second.metre, len(second.notes)) == ("4/4", 12, "3/4", 10)
    assert first.notes[-1].onset == 44 and second.notes[0].onset == 0


@pytest.mark.parametrize("name", ["a", "b"])
def test_notes_of_no_length(name: str) -> None:
    melody = one(f"07-midi-zero-length/{name}.mid")
    assert pitches(melody) == [60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 60]
    assert times(melody) == QUARTERS[:12]
    assert remarks(f"07-midi-zero-length/{name}.mid") == "notes of no length, left out: 1"


def test_type_2_is_several_songs() -> None:
    first, second = reading(CASES / "09-midi-type-2/a.mid").tunes
    assert (first.name, first.melody.metre, len(first.melody.notes)) == ("song 1", "4/4", 12)
    assert (second.name, second.melody.metre, len(second.melody.notes)) == ("song 2", "3/4", 12)
    assert pitches(first.melody)[:3] == [60, 62, 64] and pitches(second.melody)[:3] == [72, 71, 69]


def test_smpte_time_is_read_in_quarters_of_the_tempo() -> None:
    melody = one("10-midi-smpte/a.mid")
    assert times(melody) == QUARTERS[:12] and melody.tempo == 120
    assert "SMPTE" in remarks("10-midi-smpte/a.mid")


RUSSIAN = "Тих- о в са- ду мо- ём, лишь ве- тер по- ёт и ли- стья шумят."
JAPANESE = "さ- く- ら の は- な が さ- い- て は- る が く- る よ"
CHINESE = "春 天 的 花 园 里 有 一 只 黄 色 的 小 鸟 唱 歌"


@pytest.mark.parametrize(
    ("name", "encoding", "expected"),
    [
        ("ru-cp1251", "cp1251", RUSSIAN), ("ru-koi8", "koi8-r", RUSSIAN), ("ru-utf8", "utf-8", RUSSIAN),
        ("ja-sjis", "shift_jis", JAPANESE), ("zh-gbk", "gbk", CHINESE), ("zh-utf8", "utf-8", CHINESE),
    ],
)  # fmt: skip
def test_words_in_any_encoding(name: str, encoding: str, expected: str) -> None:
    for suffix in (".kar", "-lyric.mid"):
        path = CASES / "11-kar-encodings" / f"{name}{suffix}"
        for said in (None, encoding):
            (tune,) = reading(path, said).tunes
            assert (words(tune.melody), pitches(tune.melody)) == (expected, TUNE)


@pytest.mark.parametrize("name", ["a", "b"])
def test_rp017(name: str) -> None:
    assert words(one(f"13-rp017-lyrics/{name}.mid")) == GARDEN


def test_words_shown_before_their_notes() -> None:
    melody = one("14-kar-lyrics-early/a.kar")
    assert (words(melody), pitches(melody)) == (GARDEN, TUNE)
    assert times(melody) == [(onset + 2, duration) for onset, duration in QUARTERS]
    assert "2 sixteenths before their notes" in remarks("14-kar-lyrics-early/a.kar")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("cut", "cut off: a part of 148 bytes has 46"), ("empty", "is empty"), ("text", "does not begin with MThd")],
)
def test_a_damaged_file_is_named_with_a_reason(name: str, reason: str) -> None:
    with pytest.raises(BadSource, match=reason) as caught:
        reading(CASES / "15-midi-damaged" / f"{name}.mid")
    assert f"{name}.mid" in caught.value.source


@pytest.mark.parametrize("name", ["ok", "huge", "junk_after", "no_eot", "riff"])
def test_a_file_that_is_whole_is_read(name: str) -> None:
    melody = one(f"15-midi-damaged/{name}.mid")
    assert pitches(melody) == TUNE and times(melody) == QUARTERS


@pytest.mark.parametrize(("name", "key"), [("am", (9, "minor")), ("em", (4, "major"))])
def test_without_a_key_signature_the_notes_tell(name: str, key: tuple[int, str]) -> None:
    melody = one(f"16-midi-no-key-signature/{name}.mid")
    assert (melody.tonic, melody.mode) == key


def test_a_line_on_one_event_is_spread_over_its_notes() -> None:
    melody = one("17-lyrics-whole-lines/a.mid")
    assert len(melody.notes) == 48 and all(note.syllable for note in melody.notes)
    assert words(melody).startswith("Walk- ing down there A- long the path A lit- tle bird Sat on a wall")


@pytest.mark.parametrize("name", ["cs", "da", "el", "en", "ja", "ko", "ru", "zh"])
def test_words_in_any_script_are_a_pair(name: str) -> None:
    (example,) = Folder(str(CASES / "19-kar-non-latin-utf8")).read(f"{name}.mid")
    assert example.x is not None and len(example.meta["syllables"]) == 16
    assert len(example.x["word"]) == len(example.y["pitch"]) == 16
