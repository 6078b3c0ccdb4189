"""A melody as a picture: a piano roll with bars, beats and the words under the notes."""

import math
from pathlib import Path
from typing import Any

from regenkit_music.modality.melody import BEAT, NAMES, Melody, Note, pitch_name

WIDTH = 13.0  # inches
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
    figure = Figure(figsize=(WIDTH, systems * height + 0.35), dpi=dots_per_inch, layout=None)
    FigureCanvasAgg(figure)
    top = figure.get_figheight()
    mode = f"{NAMES[melody.tonic]} {melody.mode}, {melody.metre}, {melody.tempo:g} quarters a minute"
    figure.text(
        0.06,
        1 - 0.3 / top,
        "   ".join(filter(None, (melody.title, mode))),
        fontsize=11,
        color=WORDS,
        family=_fonts(),
        parse_math=False,
    )
    for system in range(systems):
        bottom = top - 0.35 - (system + 1) * height + 0.35
        area = (0.06, bottom / top, 0.92, (height - MARGIN) / top)
        start = (first + system * a_line) * melody.bar
        axes = figure.add_axes(area)
        axes.set_xlim(start, start + a_line * melody.bar)
        _draw(axes, melody, start, min(start + a_line * melody.bar, bars * melody.bar), low, high)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(path, format="png", dpi=min(dots_per_inch, TALLEST / top))


def _bars_a_line(melody: Melody, bars: int) -> int:
    """As many as fit with every syllable clear of the next."""
    needed = STEP
    for note, after in zip(melody.notes, melody.notes[1:], strict=False):
        if note.syllable:
            needed = max(needed, (len(note.syllable) + 1) * LETTER / (after.onset - note.onset))
    fit = int(0.92 * WIDTH / (needed * melody.bar))
    return max(1, min(bars, fit if fit < 4 else 8 if fit >= 8 else 4))


def _range(melody: Melody) -> tuple[int, int]:
    """Lowest and highest row: the melody's compass and a row either side, an octave at the least."""
    pitches = [note.pitch for note in melody.notes] or [60]
    low, high = min(pitches) - 1, max(pitches) + 1
    spare = max(0, 13 - (high - low + 1))
    return low - spare // 2, high + spare - spare // 2


def _draw(axes: Any, melody: Melody, start: int, end: int, low: int, high: int) -> None:
    """One system: the steps from `start` to `end`."""
    axes.set_ylim(low - 0.5, high + 0.5)
    for pitch in range(low, high + 1):
        if NAMES[pitch % 12][1:]:  # the black keys' rows
            axes.fill_between([start, end], pitch - 0.5, pitch + 0.5, color=ROW, linewidth=0, zorder=0)
    for step in range(start, end + 1, BEAT[melody.metre]):
        bar = step % melody.bar == 0
        axes.axvline(step, color=BAR_LINE if bar else BEAT_LINE, linewidth=1.0 if bar else 0.6, zorder=1)
    step_inches = 0.92 * WIDTH / (axes.get_xlim()[1] - start)
    clear = [-math.inf, -math.inf]  # where the next syllable may begin, in the first row of words and the second
    for note in melody.notes:
        if note.onset < end and note.onset + note.duration > start:
            _draw_note(axes, note, start, end)
        if note.syllable and start <= note.onset < end:
            row = 0 if note.onset >= clear[0] else 1
            clear[row] = note.onset + (len(note.syllable) + 1) * LETTER / step_inches
            axes.text(
                note.onset + 0.1, low - 1.9 - 1.4 * row, note.syllable, fontsize=8.5, color=WORDS, va="baseline",
                family=_fonts(), parse_math=False,
            )  # fmt: skip
    axes.set_yticks([pitch for pitch in range(low, high + 1) if not NAMES[pitch % 12][1:]])
    axes.set_yticklabels([pitch_name(int(pitch)) for pitch in axes.get_yticks()], fontsize=6.5)
    bars = list(range(start, end, melody.bar))
    axes.set_xticks(bars)
    axes.set_xticklabels([str(step // melody.bar + 1) for step in bars], fontsize=7, color=BAR_LINE)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, pad=2)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_note(axes: Any, note: Note, start: int, end: int) -> None:
    """The note as a bar, cut at the system's edges."""
    from matplotlib.patches import Rectangle

    left, right = max(note.onset, start), min(note.onset + note.duration, end)
    box = Rectangle((left + 0.1, note.pitch - 0.45), right - left - 0.2, 0.9, facecolor=INK, linewidth=0, zorder=2)
    axes.add_patch(box)


def _fonts() -> list[str]:
    """Those of FONTS that are installed: asking matplotlib for others makes it complain."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in FONTS if name in installed]
