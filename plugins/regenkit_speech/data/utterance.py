"""An utterance as a corpus knows it, before its sound is read, and the examples that are made of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.components import Example
from regenkit.data.split import Split
from regenkit.errors import BadSource, UserError
from regenkit_speech.modality import Audio, Recording, Transcript, decoding
from regenkit_speech.modality.spoken import WORDS, Language, spoken, words

UNFIT = "its text has nothing that can be spoken, or too much of it"
MOST = 1000
"""Characters of a text that is recognised."""
SHORT = 0.1
"""Seconds that a recording may lack of what its transcript says of it."""


@final
@dataclass(frozen=True, kw_only=True)
class Utterance:
    """A file, and what is said in it.

    text            None where nobody wrote down what is said
    start, seconds  the part of the file, where it is one of a longer file
    group           what is kept in one split beside equal texts and equal sounds; "" = nothing
    """

    path: Path
    text: str | None
    speaker: str = ""
    start: float = 0.0
    seconds: float | None = None
    group: str = ""
    split: Split | None = None


Arguments = Mapping[str, Mapping[str, Any]]
"""Of the modalities, by "x" and "y"."""


@final
class Speaking:
    """Text → speech: X is the transcript, Y the recording."""

    def __init__(self, x: Transcript, y: Audio) -> None:
        self.x, self.y = x, y

    def example(self, name: str, utterance: Utterance) -> Example:
        """Raises BadSource where the sound or the text can't be used."""
        recording = _recording(name, utterance, self.y)
        x = None if utterance.text is None else _text(name, utterance.text, self.x)
        remarks = self.x.remarks(utterance.text) if utterance.text else ()
        y, meta = self.y.encode(recording)
        return Example(
            id=name, x=x, y=y, groups=_groups(utterance, recording, self.x.language), split=utterance.split,
            meta={**meta, "title": utterance.text or name}, remarks=(*recording.remarks, *remarks),
        )  # fmt: skip


@final
class Transcribing:
    """Speech → text: X is the recording, Y its words (the modality `text`, in characters of WORDS).

    language  of the words
    """

    def __init__(self, x: Audio, language: Language) -> None:
        self.x, self.language = x, language

    def example(self, name: str, utterance: Utterance) -> Example:
        """Raises BadSource where the sound or the text can't be used."""
        if utterance.text is None:
            raise BadSource(name, "has no transcript")
        said = words(utterance.text, self.language)
        if not 0 < len(said) <= MOST:
            raise BadSource(name, UNFIT)
        recording = _recording(name, utterance, self.x)
        return Example(
            id=name, x=self.x.encode(recording)[0],
            y={"character": np.array([1 + WORDS.index(each) for each in said], np.int32)},
            groups=_groups(utterance, recording, self.language), split=utterance.split,
            meta={"title": utterance.text},
            remarks=(*recording.remarks, *spoken(utterance.text, self.language)[1]),
        )  # fmt: skip


def text_arguments() -> dict[str, Any]:
    """Of the modality `text`, as `Transcribing` makes it."""
    return {"units": "characters", "labels": list(WORDS), "max_length": MOST}


def speaking(name: str, utterance: Utterance, modalities: Arguments) -> list[Example]:
    """The example text → speech of one clip. Raises BadSource where it can't be used."""
    return [Speaking(Transcript(**modalities["x"]), Audio(**modalities["y"])).example(name, utterance)]


def transcribing(name: str, utterance: Utterance, modalities: Arguments, language: Language) -> list[Example]:
    """The example speech → text of one clip. Raises BadSource where it can't be used."""
    return [Transcribing(Audio(**modalities["x"]), language).example(name, utterance)]


def _recording(name: str, utterance: Utterance, audio: Audio) -> Recording:
    """At the modality's rate, with the speaker that the corpus names."""
    try:
        found = decoding.read(utterance.path, audio.sample_rate, max_seconds=audio.max_seconds,
                              start=utterance.start, seconds=utterance.seconds)  # fmt: skip
    except BadSource as error:
        raise BadSource(name, error.reason) from error
    except UserError as error:
        raise BadSource(name, "a transcript without its sound file") from error
    if utterance.text is not None and found.seconds < (utterance.seconds or 0.0) - SHORT:
        raise BadSource(name, "its recording ends before it does")
    return Recording(samples=found.samples, rate=found.rate, title=name, speaker=utterance.speaker,
                     remarks=found.remarks)  # fmt: skip


def _text(name: str, text: str, transcript: Transcript) -> dict[str, np.ndarray]:
    try:
        return transcript.encode(text)[0]
    except UserError as error:
        raise BadSource(name, UNFIT) from error


def _groups(utterance: Utterance, recording: Recording, language: Language) -> tuple[str, ...]:
    """Equal words and equal samples are kept in one split."""
    rounded = np.round(recording.samples * 1024).astype(np.int16).tobytes()
    groups = [f"sound:{hashlib.blake2b(rounded, digest_size=12).hexdigest()}"]
    if utterance.text is not None:
        groups.append(f"text:{words(utterance.text, language)}")
    return (*groups, *([utterance.group] if utterance.group else []))
