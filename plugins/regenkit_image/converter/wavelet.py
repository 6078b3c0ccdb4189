"""Y′: the approximation band of a wavelet transform (wavelets: arXiv 2301.08846, Table 1)."""

from typing import final

import numpy as np
from pydantic import PositiveInt

from regenkit.spec import Field, Fields, Spec
from regenkit_image.converter.fixed import Fixed, single

DETAIL = 3.0
"""Details are multiplied by it, to be of order 1 as the approximation is."""


@final
class Wavelet(Fixed):
    """`approximation`, float32 (size / 2^levels, size / 2^levels, channels · bands), by the CDF 5/3 wavelet.

    The biorthogonal wavelet of JPEG 2000 (Le Gall and Tabatabai 1988; Cohen, Daubechies and Feauveau 1992), by lifting
    (Daubechies and Sweldens 1998), with mirrored borders. A constant picture is its own approximation, and what is
    approximated is interpolated linearly. Haar's approximation would be `Downsample` under another name.

    levels   how often height and width are halved; the size has to divide by 2^levels
    details  the details of the last level are kept too: bands are then 4, the approximation, and the details across,
             down and diagonal; of level 1 that is the whole picture
    """

    def __init__(self, *, y: Spec, levels: PositiveInt = 2, details: bool = False) -> None:
        super().__init__(y)
        most = (self.size & -self.size).bit_length() - 1
        if not 1 <= levels <= most:
            right = f"1 to {most}" if most else "none: the size must be even"
            raise ValueError(f"levels is {levels}; for pictures of {self.size} × {self.size} right is {right}")
        self.levels, self.details, side = levels, details, self.size >> levels
        shape = (side, side, self.channels * (4 if details else 1))
        self.spec = Spec({"approximation": Field(kind="continuous", shape=shape)})

    def convert(self, y: Fields) -> Fields:
        low, details = y["pixels"].astype(np.float64), np.zeros(0)
        for _ in range(self.levels):
            (low, across), (down, diagonal) = (_split(part, 1) for part in _split(low, 0))
            details = np.concatenate([across, down, diagonal], -1)
        return {"approximation": single(np.concatenate([low, DETAIL * details], -1) if self.details else low)}

    def approximate(self, rep: Fields) -> Fields:
        """The picture whose other details are 0."""
        bands = rep["approximation"].astype(np.float64)
        low, details = bands[:, :, : self.channels], bands[:, :, self.channels :] / DETAIL
        for _ in range(self.levels):
            across, down, diagonal = np.split(details, 3, -1) if details.size else [np.zeros_like(low)] * 3
            low, details = _joined(_joined(low, across, 1), _joined(down, diagonal, 1), 0), np.zeros(0)
        return {"pixels": single(low)}


def _split(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """(approximation, details) along an axis, of half its length each."""
    values = np.moveaxis(values, axis, 0)
    even, odd = values[0::2], values[1::2]
    details = odd - (even + _next(even)) / 2
    low = even + (_last(details) + details) / 4
    return np.moveaxis(low, 0, axis), np.moveaxis(details, 0, axis)


def _joined(low: np.ndarray, details: np.ndarray, axis: int) -> np.ndarray:
    """What `_split` split."""
    low, details = np.moveaxis(low, axis, 0), np.moveaxis(details, axis, 0)
    even = low - (_last(details) + details) / 4
    odd = details + (even + _next(even)) / 2
    return np.moveaxis(np.stack([even, odd], 1).reshape(-1, *low.shape[1:]), 0, axis)


def _next(values: np.ndarray) -> np.ndarray:
    """The neighbour after each; the last is mirrored."""
    return np.concatenate([values[1:], values[-1:]])


def _last(values: np.ndarray) -> np.ndarray:
    """The neighbour before each; the first is mirrored."""
    return np.concatenate([values[:1], values[:-1]])
