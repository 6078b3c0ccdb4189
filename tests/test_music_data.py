"""music/corpus and music/folder on real scores and tunes."""

import json
import pickle
import shutil
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.components import Example
from regenkit.data.split import assign, components
from regenkit.errors import BadSource, UserError
from regenkit_music.data import Corpus, Folder
from regenkit_music.data.abc import read_tune
from regenkit_music.data.corpus import _scores
from regenkit_music.data.grouping import NGRAM, fingerprints, groups, intervals, letters
from regenkit_music.data.metre import in_quarters, rescale
from regenkit_music.data.segments import SHORTEST, cut
from regenkit_music.data.words import damage, repaired, sung
from regenkit_music.modality import lyrics, melody
from regenkit_music.modality.files import write
from regenkit_music.modality.melody import METRES, Melody, Note, decode

CORPUS = Corpus(unpaired=("essen", "oneills", "airds", "ryans"))
SONGS = (
    "bach/bwv333", "bach/bwv269", "bach/bwv335", "bach/bwv39.7", "bach/bwv280",
    "monteverdi/madrigal.3.1", "monteverdi/madrigal.4.2",
    "trecento/PMFC_12_9-Gloria Clementiae Pax", "trecento/PMFC_06-Jacopo-01-Aquila-Altera",
)  # fmt: skip
TUNES = ("essenFolksong/erk5#0-27", "airdsAirs/book1#0-200", "ryansMammoth/*#0-100", "oneills1850/0001-0050#0-50")


@pytest.fixture(scope="module")
def songs() -> dict[str, list[Example]]:
    return {source: CORPUS.read(source) for source in SONGS}


@pytest.fixture(scope="module")
def tunes() -> dict[str, list[Example]]:
    return {source: CORPUS.read(source) for source in TUNES}


@pytest.fixture(scope="module")
def bach() -> list[Example]:
    found: list[Example] = []
    for source in [source for source in CORPUS.sources() if source.startswith("bach/")][:110]:
        try:
            found += CORPUS.read(source)
        except BadSource as error:
            assert error.reason in ("no words", "no segment of eight syllables")
    return found


# === Corpus ===


def test_every_example_fits_its_spec(songs, tunes):
    for source, examples in {**songs, **tunes}.items():
        assert examples, source
        for example in examples:
            melody.SPEC.check(example.y, example.id)
            assert SHORTEST <= len(example.y["pitch"]) <= 64
            assert (example.y["pitch"] > 0).all() and (example.y["duration"] > 0).all()
            assert json.loads(json.dumps(example.meta)) == example.meta
            assert example.fingerprints == tuple(sorted(set(example.fingerprints)))
            np.array(example.fingerprints, np.int64)
            assert (example.x is not None) == (source in songs)
            if example.x is not None:
                lyrics.SPEC.check(example.x, example.id)
                assert len(example.x["stress"]) == len(example.y["pitch"])
                assert len(example.meta["syllables"]) == len(example.y["pitch"])
        assert len({example.id for example in examples}) == len(examples)


def test_a_hymn_as_its_score_has_it(songs):
    (hymn,) = songs["bach/bwv333"]
    # the fullest verse is the one under the second singing of the opening
    assert hymn.meta["syllables"][:9] == ["dein'n", "Leib", "und", "Blut", "zu", "ein'r", "Mahl-", "zeit", "thust"]
    assert (hymn.meta["language"], hymn.meta["corpus"], hymn.meta["title"]) == ("de", "bach", "bwv333")
    tune = decode(hymn.y, hymn.meta)
    assert tune.metre == "4/4" and tune.notes[0].onset == 12  # an upbeat of one quarter
    assert [note.pitch for note in tune.notes[:4]] == [67, 67, 70, 69]


def test_an_essen_tune_as_its_file_has_it():
    wassermann = CORPUS.read("essenFolksong/erk10#0-1")[0]
    tune = decode(wassermann.y, wassermann.meta)
    # C2 | F2F2F2G2 | A2G2F4 in 2/4 and F major: quarters in 4/4
    assert (tune.metre, tune.tonic, tune.mode) == ("4/4", 5, "major")
    assert tune.title == "ES FREIT EIN WILDER WASSERMANN"
    expected = [(12, 4, 60), (16, 4, 65), (20, 4, 65), (24, 4, 65), (28, 4, 67), (32, 4, 69), (36, 4, 67), (40, 8, 65)]
    assert [(note.onset, note.duration, note.pitch) for note in tune.notes[:8]] == expected
    assert wassermann.x is None


