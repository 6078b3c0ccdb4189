"""ARPAbet, in which CMUdict writes English, and its IPA."""

from collections.abc import Iterable

IPA = {
    "AA": "ɑː", "AE": "æ", "AH": "ʌ", "AO": "ɔː", "AW": "aʊ", "AY": "aɪ", "EH": "ɛ", "ER": "ɜː", "EY": "eɪ",
    "IH": "ɪ", "IY": "iː", "OW": "oʊ", "OY": "ɔɪ", "UH": "ʊ", "UW": "uː",
    "B": "b", "CH": "tʃ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h", "JH": "dʒ", "K": "k", "L": "l", "M": "m",
    "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t", "TH": "θ", "V": "v", "W": "w", "Y": "j",
    "Z": "z", "ZH": "ʒ",
}  # fmt: skip
VOWELS = tuple(IPA)[:15]
REDUCED = {"AH": "ə", "ER": "ɚ", "IY": "i", "OW": "oʊ"}
"""How vowels without stress are written."""
STRESS = {"0": "", "1": "ˈ", "2": "ˌ"}
PHONEMES = tuple(sorted([*(f"{vowel}{mark}" for vowel in VOWELS for mark in STRESS), *(set(IPA) - set(VOWELS))]))
"""All 69: a vowel ends in its stress, 0 none, 1 primary, 2 secondary."""


def unstressed(phoneme: str) -> str:
    """Without the mark of stress; what is no phoneme as it is."""
    bare = phoneme.rstrip("012")
    return bare if bare in IPA else phoneme


def to_ipa(phonemes: Iterable[str]) -> str:
    """IPA of phonemes, the mark of stress before the vowel, as espeak-ng has it. Raises KeyError where one is none."""
    found = ""
    for phoneme in phonemes:
        sound = unstressed(phoneme)
        mark = phoneme.removeprefix(sound)
        found += STRESS.get(mark, "") + (REDUCED.get(sound, IPA[sound]) if mark == "0" else IPA[sound])
    return found
