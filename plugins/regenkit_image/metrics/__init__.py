"""Scores of pictures.

Each is a function of one `regenkit.Evaluation` of pictures (`picture.spec`), and returns one value a sample, shape
(samples,), or one for all of them, shape (). Pictures are judged as they are written: 256 levels, values beyond ±1 cut.
"""

from regenkit_image.metrics.class_accuracy import class_accuracy
from regenkit_image.metrics.frechet import frechet_distance, frechet_distance_classifier
from regenkit_image.metrics.manifold import precision, recall
from regenkit_image.metrics.perceptual import perceptual_distance
from regenkit_image.metrics.psnr import psnr
from regenkit_image.metrics.retrieval import retrieval_at_1, retrieval_at_5
from regenkit_image.metrics.ssim import ssim

__all__ = [
    "class_accuracy",
    "frechet_distance",
    "frechet_distance_classifier",
    "perceptual_distance",
    "precision",
    "psnr",
    "recall",
    "retrieval_at_1",
    "retrieval_at_5",
    "ssim",
]
