"""Relevance: how much of what X tells about Y is kept in Y′, by a contrastive lower bound on mutual information.

InfoNCE (van den Oord et al. 2018, arXiv 1807.03748; as a bound: Poole et al. 2019, arXiv 1905.06922, equation 12):

    I(X; Z) ≥ log₂ N − E[log₂ Σ_j exp f(x_i, z_j) − f(x_i, z_i) / ln 2],  N pairs, z_j the others' Z

f is bilinear on fixed features, reduced to principal components; it is fitted on the training split and measured on
held-out examples, so that what it learns by heart counts for nothing. Its limits: never more than log₂ N, however much
X tells; only what such features show, so that both bounds lie below the truth and are to be read against each other. As
Y′ is made of Y, what X tells about Y′ it tells about Y: where the bound for Y′ is the greater, it holds for Y too.

The unit is a window of WINDOW steps where X and Z both run along Y (a window has one length, so lengths tell nothing)
and some Y is so long, else the whole example, cut into as many equal parts. Fields that do not run along are part of
every window.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from regenkit.analysis.measures.bootstrap import bootstrap
from regenkit.analysis.results.figure import Figure
from regenkit.analysis.results.report import Relevance
from regenkit.spec import Y_AXIS, Field, Fields, Spec

WINDOW = 4
NEGATIVES = 128
"""The least N: pairs among which the right one is to be found at a time. All pairs are used, in groups of equal size,
so N may come near twice as many; it is less where there are not so many pairs."""
COMPONENTS = 48
WIDEST = 512
"""Channels, and tokens of a vocabulary, are folded to so many."""
UNITS = 10_000
"""Units that the critic is fitted to, and units it is measured on, at most."""
STEPS, EVERY, RATE, BATCH = 200, 5, 0.05, 1024
BLOCKS = 50
"""Whole stretches of units, as neighbours resemble each other, fall to the fifth that says when to stop."""


def relevance(
    specs: dict[str, Spec],
    training: dict[str, Sequence[Fields]],
    held_out: dict[str, Sequence[Fields]],
    lengths: Mapping[str, Sequence[int]],
) -> Relevance:
    """Bounds on I(X; Y′) and I(X; Y) in bits a unit, what share is kept, and both with X shuffled (which is 0).

    specs, training, held_out   by side, "x", "rep" and "y"; without what a user gives
    lengths                     steps of Y, of "training" and "held_out"
    """
    along = {side: Y_AXIS in specs[side].axes for side in specs}
    sides = {"rep": specs["rep"], "y": specs["y"]}
    windows = all(along.values()) and all(max(each, default=0) >= WINDOW for each in lengths.values())
    units = {}
    for part, examples in (("training", training), ("held_out", held_out)):
        indices = units_of(lengths[part], windows)
        units[part] = {side: features(specs[side], examples[side], indices) for side in specs}
        units[part]["example"] = np.array([index for index, _, _ in indices])
    for side in specs:
        units["training"][side], units["held_out"][side] = _components(units["training"][side], units["held_out"][side])
    values = {side: _bound(units, side, shuffled=False) for side in sides}
    null = {side: _bound(units, side, shuffled=True) for side in sides}
    bounds = {side: bootstrap(*values[side]) for side in sides}
    negatives = max(map(len, _groups(np.arange(len(units["held_out"]["x"])))))
    return Relevance(
        unit=f"window of {WINDOW} steps" if windows else "example",
        rep=bounds["rep"], y=bounds["y"],
        rep_shuffled=bootstrap(*null["rep"]), y_shuffled=bootstrap(*null["y"]),
        kept=_share(values["rep"][0], values["y"][0], bounds["y"]),
        cap=float(np.log2(max(1, negatives))), negatives=negatives, units=len(units["held_out"]["x"]),
    )  # fmt: skip


def units_of(lengths: Sequence[int], windows: bool) -> list[tuple[int, int, int]]:
    """(example, first step, end) of every unit, at most UNITS, evenly chosen: windows side by side, or whole examples.

    What is left of an example after its last whole window is not used.
    """
    counts = [length // WINDOW for length in lengths] if windows else [1] * len(lengths)
    ends = np.cumsum(counts)  # no list of all windows: there are many in large data
    total = int(ends[-1]) if len(ends) else 0
    found = []
    for number in np.linspace(0, total - 1, min(total, UNITS)).round().astype(int).tolist():
        index = int(np.searchsorted(ends, number, side="right"))
        start = WINDOW * (number - int(ends[index]) + counts[index])
        found.append((index, start, start + WINDOW) if windows else (index, 0, lengths[index]))
    return found


def features(spec: Spec, examples: Sequence[Fields], units: Sequence[tuple[int, int, int]]) -> np.ndarray:
    """Float32 [units, features]: of every field's every part, how frequent each token is, or each channel's mean."""
    starts = np.flatnonzero(np.diff([-1, *(index for index, _, _ in units)]))
    rows = []
    for part in np.split(np.array(units), starts[1:]):
        example = examples[int(part[0, 0])]
        rows.append(np.concatenate([_pooled(field, np.asarray(example[name]), part[:, 1:])
                                    for name, field in spec.items()], axis=1))  # fmt: skip
    return np.concatenate(rows)


def infonce(x: np.ndarray, z: np.ndarray, x_held_out: np.ndarray, z_held_out: np.ndarray, seed: int = 0) -> np.ndarray:
    """InfoNCE in bits of each held-out pair, [held out]: their mean is the bound.

    x, z   features [pairs, …] of zero mean and unit variance, that the critic is fitted to; a fifth says when to stop

    The loss is convex in the critic, and begins at 0 with the cross-covariance as its slope: plain descent, stopped
    early, shrinks what few data cannot show.
    """
    random = np.random.default_rng(seed)
    stop = random.permutation(np.arange(BLOCKS) % 5 == 0)[np.arange(len(x)) * BLOCKS // len(x)]
    x_fit, z_fit, x_check, z_check = x[~stop], z[~stop], x[stop], z[stop]
    weights = np.zeros((x.shape[1], z.shape[1]))
    best, lowest = weights, 0.0
    for step in range(1, STEPS + 1):
        rows = random.permutation(len(x_fit))[:BATCH]
        slope = np.zeros_like(weights)
        for group in _groups(rows):
            a, b = x_fit[group], z_fit[group]
            slope += a.T @ (_softmax(a @ weights @ b.T) - np.eye(len(group))) @ b / len(rows)
        weights = weights - RATE * slope
        if step % EVERY == 0:
            loss = _loss(x_check, z_check, weights, np.random.default_rng(seed)).mean()
            if loss < lowest:
                best, lowest = weights, loss
    return -_loss(x_held_out, z_held_out, best, random) / np.log(2)


def _bound(units: dict[str, dict[str, np.ndarray]], side: str, *, shuffled: bool) -> tuple[np.ndarray, np.ndarray]:
    """(sum of InfoNCE, number of units) of each held-out example: the bound is the ratio of their sums."""
    fit, held_out = units["training"], units["held_out"]
    x, x_held_out = fit["x"], held_out["x"]
    if shuffled:
        random = np.random.default_rng(1)
        x, x_held_out = random.permutation(x), random.permutation(x_held_out)
    if len(x) < 10 or len(x_held_out) < 2:
        return np.full(1, np.nan), np.ones(1)
    bits = infonce(x, fit[side], x_held_out, held_out[side])
    _, example = np.unique(held_out["example"], return_inverse=True)
    return np.bincount(example, bits), np.bincount(example).astype(np.float64)


def _share(rep: np.ndarray, y: np.ndarray, bound: Figure) -> Figure | None:
    """What share of the bound on I(X; Y) the one on I(X; Y′) reaches; None where the former may be 0."""
    return bootstrap(rep, y) if bound.interval and bound.interval[0] > 0 else None


def _pooled(field: Field, value: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """[spans, parts × width] of the entries of one field within each (first step, end)."""
    rows = np.reshape(value, (1, 1) if field.scalar else (len(value), math.prod(value.shape[1:])))
    parts = 1 if field.scalar else WINDOW
    if field.hop:
        first = np.maximum(0, np.floor(spans[:, :1] / float(field.hop)))
        end = np.maximum(first + 1, np.floor(spans[:, 1:] / float(field.hop)))
    else:
        first, end = np.zeros((len(spans), 1)), np.full((len(spans), 1), len(rows))
    edges = np.floor(first + (end - first) * np.linspace(0, 1, parts + 1)).astype(int)
    left, right = edges[:, :-1], np.minimum(np.maximum(edges[:, :-1] + 1, edges[:, 1:]), len(rows))
    left = np.minimum(left, right)
    if field.vocabulary:
        cells = np.zeros((len(rows), field.vocabulary + 1), np.float32)
        np.add.at(cells, (np.arange(len(rows))[:, None], rows), 1)
        cells = cells[:, 1:]  # absent ones count for nothing
    else:
        cells = rows
    if (width := cells.shape[1]) > WIDEST:
        folds = -(-width // WIDEST)
        cells = np.pad(cells, ((0, 0), (0, -width % WIDEST))).reshape(len(rows), folds, WIDEST).sum(1)
    total = np.concatenate([np.zeros((1, cells.shape[1])), np.cumsum(cells, 0, dtype=np.float64)])
    sums = total[right] - total[left]
    weight = sums.sum(-1, keepdims=True) if field.vocabulary else (right - left)[..., None]
    return (sums / np.maximum(weight, 1)).reshape(len(spans), -1).astype(np.float32)


def _components(fit: np.ndarray, held_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both on the principal components of `fit`, of unit variance there, and a constant."""
    mean = fit.mean(0, dtype=np.float64)
    # of a symmetric matrix; the iteration of a general SVD may not converge
    spread, axes = np.linalg.eigh(np.cov(fit - mean, rowvar=False, bias=True).reshape(fit.shape[1], -1))
    spread, axes = spread[::-1], axes.T[::-1]
    kept = axes[:COMPONENTS][spread[:COMPONENTS] > 1e-6 * max(float(spread[0]), 1e-12)]
    scale = np.maximum(((fit - mean) @ kept.T).std(0), 1e-6)

    def along(each: np.ndarray) -> np.ndarray:
        return np.concatenate([np.clip((each - mean) @ kept.T / scale, -5, 5), np.ones((len(each), 1))], 1)

    return along(fit), along(held_out)


def _loss(x: np.ndarray, z: np.ndarray, weights: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """InfoNCE's loss in nats, less log N, of each pair, among N that are drawn together. Every pair is used once."""
    order = random.permutation(len(x))
    loss = np.empty(len(x))
    for rows in _groups(order):
        scores = x[rows] @ weights @ z[rows].T
        top = scores.max(1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(scores - top).sum(1))
        loss[rows] = total - np.diag(scores) - np.log(len(rows))
    return loss


def _groups(rows: np.ndarray) -> list[np.ndarray]:
    return np.array_split(rows, max(1, len(rows) // NEGATIVES))


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    found: np.ndarray = raised / raised.sum(1, keepdims=True)
    return found
