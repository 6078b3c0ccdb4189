"""Which part of a MIDI file is sung, on which notes, and what is said of the rest."""

from pathlib import Path

import pytest
from music_writers_midi import TICKS, key, line, lyric, meta, metre, midi, name, note, tempo, text, track, write

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit_music.data import Folder
from regenkit_music.modality.midi import read_midi
from regenkit_music.modality.reading import Tune

SYLLABLES = ["Walk", "ing ", "down ", "the ", "gar", "den ", "path, ", "I ", "found ", "a ", "lit", "tle "]
SUNG = "Walk- ing down the gar- den path, I found a lit- tle"
TUNE = [67, 69, 71, 72, 74, 72, 71, 69, 67, 69, 71, 67]
WORDS = [(place * TICKS, lyric(syllable)) for place, syllable in enumerate(SYLLABLES)]
HEAD = track([(0, tempo(100)), (0, metre(4, 4)), (0, key(1))])


def only(tracks: list[bytes], folder: Path, kind: int = 1) -> Tune:
    (tune,) = read_midi(write(midi(tracks, kind), folder)).tunes
    return tune


def words(tune: Tune) -> str:
    return " ".join(note.syllable for note in tune.melody.notes)


def pitches(tune: Tune) -> list[int]:
    return [note.pitch for note in tune.melody.notes]


def test_a_track_whose_programs_change_is_one_part(tmp_path: Path) -> None:
    changes = [(place * TICKS, bytes([0xC0, place])) for place in range(0, 12, 3)]
    tune = only([HEAD, track([*changes, *WORDS, *line(TUNE)])], tmp_path)
    assert (words(tune), pitches(tune), tune.remarks) == (SUNG, TUNE, ())


