"""What the core asks of a modality, for speech and for sound: a waveform along the steps of Y, or along X's axis."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from pydantic import PositiveFloat, PositiveInt

from regenkit.errors import UserError, warn
from regenkit.spec import Field, Fields, Spec, tokens
from regenkit_speech.modality import decoding, files
from regenkit_speech.modality.recording import Recording

WAVE, SPEAKER = "wave", "speaker"
RATE = 16_000


@final
class Audio:
    """Waveforms of one sample rate: `wave`, float32 [samples].

    sample_rate  samples a second; whatever a file has is resampled
    axis         "" as Y (steps are samples), "x" as X
    max_seconds  of one example; a longer file is refused, and no more of it is read
    speakers     names of those who speak. Where there are several, `speaker` is a field that a user gives
    """

    version = 1
    unit = "second"
    shared = ("sample_rate",)

    def __init__(
        self, sample_rate: PositiveInt = RATE, axis: Literal["", "x"] = "", max_seconds: PositiveFloat = 20.0,
        speakers: Sequence[str] = (),
    ) -> None:  # fmt: skip
        if not 4000 <= sample_rate <= 192_000:
            raise ValueError(f"sample_rate {sample_rate}; right is 4000 to 192000")
        self.sample_rate, self.axis, self.max_seconds, self.speakers = sample_rate, axis, max_seconds, tuple(speakers)
        fields = {WAVE: Field(kind="continuous", shape=(None,), axis=axis, hop=Fraction(1))}
        if len(self.speakers) > 1:
            fields[SPEAKER] = tokens(self.speakers, scalar=True, optional=True)
        self.unit_steps = float(sample_rate)
        self.spec = Spec(fields)

    def read(self, path: str | Path) -> list[Recording]:
        """The recording of a file (`formats.READS`). Raises UserError and BadSource."""
        found = decoding.read(path, self.sample_rate, max_seconds=self.max_seconds)
        warn(path, found.remarks)
        return [found]

    def write(self, value: Recording, path: str | Path) -> None:
        """Write a .wav or .flac, or a .png that shows it. Raises UserError."""
        files.write(value, path)

    def write_parts(self, parts: Iterable[Recording], path: str | Path) -> None:
        """Write the parts of one recording as they come. Raises UserError."""
        files.write_parts(parts, path)

    def encode(self, value: Recording) -> tuple[Fields, dict[str, Any]]:
        """A recording of any rate. Raises UserError where who speaks is none of the speakers."""
        fields: Fields = {WAVE: decoding.resampled(value.samples, value.rate, self.sample_rate)}
        if SPEAKER in self.spec:
            if value.speaker and value.speaker not in self.speakers:
                raise UserError(f"no speaker is named {value.speaker!r}; there are {', '.join(self.speakers)}")
            token = self.speakers.index(value.speaker) + 1 if value.speaker else 0
            fields[SPEAKER] = np.array(token, np.int32)
        return fields, {"title": value.title} | ({"speaker": value.speaker} if value.speaker else {})

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> Recording:
        """Any samples; those beyond full scale are clipped to it."""
        samples = np.clip(np.asarray(fields[WAVE], np.float32), -1.0, 1.0)
        token = int(fields[SPEAKER]) if SPEAKER in fields else 0
        speaker = self.speakers[token - 1] if token else ""
        title = str((meta or {}).get("title", ""))
        return Recording(samples=samples, rate=self.sample_rate, title=title, speaker=speaker)

    def describe(self, value: Recording) -> str:
        """One line: title, who speaks, length, loudness."""
        loudness = 20 * np.log10(max(1e-5, float(np.sqrt(np.mean(value.samples**2))))) if len(value.samples) else -100
        by = f" by {value.speaker}" if value.speaker else ""
        return f"{value.title or 'untitled'}{by}: {value.seconds:.2f} s at {value.rate} Hz, {loudness:.0f} dB"
