"""What a text is cut into: characters, bytes, learned sub-words, or symbols that stand between spaces.

Every one gives back exactly the text that it was given (in the form of `words.plain`). So none has a token for
"unknown": bytes and sub-words of bytes hold any text, and what is beyond an alphabet is refused by name.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Literal, Protocol, final

from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.spec import Spec

Name = Literal["characters", "bytes", "subwords", "symbols"]
FIELD: dict[Name, str] = {
    "characters": "character", "bytes": "byte", "subwords": "subword", "symbols": "symbol"
}  # fmt: skip
LANGUAGE = "language"
"""The field that says what language a text is in."""
BYTES = tuple(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in range(256))
"""The labels of bytes: printable ASCII is itself, so that a byte and a character of one label can be copied."""


class Units(Protocol):
    @property
    def labels(self) -> tuple[str, ...]:
        """Of token 1, 2, …"""
        ...

    @property
    def longest(self) -> int:
        """Characters that one token stands for, at most."""
        ...

    def fitting(self, text: str, most: int) -> int:
        """How many of a text's first characters are at most so many tokens."""
        ...

    def encode(self, text: str) -> list[int]:
        """Tokens, from 1 on. Raises UserError where the text cannot be said in these units."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens, without 0s; of any tokens, as a model may draw them."""
        ...


@final
class Characters:
    """Unicode's code points, of an alphabet that the data have."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self._token = {label: number for number, label in enumerate(self.labels, 1)}
        self.longest = 1

    def fitting(self, text: str, most: int) -> int:
        return min(len(text), most)

    def encode(self, text: str) -> list[int]:
        try:
            return [self._token[character] for character in text]
        except KeyError:
            unknown = dict.fromkeys(each for each in text if each not in self._token)
            named = ", ".join(f"{each!r} (U+{ord(each):04X})" for each in list(unknown)[:5])
            raise UserError(f"the alphabet of {len(self.labels)} characters lacks {named}") from None

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(self.labels[token - 1] for token in tokens)


@final
class Bytes:
    """The bytes of UTF-8, as ByT5 reads text (Xue et al. 2022, arXiv 2105.13626)."""

    labels = BYTES
    longest = 1

    def fitting(self, text: str, most: int) -> int:
        return len(text[:most].encode()[:most].decode("utf-8", "ignore"))

    def encode(self, text: str) -> list[int]:
        return [byte + 1 for byte in text.encode()]

    def decode(self, tokens: Sequence[int]) -> str:
        """Bytes that are no UTF-8, as a model may draw them, become U+FFFD."""
        return bytes(token - 1 for token in tokens).decode("utf-8", "replace")


@final
class Symbols:
    """What stands between spaces: phonemes, for instance ("HH AH0 L OW1")."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self._token = {label: number for number, label in enumerate(self.labels, 1)}
        self.longest = max(map(len, self.labels))

    def fitting(self, text: str, most: int) -> int:
        """Of one symbol: what stands between spaces is never cut."""
        return len(text)

    def encode(self, text: str) -> list[int]:
        for symbol in text.split():
            if symbol not in self._token:
                raise UserError(f"there is no symbol {symbol!r}{did_you_mean(symbol, self.labels)}")
        return [self._token[symbol] for symbol in text.split()]

    def decode(self, tokens: Sequence[int]) -> str:
        return " ".join(self.labels[token - 1] for token in tokens)


@final
class Subwords:
    """Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909) of UTF-8's bytes, by the library `tokenizers`.

    tokenizer  as that library writes it in JSON
    """

    def __init__(self, tokenizer: str) -> None:
        self.json = tokenizer
        vocabulary: dict[str, int] = json.loads(tokenizer)["model"]["vocab"]
        self.labels = tuple(sorted(vocabulary, key=lambda label: vocabulary[label]))
        self.longest = max(map(len, self.labels))  # a letter of a label is a byte

    def fitting(self, text: str, most: int) -> int:
        end = min(len(text), most)
        while end > 0 and (beyond := len(self.encode(text[:end])) - most) > 0:
            end -= -(-beyond // 4)  # a letter is four bytes at most, and so four tokens
        return max(end, 0)

    def __reduce__(self) -> Any:
        return Subwords, (self.json,)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self.json)

    def encode(self, text: str) -> list[int]:
        return [number + 1 for number in self._tokenizer.encode(text, add_special_tokens=False).ids]

    def decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode([int(token) - 1 for token in tokens], skip_special_tokens=False))


def units_of(name: Name, labels: Sequence[str] = (), tokenizer: str | None = None) -> Units:
    """Raises ValueError where an alphabet or a tokenizer is missing."""
    if name == "bytes":
        return Bytes()
    if name == "subwords":
        if tokenizer is None:
            raise ValueError("sub-words need their tokenizer")
        return Subwords(tokenizer)
    if not labels or len(set(labels)) != len(labels):
        raise ValueError(f"{len(labels)} labels of {name}, {len(set(labels))} different; right is one at least")
    return Characters(labels) if name == "characters" else Symbols(labels)


def text_of(spec: Spec, fields: Any) -> str:
    """The text in the fields of a text's spec: for converters, which know the spec alone."""
    (name,) = (each for each in spec if each != LANGUAGE)
    tokens = [int(token) for token in fields[name] if token]
    labels = spec[name].labels
    if name.endswith("subword"):
        from tokenizers.decoders import ByteLevel

        return str(ByteLevel().decode([labels[token - 1] for token in tokens]))
    if name.endswith("byte"):
        return Bytes().decode(tokens)
    return (Characters if name.endswith("character") else Symbols)(labels).decode(tokens)


# --- learned from the data --------------------------------------------------------------------------------------------


def learn_alphabet(texts: Iterable[str], most: int) -> tuple[str, ...]:
    """The `most` frequent characters, in the order of their numbers."""
    count = Counter[str]()
    for text in texts:
        count.update(text)
    frequent = sorted(count, key=lambda character: (-count[character], character))
    return tuple(sorted(frequent[:most]))


def learn_subwords(texts: Iterable[str], size: int) -> str:
    """A tokenizer of `size` sub-words, all 256 bytes among them, as JSON. The same texts give the same one."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return str(tokenizer.to_str())
