"""The sung melodies of a score."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from regenkit.errors import BadSource
from regenkit_music.analysis.key import choose_mode
from regenkit_music.data.metre import in_quarters
from regenkit_music.data.words import repaired, sung
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.score import melody_from_part

FEWEST_SYLLABLES = 8
WORDLESS = 0.1  # share of syllables that may hold no letter (figured bass is all digits)
NOT_MELODIES = re.compile(r"continuo|bass[oi]|organ", re.IGNORECASE)
"""Parts that lead the harmony: a madrigal's bass has words, but leaps by fourths and fifths."""


def sung_melodies(path: Path, voices: Literal["first", "all"], source: str) -> list[tuple[str, Melody]]:
    """(voice, melody) of each part with words, or of the first such part; one note a syllable, in quarters.

    A part that changes its metre gives one melody for every stretch in one metre.
    Raises BadSource where no part has words or none can be used, saying why.
    """
    from music21 import converter

    try:
        score = converter.parse(path, forceSource=True)
    except Exception as error:  # music21 raises what it happens upon
        raise BadSource(source, f"music21 cannot read it ({type(error).__name__}: {error})") from error
    found: list[tuple[str, Melody]] = []
    reasons: list[str] = []
    for index, part in enumerate(score.parts):
        if not _has_words(part) or (voices == "all" and NOT_MELODIES.search(part.partName or "")):
            continue
        for stretch in _stretches(part):
            if not _has_words(stretch):
                continue
            try:
                melody = melody_from_part(stretch, choose_mode=_mode, title=_title(score, path), source=source)
            except BadSource as error:
                reasons.append(error.reason)
                continue
            melody = in_quarters(sung(repaired(melody)))
            if len(melody.notes) >= FEWEST_SYLLABLES:
                found.append((f"voice{index + 1}", melody))
            else:
                reasons.append(f"fewer than {FEWEST_SYLLABLES} syllables in one metre")
        if found and voices == "first":
            break
    if not found:
        raise BadSource(source, reasons[0] if reasons else "no words")
    return found


def _mode(pitches: Sequence[int], durations: Sequence[int], sharps: int) -> str:
    return choose_mode(np.array(pitches), np.array(durations), sharps)


def _has_words(part: Any) -> bool:
    words = [str(lyric.text or "") for note in part.recurse().notes for lyric in note.lyrics]
    wordless = sum(not any(map(str.isalpha, word)) for word in words)
    return len(words) - wordless >= FEWEST_SYLLABLES and wordless <= WORDLESS * len(words)


def _title(score: Any, path: Path) -> str:
    title = str((score.metadata.bestTitle if score.metadata else None) or path.stem).strip()
    return title.removesuffix(path.suffix)


def _stretches(part: Any) -> Iterator[Any]:
    """The part, or where its metre changes, a part for every run of measures in one metre."""
    from music21 import key, stream

    measures = list(part.getElementsByClass(stream.Measure))
    signs = [next(iter(measure.getElementsByClass("TimeSignature")), None) for measure in measures]
    if len({sign.ratioString for sign in signs if sign}) < 2:
        yield part
        return
    sharps = next((sign.sharps for sign in part.recurse().getElementsByClass("KeySignature")), 0) or 0
    run: Any = None
    metre = ""
    for measure, sign in zip(measures, signs, strict=True):
        if sign and sign.ratioString != metre:
            if run is not None:
                yield run
            run, metre = stream.Part(), sign.ratioString
            run.append(key.KeySignature(sharps))
        if run is not None:
            run.append(measure)
    if run is not None:
        yield run
