"""Which syllables of a word are stressed.

English: the CMU Pronouncing Dictionary. German: the first syllable that is no unstressed prefix. Italian: a written
accent, else the penult. Latin: the penult where it is heavy, else the antepenult. Words that a singer passes over
(articles, prepositions, pronouns) are unstressed where they have one syllable. Other languages: unknown (None).
"""

import re
from collections.abc import Sequence

from regenkit_music.modality.syllables import nuclei, pronunciation, strip_marks

WEAK = {
    "en": """a an the and or but nor of to in on at by for from with as than that this if so am is are was were be
        been has have had do does did can could shall should will would may must might i me my mine we us
        our you your ye thy thee thou he him his she her it its they them their who whom which when while
        i'm i'll it's you're we're don't let's into upon there where not""",
    "de": """der die das des dem den ein eine einer einem einen eines und oder aber denn dass daß wenn wie als ob so
        zu zum zur in im an am auf aus bei mit nach von vom vor für durch um bis ist sind war bin bist
        sei hat hab wird will ich du er sie es wir ihr mich dich sich uns euch mir dir ihm ihn mein meine
        dein deine sein seine ihre unser was wer wo da doch nur auch noch nicht man ja o ach hin her""",
    "it": """il lo la i gli le l un uno una di a da in con su per tra fra e ed o od ma che chi se non mi ti ci vi si
        ne me te del dello della dei degli delle al allo alla ai agli alle dal dalla dai dalle nel nella
        nei nelle sul sulla col è ho hai ha o""",
    "la": """et in ad a ab ex e de cum per pro sub non nec ne ac atque sed si ut qui quae quod quem quo te me se tu
        est sunt es""",
}
WEAK_WORDS = {language: frozenset(words.split()) for language, words in WEAK.items()}

GERMAN_PREFIX = re.compile(r"(be|ge|er|ver|zer|ent|emp)(?=[^aeiouyäöü]*[aeiouyäöü])")
GERMAN_NO_PREFIX = re.compile(
    r"(best|bett|bes(en|ser)|bet(e|en|et|est|te|ler|end)$|beere?|bei|beid|beug|gern?|geb(e|en|t|et|er|est|end)$|geh|geist|geiz|gel[bd]|gest"
    r"|gegen|erd|erb(e|en|t)$|erst|ernt|ernst|ent(e|en)$|eng|ge(n|s)t|vers(e|en)?$|erz(?!ähl|ieh|itt|eug|ür)|gelt|berg|ber[sg]t)"
)
GERMAN_LATE = re.compile(
    r"(dar?|wor?|hin|her|vo|zu|um|vor)(an|auf|aus|bei|durch|für|gegen|her|hin|in|ein|mit|nach|nieder|ober|über|um|unter|von|vor|zu|rum|rauf|ab|weg|rück|gleich|erst|vor)"
)
GERMAN_WHOLE = {
    "allein": 1, "warum": 1, "vielleicht": 1, "lebendig": 1, "lebendige": 1, "lebendigen": 1, "maria": 1, "hosianna": 2,
    "halleluja": 2, "alleluja": 2, "jerusalem": 1, "melodei": 2, "wohlan": 1, "sogleich": 1, "jedoch": 1, "fürwahr": 1,
    "musik": 1, "natur": 1, "person": 1, "gewalt": 1, "altar": 1, "hinfort": 1, "immanuel": 1, "johannes": 1,
    "überall": 2, "messias": 1, "theater": 1, "familie": 1, "elend": 0, "egyptenland": 1, "zuletzt": 1, "obschon": 1,
}  # fmt: skip
ITALIAN_EARLY = re.compile(
    r"(issim[oaie]|[aiu]bil[ei]|evol[ei]|[iau]gin[ei]|udin[ei]|(?<!am)(?<!nem)(?<!ant)(?<!d)(?<!f)(?<!pud)ic[oa]|ul[oaie]|gi[nm][ei]"
    r"|anim[aeo]|lagrim[ae]|lacrim[ae]|gel[oi]|popol[oi]|alber[oi]|secol[oi]|giovan[ei]|uomin[ei]|ultim[oaie]|tener[oaie]|nobil[ei]"
    r"|arbor[ei]|subit[oa]|cant[ai]no|ess?ere|ridere|vivere|prendere|ardere|nascere|crescere|tav?ol[aei]|[ai]v[ai]no|misero|misera)$"
)
LATIN_LONG = re.compile(
    r"[ao]rum|al(is|em|es|e|i|ia)|ar(is|em|e|es|i)|at(us|um|a|am|i|is|o|os|ae|e|ur)|ut(us|um|a|is|em)|in(us|a|ae|am|um|is)"
    r"|os(us|a|am|um|e|i)|ur(a|am|ae|us|um)|[aei]re|[aei]ri|[ae]mus|an(us|a|am|um|i|o|ae|os)|iv(us|um|a|i|it)|or(is|em|e|es|i)"
    r"|on(is|em|e|i|es)|itum|ebat|ebant|ab(o|am|it|at|ant|unt)|av(it|i)|erunt|etis|amen|edo|emus"
)
"""Word endings, from the penult's vowel on, whose penult is long; elsewhere an open penult is taken as short."""
LATIN_SHORT = re.compile(
    r"(dom|hom|fem|lum|nom|carm|virg|imag|term)in|spirit|arbor|corpor|tempor|pector|facere|dicere|vivere|credere"
)


