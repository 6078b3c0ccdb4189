"""Scores of clips.

Each is a function of one `regenkit.Evaluation` and returns one value a sample, shape (samples,), or one for all, ().
Clips are judged as they are written: 256 levels, values beyond ±1 cut.
"""

from regenkit_video.metrics.flicker import flicker
from regenkit_video.metrics.judged import class_accuracy, frechet_distance
from regenkit_video.metrics.motion import direction, motion
from regenkit_video.metrics.psnr import psnr
from regenkit_video.metrics.ssim import ssim

__all__ = ["class_accuracy", "direction", "flicker", "frechet_distance", "motion", "psnr", "ssim"]
