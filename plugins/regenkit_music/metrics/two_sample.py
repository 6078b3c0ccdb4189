"""Classifier two-sample test (Lopez-Paz & Oquab, ICLR 2017): how well can samples be told from real melodies?"""

import numpy as np

from regenkit.components import Evaluation
from regenkit_music.metrics.features import features

FOLDS = 5
FEWEST = 2 * FOLDS
"""Songs; with fewer there is nothing to cross-validate."""


def two_sample(of: Evaluation) -> np.ndarray:
    """() area under the ROC curve of a cross-validated logistic regression on whole-melody features, mean of the folds.

    0.5: not to be told apart; 1: always. A reference and all samples for the same words fall into one fold. NaN with
    fewer than ten songs.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    songs: dict[bytes, int] = {}
    x, y, groups = [], [], []
    for sample, reference in zip(of.samples, of.references, strict=True):
        key = b"".join(reference[name].tobytes() for name in ("position", "duration", "pitch"))
        fresh = key not in songs  # several samples for one song: its reference counts once
        group = songs.setdefault(key, len(songs))
        for fields, real, counts in ((sample, 0, True), (reference, 1, fresh)):
            if counts and len(fields["pitch"]):
                x.append(features(fields))
                y.append(real)
                groups.append(group)
    if len(songs) < FEWEST or len(set(y)) < 2:
        return np.array(np.nan)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000))
    folds = cross_val_score(classifier, np.stack(x), y, groups=groups, cv=GroupKFold(FOLDS), scoring="roc_auc")
    return np.array(folds.mean())
