"""A recipe made concrete: components built, specs joined, stages checked against their Y′, and run."""

from regenkit.pipeline.pipeline import Pipeline

__all__ = ["Pipeline"]
