"""Scores of text, against values counted by hand and against the libraries' own."""

from typing import Any

import numpy as np
import pytest
from sacrebleu import corpus_bleu

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit_text import metrics
from regenkit_text.arpabet import PHONEMES
from regenkit_text.modality import Knowledge, Text

TEXT = Text()
KNOWLEDGE = Knowledge(keys=["name", "tag"])


def of(samples: list[str], references: list[str], conditions: Any = ()) -> Evaluation:
    return Evaluation(
        samples=[TEXT.encode(text)[0] for text in samples], references=[TEXT.encode(text)[0] for text in references],
        conditions=[KNOWLEDGE.encode(each)[0] if each else {} for each in conditions], x=KNOWLEDGE, y=TEXT,
    )  # fmt: skip


def test_overlap_is_what_sacrebleu_says() -> None:
    made, wanted = ["the cat sat on the mat", "a dog"], ["the cat sat on a mat", "a dog"]
    assert metrics.bleu(of(made, wanted)) == pytest.approx(corpus_bleu(made, [wanted]).score)
    assert metrics.bleu(of(wanted, wanted)) == pytest.approx(100) == metrics.chrf(of(wanted, wanted))
    assert 0 < metrics.chrf(of(made, wanted)) < 100


def test_samples_that_are_alike_are_told() -> None:
    alike, unlike = ["the cat sat on the mat"] * 5, ["a b c d", "e f g h", "i j k l"]
    assert metrics.self_bleu(of(alike, alike)) == pytest.approx(100)
    assert metrics.self_bleu(of(unlike, unlike)) < 1
    assert np.isnan(metrics.self_bleu(of(["a"], ["a"])))
    assert metrics.distinct_1(of(alike, alike)) == pytest.approx(5 / 30) and metrics.distinct_1(of(unlike, unlike)) == 1
    assert metrics.distinct_2(of(["a b a b"], ["a"])) == pytest.approx(2 / 3)
    assert np.isnan(metrics.distinct_2(of(["a"], ["a"])))


def test_facts_that_the_reference_says_are_looked_for() -> None:
    facts = (("name", "foo"), ("tag", "text-mode"), ("tag", "utils"))
    scores = metrics.fact_coverage(
        of(["a tool", "Foo tool", "foo in text, mode", "x"], ["foo for text mode"] * 3 + ["nothing"], [facts] * 4)
    )
    np.testing.assert_allclose(scores, [0, 0.5, 1, np.nan])
    assert np.isnan(metrics.fact_coverage(of(["a"], ["a"], [None]))).all()


def test_facts_are_looked_for_where_x_is_facts() -> None:
    text = [TEXT.encode("a")[0]]
    found = Evaluation(samples=text, references=text, conditions=text, x=TEXT, y=TEXT)
    with pytest.raises(UserError, match="is of facts, and X has none: take it out of the recipe's evaluate"):
        metrics.fact_coverage(found)


def test_error_rates_sum_over_all_units() -> None:
    found = of(["a b c", "x"], ["a c", "x y z w"])
    np.testing.assert_allclose(metrics.word_error_rate(found), np.array([1, 3]) / 3)
    assert metrics.word_error_rate(found).mean() == pytest.approx(4 / 6)  # all errors over all words
    np.testing.assert_allclose(metrics.character_error_rate(of(["abd"], ["abc"])), [1 / 3])
    np.testing.assert_allclose(metrics.length_difference(of(["abcd", "a"], ["ab", "a"])), [1, 0])


def test_phonemes_are_compared_without_stress() -> None:
    text = Text(units="symbols", labels=PHONEMES)
    pair = [text.encode(each)[0] for each in ("HH AH0 L OW1", "HH AH1 L")]
    wanted = [text.encode("HH AH0 L OW0")[0]] * 2
    found = Evaluation(samples=pair, references=wanted, y=text)
    np.testing.assert_allclose(metrics.phoneme_error_rate(found), [0, 0.25])
    np.testing.assert_allclose(metrics.mismatch(found), [0, 1])
    np.testing.assert_allclose(metrics.word_error_rate(found), [0.25, 0.5])


def test_an_empty_sample_is_all_errors() -> None:
    empty = Evaluation(samples=[{"byte": np.zeros(0, np.int32)}], references=[TEXT.encode("a b")[0]], y=TEXT)
    np.testing.assert_allclose(metrics.word_error_rate(empty), [1])
    np.testing.assert_allclose(metrics.character_error_rate(empty), [1])
    assert metrics.bleu(empty) == 0
