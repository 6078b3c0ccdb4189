"""Lyrics as syllables, and the features a model sees of them: no text, so that one model serves every language.

    stress      unstressed, stressed; 3 = unknown (no rule for the language)
    stress_before, stress_next, stress_second_next
                the same of the syllable before, the next and the one after it; absent beyond the song's ends
    word        single, begin, middle, end
    weight      light, heavy (closed or with a long vowel or diphthong); absent where spelling does not tell
    boundary    what follows: nothing, a word's end, a phrase's end, a sentence's end ("line")
    left        syllables to the end of the phrase, this one included, 1…16
    since       syllables since the phrase began, this one included, 1…16
    line_left   syllables to the end of the sentence, this one included, 1…24

Scores carry no newlines, only punctuation, so boundaries mean what punctuation means there. In Bach's chorales a phrase
between any two marks has 7 syllables (median; quartiles 4 and 8), which is one line of verse, and a sentence 16
(13 to 28), which is two. So in a user's text the end of a line ends a phrase; ". ! ?", an empty line and the song's
end end a sentence; and where a text has no such marks, every second line of a stanza does.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal, final

import numpy as np

from regenkit.errors import UserError
from regenkit.spec import Fields, Spec, tokens
from regenkit_music.modality.language import detect
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.stress import stress
from regenkit_music.modality.syllables import is_heavy, is_ideographic, syllabify

Boundary = Literal["none", "phrase", "line"]
Syllabic = Literal["single", "begin", "middle", "end"]

PLACE: dict[tuple[bool, bool], Syllabic] = {
    (False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end",
}  # fmt: skip
"""By whether the word has begun before, and whether it goes on."""
STRESS = ("unstressed", "stressed", "unknown")
WORD: tuple[Syllabic, ...] = ("single", "begin", "middle", "end")
WEIGHT = ("light", "heavy")
BOUNDARY = ("none", "word", "phrase", "line")
LONGEST_PHRASE, LONGEST_LINE = 16, 24
LONGEST_SONG = 2000
"""Syllables of one song; a longer text is refused rather than cut."""
PHRASE_MARKS, LINE_MARKS = frozenset(",;:–—،、，；："), frozenset(".!?…。！？؟।")
MARKS, HYPHENS = PHRASE_MARKS | LINE_MARKS, frozenset("-‐‑")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*[.,;:!?]*")

NEIGHBOURS = {"stress_before": -1, "stress_next": 1, "stress_second_next": 2}
"""Fields that hold the stress of another syllable, so many further on: a note's length decides where the next one
falls, so what is sung next has to be known a note early (docs/stress.md)."""

SPEC = Spec(
    {
        "stress": tokens(STRESS),
        **{name: tokens(STRESS, gaps=True) for name in NEIGHBOURS},
        "word": tokens(WORD),
        "weight": tokens(WEIGHT, gaps=True),
        "boundary": tokens(BOUNDARY),
        "left": tokens(LONGEST_PHRASE),
        "since": tokens(LONGEST_PHRASE),
        "line_left": tokens(LONGEST_LINE),
    }
)


@final
@dataclass(frozen=True, kw_only=True)
class Syllable:
    """A syllable with the punctuation next to it. `stressed` and `heavy` are None where unknown."""

    text: str
    word: Syllabic = "single"
    stressed: bool | None = None
    heavy: bool | None = None
    boundary: Boundary = "none"

    @property
    def ends(self) -> str:
        """What ends after it: "none", "word", "phrase" or "line"."""
        return "word" if self.boundary == "none" and self.word in ("single", "end") else self.boundary


@final
@dataclass(frozen=True, kw_only=True)
class Lyrics:
    """One song's words. `language` is a two-letter code, or "" where none was recognised."""

    syllables: tuple[Syllable, ...]
    title: str = ""
    language: str = ""

    @property
    def texts(self) -> list[str]:
        """The syllables as a melody carries them: one that its word goes on from ends in "-"."""
        return [s.text + "-" * (s.word in ("begin", "middle")) for s in self.syllables]

    @property
    def words(self) -> str:
        """Plain text."""
        return "".join(s.text + " " * (s.word in ("single", "end")) for s in self.syllables).strip()


