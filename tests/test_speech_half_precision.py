"""Each stage of speech that is trained learns under bfloat16 and float16, and what it says is not rounded to them."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from speech_batches import BESIDE, HOP, MEL, SPEAKER, TEXT, WAVE, Batch, fields, noise

from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec, tokens
from regenkit.training.train import computing_in
from regenkit_speech.converter.bestrq import BestRq
from regenkit_speech.converter.codec import Codec
from regenkit_speech.converter.vae import WaveVae
from regenkit_speech.models.acoustic import fastspeech, flow
from regenkit_speech.models.ctc import Ctc
from regenkit_speech.models.flow_vocoder import FlowVocoder
from regenkit_speech.models.glow import Glow
from regenkit_speech.models.hifigan import HifiGan
from regenkit_speech.models.label2wave import LabelToWave
from regenkit_speech.models.text2wave import TextToWave
from regenkit_speech.models.vocos import Vocos
from regenkit_speech.networks.coupling import Couplings

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
HEARD = Spec({"mel": Field(kind="continuous", shape=(None, 6), axis="x", hop=Fraction(HOP))})
PHONES = Spec({"phone": tokens(3, axis="phone")})
STEPS = {"x": [6, 3], "y": [HOP * 16, HOP * 9], "phone": [2, 1]}
LONGEST = {"x": 8, "y": HOP * 16, "phone": 2}
SMALL: dict[str, Any] = {"width": 16, "depth": 1}
JUDGED: dict[str, Any] = {"judges_width": 2, "segment": 16, "adversarial_start": 0}
LEARNED: dict[str, Any] = {**SMALL, **JUDGED, "hop_length": HOP, "latent_dim": 4}
BUILD: dict[str, tuple[Callable[..., Any], Spec, Spec, dict[str, Any]]] = {
    "fastspeech": (fastspeech, TEXT | SPEAKER, MEL | BESIDE, {**SMALL, "decoder_depth": 1}),
    "codec": (Codec, Spec(), WAVE, {**LEARNED, "num_quantizers": 2, "codebook_size": 8}),
    "ctc": (Ctc, HEARD | SPEAKER, PHONES, {**SMALL, "heads": 2}),
    "flow": (flow, TEXT | SPEAKER, MEL | BESIDE, {**SMALL, "decoder_depth": 1}),
    "glow": (Glow, TEXT | SPEAKER, MEL, SMALL),
    "vocos": (Vocos, MEL | BESIDE | SPEAKER, WAVE, {**SMALL, **JUDGED}),
    "hifigan": (HifiGan, MEL | BESIDE | SPEAKER, WAVE, {"width": 16, **JUDGED}),
    "flow_vocoder": (FlowVocoder, MEL | BESIDE | SPEAKER, WAVE, SMALL),
    "label2wave": (LabelToWave, SPEAKER, WAVE, {**SMALL, **JUDGED, "hop_length": HOP}),
    "text2wave": (TextToWave, TEXT, WAVE, {**SMALL, "hop_length": HOP, "n_mels": 12, "vocoder_width": 16}),
    "vae": (WaveVae, Spec(), WAVE, LEARNED),
    "bestrq": (BestRq, Spec(), WAVE, {**SMALL, "hop_length": 16, "n_fft": 128, "n_mels": 12, "heads": 2}),
}


def built(name: str, precision: str) -> tuple[Any, dict[str, Batch]]:
    build, condition, target, options = BUILD[name]
    steps = STEPS if name != "ctc" else {**STEPS, "x": [HOP * 16, HOP * 11]}
    longest = LONGEST if name != "ctc" else {**LONGEST, "x": HOP * 16}
    sides = {
        side: fields(spec, steps, longest) if spec else {}
        for side, spec in (("condition", condition), ("target", target))
    }
    keras.utils.set_random_seed(0)
    with computing_in(precision):
        return build(condition=condition, target=target, **options), tf.nest.map_structure(tf.constant, sides)


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", BUILD)
def test_it_learns_under_half_precision(name: str, precision: str) -> None:
    (whole, batch), (half, _) = built(name, "float32"), built(name, precision)
    half.set_weights(whole.get_weights())
    expected = whole.losses(batch, noise=noise(2))
    groups = getattr(half, "groups", lambda: {"main": half.trainable_variables})()
    with tf.GradientTape(persistent=True) as tape:
        found = half.losses(batch, noise=noise(2))
        totals = {group: tf.add_n([tf.reduce_sum(value) for value, _ in found[group].values()]) for group in groups}
    for group, variables in groups.items():
        for term, (value, weight) in found[group].items():
            one, other = value.numpy(), expected[group][term][0].numpy()
            assert value.dtype == weight.dtype == tf.float32 and np.isfinite(one).all(), term
            assert np.abs(one - other).sum() <= 0.2 * max(1.0, np.abs(other).sum()), (term, one, other)
        for variable, slope in zip(
            variables, tape.gradient(totals[group], [each.value for each in variables]), strict=True
        ):
            assert variable.dtype == "float32" and slope is not None, variable.path
            if precision == "bfloat16":  # float16 may overflow, which the loop's scale is for
                assert np.isfinite(tf.convert_to_tensor(slope).numpy()).all(), variable.path


def test_a_flow_is_inverted_as_exactly_under_half_precision() -> None:
    with computing_in("bfloat16"):
        layer = Couplings(4, 2, 8, 1)
    for number, each in enumerate(layer.trainable_variables):
        each.assign_add(0.1 * np.random.default_rng(number).standard_normal(each.shape).astype(np.float32))
    x, known = tf.constant(np.random.default_rng(0).standard_normal((1, 5, 4)), tf.float32), tf.ones([1, 5, 1])
    there = layer(x, known)
    assert there.dtype == tf.float32 and np.abs(there.numpy() - x.numpy()).max() > 0.01
    np.testing.assert_allclose(layer.inverse(there, known), x, atol=1e-5)
