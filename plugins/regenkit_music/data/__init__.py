"""Datasets of melodies, with and without words."""

from regenkit_music.data.corpus import Corpus
from regenkit_music.data.folder import Folder

__all__ = ["Corpus", "Folder"]
