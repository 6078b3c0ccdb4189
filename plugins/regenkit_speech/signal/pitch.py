"""The pitch of a voice, by the tracker of WORLD (DIO, refined by StoneMask: Morise et al. 2009 and 2016)."""

import numpy as np

LOWEST, HIGHEST = 60.0, 500.0
"""Hertz."""
REFERENCE = 100.0
"""The pitch that counts as 0 octaves."""


def track(wave: np.ndarray, rate: int, hop_length: int) -> np.ndarray:
    """Hertz, float32 [ceil(samples / hop)], 0 where there is no voice."""
    import pyworld

    entries = -(-len(wave) // hop_length)
    samples = np.pad(wave.astype(np.float64), (0, max(0, rate // 4 - len(wave))))
    period = 1000.0 * hop_length / rate
    rough, time = pyworld.dio(samples, rate, f0_floor=LOWEST, f0_ceil=HIGHEST, frame_period=period)
    found = pyworld.stonemask(samples, rough, time, rate)[:entries]
    return np.pad(found, (0, entries - len(found))).astype(np.float32)


def octaves(hertz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(octaves above 100 Hz, in a straight line where there is no voice; whether there is), each [entries]."""
    voiced = hertz > 0
    if not voiced.any():
        return np.zeros(len(hertz), np.float32), voiced
    places = np.arange(len(hertz))
    known = np.log2(hertz[voiced] / REFERENCE)
    return np.interp(places, places[voiced], known).astype(np.float32), voiced


def hertz(octaves: np.ndarray, voiced: np.ndarray) -> np.ndarray:
    """The inverse."""
    return np.where(voiced, REFERENCE * 2.0 ** np.asarray(octaves, np.float64), 0.0)
