"""music/corpus on real scores and tunes, and that no split of it leaks."""

import json
import pickle
from itertools import pairwise

import numpy as np
import pytest

from regenkit.components import Example, LeftOut
from regenkit.data.split import assign, components
from regenkit.errors import BadSource, UserError
from regenkit_music.data import Corpus
from regenkit_music.data.grouping import NGRAM, intervals, letters
from regenkit_music.data.segments import SHORTEST
from regenkit_music.modality import lyrics, melody
from regenkit_music.modality.melody import decode

CORPUS = Corpus(unpaired=("essen", "oneills", "airds", "ryans", "misc"))

SONGS = (
    "bach/bwv333", "bach/bwv269", "bach/bwv335", "bach/bwv39.7", "bach/bwv280",
    "monteverdi/madrigal.3.1", "monteverdi/madrigal.4.2",
    "trecento/PMFC_12_9-Gloria Clementiae Pax", "trecento/PMFC_06-Jacopo-01-Aquila-Altera",
)  # fmt: skip

TUNES = ("essenFolksong/erk5#0-27", "airdsAirs/book1#0-200", "ryansMammoth/*#0-100", "oneills1850/0001-0050#0-50",
         "miscFolk/americanfifeopus#0-200")  # fmt: skip


def used(source: str) -> list[Example]:
    return [each for each in CORPUS.read(source) if isinstance(each, Example)]


@pytest.fixture(scope="module")
def songs() -> dict[str, list[Example]]:
    return {source: used(source) for source in SONGS}


@pytest.fixture(scope="module")
def tunes() -> dict[str, list[Example]]:
    return {source: used(source) for source in TUNES}


@pytest.fixture(scope="module")
def bach() -> list[Example]:
    found: list[Example] = []
    for source in [source for source in CORPUS.sources() if source.startswith("bach/")][:110]:
        try:
            found += used(source)
        except BadSource as error:
            assert error.reason in ("no words", "no segment of eight syllables")
    return found


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
    wassermann = used("essenFolksong/erk10#0-1")[0]
    tune = decode(wassermann.y, wassermann.meta)
    # C2 | F2F2F2G2 | A2G2F4 in 2/4 and F major: quarters in 4/4
    assert (tune.metre, tune.tonic, tune.mode) == ("4/4", 5, "major")
    assert tune.title == "ES FREIT EIN WILDER WASSERMANN"
    expected = [(12, 4, 60), (16, 4, 65), (20, 4, 65), (24, 4, 65), (28, 4, 67), (32, 4, 69), (36, 4, 67), (40, 8, 65)]
    assert [(note.onset, note.duration, note.pitch) for note in tune.notes[:8]] == expected
    assert wassermann.x is None


def test_an_accidental_of_an_essen_tune_lasts_to_the_barline():
    tunes = {example.id: decode(example.y, example.meta) for example in used("essenFolksong/altdeu10#0-28")}
    # "G2 | G3A_B2 | A4G2 | A3_Bc2 | d4 d2 | c3_BA2 | _B2G4 | =F6- | F2z2": over the barline where it is tied
    tune = tunes["essenFolksong/altdeu10:28"]
    sung = [67, 67, 69, 70, 69, 67, 69, 70, 72, 74, 74, 72, 70, 69, 70, 67, 65]
    assert [note.pitch for note in tune.notes[:17]] == sung
    assert (tune.tonic, tune.mode) == (7, "minor")  # though its key is written "K: G"


def test_voices_of_a_madrigal_share_their_song_and_the_bass_is_left_out(songs):
    madrigal = songs["monteverdi/madrigal.3.1"]
    assert {example.meta["voice"] for example in madrigal} >= {"voice1", "voice2", "voice3", "voice4"}
    assert "voice5" not in {example.meta["voice"] for example in madrigal}
    assert all("song:monteverdi/madrigal.3.1" in example.groups for example in madrigal)


def test_reading_twice_gives_the_same():
    for source in ("bach/bwv269", "essenFolksong/erk5#0-27"):
        first, second = CORPUS.read(source), pickle.loads(pickle.dumps(CORPUS)).read(source)
        for one, other in zip(first, second, strict=True):
            if isinstance(one, LeftOut) or isinstance(other, LeftOut):
                assert one == other
                continue
            assert (one.id, one.groups, one.fingerprints, one.meta) == (
                other.id, other.groups, other.fingerprints, other.meta,
            )  # fmt: skip
            for name in one.y:
                np.testing.assert_array_equal(one.y[name], other.y[name])


