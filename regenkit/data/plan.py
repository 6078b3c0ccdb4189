"""Which examples make up each batch, as a function of (seed, step) alone."""

from functools import lru_cache
from typing import final

import numpy as np

from regenkit.data.prepare import Prepared
from regenkit.errors import UserError

WINDOW = 32
"""Batches among which examples are sorted by length, so that little is padded."""


@final
class Plan:
    """Which examples make up batch `step`.

    batch_steps   the most steps of Y in a part of a batch, padding included; None = any number. A longer example stands
                  alone
    parts         of nearly as many examples each, into which a batch is cut

    An epoch has every example once. Where some are paired and some not, the rarer kind is repeated until it makes up
    its share (`paired_share` of an epoch); a fraction of a repeat is drawn at random. Repeats may be anywhere in it.
    """

    def __init__(
        self, prepared: Prepared, *, split: str, batch_size: int, seed: int, paired_share: float | None = None,
        batch_steps: int | None = None, parts: int = 1,
    ) -> None:  # fmt: skip
        self.batch_size, self.seed, self.batch_steps, self.parts = batch_size, seed, batch_steps, parts
        self._steps = prepared.steps
        self._paired = prepared.indices(split, paired=True)
        self._unpaired = prepared.indices(split, paired=False)
        pairs, others = len(self._paired), len(self._unpaired)
        if not pairs + others:
            raise UserError(f"the {split} split is empty: the dataset is too small")
        self._repeats = (1.0, 1.0)  # every example as often as any other
        if paired_share is not None and pairs and others:
            ratio = paired_share / max(1e-9, 1.0 - paired_share) * others / pairs
            self._repeats = (0.0, 1.0) if ratio == 0 else (max(1.0, ratio), max(1.0, 1.0 / ratio))
            if paired_share >= 1.0:
                self._repeats = (1.0, 0.0)
        self._ends: list[int] = []  # of each epoch so far, counted in batches
        self.batches = self._end(0)

    def examples(self, step: int) -> np.ndarray:
        """Record numbers of batch `step` (counted from 0, over all epochs); the last of an epoch may be smaller."""
        epoch = 0 if self.batch_steps else step // self.batches
        while self._end(epoch) <= step:
            epoch += 1
        return self._epoch(epoch)[step - (self._end(epoch - 1) if epoch else 0)]

    def _end(self, epoch: int) -> int:
        """The batches of the epochs up to this one. Bounded by steps, epochs differ in how many they have."""
        if not self.batch_steps:
            size = sum(round(times * len(indices)) for times, indices in
                       zip(self._repeats, (self._paired, self._unpaired), strict=True))  # fmt: skip
            return (epoch + 1) * max(1, -(-size // self.batch_size))
        while len(self._ends) <= epoch:
            before = self._ends[-1] if self._ends else 0
            self._ends.append(before + len(self._epoch(len(self._ends))))
        return self._ends[epoch]

    @lru_cache(maxsize=2)  # noqa: B019 - a plan lives as long as its training
    def _epoch(self, epoch: int) -> list[np.ndarray]:
        random = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        chosen = np.concatenate([
            _repeated(self._paired, self._repeats[0], random),
            _repeated(self._unpaired, self._repeats[1], random),
        ])  # fmt: skip
        chosen = random.permutation(chosen)
        window = WINDOW * self.batch_size
        sorted_within = [
            part[np.argsort(self._steps[part], kind="stable")]
            for part in (chosen[start : start + window] for start in range(0, len(chosen), window))
        ]
        batches = cut(np.concatenate(sorted_within), self._steps, self.batch_size, self.batch_steps, self.parts)
        return [random.permutation(batches[index]) for index in random.permutation(len(batches))]


def cut(
    ordered: np.ndarray, steps: np.ndarray, batch_size: int, batch_steps: int | None, parts: int = 1
) -> list[np.ndarray]:
    """Examples in their order as batches of at most so many, and of at most so many steps, padding included.

    steps   of every example of the data
    parts   into which a batch is cut, each of at most `batch_steps`
    """
    if not batch_steps:
        return [ordered[start : start + batch_size] for start in range(0, len(ordered), batch_size)]
    batches, start, longest = [], 0, 0
    for index, length in enumerate(steps[ordered]):
        longest, count = max(longest, int(length)), index - start + 1
        if index > start and (count > batch_size or -(-count // parts) * longest > batch_steps):
            batches.append(ordered[start:index])
            start, longest = index, int(length)
    return [*batches, ordered[start:]]


def _repeated(indices: np.ndarray, times: float, random: np.random.Generator) -> np.ndarray:
    whole, count = int(times), round(times * len(indices))
    rest = count - whole * len(indices)
    return np.concatenate([np.tile(indices, whole), random.permutation(indices)[:rest]])
