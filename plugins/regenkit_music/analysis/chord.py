"""A chord a half bar, inferred from the melody alone.

Viterbi over chords with the melody's key fixed (C major or A minor), after TeleMelody (arXiv 2109.09617), whose chord
kinds are kept. Theirs scores a chord by the cosine of its notes with the melody's and holds every change alike; a bare
melody then leaves many chords equally likely. Here a note's likelihood depends on its place in the chord, strong
places in the bar count more, and chords follow each other as roots do in tonal music (falling fifths first). Against
human analyses of 16 of Bach's chorales that raises root agreement from 33 % to 38 % (`benchmarks/analyser.py`); the
constants below were chosen by hand on those chorales, so a part of the gain may be theirs.
"""

import numpy as np

from regenkit.spec import Fields
from regenkit_music.analysis.rhythm import metre_of, metrical_weights
from regenkit_music.modality.melody import LOWEST, MODES, NAMES, home, onsets

KINDS = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "+": (0, 4, 8),
    "dim": (0, 3, 6),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
}
"""Pitch classes above the root, by the chord's suffix."""
NO_CHORD = "N.C."
CHORDS = (NO_CHORD, *(f"{root}{kind}" for root in NAMES for kind in KINDS))
"""Token 1 is N.C.; token 2 + 8 · root + kind is a chord, its root as in C major or A minor."""
SPAN = {"4/4": 8, "3/4": 12, "2/4": 8, "6/8": 12, "3/2": 24, "6/4": 12, "9/8": 18, "12/8": 12}
"""Sixteenths a chord lasts, by metre: half a bar where that is whole beats, else the bar."""

OUT_OF_KEY = 0.05  # what each note of a chord outside the scale multiplies its prior by
STAY = 0.3  # probability that the chord goes on
NOTE = (0.3, 0.3, 0.25, 0.1)  # likelihood of root, third, fifth, seventh …
PASSING = (0.03, 0.0075)  # … and of another note of the scale, or outside it; before normalisation
STRONG = 1.5  # how much more a note on the downbeat or half bar says of the chord than another
MOTION = (0.5, 0.3, 1.2, 0.8, 0.7, 3.0, 0.3, 1.5, 0.6, 1.0, 0.8, 0.3)
"""How readily the root moves up by 0, 1 … 11 semitones: a fifth down (5 up) before a fourth down, before steps."""
DEGREES = {
    "major": {0: 1.0, 7: 0.8, 5: 0.6, 2: 0.4, 9: 0.4, 4: 0.15, 11: 0.15},
    "minor": {9: 1.0, 4: 0.8, 2: 0.6, 0: 0.5, 5: 0.4, 7: 0.4, 11: 0.2, 8: 0.15},
}
SCALE = {"major": {0, 2, 4, 5, 7, 9, 11}, "minor": {9, 11, 0, 2, 4, 5, 7, 8}}  # minor: with its leading tone
KIND_PRIOR = {"": 1.0, "m": 1.0, "+": 0.02, "dim": 0.3, "7": 0.3, "maj7": 0.05, "m7": 0.1, "m7b5": 0.05}


def chord_token(root: int, kind: str) -> int:
    """The token of a chord on pitch class `root` (in C major or A minor)."""
    return 2 + 8 * (root % 12) + list(KINDS).index(kind)


def chord_parts(token: int) -> tuple[int, str] | None:
    """(root pitch class, kind) of a chord's token; None for N.C. and for absent."""
    return None if token < 2 else ((token - 2) // 8, list(KINDS)[(token - 2) % 8])


def tonic_chords(mode: str) -> list[int]:
    """The tokens that count as the tonic's chord."""
    return [chord_token(home(mode), kind) for kind in (("", "maj7") if mode == "major" else ("m", "m7"))]


def _tones() -> np.ndarray:
    tones = np.zeros((len(CHORDS) + 1, 12), bool)
    for root in range(12):
        for kind, intervals in KINDS.items():
            tones[chord_token(root, kind), [(root + interval) % 12 for interval in intervals]] = True
    return tones


TONES = _tones()
"""(98, 12) bool by token: the pitch classes in a chord; none for absent (0) and N.C. (1)."""


class _Model:
    """The chords worth considering in a mode (one foreign note at most) and their log-probabilities."""

    def __init__(self, mode: str) -> None:
        scale = np.isin(np.arange(12), list(SCALE[mode]))
        foreign = (TONES & ~scale).sum(1)
        self.tokens = np.array([token for token in range(2, len(CHORDS) + 1) if foreign[token] <= 1])
        roots, kinds = (self.tokens - 2) // 8, [list(KINDS)[kind] for kind in (self.tokens - 2) % 8]
        degrees = np.array([DEGREES[mode].get(int(root), 0.1) for root in roots])
        prior = OUT_OF_KEY ** foreign[self.tokens] * degrees * np.array([KIND_PRIOR[kind] for kind in kinds])
        self.initial = np.log(prior / prior.sum())  # (chords,)
        note = np.tile(np.where(scale, *PASSING), (len(roots), 1))
        for row, root, kind in zip(note, roots, kinds, strict=True):
            row[(root + np.array(KINDS[kind])) % 12] = NOTE[: len(KINDS[kind])]
        self.note = np.log(note / note.sum(1, keepdims=True)).T  # (12, chords)
        change = prior * np.array(MOTION)[(roots - roots[:, None]) % 12]
        np.fill_diagonal(change, 0)
        move = (1 - STAY) * change / change.sum(1, keepdims=True)
        np.fill_diagonal(move, STAY)
        self.move = np.log(move)  # (chords from, chords to)


_MODELS = {mode: _Model(mode) for mode in MODES}


def _viterbi(emission: np.ndarray, model: _Model) -> np.ndarray:
    """(spans,) indices of the likeliest chords, from (spans, chords) log-likelihoods."""
    score = model.initial + emission[0]
    chosen = []
    for heard in emission[1:]:
        reached = score[:, None] + model.move
        chosen.append(reached.argmax(0))
        score = reached.max(0) + heard
    path = [int(score.argmax())]
    for best in reversed(chosen):
        path.append(int(best[path[-1]]))
    return np.array(path[::-1])


def chord_spans(fields: Fields) -> tuple[np.ndarray, np.ndarray]:
    """(spans,) chord tokens, one every `SPAN[metre]` sixteenths from the first downbeat, and (notes,) which span each
    note begins in. A span in which nothing sounds, from beginning to end, is N.C. (token 1)."""
    if not len(fields["pitch"]):
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    span = SPAN[metre_of(fields)]
    model = _MODELS[MODES[max(int(fields["mode"]), 1) - 1]]
    start = onsets(fields)
    end = start + np.asarray(fields["duration"], np.int64)
    pitch_class = (np.asarray(fields["pitch"], np.int64) - 1 + LOWEST) % 12
    edges = np.arange(0, int(end[-1]), span)
    overlap = np.minimum(end, edges[:, None] + span) - np.maximum(start, edges[:, None])
    quarters = np.maximum(overlap, 0) / 4 * np.where(metrical_weights(fields) >= 3, STRONG, 1)
    emission = quarters @ np.eye(12)[pitch_class] @ model.note
    tokens = model.tokens[_viterbi(emission, model)]
    return np.where(quarters.any(1), tokens, 1).astype(np.int32), start // span


def chords(fields: Fields) -> np.ndarray:
    """(notes,) the chord under each note's onset, as a token of `CHORDS`."""
    tokens, span = chord_spans(fields)
    found: np.ndarray = tokens[span]
    return found
