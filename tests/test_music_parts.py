"""Lyrics longer than the songs that were learned from: cut where it is natural, generated in parts, joined at bars."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.pipeline import Pipeline
from regenkit.recipe import load
from regenkit_music.modality import LyricsModality, MelodyModality, melody
from regenkit_music.modality.lyrics import Lyrics, encode, from_text
from regenkit_music.modality.parts import LONGEST, cut

VERSE = (
    "The moon is bright above the sea,\nthe winds are still tonight,\nand all the ships come home to me\n"
    "by one un-fail-ing light.\n"
)
SHORT = "Glory to the morning, glory to the day"
RECIPE = """\
dataset: {use: music/corpus, paired: [bach], unpaired: []}
converter: {use: music/template, parts: [timing], given: [tonality, metre, chords]}
generator: {use: transformer, width: 16, depth: 1, heads: 2}
renderer: {use: transformer, width: 16, depth: 1, heads: 2}
"""


def texts(*parts: Lyrics) -> list[str]:
    return [syllable.text for part in parts for syllable in part.syllables]


# === Cutting ===


def test_verse_is_cut_at_its_lines() -> None:
    song = from_text(VERSE * 8, "en")
    parts = cut(song)
    assert texts(*parts) == texts(song)
    assert [len(part.syllables) for part in parts] == [56, 56, 56, 56]  # two stanzas each
    assert {part.syllables[-1].text for part in parts} == {"light."}


def test_without_lines_phrases_are_cut_and_without_phrases_words() -> None:
    phrases = cut(from_text("glory to the morning, " * 14, "en"))
    assert all(part.syllables[-1].text == "ing," for part in phrases)
    words = cut(from_text("morning " * 50, "en"))
    assert [len(part.syllables) for part in words] == [50, 50]
    one_word = cut(from_text("-".join(["la"] * 130), "en"))
    assert sum(len(part.syllables) for part in one_word) == 130 and len(one_word) == 3


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(["morning", "light,", "glory\n", "to.", "sea", "hal-le-lu-ja"]), min_size=1, max_size=150),
    st.integers(3, 64),
)
def test_any_text_is_cut_into_short_parts_that_are_songs(words: list[str], longest: int) -> None:
    song = from_text(" ".join(words), "en")
    parts = cut(song, longest)
    assert texts(*parts) == texts(song)
    assert all(0 < len(part.syllables) <= longest for part in parts)
    assert all(part.syllables[-1].ends == "line" for part in parts)
    assert all(part.syllables[-1].word in ("single", "end") for part in parts) or longest < 5
    if len(song.syllables) <= longest:
        assert parts == [song]
    for part in parts:
        LyricsModality.spec.check(encode(part)[0], "part")


# === Joining ===


@st.composite
def fields(draw: st.DrawFn) -> melody.Fields:
    count = draw(st.integers(1, 20))
    found = {
        name: np.array(draw(st.lists(st.integers(1, field.vocabulary or 1), min_size=count, max_size=count)), np.int32)
        for name, field in melody.SPEC.items()
        if not field.scalar
    }
    bar = melody.BAR["3/4"]
    found["position"] = (found["position"] - 1) % bar + 1
    return {**found, "metre": np.asarray(melody.METRES.index("3/4") + 1), "mode": np.asarray(1)}


@settings(deadline=None)
@given(st.lists(fields(), min_size=1, max_size=4))
def test_bars_of_joined_melodies_meet(parts: list[melody.Fields]) -> None:
    whole = MelodyModality().join(parts)
    melody.SPEC.check(whole, "joined")
    notes, bar = melody.decode(whole).notes, melody.BAR["3/4"]
    start, end = 0, 0
    for part in parts:
        alone = melody.decode(part).notes
        shifts = {ours.onset - theirs.onset for ours, theirs in zip(notes[start:], alone, strict=False)}
        assert len(shifts) == 1 and min(shifts) % bar == 0  # moved as a whole, by whole bars
        assert end <= notes[start].onset < end + bar  # to the first place that is free
        start += len(alone)
        end = notes[start - 1].onset + notes[start - 1].duration
    assert len(notes) == start


# === Generating ===


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A small untrained model of each stage: what it sings is noise, and valid."""
    path = tmp_path_factory.mktemp("recipe") / "song.yaml"
    path.write_text(RECIPE)
    made = Pipeline(load(path))
    with made.using("generator", made.build("generator")), made.using("renderer", made.build("renderer")):
        yield made


def test_two_hundred_syllables_are_sung_in_order_in_range_and_in_time(pipeline: Pipeline) -> None:
    text = VERSE * 8
    expected = LyricsModality().parse(text)
    assert len(expected.syllables) > 200
    given = {"key": "G", "metre": "3/4", "range": "C4-G5", "chords": "G D Em C", "tempo": "72"}
    song, other = pipeline.generate([text], seed=1, count=2, given=given)
    assert [note.syllable for note in song.notes] == expected.texts
    assert all(60 <= note.pitch <= 79 for note in song.notes)
    assert all(one.onset + one.duration <= two.onset for one, two in pairwise(song.notes))
    assert (song.metre, song.tonic, song.tempo) == ("3/4", 7, 72.0)
    assert song != other
    assert pipeline.generate([text], seed=1, count=2, given=given) == [song, other]
    assert pipeline.generate([text], seed=2, given=given)[0] != song


def test_no_model_sees_more_than_it_learned_from(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    sample = pipeline.sample
    monkeypatch.setattr(
        pipeline,
        "sample",
        lambda stage, xs, **rest: seen.extend(max(map(np.size, x.values())) for x in xs) or sample(stage, xs, **rest),
    )
    pipeline.generate([VERSE * 8, SHORT], seed=1)
    assert max(seen) <= LONGEST and len(seen) == 2 * (4 + 1)


def test_a_short_text_is_what_it_was_before(pipeline: Pipeline) -> None:
    """As it was made before there were parts: one X, one Y′, one Y."""
    x, meta = pipeline.x.encode(pipeline.x.parse(SHORT))
    fixed = pipeline.given({"key": "D"})
    reps = pipeline.predict_rep([x], [fixed], seed=3)
    (y,) = pipeline.render_rep(reps, seed=3, permitted=fixed.permitted)
    made = pipeline.generate([SHORT], seed=3, given={"key": "D"}, top_p=1.0)
    assert made == [pipeline.y.decode(y, {**meta, **fixed.meta})]
    assert pipeline.x.cut(pipeline.x.parse(SHORT)) == [pipeline.x.parse(SHORT)]
