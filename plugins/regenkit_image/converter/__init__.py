"""Pictures → Y′. Here are those by rule; a learned one is imported by its own file, because it brings TensorFlow."""

from regenkit_image.converter.downsample import Downsample
from regenkit_image.converter.fourier import Fourier
from regenkit_image.converter.pyramid import Pyramid
from regenkit_image.converter.wavelet import Wavelet

__all__ = ["Downsample", "Fourier", "Pyramid", "Wavelet"]
