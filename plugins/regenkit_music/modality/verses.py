"""Which words of a part are sung: one verse, and through which endings it goes."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from regenkit_music.modality.notation import Measure, Word, WrittenNote
from regenkit_music.modality.syllable_text import NUMBER_ALONE, are_words

REFRAIN = 4  # syllables from which another verse's words stand where ours has none; fewer may stand under a melisma
BARE_NUMBER = re.compile(r"^\d+\s+")


def syllables(notes: Iterable[WrittenNote]) -> dict[str, int]:
    """Verse → how many syllables it has, verses in order; what is not words (figured bass) is not among them."""
    words: dict[str, list[Word]] = {}
    for note in notes:
        for verse, sung in note.words.items():
            words.setdefault(verse, []).append(sung)
    return {verse: len(words[verse]) for verse in sorted(words, key=_order) if are_words(words[verse])}


def _order(verse: str) -> tuple[bool, int, str, str]:
    """ "1", "2", "10"; "part1verse1", "part1verse2"; names without a number ("chorus") last."""
    numbers = [each.lstrip("0") for each in re.findall(r"\d+", verse)]
    last = numbers[-1] if numbers else ""
    return not numbers, len(last), last, verse  # a damaged file may have more digits than `int` reads


def fullest(verses: dict[str, int]) -> str | None:
    """The verse with the most syllables, the first of equals: editions write only one verse out to the end."""
    return max(verses, key=lambda verse: verses[verse]) if verses else None


def sung_by(verse: str, notes: Sequence[WrittenNote], verses: Sequence[str]) -> list[Word | None]:
    """What the verse sings on each note. A passage where it has no words has another verse's: refrains have one."""
    found: list[Word | None] = []
    for has_words, run in groupby(notes, key=lambda note: verse in note.words):
        passage = list(run)
        own = verse
        if not has_words:
            others = Counter(other for note in passage for other in note.words if other in verses)
            most = max(others, key=lambda other: (others[other], -verses.index(other)), default=verse)
            own = most if others[most] >= REFRAIN else verse
        found += [note.words.get(own) for note in passage]
    return _without_number(found)


def _without_number(words: list[Word | None]) -> list[Word | None]:
    """The words without the verse's number before the first of them ("1 Walk", or "1." alone): it is not sung."""
    first = next((index for index, sung in enumerate(words) if sung), None)
    if first is not None and (sung := words[first]):
        text = BARE_NUMBER.sub("", sung.text)
        words[first] = None if NUMBER_ALONE.fullmatch(text) else replace(sung, text=text)
    return words


def path(
    measures: Sequence[Measure], notes: Sequence[Sequence[WrittenNote]], verse: str | None, number: int
) -> list[int]:
    """Which measures of a score are read (`once`).

    notes   of the line that is read, a sequence a measure
    """
    sung = [sum(verse in note.words for note in each) for each in notes]
    return once([each.endings for each in measures], sung, [each.closes for each in measures], number)


def once(brackets: Sequence[frozenset[int]], sung: Sequence[int], closes: Sequence[bool], number: int) -> list[int]:
    """Which measures are read, each once: repeats are not played out, and of several endings one is taken.

    Of endings, the one that has the verse's words, first of all the one marked for its pass; where no ending has
    words, the last one, from which the music goes on.

    brackets  of each measure, the passes that an ending is for
    sung      how many syllables of the verse each measure has
    closes    whether a repeat or a double bar ends each measure
    number    of the verse among all, from 1: the pass in which it is sung
    """
    found: list[int] = []
    index = 0
    while index < len(brackets):
        group = endings(brackets, index)
        if not group:
            found.append(index)
            index += 1
            continue
        counts = [sum(sung[at] for at in ending) for ending in group]
        own = [number in brackets[ending[0]] and count > 0 for ending, count in zip(group, counts, strict=True)]
        ranked = max(range(len(group)), key=lambda at: (own[at], counts[at], at))
        alone = len(group) == 1 and not counts[0] and closes[group[0][-1]] and group[0][-1] + 1 < len(brackets)
        found += [] if alone else group[ranked]
        index = group[-1][-1] + 1
    return found


def endings(brackets: Sequence[frozenset[int]], start: int) -> list[list[int]]:
    """The endings of one repeat that begin at a measure, each as its measures; none where no bracket begins."""
    found: list[list[int]] = []
    seen: set[int] = set()
    for index in range(start, len(brackets)):
        numbers = brackets[index]
        if not numbers or (seen & numbers and numbers != brackets[index - 1]):
            break  # the music goes on, or the endings of another repeat begin
        if found and numbers == brackets[index - 1]:
            found[-1].append(index)
        else:
            found.append([index])
        seen |= numbers
    return found
