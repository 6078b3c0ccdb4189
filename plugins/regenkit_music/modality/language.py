"""Which language a text is in, by a vote of its commonest words and of letters that only one language has.

A text in another language than these has votes too, by chance; it is told by its letters and by how few votes it has.
"""

import re

COMMON = {
    "en": """the and of to in is that it for you my i with his thy be me we all not but on are this was our have your
        when o""",
    "de": """der die das und ist nicht ein eine ich du er sie wir mein dein sein zu mit dem den des von in auf für uns
        mir dich mich herr gott jesu so wie im aus durch doch auch""",
    "it": """il lo la di che non per mi un una del della con amor amore mio mia e se ma più è ch'io sì gli le i al dal
        nel ti core chi quando tu da io lor ben cor""",
    "la": """et in est non deus dominus domine dei deo qui quae quod cum ad te tu nobis nos nostra tua tuam pax patris
        sancti gloria jesu christe amen ave maria spiritus ora pro per mundi filius""",
    "fr": """le la les et de des du un une je tu il elle nous vous est pas que qui dans pour mon ma mes ton sur avec
        ne au""",
    "es": """el la los las y de que en un una no por con mi tu se es lo su para como más amor yo te me del al""",
}
LETTERS = {"de": "äöüß", "it": "àèìòù", "es": "ñáíóú¿¡", "fr": "êçœîûâ"}
ALPHABETS = {
    "en": "éèêëïöüàâçñæœ", "de": "äöüßéèàâô", "it": "àèéìíòóùúîï", "la": "æœāēīōūăĕĭŏŭëïáéíóúǽ",
    "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíóúüñªº",
}  # fmt: skip
FOREIGN = 0.06  # share of words with a letter that the language does not have
FEW_VOTES = 0.12  # a word: fewer have texts in other languages
WORDS = {language: frozenset(words.split()) for language, words in COMMON.items()}


def detect(text: str) -> str:
    """ "en", "de", "it", "la", "fr" or "es"; "" where nothing or little speaks for one of them, or letters against it.

    A heuristic for whole songs: a title of three words may well go wrong, so callers let a user name the language.
    """
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.lower())
    votes = {language: float(sum(word in common for word in words)) for language, common in WORDS.items()}
    for language, letters in LETTERS.items():
        votes[language] += 0.5 * sum(any(c in letters for c in word) for word in words)
    # endings tell Latin and Italian apart where the small words do not
    votes["la"] += 0.4 * sum(bool(re.search(r"(um|us|am|em|is|it|unt|ae|tur|que)$", word)) for word in words)
    votes["it"] += 0.4 * sum(bool(re.search(r"(tt|zz|gli|cch|[^s]s|r|l|n|t|nd)[oaie]$", word)) for word in words)
    votes["en"] += 0.3 * sum(bool(re.search(r"(ing|ght|th|ck|wn|ow|'s)$|^wh|^th", word)) for word in words)
    votes["de"] += 0.3 * sum(bool(re.search(r"(cht|sch|ung|heit|keit|en|st)$|^sch|^ge", word)) for word in words)
    best = max(votes, key=lambda language: votes[language])
    if votes[best] <= FEW_VOTES * len(words):
        return ""
    foreign = sum(any(not c.isascii() and c.isalpha() and c not in ALPHABETS[best] for c in word) for word in words)
    return "" if foreign > FOREIGN * len(words) else best
