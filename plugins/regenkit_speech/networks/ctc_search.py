"""What a recogniser by CTC says: the likeliest string, a string that is drawn, and where a known string is heard.

All are in numpy and double precision, from the probabilities of symbols at entries (symbol 0 is blank).
"""

import numpy as np

from regenkit.errors import UserError

NEVER = -np.inf


def prefix_beam(
    log_probs: np.ndarray, entries: np.ndarray, width: int, *, shortest: np.ndarray, longest: int,
    allowed: np.ndarray | None = None,
) -> list[np.ndarray]:  # fmt: skip
    """The likeliest string of each example, int32 [tokens], by prefix beam search (Graves 2012, arXiv 1211.3711; Hannun
    et al. 2014, arXiv 1408.2873).

    A prefix is kept with the probability of all paths that say it: those that end in a blank and those that end in its
    last token are told apart, because a repetition goes on with the one and not with the other. Where `width` prefixes
    are all that there are, the result is the string of the greatest probability.

    log_probs          float [batch, entries, vocabulary + 1]
    entries            int [batch], how many an example has
    shortest, longest  tokens of a string: int [batch], and for all
    allowed            bool [batch, places, vocabulary]: the tokens that may stand at a place; beyond them all may

    Raises UserError where an example has no such string.
    """
    batch, steps, _ = log_probs.shape
    beam = _Beam(batch, width, min(steps, longest))
    with np.errstate(divide="ignore", invalid="ignore"):
        for step in range(steps):
            running = step < entries
            remaining = np.maximum(entries - step - 1, 0)
            beam.go_on(log_probs[:, step].astype(np.float64), running, shortest - remaining, longest, allowed)
        return beam.best(shortest)