def test_voices_of_a_madrigal_share_their_song_and_the_bass_is_left_out(songs):
    madrigal = songs["monteverdi/madrigal.3.1"]
    assert {example.meta["voice"] for example in madrigal} >= {"voice1", "voice2", "voice3", "voice4"}
    assert "voice5" not in {example.meta["voice"] for example in madrigal}
    assert all("song:monteverdi/madrigal.3.1" in example.groups for example in madrigal)


def test_reading_twice_gives_the_same():
    for source in ("bach/bwv269", "essenFolksong/erk5#0-27"):
        first, second = CORPUS.read(source), pickle.loads(pickle.dumps(CORPUS)).read(source)
        for one, other in zip(first, second, strict=True):
            assert (one.id, one.groups, one.fingerprints, one.meta) == (
                other.id, other.groups, other.fingerprints, other.meta,
            )  # fmt: skip
            for name in one.y:
                np.testing.assert_array_equal(one.y[name], other.y[name])


def test_sources_are_many_fixed_and_stay_so():
    sources = CORPUS.sources()
    assert sources == CORPUS.sources() and len(set(sources)) == len(sources)
    assert {source.split("/")[0] for source in sources} == {
        "bach", "monteverdi", "trecento", "essenFolksong", "oneills1850", "airdsAirs", "ryansMammoth",
    }  # fmt: skip
    assert "essenFolksong/erk10#200-400" in sources and "bach/bwv333" in sources
    assert len(Corpus(limit=3).sources()) == 6
    assert Corpus(paired=(), unpaired=["airds"]).sources()[0] == "airdsAirs/book1#0-200"
    assert CORPUS.fingerprint() == Corpus().fingerprint() != ""


def test_what_cannot_be_used_says_why():
    with pytest.raises(BadSource, match="no words"):
        CORPUS.read("bach/bwv846")
    reasons = CORPUS.skipped("essenFolksong/altdeu10#0-200")
    assert reasons["essenFolksong/altdeu10:2"] == "no metre"
    assert "bars that do not add up" in reasons.values()


def test_wrong_options_are_the_users_to_mend():
    with pytest.raises(UserError, match="paired names 'mozart'; right is a list out of bach, monteverdi, trecento"):
        Corpus(paired=["mozart"])  # type: ignore[list-item]
    with pytest.raises(UserError, match="unpaired names 'essen'"):
        Corpus(unpaired="essen")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="longest is 4"):
        Corpus(longest=4)


# === Leaks ===


def test_no_words_and_no_opening_on_both_sides_of_the_split(bach):
    paired = np.ones(len(bach), bool)
    split = assign(
        [example.id for example in bach],
        [example.groups for example in bach],
        [np.array(example.fingerprints, np.int64) for example in bach],
        paired,
    )
    assert 0 < (split == "test").sum() < len(bach) / 4
    tunes = [decode(example.y, example.meta) for example in bach]
    words = [letters(example.meta["syllables"]) for example in bach]
    opening = [tuple(intervals(tune)[:8]) for tune in tunes]
    grams = [{tuple(steps[i : i + NGRAM]) for i in range(len(steps))} for steps in map(intervals, tunes)]
    held, trained = np.flatnonzero((split == "test") | (split == "validation")), np.flatnonzero(split == "train")
    for one in held:
        for other in trained:
            pair = f"{bach[one].id} and {bach[other].id}"
            assert words[one][:32] != words[other][:32], pair
            assert opening[one] != opening[other] or len(set(opening[one])) < 3, pair
            assert not {g for g in grams[one] & grams[other] if len(g) == NGRAM and len(set(g)) >= 3}, pair


def test_hymns_that_share_a_melody_are_one_group_and_no_group_is_giant(bach):
    component = components([example.groups for example in bach])
    sizes = np.bincount(component)
    assert 2 <= sizes.max() <= 0.1 * len(bach)


# === Cleaning ===