def stress(syllables: Sequence[str], language: str) -> list[bool | None]:
    """For each of one word's syllables: stressed, unstressed or unknown.

    The syllables may be any singer's split; they need not be those of `syllabify`.
    """
    parts = ["".join(c for c in part if c.isalpha() or c in "'’").lower().replace("’", "'") for part in syllables]
    word, count = "".join(parts), len(parts)
    if language not in WEAK_WORDS or not any(
        part.isascii() or strip_marks(part).replace("ß", "").isascii() for part in parts
    ):
        return [None] * count
    if count == 1:
        return [word.strip("'") not in WEAK_WORDS[language] and word not in WEAK_WORDS[language]]
    if word in WEAK_WORDS[language] and language != "en":
        return [False] * count
    if language == "en":
        known, pattern = pronunciation(word)
        if known == count:
            return list(pattern)
        return _at(_english(word, count), count)
    place = {"de": _german, "it": _italian, "la": _latin}[language]
    return _at(place(word, parts), count)


def _at(index: int, count: int) -> list[bool | None]:
    return [i == max(0, min(index, count - 1)) for i in range(count)]


def _english(word: str, count: int) -> int:
    """For words not in the dictionary: by suffix or prefix, else the first of two, the third last of more."""
    if re.search(r"(tion|sion|cian|ic|ical|ity)s?$", word):
        return count - (3 if word.endswith(("ical", "ity")) else 2)
    if count > 1 and re.match(r"(a(?=[bcdlmrw])|be|re|de|for|un)(?=[^aeiouy])", word):
        return 1
    return 0 if count == 2 else count - 3


def _german(word: str, parts: Sequence[str]) -> int:
    if word in GERMAN_WHOLE:
        return GERMAN_WHOLE[word]
    if re.search(r"ier(en|et|t|te|ten|ter)$", word):
        return len(parts) - (1 if word.endswith("iert") else 2)
    if re.search(r"(tion|tionen|tät|elei|erei)$", word):
        return len(parts) - (2 if word.endswith("tionen") else 1)
    if len(parts) == 2 and GERMAN_LATE.fullmatch(word):
        return 1
    if len(parts) > 2 and re.match(r"(hin|her)(ein|aus|ab|auf|an|unter|über|zu)", word):
        return 1
    start, rest = 0, word
    while start < len(parts) - 1 and GERMAN_PREFIX.match(rest) and not GERMAN_NO_PREFIX.match(rest):
        rest = rest[len(parts[start]) :]
        start += 1
    return start


def _italian(word: str, parts: Sequence[str]) -> int:
    for index, part in enumerate(parts):
        if re.search("[àèéìòóù]", part):
            return index
    plain = strip_marks(word)
    if plain.rstrip("'")[-1:] not in "aeiou" or plain.endswith("'"):  # cut off: amor, signor, cantan
        return len(parts) - 1
    if len(parts) > 2 and ITALIAN_EARLY.search(plain):
        return len(parts) - 3
    return len(parts) - 2


def _latin(word: str, parts: Sequence[str]) -> int:
    if len(parts) == 2:
        return 0
    plain = strip_marks(word).replace("j", "i")
    spans = nuclei(plain, "la")
    if len(spans) < 3:
        return len(parts) - 2
    (start, end), (after, _) = spans[-2], spans[-1]
    between = plain[end:after]
    if plain in ("maria", "mariam", "mariae"):
        return len(parts) - 2
    closed = (len(between) > 1 and not re.fullmatch(r"[bcdfgpt][lr]|[cpt]h|qu|gu|ch[lr]", between)) or between in (
        "x",
        "z",
    )
    heavy = end - start > 1 or plain[start] in "æœ" or closed
    if not heavy and between and not LATIN_SHORT.search(plain):
        heavy = LATIN_LONG.fullmatch(plain[start:]) is not None
    return len(parts) - (2 if heavy else 3)
