"""Speech → a string of tokens by CTC (Graves et al. 2006) over a conformer (arXiv 2005.08100).

    strings    phonemes as Y′; characters as the direct route
    likelihood exact: the sum over all paths that say a string (`networks/ctc.py`)
    sampling   prefix beam search; or a path that is drawn, whose string is a draw of P(string | speech)
    alignment  `align`: which token an entry says, on the likeliest path of a known string

How long a string is, is the path's to say. No string has more tokens than the encoder has entries, of which there are
a quarter of those of X′; a repeated token needs one more.
"""

from collections.abc import Mapping
from typing import Any, Literal, final

import numpy as np
from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from regenkit.errors import UserError
from regenkit.layers import noise as noises
from regenkit.models.sampling import permitted, seeds_of
from regenkit.models.traced import call_traced
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.ranges import Share
from regenkit.spec import Clock, Spec
from regenkit.stage import Batch, Losses
from regenkit_speech.networks import ctc, ctc_search
from regenkit_speech.networks.conformer import Conformer, Subsampling
from regenkit_speech.networks.hiding import hidden
from regenkit_speech.networks.inputs import Entries
from regenkit_speech.networks.normalized import normalized

LONGEST = 1_000_000
"""Tokens of a string at most, unless told otherwise."""
BEAM = 8
"""Prefixes of the beam search, unless told otherwise."""


