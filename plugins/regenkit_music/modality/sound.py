"""A melody as sound: a plain additive synthesizer, to hear what was generated without a sound font."""

from pathlib import Path

import numpy as np

from regenkit_music.modality.melody import STEPS_PER_QUARTER, Melody

PARTIALS = np.array([1.0, 0.45, 0.22, 0.12, 0.06, 0.03])  # amplitudes of the harmonics, somewhat like a flute stop
ATTACK, DECAY, RELEASE = 0.025, 0.12, 0.08  # seconds
SUSTAIN = 0.72  # of the peak
VIBRATO_HZ, VIBRATO_CENTS, VIBRATO_AFTER = 5.2, 12.0, 0.18
LOUDEST = 0.8
TAIL = 0.25  # seconds of silence at the end


def synthesize(melody: Melody, sample_rate: int = 22050) -> np.ndarray:
    """Mono float32 samples in -1…1. Every note ends in a short release, so that repeated notes stay apart."""
    step = 60.0 / melody.tempo / STEPS_PER_QUARTER
    sound = np.zeros(int((melody.end * step + RELEASE + TAIL) * sample_rate) + 1, np.float32)
    for note in melody.notes:
        start = round(note.onset * step * sample_rate)
        samples = _tone(note.pitch, note.duration * step, sample_rate)
        sound[start : start + len(samples)] += samples[: len(sound) - start]
    peak = float(np.abs(sound).max(initial=0.0))
    return sound * np.float32(LOUDEST / peak) if peak else sound


def _tone(pitch: int, seconds: float, sample_rate: int) -> np.ndarray:
    """One note with its release."""
    time = np.arange(int((seconds + RELEASE) * sample_rate)) / sample_rate
    hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    depth = VIBRATO_CENTS * np.clip((time - VIBRATO_AFTER) / 0.3, 0.0, 1.0)
    cents = depth * np.sin(2 * np.pi * VIBRATO_HZ * time)
    phase = 2 * np.pi * np.cumsum(hz * 2.0 ** (cents / 1200)) / sample_rate
    audible = np.arange(1, len(PARTIALS) + 1) * hz < sample_rate / 2.2  # higher partials would alias
    tone = sum(amplitude * np.sin(number * phase) for number, amplitude in enumerate(PARTIALS[audible], start=1))
    released = np.clip((seconds + RELEASE - time) / RELEASE, 0.0, 1.0)
    shape = np.interp(time, [0.0, ATTACK, ATTACK + DECAY], [0.0, 1.0, SUSTAIN])
    return np.asarray(tone * shape * released, np.float32)


def write_wav(melody: Melody, path: str | Path, sample_rate: int = 22050) -> None:
    """Write 16-bit mono WAV."""
    import soundfile

    soundfile.write(str(path), synthesize(melody, sample_rate), sample_rate, format="WAV", subtype="PCM_16")
