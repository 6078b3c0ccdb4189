"""Any melody, written as MusicXML and as kern, is read back as it was; both readers read the same."""

from dataclasses import replace
from pathlib import Path

import music_writers_xml as writers
from hypothesis import given, settings
from hypothesis import strategies as st
from songs import anything, melodies

from regenkit.errors import BadSource
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.reading import Tune
from regenkit_music.modality.score import read_score
from regenkit_music.modality.score_writer import write_score


def read_back(text: str | bytes, path: Path) -> tuple[Tune, ...]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_score(path).tunes


@settings(anything, max_examples=60)
@given(melodies(), st.booleans())
def test_musicxml_is_read_as_written(tmp_path: Path, melody: Melody, cut_upbeat: bool) -> None:
    assert read_back(writers.musicxml(melody, cut_upbeat=cut_upbeat), tmp_path / "a.musicxml") == (Tune(melody=melody),)


@settings(anything, max_examples=60)
@given(melodies())
def test_kern_is_read_as_written(tmp_path: Path, melody: Melody) -> None:
    assert read_back(writers.kern(melody), tmp_path / "a.krn") == (Tune(melody=melody),)


@settings(anything, max_examples=25)
@given(melodies(), st.sampled_from(["utf-16", "utf-16-be", "utf-8-sig"]))
def test_any_encoding(tmp_path: Path, melody: Melody, encoding: str) -> None:
    text = writers.musicxml(melody).replace('encoding="UTF-8"', f'encoding="{encoding[:6]}"')
    assert read_back(text.encode(encoding), tmp_path / "a.xml") == (Tune(melody=melody),)


@settings(anything, max_examples=25)
@given(melodies())
def test_the_two_orders_of_musicxml(tmp_path: Path, melody: Melody) -> None:
    """score-timewise is score-partwise with its two levels exchanged."""
    text = writers.musicxml(melody)
    timewise = (
        text.replace("score-partwise", "score-timewise")
        .replace('<part id="P0">', "")
        .replace("</part>", "")
        .replace("</measure>", "</part></measure>")
    )
    for number in range(text.count("<measure ")):
        timewise = timewise.replace(f'<measure number="{number}">', f'<measure number="{number}"><part id="P0">')
    assert read_back(timewise, tmp_path / "a.musicxml") == read_back(text, tmp_path / "b.musicxml")


@settings(anything, max_examples=25)
@given(melodies())
def test_what_we_write_is_what_we_read(tmp_path: Path, melody: Melody) -> None:
    write_score(melody, tmp_path / "a.musicxml")
    assert read_score(tmp_path / "a.musicxml").tunes == (Tune(melody=melody),)


@settings(anything, max_examples=60)
@given(melodies(), st.data())
def test_a_damaged_file_is_read_or_refused_with_a_reason(tmp_path: Path, melody: Melody, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["musicxml", "krn"]))
    text = writers.musicxml(melody) if kind == "musicxml" else writers.kern(melody)
    damaged = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=3))
        if not damaged:
            break
    try:
        found = read_back(bytes(damaged), tmp_path / f"a.{kind}")
    except BadSource as refusal:
        assert len(refusal.reason) > 8
    else:
        assert found and all(each.melody.notes for each in found)


@settings(anything, max_examples=25)
@given(melodies(), st.integers(-12, 12), st.sampled_from(["major", "minor"]))
def test_a_transposing_instrument_sounds(tmp_path: Path, melody: Melody, semitones: int, mode: str) -> None:
    """What a player reads, a written part higher or lower, is heard as the melody."""
    written = replace(melody, mode=mode).transposed(-semitones)
    sign = f"<transpose><chromatic>{semitones}</chromatic></transpose>"
    text = writers.musicxml(written).replace("</time>", f"</time>{sign}", 1)
    assert read_back(text, tmp_path / "a.musicxml") == (Tune(melody=replace(melody, mode=mode)),)
