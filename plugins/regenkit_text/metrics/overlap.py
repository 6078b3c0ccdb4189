"""How much of the reference a sample says, in n-grams: BLEU and chrF, as the package sacrebleu counts them.

BLEU: Papineni et al. 2002. chrF: Popović 2015. sacrebleu: Post 2018, arXiv 1804.08771. Both are of all samples.
"""

import numpy as np

from regenkit.components import Evaluation
from regenkit_text.metrics.texts import references, samples

MOST = 200
"""Samples that are compared with one another: the work is the square of it."""


def bleu(of: Evaluation) -> np.ndarray:
    """() 0…100: precision of 1- to 4-grams of words, with the penalty for brevity. Tokens as WMT's 13a."""
    from sacrebleu.metrics.bleu import BLEU

    return np.array(BLEU().corpus_score(samples(of), [references(of)]).score)


def chrf(of: Evaluation) -> np.ndarray:
    """() 0…100: F-score, recall counting double, of 1- to 6-grams of characters."""
    from sacrebleu.metrics.chrf import CHRF

    return np.array(CHRF().corpus_score(samples(of), [references(of)]).score)


def self_bleu(of: Evaluation) -> np.ndarray:
    """() 0…100: BLEU of each of the first 200 samples with the others as its references, the mean (Zhu et al. 2018,
    arXiv 1802.01886). High: the samples are alike; to be compared with the references' own. NaN of one sample."""
    from sacrebleu.metrics.bleu import BLEU

    texts, measure = samples(of)[:MOST], BLEU(effective_order=True)
    if len(texts) < 2:
        return np.array(np.nan)
    scores = [
        measure.sentence_score(text, [*texts[:place], *texts[place + 1 :]]).score for place, text in enumerate(texts)
    ]
    return np.array(np.mean(scores))
