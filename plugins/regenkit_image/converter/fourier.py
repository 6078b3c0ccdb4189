"""Y′: the low frequencies of the picture (Fourier transform: arXiv 2301.08846, Table 1)."""

from typing import Literal, final

import numpy as np
from pydantic import PositiveInt

from regenkit.spec import Field, Fields, Spec
from regenkit_image.converter.fixed import Fixed, single

FALL = 2.0
"""Amplitudes of pictures fall with frequency: at (u, v) they are of the order of size / 4 / max(1, 2 √(u² + v²))."""


@final
class Fourier(Fixed):
    """The keep × keep lowest frequencies of the orthonormal two-dimensional FFT, divided by the amplitudes expected.

    keep  odd, or the size itself, which keeps all: other even numbers would keep a frequency without its conjugate
    form  cartesian  `frequencies`, float32 (keep, keep, channels), the zero frequency in the middle. The spectrum of
                     real pixels is Hermitian; of each conjugate pair the place that comes later in the grid holds √2
                     times the real part and its mirror √2 times the imaginary part of that later one. So there are
                     exactly as many numbers as degrees of freedom, and the map is linear and orthonormal but for the
                     division
          polar      `magnitude`, float32 (keep, keep // 2 + 1, channels): log(1 + |F|) of the half plane v ≥ 0, with
                     u = 0 in the middle row and v = 0 in the first column. `phase`, (…, 2 channels): the cosines, then
                     the sines; where there is no amplitude the cosine is 1. Redundant: cos² + sin² = 1, and pairs
                     within the columns v = 0 and v = size / 2 are there twice (the inverse takes their mean)

    Cartesian is the default: it is linear, so that an error of Y′ is an error of Y of known size (Parseval); its
    numbers need not lie on a circle, and are fewer (49, not 84, at keep 7). Noise is borne alike: a tenth of each
    number's deviation leaves 32 dB of the low-passed picture in cartesian, 33 dB in polar form (Fashion-MNIST, emoji).
    """

    def __init__(self, *, y: Spec, keep: PositiveInt = 7, form: Literal["cartesian", "polar"] = "cartesian") -> None:
        super().__init__(y)
        size = self.size
        if not 1 <= keep <= size or (keep % 2 == 0 and keep != size):
            raise ValueError(f"keep is {keep}; right is an odd number below {size}, or {size}, which keeps all")
        if form not in ("cartesian", "polar"):
            raise ValueError(f"form is {form!r}; there are cartesian and polar")
        self.keep, self.form = keep, form
        self.numbers = np.arange(keep) - keep // 2  # frequencies, in the grid's order
        radius = np.hypot(self.numbers[:, None], self.numbers)
        self.amplitude = (size / 4 / np.maximum(1, FALL * radius))[:, :, None]
        mirror = (-self.numbers % size + keep // 2) % size  # the place of −u; that of −size / 2 is itself
        self.mirror = np.ix_(mirror, mirror)
        place = np.arange(keep * keep).reshape(keep, keep, 1)
        self.order = np.sign(place - place[self.mirror])  # 1: the real part; −1: the imaginary one; 0: its own mirror
        half, channels = (keep, keep // 2 + 1), self.channels
        self.spec = Spec(
            {"frequencies": Field(kind="continuous", shape=(keep, keep, channels))}
            if form == "cartesian"
            else {"magnitude": Field(kind="continuous", shape=(*half, channels)),
                  "phase": Field(kind="continuous", shape=(*half, 2 * channels))}
        )  # fmt: skip

    def convert(self, y: Fields) -> Fields:
        whole = np.fft.fft2(y["pixels"].astype(np.float64), axes=(0, 1), norm="ortho")
        if self.form == "cartesian":
            band = whole[np.ix_(self.numbers, self.numbers)] / self.amplitude
            parts = np.where(self.order > 0, band.real, band[self.mirror].imag) * np.sqrt(2)
            return {"frequencies": single(np.where(self.order == 0, band.real, parts))}
        half = np.arange(self.keep // 2 + 1)
        band = whole[np.ix_(self.numbers, half)] / self._half(self.amplitude)
        magnitude = np.abs(band)
        unit = np.where(magnitude > 1e-9, band / np.maximum(magnitude, 1e-9), 1)
        return {"magnitude": single(np.log1p(magnitude)), "phase": single(np.concatenate([unit.real, unit.imag], -1))}

    def approximate(self, rep: Fields) -> Fields:
        """The picture of these frequencies and no others: of all that have them the one of least norm."""
        size, half = self.size, np.arange(self.keep // 2 + 1)
        if self.form == "cartesian":
            grid = rep["frequencies"].astype(np.float64)
            pairs = np.where(self.order > 0, grid + 1j * grid[self.mirror], grid[self.mirror] - 1j * grid) / np.sqrt(2)
            band = self._half(np.where(self.order == 0, grid, pairs) * self.amplitude)
        else:
            cosine, sine = np.split(rep["phase"].astype(np.float64), 2, axis=-1)
            length = np.hypot(cosine, sine)
            unit = np.where(length > 1e-9, (cosine + 1j * sine) / np.maximum(length, 1e-9), 1)
            magnitude = np.expm1(np.maximum(rep["magnitude"].astype(np.float64), 0))
            band = magnitude * unit * self._half(self.amplitude)
        spectrum = np.zeros((size, size // 2 + 1, self.channels), complex)
        spectrum[np.ix_(self.numbers, half)] = band
        return {"pixels": single(np.fft.irfft2(spectrum, (size, size), axes=(0, 1), norm="ortho"))}

    def _half(self, grid: np.ndarray) -> np.ndarray:
        """Columns v = 0, 1, … of a grid; where all is kept, −size / 2 is size / 2."""
        return np.roll(grid, -(self.keep // 2), axis=1)[:, : self.keep // 2 + 1]
