"""A melody as a picture: a piano roll with bars, beats and the words under the notes."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from regenkit_music.modality.melody import BEAT, NAMES, Melody, pitch_name

WIDTH = 13.0  # inches
LEFT, LINE = 0.06 * WIDTH, 0.92 * WIDTH  # inches left of a system, and of its steps
PAD = 2 / 72  # inches between an edge and its labels
STEP = 0.105  # inches a sixteenth needs at the least; fewer bars a line where words need more
SEMITONE = 0.11  # inches
MARGIN = 0.72  # inches around a system, for words and bar numbers
LETTER = 0.083  # inches a letter takes on average, with a safe margin
INK, WORDS, BAR_LINE, BEAT_LINE, ROW = "#2b6cb0", "#1a202c", "#4a5568", "#cbd5e0", "#f1f4f8"
TALLEST = 60_000  # pixels that the PNG writer takes
FONTS = ("DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Arial Unicode MS")


def write_png(melody: Melody, path: str | Path, dots_per_inch: int = 110) -> None:
    """Write a PNG of as many systems (lines) as the melody needs. Characters that no font has appear as boxes."""
    import warnings

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    bars = max(1, math.ceil(melody.end / melody.bar))
    first = min((note.onset for note in melody.notes), default=0) // melody.bar
    a_line = _bars_a_line(melody, bars - first)
    systems = math.ceil((bars - first) / a_line)
    low, high = _range(melody)
    height = (high - low + 1) * SEMITONE + MARGIN
    top = systems * height + 0.35
    figure = Figure(figsize=(WIDTH, top), dpi=dots_per_inch, layout=None)
    FigureCanvasAgg(figure)
    # One set of axes in inches: a set for each system takes ten times as long.
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, top))
    axes.set_axis_off()
    fonts = _fonts()
    mode = f"{NAMES[melody.tonic]} {melody.mode}, {melody.metre}, {melody.tempo:g} quarters a minute"
    title = "   ".join(filter(None, (melody.title, mode)))
    axes.text(LEFT, top - 0.3, title, fontsize=11, color=WORDS, family=fonts, parse_math=False)
    for number in range(systems):
        start = (first + number * a_line) * melody.bar
        end = min(start + a_line * melody.bar, bars * melody.bar)
        bottom = top - (number + 1) * height
        _draw(axes, melody, _System(start, end, low, high, bottom, LINE / (a_line * melody.bar)), fonts)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(path, format="png", dpi=min(dots_per_inch, TALLEST / top))


@final
@dataclass(frozen=True)
class _System:
    """One line of the picture: steps `start` to `end`, pitches `low` to `high`, its lower edge and a step in inches."""

    start: int
    end: int
    low: int
    high: int
    bottom: float
    step: float

    def x(self, step: float) -> float:
        """Where a step begins, in inches."""
        return LEFT + (step - self.start) * self.step

    def y(self, pitch: float) -> float:
        """Where a pitch's row has its middle, in inches."""
        return self.bottom + (pitch - self.low + 0.5) * SEMITONE

    def box(self, start: float, end: float, pitch: int, tall: float) -> list[tuple[float, float]]:
        """The corners of a rectangle from one step to another, as tall as this part of a row."""
        left, right, below, above = self.x(start), self.x(end), self.y(pitch - tall / 2), self.y(pitch + tall / 2)
        return [(left, below), (right, below), (right, above), (left, above)]


def _bars_a_line(melody: Melody, bars: int) -> int:
    """As many as fit with every syllable clear of the next."""
    needed = STEP
    for note, after in zip(melody.notes, melody.notes[1:], strict=False):
        if note.syllable:
            needed = max(needed, (len(note.syllable) + 1) * LETTER / (after.onset - note.onset))
    fit = int(LINE / (needed * melody.bar))
    return max(1, min(bars, fit if fit < 4 else 8 if fit >= 8 else 4))


def _range(melody: Melody) -> tuple[int, int]:
    """Lowest and highest row: the melody's compass and a row either side, an octave at the least."""
    pitches = [note.pitch for note in melody.notes] or [60]
    low, high = min(pitches) - 1, max(pitches) + 1
    spare = max(0, 13 - (high - low + 1))
    return low - spare // 2, high + spare - spare // 2


def _draw(axes: Any, melody: Melody, system: _System, fonts: list[str]) -> None:
    """The rows of the black keys, bars and beats, notes, syllables, names of pitches and numbers of bars."""
    from matplotlib.collections import LineCollection, PolyCollection

    start, end = system.start, system.end
    rows = range(system.low, system.high + 1)
    black = [system.box(start, end, pitch, 1) for pitch in rows if NAMES[pitch % 12][1:]]
    axes.add_collection(PolyCollection(black, facecolor=ROW, linewidth=0, zorder=0), autolim=False)
    edges = system.y(system.low - 0.5), system.y(system.high + 0.5)
    beats = range(start, end + 1, BEAT[melody.metre])
    lines = [[(system.x(step), edge) for edge in edges] for step in beats]
    bar_lines = [step % melody.bar == 0 for step in beats]
    colors = [BAR_LINE if bar else BEAT_LINE for bar in bar_lines]
    widths = [1.0 if bar else 0.6 for bar in bar_lines]
    axes.add_collection(LineCollection(lines, colors=colors, linewidths=widths, zorder=1), autolim=False)
    notes = [
        system.box(max(note.onset, start) + 0.1, min(note.onset + note.duration, end) - 0.1, note.pitch, 0.9)
        for note in melody.notes
        if note.onset < end and note.onset + note.duration > start
    ]
    axes.add_collection(PolyCollection(notes, facecolor=INK, linewidth=0, zorder=2), autolim=False)
    _write_words(axes, melody, system, fonts)
    for pitch in rows:
        if not NAMES[pitch % 12][1:]:
            place = (LEFT - PAD, system.y(pitch))
            axes.text(*place, pitch_name(pitch), fontsize=6.5, ha="right", va="center_baseline")
    for step in range(start, end, melody.bar):
        axes.text(system.x(step), edges[1] + PAD, step // melody.bar + 1, fontsize=7, color=BAR_LINE, ha="center")


def _write_words(axes: Any, melody: Melody, system: _System, fonts: list[str]) -> None:
    """Syllables under their notes, in the second row where the first has no room."""
    clear = [-math.inf, -math.inf]  # where the next syllable may begin, in the first row of words and the second
    for note in melody.notes:
        if note.syllable and system.start <= note.onset < system.end:
            row = 0 if note.onset >= clear[0] else 1
            clear[row] = note.onset + (len(note.syllable) + 1) * LETTER / system.step
            x, y = system.x(note.onset + 0.1), system.y(system.low - 1.9 - 1.4 * row)
            axes.text(x, y, note.syllable, fontsize=8.5, color=WORDS, family=fonts, parse_math=False)


def _fonts() -> list[str]:
    """Those of FONTS that are installed: asking matplotlib for others makes it complain."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in FONTS if name in installed]
