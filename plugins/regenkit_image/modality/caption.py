"""A caption, as X: the bytes of its UTF-8 as tokens 1…256, as ByT5 reads text (Xue et al. 2022, arXiv 2105.13626).

Captions here are a few words long, and a few thousand of them. Bytes need no vocabulary that has to be learned from the
data before a spec can be stated, no package and no file beside the weights; they take any language, and every word that
training never saw; and they can be had back exactly. The cost, sequences four times as long, is small at this length.
"""

from pathlib import Path
from typing import Any, final

import numpy as np
from pydantic import PositiveInt

from regenkit.errors import UserError
from regenkit.files import parse_lines, read_text, write_text
from regenkit.spec import Field, Fields, Spec
from regenkit_image.modality.words import lines, plain

LONGEST = 256
"""Bytes, unless told otherwise."""
LETTER = 4
"""Bytes of a letter in UTF-8, at most."""


@final
class Caption:
    """Some words that say what is to be seen.

    max_length  bytes of a caption, at most; 4 or more
    """

    version = 1
    spec = Spec({"caption": Field(vocabulary=256, shape=(None,))})

    def __init__(self, max_length: PositiveInt = LONGEST) -> None:
        if max_length < LETTER:
            raise ValueError(f"max_length is {max_length}; right is {LETTER} bytes at least, which one letter may take")
        self.max_length = max_length

    def read(self, path: str | Path) -> list[str]:
        """The captions of a .txt file, one a line. Raises UserError, with the line."""
        return parse_lines(path, lines(read_text(Path(path))), self.parse, "caption")

    def parse(self, text: str) -> str:
        """The caption with single spaces, in Unicode's composed form. Raises UserError: none, or too long."""
        caption = plain(text)
        if not caption:
            raise UserError("an empty caption; say in a few words what is to be seen")
        if (size := len(caption.encode())) > self.max_length:
            raise UserError(f"a caption of {size} bytes; at most {self.max_length} are read: {caption[:40]!r} …")
        return caption

    def write(self, value: str, path: str | Path) -> None:
        """Write a .txt file. Raises UserError."""
        write_text(Path(path), f"{value}\n")

    def encode(self, value: str) -> tuple[Fields, dict[str, Any]]:
        caption = self.parse(value)
        return {"caption": np.frombuffer(caption.encode(), np.uint8).astype(np.int32) + 1}, {"title": caption}

    def decode(self, fields: Fields, meta: dict[str, Any] | None = None) -> str:
        """The words; bytes that are none, as a model may draw them, become U+FFFD."""
        known = fields["caption"][fields["caption"] > 0]
        return (known - 1).astype(np.uint8).tobytes().decode("utf-8", "replace")

    def describe(self, value: str) -> str:
        return f"“{value}”" if value else "no caption"


def cut(text: str, max_length: int = LONGEST) -> tuple[str, tuple[str, ...]]:
    """(the caption with single spaces, cut, between words where it can be, to `max_length` bytes; what is to be said of
    that)."""
    words = plain(text)
    if len(words.encode()) <= max_length:
        return words, ()
    kept = words.encode()[:max_length].decode("utf-8", "ignore")
    if words[len(kept)] != " ":
        kept = kept.rsplit(" ", 1)[0]
    return kept, (f"the caption was cut at {max_length} bytes",)