@pytest.mark.parametrize(
    ("unit", "metre", "expected"),
    [
        (Fraction(1), "4/4", ("4/4", 1)),
        (Fraction(1, 2), "2/4", ("4/4", 2)),
        (Fraction(1, 2), "3/8", ("3/4", 2)),
        (Fraction(2), "4/2", ("4/4", Fraction(1, 2))),
        (Fraction(1, 2), "3/4", ("3/2", 2)),
        (Fraction(1, 2), "6/8", ("6/8", 1)),
        (Fraction(1, 4), "4/4", ("4/4", 4)),
        (Fraction(1), "5/4", None),
        (Fraction(1), "7/8", None),
    ],
)
def test_the_median_note_becomes_a_quarter(unit, metre, expected):
    assert rescale([unit] * 5 + [unit * 2], *map(int, metre.split("/"))) == expected


def test_pickups_halved_bars_ties_graces_and_endings():
    text = "X:7\nT:A test\nM:2/4\nL:1/8\nK:Gm\nD|G2-G2|{cd}B2 A:|\n|:A|B2d2|[1 G2 G:|[2 G3|[M:3/4]G6|]\n"  # own text
    tune = read_tune(text, "test")
    assert (tune.title, tune.tonic, tune.mode) == ("A test", 7, "minor")
    # median two eighths: no rescaling; D is the upbeat, B2 A + A one bar cut by the repeat sign
    assert [(note.onset, note.duration, note.pitch) for note in tune.notes] == [
        (6, 2, 62), (8, 8, 67), (16, 4, 70), (20, 2, 69), (22, 2, 69), (24, 4, 70), (28, 4, 74),
        (32, 4, 67), (36, 2, 67), (40, 6, 67),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("X:1\nM:none\nL:1/8\nK:C\n" + "CDEF GABc|", "no metre"),
        ("X:1\nM:5/4\nL:1/4\nK:C\n" + "CDEFG|GABcd|", "not modelled"),
        ("X:1\nM:4/4\nL:1/4\nK:C\n" + "CDEF|CD|CDE|C|CDEFG|CDE|", "bars that do not add up"),
        ("X:1\nM:4/4\nL:1/4\nK:C\n" + "CDEF|C|", "fewer than 8"),
        ("X:1\nM:4/4\nL:1/4\nK:C\n" + "(3CDE(3CDE(3CDE(3CDE(3CDE(3CDE|", "sixteenths"),
    ],
)
def test_tunes_that_cannot_be_used(text, reason):
    with pytest.raises(BadSource, match=reason):
        read_tune(text, "test")


def test_words_misread_by_a_machine_are_mended():
    words = ["gio\u00ad", "ml-", "sv-", "1. Was", "{e", "fos-", "Ie"]
    notes = tuple(Note(onset=4 * place, duration=4, pitch=60, syllable=word) for place, word in enumerate(words))
    mended = repaired(Melody(notes=notes))
    assert [note.syllable for note in mended.notes] == ["gio", "mi-", "so-", "Was", "è", "fos-", "le"]
    assert damage(mended) == 0 and damage(Melody(notes=tuple(Note(onset=0, duration=4, pitch=60, syllable=s) for s in
                                                            ("c{$o", "trn-", "a}tro", "Gott")))) == 0.75  # fmt: skip


@pytest.mark.parametrize("source", ["monteverdi/madrigal.3.5", "monteverdi/madrigal.3.7"])
def test_hyphens_that_a_machine_read_as_other_signs(source):
    syllables = [syllable for example in CORPUS.read(source) for syllable in example.meta["syllables"]]
    assert 0.3 < np.mean([syllable.endswith("-") for syllable in syllables]) < 0.6
    assert np.mean([syllable.endswith(("?", "ú")) for syllable in syllables]) < 0.05


def test_a_note_without_a_word_prolongs_the_note_before():
    notes = [(0, 4, "A-"), (4, 4, ""), (8, 4, "men."), (12, 4, "]"), (20, 4, "")]
    made = sung(Melody(notes=tuple(Note(onset=o, duration=d, pitch=60, syllable=s) for o, d, s in notes)))
    assert [(note.onset, note.duration) for note in made.notes] == [(0, 8), (8, 8)]


melodies = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 40), st.integers(40, 90), st.sampled_from(["la", "la,", "a-", "b."])),
    max_size=150,
)