@final
class Ctc(keras.Model):
    """P(string | vectors along another axis, and scalars).

    width        of the conformer
    depth        its blocks
    heads        of attention
    kernel       entries that a convolution sees
    subsampling  entries of X′ that become one of the encoder's
    dropout      of each branch in training
    augment      whether stretches of time and of bands are hidden in training (SpecAugment)
    """

    draws_length = True

    def __init__(
        self, *, condition: Spec, target: Spec, width: PositiveInt = 144, depth: PositiveInt = 4,
        heads: PositiveInt = 4, kernel: PositiveInt = 15, subsampling: Literal[1, 2, 4] = 4, dropout: Share = 0.1,
        augment: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.condition, self.target, self.augment, self.subsampling = condition, target, augment, subsampling
        self.field, self.clock = _string(target)
        self.vectors, self.heard = _vectors(condition, self.clock)
        self.vocabulary = target[self.field].vocabulary or 0
        self.entries = Entries(condition.without([self.vectors]), self.heard)
        size = int(condition[self.vectors].shape[1] or 0) + self.entries.size
        self.subsample = Subsampling(size, width, subsampling)
        self.conformer = Conformer(width, depth, heads, kernel=kernel, dropout=dropout)
        self.logits = keras.layers.Dense(self.vocabulary + 1, dtype="float32")
        self.subsample.build(None)
        self.conformer.build(None)
        self.logits.build((None, None, width))
        self.built = True

    # --- the protocol ------------------------------------------------------------------------------------------------

    def losses(self, batch: Mapping[str, Batch], *, noise: tf.Tensor | None) -> Losses:
        """−log P of the string, and its tokens as the weight; a string that no path says weighs 0."""
        found, count = self._likelihood(batch["condition"], batch["target"], noise)
        possible = found > 0.1 * ctc.NEVER
        weight = tf.cast(tf.maximum(count, 1), tf.float32)
        return {"main": {self.field: (tf.where(possible, -found, 0.0), tf.where(possible, weight, 0.0))}}

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        """log P(string | condition), its end included; −∞ where no path says it."""
        found, _ = self._likelihood(condition, target, None)
        return {self.field: tf.where(found > 0.1 * ctc.NEVER, found, -np.inf)}

    def sample(
        self, condition: Batch, *, seed: int, given: Any = None, length: PositiveInt | None = None,
        max_length: PositiveInt = LONGEST, beam_size: NonNegativeInt | None = None,
        temperature: NonNegativeFloat = 0.0,
    ) -> dict[str, np.ndarray]:  # fmt: skip
        """The string and the mask of its clock.

        length, max_length  tokens of a string
        beam_size           prefixes of the beam search; 0 takes one path, and its string; null: 8, with a temperature 0
        temperature         of that path: at 1 strings are drawn as they are probable, at 0 the likeliest path is taken
        """
        try:
            self.check_sampling(length=length, beam_size=beam_size, temperature=temperature)
        except ValueError as error:  # of a recipe's options and a user's together, which each fit
            raise UserError(str(error)) from error
        beam_size = _beam(beam_size, temperature)
        fields = {name: tf.convert_to_tensor(condition[name]) for name in (*self.condition, self.heard.mask)}
        batch = int(fields[self.heard.mask].shape[0])
        if not batch:
            return {self.field: np.zeros((0, 0), np.int32), self.clock.mask: np.zeros((0, 0), bool)}
        log_probs, entries = (
            each.numpy() for each in call_traced(self, self._symbols, fields, tf.zeros([batch, 2], tf.int32))
        )
        if beam_size:
            places = min(length or max_length, log_probs.shape[1])
            allowed = permitted(self.target, given or {}, batch, {self.field: (0, places)}, places).get(self.field)
            shortest = np.maximum(_last_given((given or {}).get(self.field), batch), length or 0)
            strings = ctc_search.prefix_beam(
                log_probs, entries, beam_size, shortest=shortest, longest=length or max_length,
                allowed=None if allowed is None else allowed.numpy(),
            )  # fmt: skip
        else:
            if given:
                raise UserError("given: tokens are fixed in the beam search alone; ask for a beam_size above 0")
            symbols = self._one_path(log_probs, seeds_of(seed, batch), temperature)
            strings = [string[:max_length] for string in ctc_search.said(symbols, entries)]
        return self._padded(strings)

    def check_sampling(self, **options: Any) -> None:
        """Raises ValueError where a path would have to be of a length, or a search to draw at a temperature."""
        if options.get("temperature") and options.get("beam_size"):
            raise ValueError("temperature: the beam search draws nothing; ask for beam_size=0, or leave one out")
        if options.get("length") and not _beam(options.get("beam_size"), options.get("temperature", 0.0)):
            raise ValueError("length: the beam search alone finds strings of a length; ask for a beam_size above 0")

    def align(self, condition: Batch, target: Batch) -> np.ndarray:
        """Where a known string is heard, on the likeliest path that says it: int32 [batch, encoder's entries], 1 + the
        place of the token that an entry says, 0 for blank, −1 throughout where no path says the string."""
        log_probs, entries = (each.numpy() for each in self._symbols(condition, None))
        strings, known = np.asarray(target[self.field]), np.asarray(target[self.clock.mask])
        found = np.zeros(log_probs.shape[:2], np.int32)
        for row, count in enumerate(entries):
            path = ctc_search.best_path(log_probs[row, :count], strings[row][known[row]])
            found[row, :count] = -1 if path is None else path
        return found

    # --- the network -------------------------------------------------------------------------------------------------

    def _symbols(self, condition: Batch, seeds: tf.Tensor | None, *, training: bool = False) -> tuple:
        """(log P of the symbols at each entry of the encoder, float32 [batch, entries, vocabulary + 1]; how many
        entries there are, int32 [batch]). One entry is always there, which may be none of the example's."""
        noise = seeds if training else None
        mask = tf.convert_to_tensor(condition[self.heard.mask])
        missing = [[0, 0], [0, tf.maximum(1 - tf.shape(mask)[1], 0)]]
        mask = tf.pad(mask, missing)
        vectors = tf.pad(tf.cast(condition[self.vectors], tf.float32), [*missing, [0, 0]])
        vectors = normalized(vectors, mask)
        if self.augment:
            vectors = hidden(vectors, mask, noises.fold_in(noise, "hidden"))
        others = [self.entries(condition, mask)] if self.entries.size else []
        x, mask = self.subsample(tf.concat([vectors, *others], -1), mask)
        x = self.conformer(x, mask, noises.fold_in(noise, "conformer"))
        log_probs = tf.nn.log_softmax(tf.cast(self.logits(x), tf.float32))
        return log_probs, tf.reduce_sum(tf.cast(mask, tf.int32), 1)

    def _likelihood(self, condition: Batch, target: Batch, noise: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        log_probs, entries = self._symbols(condition, noise, training=noise is not None)
        count = tf.reduce_sum(tf.cast(target[self.clock.mask], tf.int32), 1)
        labels = tf.cast(target[self.field], tf.int32)
        return ctc.log_likelihood(log_probs, entries, labels, count), count

    def _one_path(self, log_probs: np.ndarray, seeds: tf.Tensor, temperature: float) -> np.ndarray:
        """int [batch, entries]: a symbol of each entry."""
        if not temperature:
            return np.asarray(log_probs.argmax(2))
        steps = noises.fold_in(seeds, "entry", tf.range(log_probs.shape[1]))
        drawn = tf.transpose(noises.gumbel(steps, log_probs.shape[2]), [1, 0, 2])
        return np.asarray((log_probs / temperature + drawn.numpy()).argmax(2))

    def _padded(self, strings: list[np.ndarray]) -> dict[str, np.ndarray]:
        longest = max(map(len, strings))
        tokens = np.stack([np.pad(string, (0, longest - len(string))) for string in strings]).astype(np.int32)
        return {self.field: tokens, self.clock.mask: tokens != 0}


def _beam(size: int | None, temperature: float) -> int:
    """Prefixes of the beam search; 0 = one path."""
    return size if size is not None else 0 if temperature else BEAM


def _string(target: Spec) -> tuple[str, Clock]:
    """The one field and its clock. Raises ValueError where the target is not one string of tokens."""
    name, field = next(iter(target.items()), ("", None))
    strings = field is not None and field.shape == (None,) and field.vocabulary and target.clocks[0].hop == 1
    if len(target) != 1 or not strings:
        raise ValueError(f"CTC draws one string of tokens; the target is {target}")
    return name, target.clocks[0]


def _vectors(condition: Spec, string: Clock) -> tuple[str, Clock]:
    """The field of vectors, and its clock. Raises ValueError where there is not one, or it runs along the string."""
    names = [name for name, field in condition.items() if field.kind == "continuous" and len(field.shape) == 2]
    clocks = condition.clocks
    if len(names) != 1 or len(clocks) != 1 or any(name not in names and condition[name].variable for name in condition):
        raise ValueError(f"CTC hears one field of vectors (entries, size) and scalars; the condition is {condition}. "
                         "Of a waveform write source: {use: speech/mel}")  # fmt: skip
    if clocks[0].axis == string.axis:
        raise ValueError(f"speech and string run along one axis, {string.axis}; right are two")
    return names[0], clocks[0]


def _last_given(given: Any, batch: int) -> np.ndarray:
    """int [batch]: the tokens up to the last one that is fixed."""
    if given is None or np.asarray(given).dtype == bool:
        return np.zeros(batch, np.int64)
    fixed = np.asarray(given).reshape(batch, -1) != 0
    return np.where(fixed.any(1), fixed.shape[1] - fixed[:, ::-1].argmax(1), 0)
