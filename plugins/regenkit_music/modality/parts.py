"""Long lyrics in parts that a model can set to music: as long as the songs it learned from."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np

from regenkit_music.modality.lyrics import Lyrics

LONGEST = 64
"""Syllables of a part, as the datasets cut songs: music/corpus and music/folder have `longest` = 64."""
WEAKNESS = {"line": 0.0, "phrase": 1.0, "word": 4.0, "none": 100.0}
"""What a cut costs after a syllable with this boundary, where a part of twice the mean length, or of none, costs 1."""


def cut(lyrics: Lyrics, longest: int = LONGEST) -> list[Lyrics]:
    """Balanced parts of at most `longest` syllables, cut after lines, else phrases, else words; one where that is all.

    By dynamic programming over the places of the cuts. Every part ends as a song does, with a line's end.
    """
    syllables = lyrics.syllables
    count = len(syllables)
    if count <= longest:
        return [lyrics]
    mean = count / math.ceil(count / longest)
    cost, before = np.full(count + 1, np.inf), np.zeros(count + 1, int)
    cost[0] = 0.0
    for end in range(1, count + 1):
        starts = np.arange(max(end - longest, 0), end)
        totals = cost[starts] + ((end - starts) / mean - 1) ** 2
        before[end] = starts[totals.argmin()]
        cost[end] = totals.min() + WEAKNESS[syllables[end - 1].ends]
    edges = [count]
    while edges[-1]:
        edges.append(int(before[edges[-1]]))
    parts = [syllables[first:last] for last, first in pairwise(edges)][::-1]
    return [replace(lyrics, syllables=(*part[:-1], replace(part[-1], boundary="line"))) for part in parts]
