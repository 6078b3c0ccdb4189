"""Vocoder, codec, text to spectra and all of VITS, trained by the loop: judges, codebooks that follow and revive,
alignment search, windows of latent vectors.

Two replicas end as one does, and a training that was stopped ends as one that was not."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_sounds import tone
from toy_job import train, weights
from toy_watch import difference, stopping_at

from regenkit.components import Example
from regenkit.data.prepare import Prepared, prepare
from regenkit.distribute import make_strategy
from regenkit.errors import Interrupted
from regenkit.models.joint_vectors import JointVectors
from regenkit.quiet import keras
from regenkit.recipe.train_settings import JointSettings
from regenkit.spec import Spec, tokens
from regenkit.stages import Side
from regenkit_speech.converter.codec import Codec
from regenkit_speech.converter.spectral import Mel
from regenkit_speech.converter.vae import WaveVae
from regenkit_speech.modality import Audio
from regenkit_speech.models.acoustic import fastspeech
from regenkit_speech.models.flow_vocoder import FlowVocoder
from regenkit_speech.models.glow import Glow
from regenkit_speech.models.vocos import Vocos

pytestmark = [
    pytest.mark.exhaustive(minutes=4),
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras and NumPy 2
]
RATE, HOP, BANDS = 8_000, 64, 12
X, Y = Spec({"text": tokens(4, axis="x")}), Audio(sample_rate=RATE).spec
TEXT_TO_MEL, MEL_TO_WAVE, WAVE_ALONE, TEXT_TO_WAVE = "text to mel", "mel to wave", "wave alone", "text to wave"


@dataclass(frozen=True)
class Tones:
    """X is three to six symbols, Y a tone for each."""

    version = 1

    def sources(self) -> list[str]:
        return [str(number) for number in range(45)]

    def read(self, source: str) -> list[Example]:
        random = np.random.default_rng(int(source))
        text = random.integers(1, 5, random.integers(3, 7)).astype(np.int32)
        sound = [tone(float(random.uniform(0.03, 0.06)), RATE, hertz=300.0 * symbol) for symbol in text]
        return [Example(id=source, x={"text": text}, y={"wave": np.concatenate(sound)}, groups=(f"of:{source}",))]


@pytest.fixture(scope="module")
def data() -> Prepared:
    converter = Mel(y=Y, sample_rate=RATE, n_fft=4 * HOP, hop_length=HOP, n_mels=BANDS)
    return prepare(
        dataset=Tones(), identity={"use": "tones"}, converter=converter, converter_identity={"use": "mel"},
        specs={"x": X, "y": Y, "rep": converter.spec}, progress=lambda *_: None, processes=1,
    )  # fmt: skip


def vocos(condition: Spec, target: Spec) -> Vocos:
    return Vocos(condition=condition, target=target, sample_rate=RATE, width=16, depth=1, adversarial_start=3,
                 judges_width=2, segment=16)  # fmt: skip


def flow_vocoder(condition: Spec, target: Spec) -> FlowVocoder:
    return FlowVocoder(condition=condition, target=target, width=16, depth=1)


def codec(condition: Spec, target: Spec) -> Codec:
    """With more codes than it needs, so that some die."""
    return Codec(condition=condition, target=target, sample_rate=RATE, hop_length=40, num_quantizers=2,
                 codebook_size=64, latent_dim=4, width=16, depth=1, adversarial_start=3, judges_width=2,
                 segment=26)  # fmt: skip


def acoustic(build: Callable[..., Any]) -> Callable[[Spec, Spec], Any]:
    return lambda condition, target: build(condition=condition, target=target, width=16, depth=1, decoder_depth=1)


def vits(condition: Spec, target: Spec) -> JointVectors:
    """With a renderer that has no judges, whose graphs take minutes to trace."""
    converter = WaveVae(condition=Spec({}), target=target, sample_rate=RATE, hop_length=HOP, latent_dim=4, width=16,
                        depth=1, judges_width=2, segment=16)  # fmt: skip
    glow = Glow(condition=condition, target=converter.spec, width=16, depth=1, flow_steps=2)
    parts = {"converter": converter, "generator": glow, "renderer": flow_vocoder(converter.spec, target)}
    return JointVectors(parts=parts, specs={"x": condition, "y": target, "rep": converter.spec},
                        settings=JointSettings(predict_x=0.0, adapt=0.0, approach=1.0, window=16))  # fmt: skip


CASES: dict[str, tuple[str, Callable[[Spec, Spec], Any], dict[str, Any]]] = {
    "vocos": (MEL_TO_WAVE, vocos, {"window": 16}),
    "flow_vocoder": (MEL_TO_WAVE, flow_vocoder, {"window": 16}),
    "codec": (WAVE_ALONE, codec, {"window": 26 * 40}),
    "fastspeech": (TEXT_TO_MEL, acoustic(fastspeech), {}),
    "vits": (TEXT_TO_WAVE, vits, {}),
}


def learn(name: str, data: Prepared, folder: Path, **options: Any) -> list[np.ndarray]:
    route, build, extra = CASES[name]
    rep = data.specs["rep"]
    condition, target = {
        TEXT_TO_MEL: (Side(spec=X, source={"text": "x"}), Side(spec=rep, source={"mel": "rep"})),
        MEL_TO_WAVE: (Side(spec=rep, source={"mel": "rep"}), Side(spec=Y, source={"wave": "y"})),
        TEXT_TO_WAVE: (Side(spec=X, source={"text": "x"}), Side(spec=Y, source={"wave": "y"})),
        WAVE_ALONE: (Side(spec=Spec({}), source={}), Side(spec=Y, source={"wave": "y"})),
    }[route]

    keras.utils.clear_session()  # names of layers begin anew: TensorFlow orders some sums by them

    def made() -> Any:
        keras.utils.set_random_seed(0)
        return build(condition.spec, target.spec)

    options = {"steps": 12, "validate_every": 6, "checkpoint_every": 3, "steps_per_call": 3, "learning_rate": 1e-3,
               "strategy": make_strategy("none"), **extra, **options}  # fmt: skip
    model, _ = train(folder, build=made, data=data, between=(condition, target), **options)
    return weights(model)


@pytest.mark.parametrize("name", CASES)
def test_two_replicas_and_a_stopped_training_end_as_one_that_was_not(name: str, data: Prepared, tmp_path: Path) -> None:
    alone = learn(name, data, tmp_path / "alone")
    with pytest.raises(Interrupted):
        learn(name, data, tmp_path / "stopped", sample=stopping_at(6), sample_every=3)
    assert all(map(np.array_equal, learn(name, data, tmp_path / "stopped"), alone))
    both = learn(name, data, tmp_path / "both", strategy=make_strategy("mirrored"))
    assert difference(both, alone) < 2e-4
