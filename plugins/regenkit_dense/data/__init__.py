"""Datasets of pictures with dense maps."""