def test_channels_of_one_track_are_parts(tmp_path: Path) -> None:
    chords = [event for pitch in (48, 52, 55) for event in line([pitch] * 12, channel=1)]
    drums = line([42] * 24, TICKS // 2, channel=9)
    tune = only([track([*chords, *drums, *WORDS, *line(TUNE)])], tmp_path, kind=0)
    assert (words(tune), pitches(tune)) == (SUNG, TUNE)
    assert tune.remarks == ("parts that are not sung, left out: 1",)


@pytest.mark.parametrize("first", [True, False])
def test_the_part_with_few_other_notes_is_sung(tmp_path: Path, first: bool) -> None:
    """Not chords on every beat, nor a flute in eighths an octave above, nor a bass, wherever they stand."""
    band = [
        track([event for pitch in (55, 59, 62) for event in line([pitch] * 16, channel=1)]),
        track(line([79, 81] * 16, TICKS // 2, channel=2)),
        track(line([31] * 16, channel=3)),
    ]
    melody = [track(line(TUNE, start=TICKS * 4))]
    shown = [(tick + 4 * TICKS, message) for tick, message in WORDS]
    tune = only([HEAD, track(shown), *(melody + band if first else band + melody)], tmp_path)
    assert (words(tune), pitches(tune)) == (SUNG, TUNE)


def test_lyrics_of_several_voices_go_with_their_own_track(tmp_path: Path) -> None:
    alto = [(tick, message) for tick, message in WORDS[:9]]
    tune = only([HEAD, track([*alto, *line([60] * 12)]), track([*WORDS, *line(TUNE)])], tmp_path)
    assert (words(tune), pitches(tune)) == (SUNG, TUNE)
    assert "words of other tracks, left out: 1" in tune.remarks


def test_without_words_a_part_called_so_is_sung(tmp_path: Path) -> None:
    band = [track([event for pitch in (79, 83) for event in line([pitch] * 16, channel=1)]), track(line(TUNE))]
    assert pitches(only([HEAD, *band], tmp_path))[0] == 83
    tune = only([HEAD, band[0], track([(0, name("Lead vocal")), *line(TUNE)])], tmp_path)
    assert pitches(tune) == TUNE and tune.remarks == ("parts that are not sung, left out: 1",)


@pytest.mark.parametrize("together", [True, False])
def test_of_several_verses_the_first_is_sung(tmp_path: Path, together: bool) -> None:
    """Written as lines of one event, or as events at one time."""
    later = ["Run", "ning ", "up ", "a ", "moun", "tain ", "high, "]
    verses = [list(pair) for pair in zip(SYLLABLES, later, strict=False)] + [[word] for word in SYLLABLES[len(later) :]]
    shown = [
        (place * TICKS, lyric(word))
        for place, words in enumerate(verses)
        for word in (["\n".join(words)] if together else words)
    ]
    tune = only([HEAD, track([*shown, *line(TUNE)])], tmp_path)
    assert words(tune).replace("-", "").split() == SUNG.replace("-", "").split()
    assert "syllables of later verses, left out: 7" in tune.remarks


@pytest.mark.parametrize("together", [True, False])
def test_a_number_of_one_of_several_verses_is_sung(tmp_path: Path, together: bool) -> None:
    verses = [["2 ", "Four "], ["hearts ", "suns "], ["at ", "at "], ["9 ", "5 "]] * 3
    shown = [
        (place * TICKS, lyric(word))
        for place, words in enumerate(verses)
        for word in (["\n".join(words)] if together else words)
    ]
    tune = only([HEAD, track([*shown, *line(TUNE)])], tmp_path)
    assert words(tune) == " ".join(["2 hearts at 9"] * 3)


def test_credits_are_not_sung(tmp_path: Path) -> None:
    credits = [(place * TICKS, text(line)) for place, line in enumerate(["A song", "by me", "for you", "(c) 1998"])]
    tune = only([HEAD, track([*credits, *line(TUNE)])], tmp_path)
    assert words(tune).strip() == ""


def test_karaoke_text_is_sung_where_lyric_events_hold_only_a_title(tmp_path: Path) -> None:
    shown = [(tick, text(message[3:].decode())) for tick, message in WORDS]
    tune = only([track([(0, lyric("A song"))]), track([(0, text("@KMIDI")), *shown, *line(TUNE)])], tmp_path)
    assert words(tune) == SUNG


def test_headers_on_another_track_than_the_words(tmp_path: Path) -> None:
    shown = [(tick, text(message[3:].decode())) for tick, message in WORDS]
    head = track([(0, text("@KMIDI KARAOKE FILE")), (0, text("@TSong")), (0, text("@TSinger"))])
    tune = only([head, track([*shown, *line(TUNE)])], tmp_path)
    assert (words(tune), tune.melody.title) == (SUNG, "Song")


@pytest.mark.parametrize("held", ["", "-", "_", "~", " "])
def test_a_held_syllable(tmp_path: Path, held: str) -> None:
    """An event without letters, or none, holds the syllable before; the word goes on after it."""
    shown = [message for message in WORDS if message[0] != TICKS] + [(TICKS, lyric(held))]
    tune = only([HEAD, track([*shown, *line(TUNE)])], tmp_path)
    expected = SUNG.replace("- ing", " ", 1) if held == " " else SUNG.replace(" ing", "", 1)
    assert words(tune).split() == expected.split()
    assert tune.melody.notes[0].duration == 8 and len(tune.melody.notes) == 11


def test_tags_and_ruby_of_rp026(tmp_path: Path) -> None:
    shown = [
        (0, lyric("{@JP}{#Title=さくら}{#Composer=X}")),
        (0, lyric("桜[さくら]")),
        (TICKS, lyric("の")),
        *WORDS[2:],
    ]
    tune = only([HEAD, track([*shown, *line(TUNE)])], tmp_path)
    assert tune.melody.title == "さくら" and [n.syllable for n in tune.melody.notes[:2]] == ["桜-", "の-"]


@pytest.mark.parametrize("mark", ["^", "%", "/", "<", "\r", "\n", "\r\n", "\\", "\v", " /", "^<"])
def test_signs_that_end_a_word(tmp_path: Path, mark: str) -> None:
    """Of Yamaha XF, RP-017 and Soft Karaoke, after a word and before the next."""
    texts = [text.replace(" ", mark) for text in SYLLABLES]
    after = [(place * TICKS, lyric(text)) for place, text in enumerate(texts)]
    assert words(only([HEAD, track([*after, *line(TUNE)])], tmp_path)) == SUNG
    moved = [
        mark * before.endswith(mark) + text.removesuffix(mark)
        for before, text in zip(["", *texts], texts, strict=False)
    ]
    before = [(place * TICKS, lyric(text)) for place, text in enumerate(moved)]
    assert words(only([HEAD, track([*before, *line(TUNE)])], tmp_path)) == SUNG


def test_the_number_of_a_verse_is_not_sung(tmp_path: Path) -> None:
    shown = [(0, lyric("1. Walk")), *WORDS[1:]]
    assert words(only([HEAD, track([*shown, *line(TUNE)])], tmp_path)) == SUNG


def test_words_that_fit_no_note_are_said(tmp_path: Path) -> None:
    late = [(TICKS * 20 + place * 31, lyric("la ")) for place in range(3)]
    tune = only([HEAD, track([*WORDS, *late, *line(TUNE)])], tmp_path)
    assert words(tune) == SUNG and tune.remarks == ("syllables that fit no note, left out: 3",)
    everywhere = [(TICKS * 20 + place * 311, lyric("la ")) for place in range(12)]
    tune = only([HEAD, track([*everywhere, *line(TUNE)])], tmp_path)
    assert words(tune).strip() == "" and pitches(tune) == TUNE
    assert tune.remarks == ("syllables left out, because they fit no part's notes: 12",)


def test_an_encoding_that_is_said_wrongly_is_refused(tmp_path: Path) -> None:
    shown = [(place * TICKS, lyric(word, "cp1251")) for place, word in enumerate(["Ти", "хо ", "са", "ду "] * 3)]
    path = write(midi([HEAD, track([*shown, *line(TUNE)])]), tmp_path)
    assert words(read_midi(path).tunes[0]).startswith("Ти- хо са- ду")
    with pytest.raises(BadSource, match="is not text in utf-8; say encoding: cp1251"):
        read_midi(path, "utf-8")
    with pytest.raises(UserError, match="encoding: 'cp12' is no encoding of text; right is a name like"):
        read_midi(path, "cp12")


def test_two_syllables_on_one_note(tmp_path: Path) -> None:
    shown = [*WORDS[:3], (2 * TICKS, lyric("and ")), *WORDS[3:]]
    tune = only([HEAD, track([*shown, *line(TUNE)])], tmp_path)
    assert tune.melody.notes[2].syllable == "down and" and len(tune.melody.notes) == 12


def test_words_of_several_syllables_on_one_event(tmp_path: Path) -> None:
    shown = ["Walking ", "", "down ", "the ", "garden ", "", "path, ", "I ", "discovered ", "", "", "one "]
    events = [(place * TICKS, lyric(word)) for place, word in enumerate(shown) if word]
    tune = only([HEAD, track([*events, *line(TUNE)])], tmp_path)
    assert words(tune) == "Walk- ing down the gar- den path, I dis- cov- ered one"


def test_lines_that_do_not_fit_their_notes_are_said(tmp_path: Path) -> None:
    events = [
        (0, lyric("I went down\r")),
        (4 * TICKS, lyric("to the garden\r")),
        (8 * TICKS, lyric("and sat a while\r")),
    ]
    tune = only([HEAD, track([*events, *line(TUNE)])], tmp_path)
    assert [n.syllable for n in tune.melody.notes[:4]] != ["I went down", "", "", ""]
    assert "syllables of whole lines that do not fit their notes, left out: 3" in tune.remarks
    events = [(0, lyric("I went down there\r")), (4 * TICKS, lyric("Oh yes\r")), (8 * TICKS, lyric("I sat a while\r"))]
    tune = only([HEAD, track([*events, *line(TUNE)])], tmp_path)
    assert "syllables of whole lines that do not fit their notes, left out: 2" in tune.remarks
    assert words(tune) == "I went down there I sat a while"


def test_keys_of_a_transposing_part_and_of_all(tmp_path: Path) -> None:
    clarinet = track([(0, key(2)), *line([50] * 12, channel=1)])
    tune = only([track([(0, key(-2, minor=True))]), clarinet, track([*WORDS, *line(TUNE)])], tmp_path)
    assert (tune.melody.tonic, tune.melody.mode) == (7, "minor")
    tune = only([clarinet, track([(0, key(1)), *WORDS, *line(TUNE)])], tmp_path)
    assert (tune.melody.tonic, tune.melody.mode) == (7, "major")


def test_a_key_signature_that_is_none_is_left_out(tmp_path: Path) -> None:
    tune = only([track([(0, meta(0x59, b"\x09\0")), *line([69, 72, 71, 69, 68, 69, 71, 72, 74, 76, 74, 72, 71, 69])])],
                tmp_path)  # fmt: skip
    assert (tune.melody.tonic, tune.melody.mode) == (9, "minor")
    assert tune.remarks == ("key signatures that are none, left out: 1",)


def test_signatures_of_all_parts_on_one_track(tmp_path: Path) -> None:
    """A change that is none for one of them is none."""
    keys = [(0, key(0, minor=True)), *[(8 * TICKS, key(0, minor=minor)) for minor in (True, False, False)]]
    tune = only([track(keys), track([*WORDS, *line(TUNE)])], tmp_path)
    assert (tune.melody.tonic, tune.melody.mode, len(tune.melody.notes)) == (9, "minor", 12)


def test_a_key_that_changes_makes_two_tunes(tmp_path: Path) -> None:
    tunes = read_midi(write(midi([track([(0, key(0)), (16 * TICKS, key(2)), *line([60, 64] * 16)])]), tmp_path)).tunes
    assert [(tune.name, tune.melody.tonic, len(tune.melody.notes)) for tune in tunes] == [
        ("from bar 1", 0, 16), ("from bar 5", 2, 16),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "unit", "modelled"), [((3, 8), 240, "3/4"), ((2, 2), 480, "4/4"), ((4, 2), 960, "4/4")]
)
def test_metres_that_count_like_others(tmp_path: Path, written: tuple[int, int], unit: int, modelled: str) -> None:
    tune = only([track([(0, tempo(90)), (0, metre(*written)), *line([60] * 12, unit)])], tmp_path)
    assert tune.melody.metre == modelled and [n.onset for n in tune.melody.notes] == [4 * i for i in range(12)]
    assert tune.melody.tempo == 90 * 480 / unit


def test_a_repeated_time_signature_begins_no_bar(tmp_path: Path) -> None:
    again = [(tick, metre(4, 4)) for tick in (0, 700, 1920, 3001)]
    tune = only([track([*again, *line([60] * 12)])], tmp_path)
    assert [n.onset for n in tune.melody.notes] == [4 * i for i in range(12)] and tune.remarks == ()


def test_a_signature_long_after_the_last_note_makes_no_bars(tmp_path: Path) -> None:
    far = (2**28 - 1) * TICKS // 8
    tune = only([track([(far, metre(3, 4)), (far, key(1)), (far, text("x")), *line(TUNE)])], tmp_path)
    assert tune.melody.metre == "4/4" and len(tune.melody.notes) == 12


def test_played_notes_are_rounded_triplets_and_free_playing_refused(tmp_path: Path) -> None:
    played = [(place * TICKS + (place * 7) % 29, TICKS) for place in range(16)]
    tune = only([track([event for at, length in played for event in note(at, at + length, 60)])], tmp_path)
    assert [n.onset for n in tune.melody.notes] == [4 * i for i in range(16)] and tune.remarks == ()
    few = [*line([60] * 16), *line([62, 64, 65], TICKS // 3, start=16 * TICKS)]
    tune = only([track([*few, *line([60] * 16, start=17 * TICKS)])], tmp_path)
    assert tune.remarks == ("notes between the sixteenths, rounded: 2",)
    with pytest.raises(BadSource, match="too many notes between the sixteenths"):
        only([track(line([60] * 16, TICKS // 3))], tmp_path)
    with pytest.raises(BadSource, match="is played freely: "):
        only([track([event for at in range(60) for event in note(at * 311, at * 311 + 300, 60)])], tmp_path)


@pytest.mark.parametrize(("language", "sung"), [(None, "people"), ("en", "pe- ople")])
def test_whole_words_are_cut_in_the_language_that_is_stated(language: str | None, sung: str, tmp_path: Path) -> None:
    """A few words do not tell it themselves."""
    texts = {"moved": 1, "candles": 2, "wanted": 2, "little": 2, "fires": 1, "hundred": 2, "people": 2, "loved": 1}
    shown, beat = [], 0
    for word, notes in texts.items():
        shown.append((beat * TICKS, lyric(f"{word} ")))
        beat += notes
    write(midi([HEAD, track([*shown, *line([60] * beat)])]), tmp_path)
    (example,) = Folder(str(tmp_path), language=language).read("a.mid")
    assert isinstance(example, Example)
    assert " ".join(example.meta["syllables"]).endswith(f"hun- dred {sung} loved")
