"""Where the tokens of a known string are heard in a recording: spans of time, and the files that show them.

They are those of the likeliest path (`models.ctc.Ctc.align`). CTC does not learn how long a token is: a span is where
the model is sure of it, often a single entry, and what lies between two spans is blank.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np

from regenkit.data.stack import stack
from regenkit.errors import BadSource, UserError
from regenkit.files import beside, write_text
from regenkit_speech.modality import Audio, Recording
from regenkit_speech.modality.spoken import LANGUAGE, WORDS, Language, words
from regenkit_speech.models.ctc import Ctc


class Span(NamedTuple):
    label: str
    start: float  # seconds
    end: float


def read(pipeline: Any, path: Path) -> Recording:
    """The recording of a file, for a run that aligns text. Raises UserError and BadSource."""
    if not isinstance(pipeline.x, Audio) or not isinstance(pipeline.stage("generator"), Ctc):
        raise UserError(f"{pipeline.folder}: only runs from speech whose generator is speech/ctc align text")
    (found,) = pipeline.x.read(path)
    return found


def spans(pipeline: Any, recording: Recording, text: str, given: Mapping[str, str] | None = None) -> list[Span]:
    """Of the tokens of Y′ that `text` has, in a run as `read` takes it. Raises UserError."""
    model = pipeline.stage("generator")
    fixed = pipeline.given(given)
    y = {**pipeline.y.encode(pipeline.y.parse(_as_learned(pipeline, text, given or {})))[0], **fixed.fields}
    try:
        rep = pipeline.converter.convert(y)
    except BadSource as error:
        raise UserError(f"{text!r} has no Y′: {error.reason}") from error
    condition, target = (side.spec for side in pipeline.sides("generator"))
    x = stack([{**pipeline.encode_x(recording, fixed)[0], **fixed.fields}], condition)
    path = model.align(x, stack([rep], target))[0]
    if not set(range(1, len(rep[model.field]) + 1)) <= set(path.tolist()):
        raise UserError(f"the recording of {recording.seconds:.2f} s is too short for the "
                        f"{len(rep[model.field])} tokens of {text!r}")  # fmt: skip
    entry = float(model.heard.hop) * model.subsampling / pipeline.x.sample_rate
    labels = target[model.field].labels
    found = []
    for place, token in enumerate(rep[model.field]):
        entries = np.flatnonzero(path == place + 1)
        # the encoder's entry k sees windows on both sides of the sample k × entry
        start, end = max(0.0, (entries[0] - 0.5) * entry), min((entries[-1] + 0.5) * entry, recording.seconds)
        found.append(Span(labels[token - 1] if labels else str(token), start, end))
    return found


def _as_learned(pipeline: Any, text: str, given: Mapping[str, str]) -> str:
    """Words without marks and capitals, and numbers in words, where the run learned from texts of that form."""
    if tuple(getattr(pipeline.y.units, "labels", ())) != WORDS:
        return text
    alone = pipeline.recipe.dataset.arguments.get("language", "en")  # of data in one language, which Y does not say
    name = given.get(LANGUAGE, next(iter(getattr(pipeline.y, "languages", ())), alone)).partition("-")[0]  # en-us is en
    known: dict[str, Language] = {each: each for each in get_args(Language)}
    return words(text, known.get(name, "en")) or text


def write(found: Sequence[Span], recording: Recording, path: Path) -> None:
    """Write a .TextGrid (Praat), a .ctm (NIST) or a .png. Raises UserError."""
    writers: dict[str, Callable[[Sequence[Span], Recording, Path], None]] = {
        ".textgrid": _text_grid, ".ctm": _ctm, ".png": _picture
    }  # fmt: skip
    if path.suffix.lower() not in writers:
        raise UserError(f"{path}: alignments are written as .TextGrid, .ctm or .png")
    writers[path.suffix.lower()](found, recording, path)


def _text_grid(found: Sequence[Span], recording: Recording, path: Path) -> None:
    """Praat's format, one tier whose intervals leave no gap."""
    intervals, now = [], 0.0
    for span in found:
        intervals += [Span("", now, span.start)] if span.start > now else []
        intervals.append(span)
        now = span.end
    intervals += [Span("", now, recording.seconds)] if now < recording.seconds else []
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {recording.seconds:.4f}",
             "tiers? <exists>", "size = 1", "item []:", "    item [1]:", '        class = "IntervalTier"',
             '        name = "tokens"', "        xmin = 0", f"        xmax = {recording.seconds:.4f}",
             f"        intervals: size = {len(intervals)}"]  # fmt: skip
    for number, (label, start, end) in enumerate(intervals, 1):
        lines += [f"        intervals [{number}]:", f"            xmin = {start:.4f}", f"            xmax = {end:.4f}",
                  f'            text = "{label.replace(chr(34), 2 * chr(34))}"']  # fmt: skip
    write_text(path, "\n".join(lines) + "\n")


def _ctm(found: Sequence[Span], recording: Recording, path: Path) -> None:
    """NIST's format: recording, channel, start, duration, token; a space is written as |."""
    name = "-".join(recording.title.split()) or "recording"
    write_text(path, "".join(
        f"{name} 1 {start:.3f} {end - start:.3f} {'|' if label == ' ' else label}\n" for label, start, end in found
    ))  # fmt: skip


def _picture(found: Sequence[Span], recording: Recording, path: Path) -> None:
    """The spectrogram with the tokens above it."""
    from regenkit_speech.modality.picture import drawn

    figure, below = drawn(recording)
    for number, (label, start, end) in enumerate(found):
        middle = (start + end) / 2
        below.axvspan(start, end, color="white", alpha=0.15, linewidth=0)
        below.axvline(start, color="white", alpha=0.5, linewidth=0.5)
        below.text(middle, (0.97, 0.90)[number % 2], "|" if label == " " else label, color="white", fontsize=9,
                   ha="center", va="top", transform=below.get_xaxis_transform())  # fmt: skip
    with beside(path) as temporary:
        figure.savefig(temporary, format="png")
