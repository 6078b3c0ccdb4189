"""A chord a half bar, inferred from the melody alone.

Viterbi over chords with the melody's key fixed (C major or A minor), as in TeleMelody (arXiv 2109.09617), whose chord
kinds, out-of-key and chord-change probabilities are kept. A bare melody leaves many chords equally likely, so a prior
over the degrees of the key decides between them: the primary triads before the others, triads before sevenths.
"""

import numpy as np

from regenkit.spec import Fields
from regenkit_music.analysis.rhythm import metre_of
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

OUT_OF_KEY, CHANGE = 0.01, 0.5
CONCENTRATION = 6.0
"""How sharply a chord is expected to sound its own notes: log-likelihood = concentration × cosine."""
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
        prior, candidates = [], []
        for token in range(2, len(CHORDS) + 1):
            root, kind = (token - 2) // 8, list(KINDS)[(token - 2) % 8]
            foreign = sum(pitch_class not in SCALE[mode] for pitch_class in np.flatnonzero(TONES[token]))
            if foreign <= 1:
                candidates.append(token)
                prior.append(OUT_OF_KEY**foreign * KIND_PRIOR[kind] * DEGREES[mode].get(root, 0.1))
        self.tokens = np.array(candidates)
        probability = np.array(prior) / np.sum(prior)
        self.initial = np.log(probability)
        vectors = TONES[self.tokens].astype(np.float64)
        self.vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).T  # (12, candidates)
        self.to_change = np.log(CHANGE) + self.initial
        self.to_stay = np.log(1 - CHANGE)


_MODELS = {mode: _Model(mode) for mode in MODES}


def _viterbi(emission: np.ndarray, model: _Model) -> np.ndarray:
    """(spans,) indices of the likeliest chords. As a change leads anywhere alike, one maximum serves every chord."""
    score = model.initial + emission[0]
    chosen = np.empty(emission.shape, np.int64)
    own = np.arange(emission.shape[1])
    for step in range(1, len(emission)):
        best = int(np.argmax(score))
        change = score[best] + model.to_change
        stay = score + model.to_stay
        stays = stay >= change
        chosen[step] = np.where(stays, own, best)
        score = np.where(stays, stay, change) + emission[step]
    path = np.empty(len(emission), np.int64)
    path[-1] = np.argmax(score)
    for step in range(len(emission) - 1, 0, -1):
        path[step - 1] = chosen[step, path[step]]
    return path


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
    sounding = np.maximum(overlap, 0) @ np.eye(12)[pitch_class]  # (spans, 12) sixteenths
    length = np.linalg.norm(sounding, axis=1, keepdims=True)
    emission = CONCENTRATION * (sounding / np.maximum(length, 1)) @ model.vectors
    tokens = model.tokens[_viterbi(emission, model)]
    return np.where(length[:, 0] > 0, tokens, 1).astype(np.int32), start // span


def chords(fields: Fields) -> np.ndarray:
    """(notes,) the chord under each note's onset, as a token of `CHORDS`."""
    tokens, span = chord_spans(fields)
    return tokens[span]
