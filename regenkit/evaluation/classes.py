"""How well classes can be told apart by fixed features: a linear classifier, and the nearest neighbours.

Both are fitted to training examples, and what they get right is of held-out ones. Features are standardised; of more
than COMPONENTS their principal components are used.
"""

import numpy as np

COMPONENTS = 256
PENALTY = 1e-3
"""Of the squared weights, against the mean cross-entropy, on components of unit variance."""
STEPS = 300
NEIGHBOURS = 20


def right(training: np.ndarray, labels: np.ndarray, held_out: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """{"linear", "knn"}: 1 where a held-out example's class was told, else 0, float64 [held out].

    training, held_out   features [examples, d]
    labels, truth        integers [examples]
    """
    fit, other = components(training, held_out)
    classes, place = np.unique(labels, return_inverse=True)
    scale = np.maximum(fit.std(0), 1e-6)
    told = {
        "linear": classes[_scores(fit / scale, place, other / scale, len(classes)).argmax(1)],
        "knn": classes[_votes(fit, place, other, len(classes)).argmax(1)],
    }
    return {name: (each == truth).astype(np.float64) for name, each in told.items()}


def components(training: np.ndarray, held_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both standardised as `training` is, and on its principal components, float64 [examples, up to COMPONENTS]."""
    mean, deviation = training.mean(0, dtype=np.float64), training.std(0, dtype=np.float64)
    deviation = np.where(deviation > 1e-6 * max(1e-12, float(deviation.max(initial=0.0))), deviation, np.inf)
    fit, other = ((each - mean) / deviation for each in (training, held_out))
    if fit.shape[1] <= COMPONENTS:
        return fit, other
    if len(fit) < fit.shape[1]:  # by the smaller matrix of inner products
        squares, vectors = np.linalg.eigh(fit @ fit.T)
        squares, vectors = squares[::-1][:COMPONENTS], vectors[:, ::-1][:, :COMPONENTS]
        kept = squares > 1e-9 * squares[0]
        axes = fit.T @ (vectors[:, kept] / np.sqrt(squares[kept]))
    else:
        axes = np.linalg.eigh(fit.T @ fit)[1][:, ::-1][:, :COMPONENTS]
    return fit @ axes, other @ axes


def _scores(fit: np.ndarray, place: np.ndarray, other: np.ndarray, classes: int) -> np.ndarray:
    """Multinomial logistic regression, [examples of `other`, classes]. Its loss is convex: it is descended with
    Nesterov's momentum, by steps that its curvature allows."""
    x, y = np.pad(fit, ((0, 0), (0, 1)), constant_values=1.0), np.eye(classes)[place]
    rate = 1 / (0.5 * float(np.linalg.eigvalsh(x.T @ x / len(x))[-1]) + PENALTY)
    weights = ahead = np.zeros((x.shape[1], classes))
    for step in range(STEPS):
        slope = x.T @ (_softmax(x @ ahead) - y) / len(x) + PENALTY * ahead
        before, weights = weights, ahead - rate * slope
        ahead = weights + step / (step + 3) * (weights - before)
    return np.pad(other, ((0, 0), (0, 1)), constant_values=1.0) @ weights


def _votes(fit: np.ndarray, place: np.ndarray, other: np.ndarray, classes: int) -> np.ndarray:
    """Votes of the nearest by cosine, [examples of `other`, classes]; of equal numbers the nearest one's decides."""
    fit, other = (each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-12) for each in (fit, other))
    likeness = other @ fit.T
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :NEIGHBOURS]
    votes = np.eye(classes)[place[nearest]].sum(1)
    return votes + 0.5 * np.eye(classes)[place[nearest[:, 0]]]


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    found: np.ndarray = raised / raised.sum(1, keepdims=True)
    return found
