"""The neural codec: codes stand alone, streams are the whole, codebooks follow."""

from typing import Any

import numpy as np
import pytest
from speech_batches import (
    SPEAKER,
    WAVE,
    Batch,
    check_every_weight_is_moved,
    check_examples_stand_alone,
    cut,
    fields,
    noise,
)  # fmt: skip

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_speech.converter.codec import Codec
from regenkit_speech.networks.waves import factors

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
HOP = 40
SAMPLES = [800, 333, 610]


def codec(**options: Any) -> Codec:
    keras.utils.set_random_seed(0)
    sizes = {"hop_length": HOP, "num_quantizers": 3, "codebook_size": 8, "latent_dim": 4, "width": 16, "depth": 1}
    return Codec(condition=SPEAKER, target=WAVE, **sizes, judges_width=2, segment=20, **options)


def waves(rows: slice, longer: bool = False) -> tuple[Batch, Batch]:
    steps, longest = {"y": SAMPLES}, {"y": 1160 if longer else 800}
    return {}, cut(fields(WAVE, steps, longest), rows)


def test_codes_are_the_same_alone_and_in_a_batch() -> None:
    model = codec()
    both = {name: np.asarray(value) for name, value in model.encode({}, waves(slice(0, 3))[1]).items()}
    assert set(both) == {"q1", "q2", "q3", model.clock.mask} and both["q1"].shape == (3, 20)
    for row, samples in enumerate(SAMPLES):
        entries = -(-samples // HOP)
        exact = {name: value[row : row + 1, :samples] for name, value in waves(slice(0, 3))[1].items()}
        for target in (waves(slice(row, row + 1), True)[1], exact):
            one = model.encode({}, target)
            for name in model.spec:
                np.testing.assert_array_equal(one[name][0][:entries], both[name][row, :entries])
                assert (both[name][row, :entries] > 0).all() and not both[name][row, entries:].any()


@pytest.mark.exhaustive(minutes=0.5)
def test_losses_stand_alone_and_move_every_weight() -> None:
    """As the loop cuts windows: none is longer than the segment that is judged."""
    model = codec(adversarial_start=0, quantizer_dropout=0.0)
    check_examples_stand_alone(model, lambda rows, longer: waves(rows), atol=1e-3)
    check_every_weight_is_moved(model, *waves(slice(0, 3)))


def test_a_stream_is_the_whole() -> None:
    model = codec()
    rep = {name: np.asarray(value) for name, value in model.encode({}, waves(slice(0, 1))[1]).items()}
    whole = model.sample(rep, seed=0)["wave"]
    assert whole.shape == (1, 800) and np.abs(whole).max() > 0
    parts = [part["wave"] for part in model.stream(rep, seed=0, chunk=3)]
    np.testing.assert_allclose(np.concatenate(parts, 1), whole, atol=1e-4)


def test_codebooks_follow_what_is_encoded() -> None:
    model = codec(adversarial_start=9)
    batch = tf.nest.map_structure(tf.constant, {"condition": {}, "target": waves(slice(0, 3))[1]})
    before = [each.codebook.numpy() for each in model.quantizer.quantizers]
    statistics = model.losses(batch, noise=noise(3))["statistics"]
    model.absorb(statistics)
    after = [each.codebook.numpy() for each in model.quantizer.quantizers]
    assert all(np.abs(one - other).max() > 0 for one, other in zip(before, after, strict=True))
    assert float(model.judges.updates) == 1.0


def test_the_bit_rate_is_stated_and_faults_are_refused() -> None:
    assert Codec(condition=Spec(), target=WAVE, width=16, depth=1).bits_a_second == 1600.0
    assert factors(320) == [5, 8, 8] and factors(40) == [5, 8]
    with pytest.raises(ValueError, match="no product of factors up to 8"):
        Codec(condition=Spec(), target=WAVE, hop_length=22)
    with pytest.raises(ValueError, match="one waveform"):
        Codec(condition=Spec(), target=SPEAKER)
