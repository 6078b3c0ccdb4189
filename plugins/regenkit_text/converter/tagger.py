"""Word classes of English words, offline: the Brill-style tagger of the package textblob, which ships its lexicon.

A word of another language is tagged by its ending, so mostly as a noun.
"""

import gc
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

CLASSES = {
    "NN": "NOUN", "NNS": "NOUNS", "NNP": "NOUN", "NNPS": "NOUNS", "FW": "NOUN", "JJ": "ADJ", "JJR": "ADJ",
    "JJS": "ADJ", "RB": "ADV", "RBR": "ADV", "RBS": "ADV", "VB": "VERB", "VBP": "VERB", "VBZ": "VERBS",
    "VBG": "VERBING", "VBD": "VERBED", "VBN": "VERBED", "CD": "NOUN",
}  # fmt: skip
"""Of the Penn treebank's tags, the classes that a template tells apart. Any other tag of a content word is a noun's."""
NAMES = tuple(dict.fromkeys(CLASSES.values()))


def tagged(words: Sequence[str]) -> list[str]:
    """The class of each word, as `NAMES` has it, in the company of the others."""
    return [CLASSES.get(tag, "NOUN") for _, tag in _tagger().find_tags(list(words))]


def is_known(word: str) -> bool:
    """Whether the tagger's lexicon has the word, as it is written, and not as a name."""
    tag = _tagger().lexicon.get(word)
    return tag is not None and not tag.startswith("NNP")


@cache
def _tagger() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it leaves its files for the garbage collector to close
        from textblob.en import parser

        parser.find_tags(["word"])
        gc.collect()
    return parser
