"""The sung melodies of a score, as `regenkit convert` reads them, in quarters and with their words mended."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

from regenkit.errors import BadSource
from regenkit_music.data.words import repaired
from regenkit_music.modality.metre import in_quarters
from regenkit_music.modality.notation import Part
from regenkit_music.modality.part_reading import choose, read_part
from regenkit_music.modality.reading import Reading, Tune, joined
from regenkit_music.modality.score import open_score, song

FEWEST_SYLLABLES = 8
NOT_MELODIES = re.compile(r"continuo|bass[oi]|organ", re.IGNORECASE)
"""Parts that lead the harmony: a madrigal's bass has words, but leaps by fourths and fifths."""


def sung_melodies(path: Path, voices: Literal["first", "all"], source: str) -> Reading:
    """The melodies of each part with words, or of the one that has the song; one note a syllable, in quarters.

    Each is named by its part ("voice1"); one that changes its metre or key gives one for every stretch.
    Raises BadSource where no part has words or none can be used, saying why.
    """
    try:
        score = open_score(path)
    except BadSource as error:
        raise BadSource(source, error.reason) from error
    chosen = song(score)
    readings: list[Reading] = []
    for number, part in enumerate(score.parts, start=1):
        name, syllables = f"voice{number}", choose(part).syllables
        if not syllables:
            continue
        if reason := _unused(part, syllables, is_song=part is chosen, voices=voices):
            readings.append(Reading(tunes=(), left_out=((name, reason),)))
        else:
            readings.append(_in_quarters(read_part(_vocal(part), title=score.title or path.stem), name))
    if not readings:
        raise BadSource(source, "no words")
    return joined(source, readings)


def _unused(part: Part, syllables: int, *, is_song: bool, voices: Literal["first", "all"]) -> str:
    """Why a part with words is left out; "" where it is not."""
    if syllables < FEWEST_SYLLABLES:
        return f"sings fewer than {FEWEST_SYLLABLES} syllables"
    if voices == "first" and not is_song:
        return "accompanies the part that has the song"
    if voices == "all" and NOT_MELODIES.search(part.name):
        return "is a bass or an organ, which leads the harmony"
    return ""


def _vocal(part: Part) -> Part:
    """The part as the corpus is known to be: all of it is for voices, so that nobody plays a solo between words.

    Its editions state "major" where nobody chose a mode, so the notes are asked: all madrigals say it, and of eleven
    chorales in which the notes say otherwise five end on the minor's tonic and none on the major's.
    """
    measures = [replace(each, mode=None) if each.mode == "major" else each for each in part.measures]
    return replace(part, measures=tuple(measures), in_choir=True)


def _in_quarters(reading: Reading, voice: str) -> Reading:
    tunes: list[Tune] = []
    left_out = [(f"{voice}, {place}" if place else voice, reason) for place, reason in reading.left_out]
    for tune in reading.tunes:
        melody = in_quarters(repaired(tune.melody))
        if sum(bool(note.syllable) for note in melody.notes) >= FEWEST_SYLLABLES:  # a stretch is sung whole, or not
            tunes.append(replace(tune, melody=melody, name=voice))
        else:
            named = f"{voice}, {tune.name}" if tune.name else voice
            left_out.append((named, f"fewer than {FEWEST_SYLLABLES} syllables in one metre and key"))
    return Reading(tunes=tuple(tunes), left_out=tuple(left_out))