class _Beam:
    """Prefixes of all examples, [batch, width, …]."""

    def __init__(self, batch: int, width: int, longest: int) -> None:
        self.prefix = np.zeros((batch, width, longest + 1), np.int32)
        self.size = np.zeros((batch, width), np.int64)
        self.blank = np.full((batch, width), NEVER)
        self.token = np.full((batch, width), NEVER)
        self.blank[:, 0] = 0.0

    def go_on(
        self, log_probs: np.ndarray, running: np.ndarray, shortest: np.ndarray, longest: int,
        allowed: np.ndarray | None,
    ) -> None:  # fmt: skip
        """One entry. log_probs [batch, vocabulary + 1]; running [batch]; shortest [batch], of a prefix of now."""
        batch, width = self.size.shape
        vocabulary = log_probs.shape[1] - 1
        last = np.take_along_axis(self.prefix, np.maximum(self.size - 1, 0)[..., None], 2)[..., 0]
        total = np.logaddexp(self.blank, self.token)
        blank = total + log_probs[:, :1]
        repeated = np.where(self.size > 0, self.token + np.take_along_axis(log_probs, last, 1), NEVER)
        longer = np.repeat(total[..., None], vocabulary, 2)
        rows, places = np.nonzero(self.size > 0)
        longer[rows, places, last[rows, places] - 1] = self.blank[rows, places]
        longer = longer + log_probs[:, None, 1:]
        longer[self.size >= longest] = NEVER
        if allowed is not None and allowed.shape[1]:
            here = np.take_along_axis(allowed, np.minimum(self.size, allowed.shape[1] - 1)[..., None], 1)
            longer[~here & (self.size < allowed.shape[1])[..., None]] = NEVER
        repeated = self._merged(repeated, longer, last)
        score = np.concatenate([np.logaddexp(blank, repeated), longer.reshape(batch, -1)], 1)
        sizes = np.concatenate([self.size, np.repeat(self.size + 1, vocabulary, 1)], 1)
        score[sizes < shortest[:, None]] = NEVER
        kept = np.argpartition(-score, width - 1, 1)[:, :width]
        alive = np.isfinite(np.take_along_axis(score, kept, 1))
        grown = (kept >= width) & alive
        parent = np.where(kept >= width, (kept - width) // vocabulary, kept)
        added = np.where(grown, (kept - width) % vocabulary + 1, 0)
        prefix = np.take_along_axis(self.prefix, parent[..., None], 1)
        size = np.take_along_axis(self.size, parent, 1)
        rows, places = np.nonzero(grown)
        prefix[rows, places, size[rows, places]] = added[rows, places]
        ends = np.where(grown, NEVER, np.take_along_axis(blank, parent, 1))
        token = np.where(grown, np.take_along_axis(score, kept, 1), np.take_along_axis(repeated, parent, 1))
        still = running[:, None]
        self.prefix = np.where(still[..., None], prefix, self.prefix)
        self.size = np.where(still, size + grown, self.size)
        self.blank = np.where(still, np.where(alive, ends, NEVER), self.blank)
        self.token = np.where(still, np.where(alive, token, NEVER), self.token)

    def _merged(self, repeated: np.ndarray, longer: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Where a prefix and one more token are another prefix of the beam, its paths are added to that one's."""
        alive = np.isfinite(np.logaddexp(self.blank, self.token))
        for child in range(self.size.shape[1]):
            size = self.size[:, child]
            differs = (self.prefix != self.prefix[:, child : child + 1]) & (
                np.arange(self.prefix.shape[2]) < (size - 1)[:, None]
            )[:, None]
            parent = alive & alive[:, child : child + 1] & (self.size == (size - 1)[:, None]) & ~differs.any(2)
            rows, places = np.nonzero(parent)
            token = last[rows, child] - 1
            repeated[rows, child] = np.logaddexp(repeated[rows, child], longer[rows, places, token])
            longer[rows, places, token] = NEVER
        return repeated

    def best(self, shortest: np.ndarray) -> list[np.ndarray]:
        total = np.logaddexp(self.blank, self.token)
        total[self.size < shortest[:, None]] = NEVER
        chosen = total.argmax(1)
        rows = np.arange(len(chosen))
        if not np.isfinite(total[rows, chosen]).all():
            raise UserError("length: no such string was found: a recording has fewer entries than the string is to "
                            "have tokens, or repeated tokens leave few paths. Ask for fewer tokens, or for a wider "
                            "beam_size")  # fmt: skip
        return [self.prefix[row, place, : self.size[row, place]] for row, place in zip(rows, chosen, strict=True)]


def said(symbols: np.ndarray, entries: np.ndarray) -> list[np.ndarray]:
    """The strings of paths, int [batch, entries]: repetitions are one token, and blanks are left out."""
    found = []
    for path, count in zip(symbols, entries, strict=True):
        path = path[:count]
        fresh = np.concatenate([[True], path[1:] != path[:-1]])[:count] if count else np.zeros(0, bool)
        found.append(path[fresh & (path != 0)].astype(np.int32))
    return found


def best_path(log_probs: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """The likeliest path that says a string (Viterbi): int [entries], 1 + the place of the token that an entry says, 0
    for blank; None where no path says it.

    log_probs  float [entries, vocabulary + 1] of one example
    labels     int [tokens]
    """
    states = np.zeros(2 * len(labels) + 1, np.int64)
    states[1::2] = labels
    skips = (states != 0) & (np.arange(len(states)) > 1) & (states != np.roll(states, 2))
    score = np.where(np.arange(len(states)) < 2, 0.0, NEVER)
    came = np.zeros((len(log_probs), len(states)), np.int64)
    for step, row in enumerate(log_probs.astype(np.float64)):
        if step:
            one = np.concatenate([[NEVER], score[:-1]])
            two = np.where(skips, np.concatenate([[NEVER, NEVER], score])[: len(states)], NEVER)
            among = np.stack([score, one, two])
            came[step] = among.argmax(0)
            score = among.max(0)
        score = score + row[states]
    state = len(states) - 1
    if len(labels) and (not len(log_probs) or score[-2] > score[-1]):
        state -= 1
    if not np.isfinite(score[state]) or (len(labels) and not len(log_probs)):
        return None
    path = np.zeros(len(log_probs), np.int64)
    for step in range(len(log_probs) - 1, -1, -1):
        path[step] = (state + 1) // 2 if state % 2 else 0
        state -= came[step, state]
    return path
