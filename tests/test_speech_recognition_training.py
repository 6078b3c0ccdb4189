"""Recognition and its learned X′, trained by the loop: the same weights on two replicas, and after a kill."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_clocks import side
from toy_job import train, weights
from toy_watch import difference, stopping_at

from regenkit.components import Example
from regenkit.data.prepare import prepare
from regenkit.distribute import make_strategy
from regenkit.errors import Interrupted
from regenkit.identity import Identity
from regenkit.spec import Field, Spec, tokens
from regenkit_speech.converter.bestrq import BestRq
from regenkit_speech.models.ctc import Ctc

pytestmark = [
    pytest.mark.exhaustive(minutes=1.2),
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
HEARD = Spec({"mel": Field(kind="continuous", shape=(None, 4), axis="x", hop=Fraction(10))})
SAID = Spec({"letter": tokens("abc")})
WAVE = Spec({"wave": Field(kind="continuous", hop=Fraction(1))})


@dataclass(frozen=True)
class Tones:
    """A string of one to four letters, each of which is heard for a while; `wave` is as long as what is heard."""

    waves: bool = False
    version = 1

    def sources(self) -> list[str]:
        return [str(number) for number in range(60)]

    def read(self, source: str) -> list[Example]:
        random = np.random.default_rng(int(source))
        letters = random.integers(1, 4, random.integers(1, 5)).astype(np.int32)
        if self.waves:
            steps = random.integers(100, 900)
            return [Example(id=source, y={"wave": random.standard_normal(steps).astype(np.float32)}, x={})]
        mel = np.repeat(np.eye(4)[letters], 8, 0) + 0.1 * random.standard_normal((8 * len(letters), 4))
        return [Example(id=source, y={"letter": letters}, x={"mel": mel.astype(np.float32)})]


def data(waves: bool) -> Any:
    specs = {"x": Spec(), "y": WAVE, "rep": WAVE} if waves else {"x": HEARD, "y": SAID, "rep": SAID}
    return prepare(
        dataset=Tones(waves), identity={"use": "tones", "waves": waves}, converter=Identity(y=specs["y"]),
        converter_identity={"use": "same"}, specs=specs, progress=lambda *_: None, processes=1,
    )  # fmt: skip


def recogniser() -> Any:
    return Ctc(condition=HEARD, target=SAID, width=16, depth=1, heads=2, kernel=5, dropout=0.2)


def features() -> Any:
    return BestRq(condition=Spec(), target=WAVE, hop_length=10, n_fft=32, n_mels=6, codebook_size=8, width=16, depth=1,
                  heads=2, kernel=5, dropout=0.2, mask=0.2)  # fmt: skip


CASES: dict[str, tuple[Callable[[], Any], bool, Any]] = {
    "ctc": (recogniser, False, (side(HEARD, "x"), side(SAID, "y"))),
    "bestrq": (features, True, (side(Spec(), "y"), side(WAVE, "y"))),
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[np.ndarray]]:
    """(train in a folder, the weights that one replica ends with)"""
    build, waves, between = CASES[request.param]

    def learn(folder: Path, **options: Any) -> Any:
        return train(folder, build=build, data=data(waves), between=between, **options)[0]

    return learn, weights(learn(tmp_path_factory.mktemp("alone"), strategy=make_strategy("none")))


def test_two_replicas_learn_the_same(case: tuple[Any, list[np.ndarray]], tmp_path: Path) -> None:
    learn, alone = case
    assert difference(weights(learn(tmp_path, strategy=make_strategy("mirrored"))), alone) < 1e-4


def test_a_kill_changes_nothing(case: tuple[Any, list[np.ndarray]], tmp_path: Path) -> None:
    learn, alone = case
    with pytest.raises(Interrupted):
        learn(tmp_path, strategy=make_strategy("none"), sample=stopping_at(10), sample_every=5)
    again = weights(learn(tmp_path, strategy=make_strategy("none")))
    assert all(map(np.array_equal, again, alone))
