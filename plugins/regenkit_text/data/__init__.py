"""Datasets of text."""

from regenkit_text.data.debian import Debian
from regenkit_text.data.folder import Folder, OwnFacts
from regenkit_text.data.lexicon import Lexicon
from regenkit_text.data.wordnet import WordNet

__all__ = ["Debian", "Folder", "Lexicon", "OwnFacts", "WordNet"]
