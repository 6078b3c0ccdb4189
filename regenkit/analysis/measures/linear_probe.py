"""How well classes are predicted from fixed features: by a linear classifier, and by the nearest neighbours.

Both are fitted to training examples and measured on held-out ones. Features are standardised; of more
than COMPONENTS their principal components are used.
"""

import numpy as np

COMPONENTS = 256
NEIGHBOURS = 20
PENALTY = 1e-3
"""Of half the squared weights, against the mean cross-entropy."""


def correct(training: np.ndarray, labels: np.ndarray, held_out: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """{"linear", "knn"}: 1 where a held-out example's class is predicted, else 0, float64 [held out].

    training, held_out   features [examples, d]
    labels, truth        integers [examples]; labels are of two classes at least
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fewer = [PCA(COMPONENTS, random_state=0)] if min(training.shape) > COMPONENTS else []
    standard = make_pipeline(StandardScaler(), *fewer)
    fit, other = standard.fit_transform(np.float64(training)), standard.transform(np.float64(held_out))
    classifiers = {
        "linear": LogisticRegression(C=1 / (PENALTY * len(fit)), max_iter=5000),
        "knn": KNeighborsClassifier(min(NEIGHBOURS, len(fit)), metric="cosine"),
    }
    return {name: (each.fit(fit, labels).predict(other) == truth).astype(np.float64)
            for name, each in classifiers.items()}  # fmt: skip
