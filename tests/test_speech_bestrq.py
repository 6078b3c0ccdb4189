"""BEST-RQ: an example's vectors, codes and losses are its own, and what is shown says nothing of what is hidden."""

from typing import Any

import numpy as np
import pytest
from speech_batches import SPEAKER, WAVE, Batch, check_examples_stand_alone, cut, fields, noise

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit.stage import LearnedConverter, Trainable
from regenkit_speech.converter.bestrq import STRETCH, BestRq

SAMPLES = [9_000, 3_333, 6_100]


def bestrq(**options: Any) -> BestRq:
    keras.utils.set_random_seed(0)
    sizes = {"hop_length": 40, "n_fft": 128, "n_mels": 12, "codebook_size": 16, "width": 16, "depth": 1, "heads": 2}
    return BestRq(condition=Spec(), target=WAVE, **sizes, kernel=5, **options)


def waves(rows: slice, longer: bool = False) -> tuple[Batch, Batch]:
    return {}, cut(fields(WAVE, {"y": SAMPLES}, {"y": 9_777 if longer else 9_000}), rows)


@pytest.mark.exhaustive(minutes=0.2)
def test_an_example_stands_alone() -> None:
    model = bestrq(mask=0.3)
    assert isinstance(model, LearnedConverter) and isinstance(model, Trainable)
    check_examples_stand_alone(model, waves, atol=2e-3)
    whole = {name: np.asarray(value) for name, value in model.encode({}, waves(slice(0, 3))[1]).items()}
    assert whole["features"].shape == (3, 57, 16) and str(model.spec["features"].hop) == "160"
    for row, samples in enumerate(SAMPLES):
        entries = -(-samples // 160)
        exact = {name: value[row : row + 1, :samples] for name, value in waves(slice(0, 3))[1].items()}
        for target in (exact, waves(slice(row, row + 1), True)[1]):
            alone = np.asarray(model.encode({}, target)["features"])[0]
            np.testing.assert_allclose(alone[:entries], whole["features"][row, :entries], atol=1e-4)
            assert not alone[entries:].any() and not whole["features"][row, entries:].any()


def test_projection_and_codes_are_not_trained_and_many_codes_are_used() -> None:
    model = bestrq()
    trained = {id(variable) for variable in model.trainable_variables}
    assert id(model.projection) not in trained and id(model.codebook) not in trained
    spectrum, mask = model._spectrum(waves(slice(0, 3))[1])
    codes, known = (np.asarray(each) for each in model.codes(spectrum, mask))
    assert known.sum(1).tolist() == [-(-samples // 160) for samples in SAMPLES]
    assert len(np.unique(codes[known])) > 8


def test_hidden_stretches() -> None:
    model = bestrq(mask=0.05)
    hidden = np.asarray(model._hidden(tf.constant(400), noise(8)))
    assert 0.25 < hidden.mean() < 0.55  # 1 − 0.95 ** 10 is 0.40
    for row in hidden:
        starts, ends = (np.flatnonzero(np.diff(np.pad(row.astype(int), 1)) == sign) for sign in (1, -1))
        assert ((ends - starts >= STRETCH) | (ends == 400)).all()
    fixed = np.asarray(model._hidden(tf.constant(60), None))[0]
    assert np.flatnonzero(fixed).tolist() == [*range(10, 20), *range(40, 50)]


def test_what_is_hidden_cannot_be_seen() -> None:
    """The validation loss hides entries 10 to 19: other sounds there change the codes, not what they are told by."""
    model = bestrq()
    spectrum, mask = model._spectrum(waves(slice(0, 1))[1])
    _, known = model.codes(spectrum, mask)
    hidden = known & model._hidden(tf.shape(known)[1], None)
    shown = tf.repeat(~hidden, 4, axis=1)[:, : spectrum.shape[1]]
    other = spectrum.numpy()
    other[:, 40:80] += 1.0
    one, two = (model._vectors(tf.constant(each), mask, shown, None).numpy() for each in (spectrum.numpy(), other))
    np.testing.assert_array_equal(one, two)


def test_a_y_that_is_no_waveform_is_refused() -> None:
    with pytest.raises(ValueError, match="learns from one waveform"):
        BestRq(condition=Spec(), target=SPEAKER)
