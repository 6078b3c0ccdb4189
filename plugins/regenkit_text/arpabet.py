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

_ESPEAK = {
    **{sound: [name] for name, sound in IPA.items()},
    "aɪɚ": ["AY", "ER"], "aɪə": ["AY", "AH"], "əl": ["AH", "L"], "n̩": ["AH", "N"], "oː": ["AO"], "ɑ": ["AA"],
    "ɔ": ["AO"], "a": ["AE"], "ɐ": ["AH"], "ə": ["AH"], "ᵻ": ["IH"], "i": ["IY"], "u": ["UW"], "o": ["OW"], "e": ["EY"],
    "ɚ": ["ER"], "ɜ": ["ER"], "ɾ": ["T"], "ʔ": ["T"], "r": ["R"], "g": ["G"], "x": ["K"], "ɬ": ["L"], "ɲ": ["N", "Y"],
}  # fmt: skip
"""What espeak-ng's en-us says, as phonemes."""
_SOUNDS = sorted(_ESPEAK, key=len, reverse=True)


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


def from_ipa(text: str) -> list[str]:
    """Phonemes of what espeak-ng's en-us says, a vowel with its stress; signs that ARPAbet has no phoneme for are left
    out."""
    found: list[str] = []
    stress, place = "0", 0
    marks = {mark: level for level, mark in STRESS.items() if mark}
    while place < len(text):
        if text[place] in marks:
            stress, place = marks[text[place]], place + 1
            continue
        sound = next((each for each in _SOUNDS if text.startswith(each, place)), "")
        for name in _ESPEAK.get(sound, []):
            vowel = name in VOWELS
            found.append(f"{name}{stress}" if vowel else name)
            stress = "0" if vowel else stress
        place += len(sound) or 1
    return found