def encode(lyrics: Lyrics) -> tuple[Fields, dict[str, Any]]:
    """Fields (SPEC) and meta (syllables, title, words, language) of a song."""
    syllables = lyrics.syllables
    boundary = [syllable.ends for syllable in syllables]
    phrase_left, since = _distances([label in ("phrase", "line") for label in boundary])
    line_left, _ = _distances([label == "line" for label in boundary])
    stresses = [3 if s.stressed is None else 1 + s.stressed for s in syllables]
    columns: dict[str, Sequence[int]] = {
        "stress": stresses,
        **{name: _shifted(stresses, by) for name, by in NEIGHBOURS.items()},
        "word": [WORD.index(s.word) + 1 for s in syllables],
        "weight": [0 if s.heavy is None else 1 + s.heavy for s in syllables],
        "boundary": [BOUNDARY.index(label) + 1 for label in boundary],
        "left": [min(n, LONGEST_PHRASE) for n in phrase_left],
        "since": [min(n, LONGEST_PHRASE) for n in since],
        "line_left": [min(n, LONGEST_LINE) for n in line_left],
    }
    meta = {"syllables": lyrics.texts, "title": lyrics.title, "words": lyrics.words, "language": lyrics.language}
    return {name: np.array(values, np.int32) for name, values in columns.items()}, meta


def _shifted(values: Sequence[int], by: int) -> list[int]:
    """At each place the value so many places further on; 0 where there is none."""
    return [values[place] if 0 <= place < len(values) else 0 for place in range(by, len(values) + by)]


def _distances(ends: Sequence[bool]) -> tuple[list[int], list[int]]:
    """For each place, how many places to the next end, and how many since the last; the place itself counts."""
    left, since, count = [], [], 0
    for end in ends:
        count += 1
        since.append(count)
        count = 0 if end else count
    count = 0
    for end in reversed(ends):
        count = 1 if end else count + 1
        left.append(count)
    return left[::-1], since


