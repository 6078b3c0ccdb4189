"""Signal processing in TensorFlow beside librosa, and the converters that are made of it."""

import librosa
import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st
from own_sounds import tone

from regenkit.errors import UserError
from regenkit.layers import noise
from regenkit.pipeline.editing import parse_given
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec
from regenkit_speech.converter.coarse import Downsample, Wavelet
from regenkit_speech.converter.prosody import VOICED, Prosody
from regenkit_speech.converter.spectral import Magnitude, Mel, Mfcc
from regenkit_speech.modality import Audio
from regenkit_speech.signal import coarse, mel, pitch
from regenkit_speech.signal.griffin_lim import griffin_lim, magnitude_of_mel
from regenkit_speech.signal.stft import inverse_stft, magnitude, stft

RATE = 16_000
Y = Audio(speakers=["ada", "bob"]).spec


def noisy(samples: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (tone(samples / RATE, hertz=300.0)[:samples] + random.normal(0, 0.1, samples)).astype(np.float32)


@pytest.mark.filterwarnings("ignore:n_fft=")  # librosa's, of short sounds
@settings(max_examples=25)
@given(st.integers(1, 5000), st.sampled_from([(1024, 256), (512, 128), (400, 160)]))
def test_spectra_are_those_of_librosa(samples: int, sizes: tuple[int, int]) -> None:
    n_fft, hop = sizes
    wave, entries = noisy(samples), -(-samples // hop)
    frames = {"n_fft": n_fft, "hop_length": hop, "pad_mode": "constant"}
    theirs = np.abs(librosa.stft(wave, **frames)).T[:entries]
    ours = magnitude(tf.constant(wave[None]), n_fft, hop)[0].numpy()
    assert ours.shape == (entries, n_fft // 2 + 1)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    theirs = librosa.feature.melspectrogram(y=wave, sr=RATE, n_mels=40, power=1, **frames).T[:entries]
    ours = mel.log_mel(tf.constant(wave[None]), rate=RATE, n_fft=n_fft, hop_length=hop, n_mels=40)[0].numpy()
    np.testing.assert_allclose(ours, np.log(np.maximum(theirs, mel.FLOOR)), atol=1e-4)
    theirs = librosa.feature.mfcc(y=wave, sr=RATE, n_mfcc=13, n_mels=40, n_fft=n_fft, hop_length=hop).T[:entries]
    ours = mel.mfcc(tf.constant(wave[None]), rate=RATE, n_fft=n_fft, hop_length=hop, n_mels=40, n_mfcc=13)[0].numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_an_example_is_the_same_alone_and_in_a_batch() -> None:
    ys = [
        {"wave": noisy(length, seed), "speaker": np.array(1, np.int32)} for seed, length in enumerate((5000, 777, 9000))
    ]
    for converter in (Magnitude(y=Y), Mel(y=Y), Mfcc(y=Y), Downsample(y=Y), Wavelet(y=Y), Prosody(y=Y)):
        for y, together in zip(ys, converter.convert_all(ys), strict=True):
            converter.spec.check(together, type(converter).__name__)
            clocks = {name: converter.spec.clock(name) for name in converter.own}
            assert {len(together[name]) for name in clocks} == {
                clock.entries(len(y["wave"])) for clock in clocks.values() if clock
            }
            alone = converter.convert(y)
            for name, value in together.items():
                np.testing.assert_allclose(alone[name], value, atol=1e-4)
            assert int(together["speaker"]) == 1


def test_a_spectrum_has_a_slope_everywhere() -> None:
    wave = tf.Variable(np.concatenate([np.zeros(1024, np.float32), noisy(1024)])[None])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(mel.log_mel(wave, rate=RATE, n_fft=512, hop_length=128, n_mels=20))
    slope = tape.gradient(loss, wave).numpy()
    assert np.isfinite(slope).all() and np.abs(slope[0, 1500:]).max() > 0


def test_the_inverse_gives_the_wave_back() -> None:
    wave = noisy(4096)[None]
    back = inverse_stft(stft(tf.constant(wave), 512, 128), 512, 128).numpy()
    assert back.shape == wave.shape
    np.testing.assert_allclose(back, wave, atol=1e-4)


def test_phase_is_found_by_projections() -> None:
    wave = tf.constant(noisy(8192)[None])
    true, seeds = magnitude(wave, 512, 128), tf.constant([[1, 2]])

    def error(iterations: int, momentum: float) -> float:
        found = griffin_lim(true, tf.ones(true.shape[:2]), n_fft=512, hop_length=128, iterations=iterations,
                            momentum=momentum, seeds=seeds)  # fmt: skip
        return float(tf.norm(magnitude(found, 512, 128) - true) / tf.norm(true))

    slow, fast = error(30, 0.0), error(30, 0.99)
    assert fast < slow < error(1, 0.0)
    filters = tf.constant(mel.filters(RATE, 512, 40))
    bands = mel.log_mel(wave, rate=RATE, n_fft=512, hop_length=128, n_mels=40)
    found = magnitude_of_mel(bands, filters)
    np.testing.assert_allclose(
        (found @ filters).numpy(), tf.exp(bands).numpy(), atol=0.05 * float(tf.reduce_max(tf.exp(bands)))
    )


@pytest.mark.parametrize("levels", range(1, 9))
def test_an_entry_of_a_wavelet_is_of_its_own_samples(levels: int) -> None:
    """Of a ramp it says where it looks: at its own samples, or within half an entry or three samples of its first."""
    ramp = tf.range(200 << levels, dtype=tf.float32)[None]
    looks = coarse.approximation(ramp, levels)[0].numpy()[20:-20] - (np.arange(20, 180) << levels)
    assert np.ptp(looks) < 0.02 * (1 << levels) and abs(looks.mean()) <= max(3.1, 0.5 * (1 << levels))


def test_a_wavelet_is_that_of_pywavelets() -> None:
    wave = noisy(4096)
    for levels in (1, 2, 3, 4, 5):
        ours = coarse.approximation(tf.constant(wave[None]), levels)[0].numpy()
        theirs = pywt.downcoef("a", wave, "db4", mode="zero", level=levels) / 2 ** (levels / 2)
        inner, shifted = ours[10:-10], [theirs[10 + shift :][: len(ours) - 20] for shift in range(8)]
        assert len(ours) == 4096 >> levels
        assert min(float(np.abs(inner - each).max()) for each in shifted if len(each) == len(inner)) < 1e-5
    constant = coarse.approximation(tf.ones([1, 512]), 3)[0, 30:-30].numpy()
    np.testing.assert_allclose(constant, 1.0, atol=1e-5)


def test_downsampling_keeps_what_is_low_and_where_it_is() -> None:
    low, high = tone(0.5, hertz=400.0), tone(0.5, hertz=3500.0)
    ours = coarse.downsampled(tf.constant((low + high)[None]), 4)[0].numpy()
    np.testing.assert_allclose(ours[50:-50], low[::4][50:-50], atol=2e-3)


def test_pitch_of_a_voice_that_stops() -> None:
    time = np.arange(RATE) / RATE
    voice = sum(np.sin(2 * np.pi * 150.0 * k * time) / k for k in range(1, 12)) * 0.2
    wave = np.concatenate([voice, 0.0001 * np.random.default_rng(0).normal(size=RATE)]).astype(np.float32)
    hertz = pitch.track(wave, RATE, 256)
    assert len(hertz) == 125 and np.median(hertz[5:55]) == pytest.approx(150.0, rel=0.01)
    assert (hertz[75:] == 0).mean() > 0.9
    octaves, voiced = pitch.octaves(hertz)
    np.testing.assert_allclose(pitch.hertz(octaves, voiced), hertz, rtol=1e-5)
    assert not pitch.octaves(np.zeros(4, np.float32))[1].any()


def test_prosody_is_edited_in_hertz() -> None:
    converter = Prosody(y=Audio().spec)
    rep = converter.convert({"wave": np.concatenate([tone(0.5, hertz=200.0), np.zeros(2000, np.float32)])})
    text = converter.to_text(rep, {"title": "t"})
    back, meta = converter.from_text(text)
    assert meta == {"title": "t"}
    for name in rep:
        np.testing.assert_allclose(back[name], rep[name], atol=1e-3)
    line = next(line for line in text.splitlines() if line.startswith("pitch:"))
    assert "voiced" not in text  # the pitch says it, so that the two cannot contradict each other
    edited = "pitch: [" + ", ".join(["220.0"] * len(rep["pitch"])) + "]"
    higher, _ = converter.from_text(text.replace(line, edited))
    assert (higher["voiced"] == VOICED).all() and higher["pitch"] == pytest.approx(np.log2(2.2))
    with pytest.raises(UserError, match="pitch is below 0"):
        converter.from_text(text.replace(line, edited.replace("220.0", "-1", 1)))


def test_what_is_given_and_what_is_refused() -> None:
    converter = Mel(y=Y)
    assert int(parse_given(converter, {"speaker": "bob"}).fields["speaker"]) == 2
    assert int(parse_given(converter, {}).fields["speaker"]) == 1
    for options, reason in (({"speakr": "bob"}, "did you mean"), ({"speaker": "eve"}, "it is one of ada, bob")):
        with pytest.raises(UserError, match=reason):
            parse_given(converter, options)
    with pytest.raises(ValueError, match="right is wave"):
        Mel(y=Spec({}))
    with pytest.raises(ValueError, match="a hop of at most half"):
        Mel(y=Y, hop_length=800)
    with pytest.raises(ValueError, match="as many as mel bands"):
        Mfcc(y=Y, n_mfcc=90)


def test_noise_of_the_phase_does_not_depend_on_the_batch() -> None:
    seeds = tf.constant([[1, 2], [3, 4]])
    true = magnitude(tf.constant(np.stack([noisy(2048), noisy(2048, 1)])), 512, 128)
    there = tf.ones(true.shape[:2])
    both = griffin_lim(true, there, n_fft=512, hop_length=128, iterations=3, momentum=0.9, seeds=seeds)
    one = griffin_lim(true[1:], there[1:], n_fft=512, hop_length=128, iterations=3, momentum=0.9, seeds=seeds[1:])
    np.testing.assert_allclose(both[1:], one, atol=1e-5)
    assert noise.fold_in(None, "x") is None
