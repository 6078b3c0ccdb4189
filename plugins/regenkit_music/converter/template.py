"""The music template: what of a melody is worth predicting from its words.

After TeleMelody (arXiv 2109.09617), whose template is tonality, chord, rhythm and cadence. Which parts are predicted
and which a musician supplies is the recipe's to say. In our measurements a lean template (rhythm and cadence) costs far
fewer bits to predict from lyrics than one with chords: chords inferred from a bare melody are noisy labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, final

import numpy as np

from regenkit.given import Given
from regenkit.spec import Field, Fields, Spec, tokens
from regenkit_music.analysis.cadence import CADENCES, cadences
from regenkit_music.analysis.chord import CHORDS, chords
from regenkit_music.analysis.phrase import CONTOURS, PHRASES, contour, phrases
from regenkit_music.analysis.rhythm import BEATS, beats
from regenkit_music.converter.layout import has_upbeat, new_bars
from regenkit_music.converter.options import parse_given
from regenkit_music.converter.text import from_text, to_text
from regenkit_music.modality import melody

Part = Literal["rhythm", "cadence", "timing", "phrase", "contour", "tonality", "metre", "chords"]
Supplied = Literal["tonality", "metre", "chords"]

PARTS: dict[str, dict[str, Field]] = {
    "tonality": {"mode": tokens(melody.MODES, scalar=True)},
    "metre": {"metre": tokens(melody.METRES, scalar=True)},
    "chords": {"chord": tokens(CHORDS)},
    "rhythm": {"beat": tokens(BEATS)},
    "cadence": {"cadence": tokens(CADENCES)},
    "phrase": {"phrase": tokens(PHRASES)},
    "contour": {"contour": tokens(CONTOURS)},
    "timing": {name: melody.SPEC[name] for name in ("position", "duration")},
}
"""The fields of each part, in the spec's order. `timing` is Y's own, so that a renderer predicts only the pitches."""
SUPPLIED = ("tonality", "metre", "chords")


@final
class Template:
    """Melody → template, one entry a note.

    parts  what the generator predicts
    given  what a musician supplies and nobody predicts; tonality and metre stand in one of the two
    """

    version = 1
    modality = "melody"

    def __init__(
        self, parts: Sequence[Part] = ("rhythm", "cadence"), given: Sequence[Supplied] = ("tonality", "metre")
    ) -> None:
        for name, chosen, known in (("parts", parts, tuple(PARTS)), ("given", given, SUPPLIED)):
            for part in chosen:
                if part not in known:
                    raise ValueError(f"{name}: there is no part {part!r} here; there are {', '.join(known)}")
        if not parts:
            raise ValueError(f"parts is empty, so there is nothing to predict; name at least one of {', '.join(PARTS)}")
        if both := sorted(set(parts) & set(given)):
            raise ValueError(f"{both[0]} stands in both parts (predicted) and given (supplied); it can only be in one")
        for part in ("tonality", "metre"):
            if part not in {*parts, *given}:
                raise ValueError(f"{part} must be in parts (predicted) or in given (supplied): no melody does without")
        self.parts, self.given_parts = tuple(parts), tuple(given)
        self._spec = Spec(
            (name, replace(field, optional=part in given))
            for part, fields in PARTS.items()
            if part in {*parts, *given}
            for name, field in fields.items()
        )

    @property
    def spec(self) -> Spec:
        return self._spec

    def convert(self, y: Fields) -> Fields:
        """The template of a melody's fields (`melody.SPEC`): a function of the arrays alone."""
        rep: Fields = {}
        chord = chords(y) if {"chord", "cadence"} & set(self._spec) else None
        for name in self._spec:
            if name == "chord":
                assert chord is not None
                rep[name] = chord
            elif name == "cadence":
                rep[name] = cadences(y, chord)
            elif name in _ANALYSES:
                rep[name] = _ANALYSES[name](y)
            else:
                rep[name] = np.asarray(y[name], np.int32)
        return rep

    def to_text(self, rep: Fields, meta: Mapping[str, Any]) -> str:
        """Y′ as YAML that a musician can read and edit; `from_text` gives the same arrays and meta back.

        meta  tonic, shift, tempo, title, syllables, each if present; other keys are not written
        """
        return to_text(self._spec, rep, meta)

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        """(rep, meta) of what `to_text` wrote and a person edited. Raises UserError with the line of the mistake."""
        return from_text(self._spec, text)

    def given(self, options: Mapping[str, str]) -> Given:
        """What a musician fixes: key, metre, tempo, chords, range. Raises UserError where an option makes no sense."""
        return parse_given(self._spec, options)

    def complete(self, rep: Fields, given: Given) -> Fields:
        """`rep` with what a musician supplied laid over it: the scalars, and the chords, one a bar, round and round.

        The first chord begins with the first full bar, and an upbeat has the last one, which goes before it.

        Optional fields that nobody supplied become absent (0).
        """
        rep = dict(rep)
        count = next((len(values) for values in rep.values() if np.ndim(values)), 0)
        for name, field in self._spec.items():
            if field.optional and name not in rep:
                rep[name] = np.zeros(() if field.scalar else count, np.int32)
        rep |= {name: np.asarray(value, np.int32) for name, value in given.fields.items() if name in self._spec}
        if "chords" in given.rest and "chord" in self._spec and count:
            bars = np.cumsum(new_bars(rep)) - 1 - has_upbeat(rep)
            progression = np.array(given.rest["chords"], np.int32)
            rep["chord"] = progression[bars % len(progression)]
        return rep


_ANALYSES = {"beat": beats, "phrase": phrases, "contour": contour}