def from_text(text: str, language: str | None = None, title: str = "") -> Lyrics:
    """The syllables of a user's text. `language=None` lets the words decide.

    A number is one syllable; emoji and other signs are left out. Words already cut by hyphens ("Glo-ri-a") are cut
    there too. Raises UserError where there is nothing to sing, or more than LONGEST_SONG syllables.
    """
    text = unicodedata.normalize("NFC", text)
    language = detect(text) if language is None else language
    lines = [line.split() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    pairs_by_line = [[pair for word in line for pair in _pairs(word, language)] for line in lines]
    sentences = any(mark in text for mark in LINE_MARKS)
    song: list[Syllable] = []
    in_stanza = 0
    for pairs in pairs_by_line:
        if not pairs:  # an empty line ends a stanza
            song[-1:] = [_ending(last, "line") for last in song[-1:]]
            in_stanza = 0
            continue
        song += _featured(pairs, language)
        in_stanza += 1
        song[-1:] = [_ending(last, "line" if in_stanza % 2 == 0 and not sentences else "phrase") for last in song[-1:]]
    return _song(song, title, language)


def from_syllables(syllables: Iterable[tuple[str, str]], language: str | None = None, title: str = "") -> Lyrics:
    """Lyrics of a score's (text, syllabic) pairs, syllabic being single, begin, middle or end.

    The very same features as `from_text` gives. In Italian, Latin and English a capital ("… | De gli occhi") after
    four syllables without a mark begins a line of verse, so it ends a phrase; in German every noun has one.
    Contradicting syllabics are mended: a word goes on as long as its syllables say "begin" or "middle".
    """
    pairs: list[tuple[str, Syllabic]] = []
    inside = False
    for text, syllabic in syllables:
        goes_on = syllabic in ("begin", "middle")
        pairs.append((text.strip(), PLACE[inside, goes_on]))
        inside = goes_on
    if inside:
        pairs[-1] = (pairs[-1][0], "end" if pairs[-1][1] == "middle" else "single")
    words = "".join(text + " " * (word in ("single", "end")) for text, word in pairs)
    language = detect(words) if language is None else language
    song: list[Syllable] = []
    since = 0
    for syllable in _featured(pairs, language):
        starts = syllable.word in ("single", "begin") and syllable.text.lstrip("'’\"“([")[:1].isupper()
        if since >= 4 and starts and language in ("it", "la", "en") and syllable.text not in ("I", "O", "I'm", "I’ll"):
            song[-1] = _ending(song[-1], "phrase")
        song.append(syllable)
        since = since + 1 if syllable.boundary == "none" else 0
    return _song(song, title, language)


def from_melody(melody: Melody, language: str | None = None) -> Lyrics:
    """The lyrics that a melody's notes carry ("Glo-", "ri-", "a")."""
    texts = [note.syllable for note in melody.notes if note.syllable]
    pairs = [(text.removesuffix("-"), "begin" if text.endswith("-") else "end") for text in texts]
    return from_syllables(pairs, language, melody.title)


def _song(syllables: list[Syllable], title: str, language: str) -> Lyrics:
    if not any(c.isalnum() for syllable in syllables for c in syllable.text):
        raise UserError("the lyrics have no words to sing: write at least one, e.g. 'Glory to the morning'")
    if len(syllables) > LONGEST_SONG:
        raise UserError(f"the lyrics have {len(syllables)} syllables; a song may have {LONGEST_SONG}: split the text")
    syllables[-1] = _ending(syllables[-1], "line")
    return Lyrics(syllables=tuple(syllables), title=title, language=language)


def _ending(syllable: Syllable, boundary: Boundary) -> Syllable:
    """With at least this boundary."""
    return syllable if syllable.boundary == "line" else replace(syllable, boundary=boundary)


def _singable(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" or char in "'’\u200c\u200d"


def _pairs(token: str, language: str) -> list[tuple[str, Syllabic]]:
    """A token between spaces as (text, syllabic), its punctuation kept with the neighbouring syllable."""
    if NUMBER.fullmatch(token):
        return [(token, "single")]
    stretches = [(sung, "".join(chars)) for sung, chars in groupby(token, _singable)]
    runs, before = [], ""
    for sung, text in stretches:
        if sung and any(c.isalnum() for c in text):
            runs.append(before + text)
            before = ""
            continue
        marks = "".join(c for c in text if sung or unicodedata.category(c)[0] == "P")
        if runs:
            runs[-1] += marks
        else:
            before = marks
    if not runs:
        return [(before, "single")] if set(before) & (MARKS | HYPHENS) else []
    words: list[list[str]] = [[]]
    for run in runs:
        words[-1] += _split(run.rstrip("-‐‑"), language)
        if not run.endswith(tuple(HYPHENS)):  # "vero,a": a space was forgotten
            words.append([])
    if any(map(is_ideographic, token)):
        return [(text, "single") for word in words for text in word]
    return [
        (text, PLACE[index > 0, index < len(word) - 1]) for word in words for index, text in enumerate(word)
    ]  # fmt: skip


def _split(run: str, language: str) -> list[str]:
    """Syllables of one run of letters with punctuation at its ends."""
    first = next(i for i, c in enumerate(run) if c.isalnum())
    last = next(i for i in range(len(run), 0, -1) if _singable(run[i - 1]))
    pieces = syllabify(run[first:last], language)
    pieces[0] = run[:first] + pieces[0]
    pieces[-1] += run[last:]
    return pieces


def _featured(pairs: Sequence[tuple[str, Syllabic]], language: str) -> list[Syllable]:
    """Stress, weight and boundary for (text, syllabic) pairs; a lone mark ends the phrase before it."""
    found: list[Syllable] = []
    word: list[str] = []
    for text, syllabic in pairs:
        if not any(c.isalnum() for c in text):
            found[-1:] = [replace(s, text=s.text + text, boundary=_mark(text)) for s in found[-1:]]
            continue
        word.append(text)
        found.append(Syllable(text=text, word=syllabic, heavy=is_heavy(text, language), boundary=_mark(text)))
        if syllabic in ("single", "end"):
            for index, stressed in enumerate(stress(word, language), start=len(found) - len(word)):
                found[index] = replace(found[index], stressed=stressed)
            word = []
    return found


def _mark(text: str) -> Boundary:
    """What the punctuation after the last letter says."""
    last = max((i for i, c in enumerate(text) if c.isalnum()), default=-1)
    tail = set(text[last + 1 :])
    if LINE_MARKS & tail:
        return "line"
    return "phrase" if tail & PHRASE_MARKS or (last < 0 and tail & HYPHENS) else "none"
