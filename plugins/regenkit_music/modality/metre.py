"""One unit for all tunes: metre and time values rescaled by powers of two.

Folk-song collections write the same rhythm in eighths, a hymnal in quarters, a madrigal in halves. Each tune is
rescaled so that its median note is nearest to a quarter, and its metre with it (2/4 in eighths becomes 4/4, 3/8
becomes 3/4, 4/2 in halves becomes 4/4). Compound metres keep the values that they are written in.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from statistics import median

from regenkit_music.modality.melody import Melody, Note, playable

COMPOUND = (6, 9, 12)
COMPOUND_METRES = {
    (6, 2): ("6/4", Fraction(1, 2)), (6, 4): ("6/4", Fraction(1)),
    (6, 8): ("6/8", Fraction(1)), (9, 8): ("9/8", Fraction(1)), (12, 8): ("12/8", Fraction(1)),
    (9, 4): ("9/8", Fraction(1, 2)), (12, 4): ("12/8", Fraction(1, 2)),
    (6, 16): ("6/8", Fraction(2)), (9, 16): ("9/8", Fraction(2)), (12, 16): ("12/8", Fraction(2)),
}  # fmt: skip
SIMPLE_METRES = {
    (3, 3): "3/4", (3, 6): "3/2", (2, 2): "2/4", (4, 2): "2/4",
    # a bar of eight quarters is read as two of four
    **{(numerator, quarters): "4/4" for numerator in (1, 2, 4, 8) for quarters in (4, 8, 16)},
}  # fmt: skip
"""(numerator, quarters in a bar after rescaling) → the metre."""
SCALES = tuple(Fraction(2) ** power for power in range(-4, 5))


def rescale(durations: Sequence[Fraction], numerator: int, denominator: int) -> tuple[str, Fraction] | None:
    """The modelled metre and the factor on every time value, or None where the metre is not modelled.

    durations   of the notes, in quarters
    """
    if numerator in COMPOUND:
        return COMPOUND_METRES.get((numerator, denominator))
    written = float(median(durations))
    for scale in sorted(SCALES, key=lambda scale: abs(math.log2(written * scale)))[:2]:
        quarters = numerator * 4 / Fraction(denominator) * scale
        if metre := SIMPLE_METRES.get((numerator, int(quarters))):
            return metre, scale
    return None


def in_quarters(melody: Melody) -> Melody:
    """The melody with its median note nearest to a quarter; unchanged where that would leave the grid."""
    if not melody.notes:
        return melody
    numerator, denominator = map(int, melody.metre.split("/"))
    found = rescale([Fraction(note.duration, 4) for note in melody.notes], numerator, denominator)
    if found is None or found[1] == 1:
        return melody
    metre, scale = found
    scaled = [(note.onset * scale, (note.onset + note.duration) * scale) for note in melody.notes]
    if sum(time.denominator > 1 for times in scaled for time in times) > 0.05 * len(scaled):
        return melody
    notes: list[Note] = []
    for note, (onset, end) in zip(melody.notes, scaled, strict=True):
        first = max(round(onset), notes[-1].onset + notes[-1].duration if notes else 0)
        notes.append(replace(note, onset=first, duration=max(round(end) - first, 1)))
    return replace(melody, notes=tuple(notes), metre=metre, tempo=playable(melody.tempo * float(scale)))