def made(parts: list[tuple[int, int, int, str]], metre: str = "3/4") -> Melody:
    notes, end = [], 0
    for rest, duration, pitch, syllable in parts:
        notes.append(Note(onset=end + rest, duration=duration, pitch=pitch, syllable=syllable))
        end += rest + duration
    return Melody(notes=tuple(notes), metre=metre)


@settings(max_examples=30, deadline=None)
@given(melodies, st.integers(16, 64))
def test_segments_keep_notes_order_and_places_in_the_bar(parts, longest):
    whole = made(parts)
    segments = cut(whole, longest, shortest=1)
    joined = [note for segment in segments for note in segment.notes]
    assert [(n.duration, n.pitch, n.syllable) for n in joined] == [
        (n.duration, n.pitch, n.syllable) for n in whole.notes
    ]
    assert [n.onset % whole.bar for n in joined] == [n.onset % whole.bar for n in whole.notes]
    assert all(0 < len(segment.notes) <= longest and segment.notes[0].onset < whole.bar for segment in segments)
    assert all(len(segment.notes) >= SHORTEST for segment in cut(whole, longest))


def test_segments_end_at_phrase_ends(songs):
    segments = [segment for source in SONGS for segment in songs[source] if "#" in segment.id]
    inner = [one for one, other in pairwise(segments) if one.id.split("#")[0] == other.id.split("#")[0]]
    ends = [segment.meta["syllables"][-1] for segment in inner]
    assert len(ends) > 10 and np.mean([end.endswith("-") for end in ends]) < 0.05


@settings(max_examples=30, deadline=None)
@given(melodies, st.integers(-12, 12), st.sampled_from(METRES))
def test_keys_do_not_know_the_key(parts, semitones, metre):
    tune = made(parts, metre)
    assert groups(tune) == groups(tune.transposed(semitones))
    assert fingerprints(tune) == fingerprints(tune.transposed(semitones))
    scaled = in_quarters(tune)
    assert len(scaled.notes) == len(tune.notes)
    assert all(a.onset + a.duration <= b.onset for a, b in pairwise(scaled.notes))


def test_scales_leave_no_fingerprint():
    scale = made([(0, 4, 48 + 2 * step, "la") for step in range(20)])
    assert fingerprints(scale) == () and not any(key.startswith("incipit") for key in groups(scale))


# === Folder ===


def test_a_folder_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine" / "deep").mkdir(parents=True)
    shutil.copy(_scores("bach")["bwv333"], tmp_path / "mine" / "deep" / "hymn.mxl")
    (tmp_path / "mine" / "tunes.abc").write_text(
        "X:1\nT:One\nM:4/4\nL:1/4\nK:D\nDEFG|AAAA|dcBA|A4|\n\nX:2\nT:Two\nM:none\nL:1/4\nK:D\nDEFG AAAA|\n"
    )
    write(made([(0, 4, 60 + step % 5, "") for step in range(12)], "4/4"), tmp_path / "mine" / "own.mid")
    (tmp_path / "mine" / "broken.mid").write_bytes(b"MThd no")
    (tmp_path / "mine" / "notes.txt").write_text("not a melody")
    monkeypatch.chdir(tmp_path)
    folder = pickle.loads(pickle.dumps(Folder("mine")))
    assert folder.sources() == ["broken.mid", "deep/hymn.mxl", "own.mid", "tunes.abc"]
    (hymn,) = folder.read("deep/hymn.mxl")
    assert (
        hymn.x is not None and hymn.meta["syllables"][:3] == ["dein'n", "Leib", "und"] and hymn.meta["language"] == "de"
    )
    (tune,) = folder.read("tunes.abc")
    assert tune.x is None and tune.meta["title"] == "One" and len(tune.y["pitch"]) == 13
    (own,) = folder.read("own.mid")
    assert own.x is None and own.y["duration"].tolist() == [4] * 12
    with pytest.raises(BadSource, match=r"broken\.mid"):
        folder.read("broken.mid")
    before = folder.fingerprint()
    (tmp_path / "mine" / "broken.mid").write_bytes(b"MThd no more")
    assert folder.fingerprint() != before


def test_a_folder_that_is_missing_or_empty(tmp_path: Path):
    with pytest.raises(UserError, match="does not exist; right is a folder"):
        Folder(str(tmp_path / "nowhere")).sources()
    with pytest.raises(UserError, match=r"there is no \.mid, .*\.abc.* file in"):
        Folder(str(tmp_path)).sources()