def test_sources_are_many_fixed_and_stay_so():
    sources = CORPUS.sources()
    assert sources == CORPUS.sources() and len(set(sources)) == len(sources)
    assert {source.split("/")[0] for source in sources} == {
        "bach", "monteverdi", "trecento", "essenFolksong", "oneills1850", "airdsAirs", "ryansMammoth", "miscFolk",
    }  # fmt: skip
    assert "essenFolksong/erk10#200-400" in sources and "bach/bwv333" in sources
    assert len(Corpus(limit=3).sources()) == 6
    assert Corpus(paired=(), unpaired=["airds"]).sources()[0] == "airdsAirs/book1#0-200"
    assert CORPUS.fingerprint() == Corpus().fingerprint() != ""


def test_what_cannot_be_used_says_why():
    with pytest.raises(BadSource, match="no words"):
        CORPUS.read("bach/bwv846")
    reasons = {
        each.id: each.reason for each in CORPUS.read("essenFolksong/altdeu10#0-200") if isinstance(each, LeftOut)
    }
    assert reasons["essenFolksong/altdeu10:2"] == "has no metre, so its bars are unknown"
    assert "9 bars that do not add up to 4/2, of 17; the first is bar 2, of 12" in reasons["essenFolksong/altdeu10:5"]


def test_wrong_options_are_the_users_to_mend():
    with pytest.raises(UserError, match="paired names 'mozart'; right is a list out of bach, monteverdi, trecento"):
        Corpus(paired=["mozart"])
    with pytest.raises(UserError, match="unpaired names 'essen'"):
        Corpus(unpaired="essen")
    with pytest.raises(UserError, match="longest is 4"):
        Corpus(longest=4)
    with pytest.raises(UserError, match="paired and unpaired are both empty"):
        Corpus(paired=[], unpaired=[])
    with pytest.raises(UserError, match="paired names 'bach' more than once"):
        Corpus(paired=["bach", "trecento", "bach"])


@pytest.mark.parametrize("source", ["monteverdi/madrigal.3.5", "monteverdi/madrigal.3.7"])
def test_hyphens_that_a_machine_read_as_other_signs(source):
    syllables = [syllable for example in used(source) for syllable in example.meta["syllables"]]
    assert 0.3 < np.mean([syllable.endswith("-") for syllable in syllables]) < 0.6
    assert np.mean([syllable.endswith(("?", "ú")) for syllable in syllables]) < 0.05


def test_segments_end_at_phrase_ends(songs):
    segments = [segment for source in SONGS for segment in songs[source] if "#" in segment.id]
    inner = [one for one, other in pairwise(segments) if one.id.split("#")[0] == other.id.split("#")[0]]
    ends = [segment.meta["syllables"][-1] for segment in inner]
    assert len(ends) > 10 and np.mean([end.endswith("-") for end in ends]) < 0.05


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


def test_the_split_of_songs_is_as_it_was(bach):
    """Trained runs depend on it: what is tested on was computed before few groups were treated apart."""
    everything = [*bach, *used("essenFolksong/erk5#0-27")]
    split = assign(
        [example.id for example in everything],
        [example.groups for example in everything],
        [np.array(example.fingerprints, np.int64) for example in everything],
        np.array([example.x is not None for example in everything]),
    )
    held = {name: [each.id for each, where in zip(everything, split, strict=True) if where == name]
            for name in ("test", "validation")}  # fmt: skip
    numbers = {
        "test": "110.7 113.8 14.5 153.5 161.6 168.6 184.5 244.15",
        "validation": "10.7 123.6 151.5 166.6 177.5 179.6 197.10 244.3",
    }
    assert held == {name: [f"bach/bwv{number}" for number in said.split()] for name, said in numbers.items()}


def test_hymns_that_share_a_melody_are_one_group_and_no_group_is_giant(bach):
    component = components([example.groups for example in bach])
    sizes = np.bincount(component)
    assert 2 <= sizes.max() <= 0.1 * len(bach)
