"""Melodies as ABC, by the standard 2.1 and independently of the reader."""

from music_writers_xml import FLATS, SHARPS, bars, fifths

from regenkit_music.modality.melody import Melody

MAJOR_KEYS = ["Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#"]  # from five flats to six sharps
MINOR_KEYS = ["Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#"]
SIGNS = {2: "^^", 1: "^", 0: "=", -1: "_", -2: "__"}
BARS_A_LINE = 4


def abc(melody: Melody, *, cut_upbeat: bool = False, number: int = 1) -> str:
    """One tune, four bars a line, each line of music with its words; a note over a barline is tied."""
    sharps = fifths(melody)
    key = f"{MAJOR_KEYS[sharps + 5]}maj" if melody.mode == "major" else f"{MINOR_KEYS[sharps + 5]}m"
    lines = [f"X:{number}", f"T:{melody.title.replace('&', chr(92) + '&')}", f"M:{melody.metre}", "L:1/16"]
    lines += [f"Q:1/4={melody.tempo:g}", f"K:{key}"]
    written = list(bars(melody, cut_upbeat))
    tied: dict[str, int] = {}
    for first in range(0, len(written), BARS_A_LINE):
        music, words = [], []
        for bar in written[first : first + BARS_A_LINE]:
            state: dict[str, int] = {}
            for note, length, before, after in bar:
                if note is None:
                    music.append(f"z{length}")
                    continue
                step, alter = (FLATS if sharps < 0 else SHARPS)[note.pitch % 12]
                usual = state.get(step, _altered(step, sharps))
                sign = "" if (tied.get(step) == alter if before else usual == alter) else SIGNS[alter]
                if sign:
                    state[step] = alter
                tied = {step: alter} if after else {}
                music.append(f"{sign}{_octave(step, note.pitch - alter)}{length}{'-' if after else ''}")
                words.append("_" if before else note.syllable.replace(" ", "~") or "*")
            music.append("|")
        lines.append(" ".join(music))
        if any(word not in "_*" for word in words):
            lines.append("w: " + " ".join(words).replace("- ", "-"))
    return "\n".join(lines) + "\n"


def _altered(step: str, sharps: int) -> int:
    if sharps > 0:
        return int(step in "FCGDAEB"[:sharps])
    return -int(step in "BEADGCF"[:-sharps]) if sharps else 0


def _octave(step: str, natural: int) -> str:
    octave = natural // 12 - 5  # 0: from C4 to B4
    return step + "," * -octave if octave < 1 else step.lower() + "'" * (octave - 1)
