"""What a judge understands of samples: Whisper tiny.en, by faster-whisper. Used in measuring alone.

It hears English alone: what is said in another language has no score. The words that count are X's where it is
written in characters, else those that the judge hears in the recording. Its own errors then count for nothing, but what
it never hears is not asked for either.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit.sources.locate import folder
from regenkit_speech.modality.audio import RATE, WAVE
from regenkit_speech.modality.decoding import resampled
from regenkit_speech.modality.spoken import LANGUAGE, Language, spoken
from regenkit_speech.modality.transcript import Transcript
from regenkit_speech.packages import WHISPER

HEARS_LANGUAGE: Language = "en"
HEARS = 16_000
"""Samples a second."""


def word_error_rate(of: Evaluation) -> np.ndarray:
    """(samples,) words that are wrong, missing or too many, over the mean number of words that are to be said: the mean
    over samples is the error rate as it is usually given, all errors over all words (`text/word_error_rate`). NaN of
    what is not in English."""
    import jiwer

    return rates(_texts(of), jiwer.process_words)


def character_error_rate(of: Evaluation) -> np.ndarray:
    """(samples,) the same of characters."""
    import jiwer

    return rates(_texts(of), jiwer.process_characters)


def rates(pairs: Sequence[tuple[str, str] | None], align: Callable[[str, str], Any]) -> np.ndarray:
    """(pairs,) errors of each (what is to be said, what is heard), over the mean number of units of the first."""
    errors, wanted = np.full(len(pairs), np.nan), np.full(len(pairs), np.nan)
    for place, pair in enumerate(pairs):
        if pair:
            found = align(*pair)
            errors[place] = found.substitutions + found.deletions + found.insertions
            wanted[place] = found.hits + found.substitutions + found.deletions
    return errors / np.nanmean(wanted) if np.nansum(wanted) else np.full(len(pairs), np.nan)


def _texts(of: Evaluation) -> list[tuple[str, str] | None]:
    """(what is to be said, what the judge hears in the sample), as plain words, a pair a sample; None of one that is
    not in English. Raises UserError where none is."""
    rate = getattr(of.y, "sample_rate", RATE)
    written = isinstance(of.x, Transcript) and of.x.units == "characters"
    languages = [_language(of, place) for place in range(len(of.samples))]
    if of.samples and HEARS_LANGUAGE not in languages:
        raise UserError(f"the judge of word and character error rates hears English alone, and this is in "
                        f"{languages[0]}: leave the two out of `evaluate`")  # fmt: skip
    found: list[tuple[str, str] | None] = []
    for place, (sample, reference) in enumerate(zip(of.samples, of.references, strict=True)):
        if languages[place] != HEARS_LANGUAGE:
            found.append(None)
            continue
        said = of.x.decode(of.conditions[place]) if written else heard(reference[WAVE], rate)
        found.append((plain(said), plain(heard(sample[WAVE], rate))))
    return found


def _language(of: Evaluation, place: int) -> Any:
    """The one that X names of this example, else that of all, which is English where X says none."""
    number = int(of.conditions[place].get(LANGUAGE, 0)) if of.conditions else 0
    if number:
        name = of.x.spec[LANGUAGE].labels[number - 1]
    else:
        alone: Sequence[str] = getattr(of.x, "languages", ())  # one language is no field of X
        name = alone[0] if len(alone) == 1 else getattr(of.x, "language", HEARS_LANGUAGE)
    return str(name).partition("-")[0]  # en-us is en


def plain(text: str) -> str:
    """In small letters, without pauses; numbers as words."""
    said = spoken(text, HEARS_LANGUAGE)[0].translate(dict.fromkeys(map(ord, ".,!?;:"))).replace("-", " ")
    return " ".join(said.split())


_heard: dict[bytes, str] = {}
"""By a digest of the samples: recordings are heard once for all routes."""


def heard(wave: np.ndarray, rate: int) -> str:
    """What the judge writes down of a waveform. At a temperature of 0 it is always the same; by default faster-whisper
    draws again, at random, where it is unsure."""
    samples = resampled(np.asarray(wave, np.float32), rate, HEARS)
    key = hashlib.blake2b(samples.tobytes()).digest()
    if key not in _heard:
        parts, _ = whisper().transcribe(samples, language=HEARS_LANGUAGE, beam_size=5, without_timestamps=True,
                                        condition_on_previous_text=False, temperature=0.0)  # fmt: skip
        _heard[key] = " ".join(part.text.strip() for part in parts)
    return _heard[key]


@lru_cache(maxsize=1)
def whisper() -> Any:
    """The network. Raises UserError, with the command that fetches it, where it is not here."""
    from faster_whisper import WhisperModel

    place = folder(WHISPER)
    if not place.is_dir():
        raise UserError("the judge is not here. Fetch it (71 MB, MIT) with: regenkit data fetch speech/word_error_rate")
    return WhisperModel(str(place), device="cpu", compute_type="int8", cpu_threads=1)
