"""A network trained with its regeneration, by the loop: the same weights on two replicas, and after a kill."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dense_files import dataset, discs
from toy_job import train, weights
from toy_watch import difference, stopping_at

from regenkit.data.prepare import Prepared, prepare
from regenkit.distribute import make_strategy
from regenkit.errors import Interrupted
from regenkit.identity import Identity
from regenkit.models.assisted import Assisted
from regenkit.plugins import host
from regenkit.stages import Side

pytestmark = [
    pytest.mark.exhaustive(minutes=0.6),
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Discs, of which half the training pictures have no labels."""
    root = discs(tmp_path_factory.mktemp("user") / "discs", 40)
    source = dataset("dense/folder", path=str(root), size=16, classes=("ground", "disc"), labelled_fraction=0.5)
    specs = {"x": host().find("modality", "image").load()(**source.modalities["x"]).spec,
             "y": host().find("modality", "maps").load()(**source.modalities["y"]).spec}  # fmt: skip
    return prepare(
        dataset=source, identity={"use": "discs"}, converter=Identity(y=specs["y"]), converter_identity={"use": "same"},
        specs={**specs, "rep": specs["y"]}, progress=lambda *_: None, processes=1,
    )  # fmt: skip


def learn(folder: Path, data: Prepared, **options: Any) -> Assisted:
    x, y = data.specs["x"], data.specs["rep"]

    def build() -> Assisted:
        generator = host().find("generator", "dense/unet").load()(condition=x, target=y, width=8)
        auxiliary = host().find("renderer", "dense/regeneration").load()(
            condition=x | y, target=x, width=8, depth=1, redaction=("blocks", "pixels"), strength_steps=10,
            warmup_steps=15, cycle=0.1,
        )  # fmt: skip
        return Assisted(parts={"generator": generator, "auxiliary": auxiliary}, specs=data.specs, settings=0.5)

    between = (Side(spec=x, source=dict.fromkeys(x, "x")), Side(spec=y, source=dict.fromkeys(y, "rep")))
    model, _ = train(folder, build=build, data=data, between=between, **options)
    found: Assisted = model
    return found


@pytest.fixture(scope="module")
def alone(data: Prepared, tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    model = learn(tmp_path_factory.mktemp("alone"), data, strategy=make_strategy("none"))
    assert int(model.auxiliary.steps) == 20
    return weights(model)


def test_two_replicas_learn_the_same(data: Prepared, alone: list[np.ndarray], tmp_path: Path) -> None:
    assert difference(weights(learn(tmp_path, data, strategy=make_strategy("mirrored"))), alone) < 1e-4


def test_a_kill_changes_nothing(data: Prepared, alone: list[np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        learn(tmp_path, data, strategy=make_strategy("none"), sample=stopping_at(10), sample_every=5)
    again = weights(learn(tmp_path, data, strategy=make_strategy("none")))
    assert all(map(np.array_equal, again, alone))
