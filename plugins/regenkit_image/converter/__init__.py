"""Pictures → Y′ by rule: a coarser picture, the low frequencies, a wavelet's approximation."""

from regenkit_image.converter.downsample import Downsample
from regenkit_image.converter.fourier import Fourier
from regenkit_image.converter.pyramid import Pyramid
from regenkit_image.converter.wavelet import Wavelet

__all__ = ["Downsample", "Fourier", "Pyramid", "Wavelet"]
