"""A model of faces that is made here and needs no package: points of a grid on a bowl, with three bases."""

import numpy as np

from regenkit_video.face.linear import LinearFace, made
from regenkit_video.face.networks import POINTS


def bowl() -> LinearFace:
    """A model of 468 points on a bowl, with three smooth bases."""
    across, down = np.meshgrid(np.linspace(-1, 1, 26), np.linspace(-1, 1, 18))
    mean = np.stack([across, down, 1 - across**2 / 2 - down**2 / 2], -1).reshape(POINTS, 3)
    waves = np.sin(2 * across + np.arange(1, 4)[:, None, None] * down)
    bases = np.stack([np.stack([0 * wave, wave, wave**2], -1).reshape(POINTS, 3) for wave in waves])
    return made(mean, 0.1 * bases, ["open", "smile", "frown"])


def smooth(frames: int, seed: int = 0) -> np.ndarray:
    """[frames, 3] coefficients that change slowly, in 0…1."""
    phase = np.random.default_rng(seed).uniform(0, 6, 3)
    return 0.5 + 0.5 * np.sin(np.arange(frames)[:, None] / 7 + phase)


def pose(frames: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    turn = random.normal(0, 0.2, 3) + 0.1 * np.sin(np.arange(frames)[:, None] / 9 + random.uniform(0, 6, 3))
    rest = np.broadcast_to([0.5, -0.4, np.log(0.25)], (frames, 3))
    return np.concatenate([turn, rest], 1)
