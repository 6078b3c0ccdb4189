"""Scores of dense maps: each is a function of one `regenkit.Evaluation`, and gives a value a sample, or one for all."""

from regenkit_dense.metrics.boundary import boundary_f, hausdorff_95
from regenkit_dense.metrics.numbers import abs_rel, angular_error, delta, median_angular_error, rmse
from regenkit_dense.metrics.segmentation import dice, miou, picture_iou, pixel_accuracy

__all__ = [
    "abs_rel", "angular_error", "boundary_f", "delta", "dice", "hausdorff_95", "median_angular_error", "miou",
    "picture_iou", "pixel_accuracy", "rmse",
]  # fmt: skip
