"""Datasets of melodies, with and without words."""

from regenkit_music.data.corpus import Corpus

__all__ = ["Corpus"]
