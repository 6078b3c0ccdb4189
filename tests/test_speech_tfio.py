"""What tensorflow-io does where it loads (TensorFlow 2.17) beside what soundfile, soxr and tf.signal do elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from own_sounds import tone, write

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit_speech.converter.prosody import Prosody
from regenkit_speech.converter.spectral import MEAN, SCALE, Magnitude, Mel
from regenkit_speech.modality import Audio, decoding
from regenkit_speech.modality.blocks import opened
from regenkit_speech.signal import tfio

RATE = 16_000
RATES = [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
INSTALLED = tfio._imported()[0] is not None
needs = pytest.mark.skipif(not INSTALLED, reason=f"tensorflow-io does not load here: {tfio._imported()[1]}")


def by_both(monkeypatch: pytest.MonkeyPatch, make: Callable[[], Any]) -> tuple[Any, Any]:
    found = []
    for switch in ("on", "off"):
        monkeypatch.setenv(tfio.SWITCH, switch)
        found.append(make())
    return found[0], found[1]


def sound(rate: int, seconds: float = 0.5) -> np.ndarray:
    """Stereo, two tones and a little noise."""
    noise = np.random.default_rng(0).normal(0, 0.01, round(seconds * rate)).astype(np.float32)
    left = tone(seconds, rate, hertz=300.0, loudness=0.4) + noise
    return np.stack([left, tone(seconds, rate, hertz=1700.0, loudness=0.2) - noise], 1)


def test_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tfio.SWITCH, "off")
    assert tfio.loaded() is None
    monkeypatch.setenv(tfio.SWITCH, "perhaps")
    with pytest.raises(UserError, match="right are auto, on and off"):
        tfio.loaded()
    monkeypatch.setenv(tfio.SWITCH, "on")
    if INSTALLED:
        assert tfio.loaded() is not None
    else:
        with pytest.raises(UserError, match=r"tensorflow-io does not load .* pip install"):
            tfio.loaded()


@needs
@pytest.mark.parametrize("kind", sorted(tfio.DECODED), ids="-".join)
def test_it_decodes_the_same_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: tuple[str, str]) -> None:
    """To the bit; of Vorbis within 1e-6."""
    format, subtype = kind
    path = tmp_path / f"a.{format.lower()}"
    write(path, sound(22_050, 4.0), 22_050, subtype, format)
    atol = 1e-6 if format == "OGG" else 0.0
    for start in (0.0, 0.7):
        ours, theirs = by_both(monkeypatch, lambda start=start: list(opened(path, start).blocks))
        ours, theirs = np.concatenate(ours), np.concatenate(theirs)
        assert ours.dtype == np.float32 and ours.shape == theirs.shape == (88_200 - int(start * 22_050), 2)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


@needs
def test_what_it_reads_otherwise_is_left_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, subtype in (("a.wav", "PCM_32"), ("a.aiff", "PCM_16"), ("a.mp3", None)):
        write(tmp_path / name, sound(RATE), RATE, subtype)
        info = soundfile.info(tmp_path / name)
        assert (info.format, info.subtype) not in tfio.DECODED
        ours, theirs = by_both(monkeypatch, lambda name=name: np.concatenate(list(opened(tmp_path / name).blocks)))
        np.testing.assert_array_equal(ours, theirs)


@needs
@pytest.mark.parametrize("rate", RATES)
def test_it_resamples_alike(rate: int) -> None:
    """What lies below 0.8 of the lower half rate, within 2e-3 of full scale, and at the same time."""
    highest = 0.8 * min(rate, RATE) / 2
    time = np.arange(rate) / rate
    hertz = np.linspace(100.0, highest, 5)
    wave = sum(np.sin(2 * np.pi * each * time + number) for number, each in enumerate(hertz)).astype(np.float32) / 5
    ours, theirs = tfio.resampled(wave, rate, RATE), soxr.resample(wave, rate, RATE, quality="HQ")
    assert ours.shape == theirs.shape
    inner = slice(300, -300)
    np.testing.assert_allclose(ours[inner], theirs[inner], atol=2e-3)
    impulse = np.zeros(rate, np.float32)
    impulse[rate // 2] = 1.0
    assert abs(int(np.argmax(tfio.resampled(impulse, rate, RATE))) - RATE // 2) <= 1


@needs
@settings(max_examples=40)
@given(st.integers(1, 3000), st.sampled_from(RATES), st.sampled_from([8_000, RATE, 22_050]))
def test_it_resamples_sounds_of_any_length_to_as_many_samples(samples: int, old: int, new: int) -> None:
    wave = np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)
    found = tfio.resampled(wave, old, new)
    assert len(found) == int(samples * new / old + 0.5) and np.isfinite(found).all()


@needs
def test_spectra_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    y = Audio().spec
    waves = [{"wave": sound(RATE, seconds)[:, 0]} for seconds in (0.01, 0.5, 0.3)]
    for build in (Magnitude, Mel, Prosody):
        ours, theirs = by_both(monkeypatch, lambda build=build: build(y=y).convert_all(waves))
        for one, other in zip(ours, theirs, strict=True):
            assert one.keys() == other.keys()
            for name, value in one.items():
                # of single bins the magnitude: where it is next to nothing, its logarithm says little
                pair = [np.exp(SCALE * each + MEAN) if build is Magnitude else each for each in (value, other[name])]
                np.testing.assert_allclose(*pair, rtol=0, atol=2e-4, err_msg=f"{build.__name__} {name}")


@needs
def test_its_spectrum_has_a_slope_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tfio.SWITCH, "on")
    wave = tf.Variable(np.concatenate([np.zeros(2048, np.float32), tone(0.1)])[None])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(Mel(y=Audio().spec).transform(wave)["mel"])
    slope = tape.gradient(loss, wave).numpy()
    assert np.isfinite(slope).all() and np.abs(slope).max() > 0


@needs
@pytest.mark.parametrize(("name", "rate"), [("a.flac", 44_100), ("a.ogg", 22_050), ("a.wav", 8_000)])
def test_a_recording_is_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, rate: int) -> None:
    write(tmp_path / name, sound(rate, 2.0), rate, "VORBIS" if name.endswith("ogg") else "PCM_16")
    ours, theirs = by_both(monkeypatch, lambda: decoding.read(tmp_path / name, RATE, max_seconds=20.0))
    assert abs(len(ours.samples) - len(theirs.samples)) <= 1 and ours.remarks == theirs.remarks
    inner = slice(300, min(len(ours.samples), len(theirs.samples)) - 300)
    assert np.sqrt(np.mean((ours.samples[inner] - theirs.samples[inner]) ** 2)) < 5e-3  # noise up to the half rate
