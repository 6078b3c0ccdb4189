"""EfficientNet-lite0 as PyTorch has it, files of weights that mean harm, and what the features tell apart."""

import struct
from pathlib import Path

import numpy as np
import pytest
from fetching import fetched
from PIL import Image, ImageFilter
from sklearn.datasets import load_sample_image

from regenkit import Evaluation
from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields
from regenkit_image import metrics
from regenkit_image.metrics import embeddings, perceptual
from regenkit_image.networks import efficientnet
from regenkit_image.networks.torch_file import read_weights
from regenkit_image.packages import EFFICIENTNET

HEAD = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."


@pytest.fixture(scope="module")
def weights() -> None:
    fetched(EFFICIENTNET)


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    """uint8 [120, 40, 40, 3], of two photographs."""
    photographs = [load_sample_image(name) for name in ("china.jpg", "flower.jpg")]
    random = np.random.default_rng(0)
    corners = [(random.integers(0, 387), random.integers(0, 600)) for _ in range(120)]
    return np.stack([photographs[number % 2][top : top + 40, left : left + 40]
                     for number, (top, left) in enumerate(corners)])  # fmt: skip


def pictures(levels: np.ndarray) -> list[Fields]:
    return [{"pixels": each} for each in (levels / np.float32(127.5) - 1).astype(np.float32)]


def blurred(levels: np.ndarray, radius: float) -> np.ndarray:
    return np.stack([np.asarray(Image.fromarray(each).filter(ImageFilter.GaussianBlur(radius))) for each in levels])


# --- files of weights -------------------------------------------------------------------------------------------------


def tensor(count: int, shape: bytes, strides: bytes) -> bytes:
    """The pickle of {"w": a tensor over a storage of `count` floats named "0"}."""
    storage = b"(Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nK" + bytes([count]) + b"NtQ"
    return b"\x80\x02}Vw\nctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x01" + shape + strides + b"\x89NtRs."


def stored(values: list[float]) -> bytes:
    return b"\x80\x02]V0\na." + struct.pack(f"<q{len(values)}f", len(values), *values)


def test_a_tensor_is_a_view_of_its_storage(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(HEAD + tensor(7, b"K\x02K\x03\x86", b"K\x01K\x02\x86") + stored([*map(float, range(7))]))
    np.testing.assert_array_equal(read_weights(path)["w"], [[1, 3, 5], [2, 4, 6]])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Ran out of input"),
        (b"PK\x03\x04", ""),
        (b"\x80\x02K\x01.\x80\x02K\x02.", "does not begin as one"),
        (HEAD + b"\x80\x02cos\nsystem\n(Vtouch harm\ntR.", "it asks for os.system"),
        (HEAD + b"\x80\x02cbuiltins\neval\n(Vopen('harm', 'w')\ntR.", "it asks for builtins.eval"),
        (HEAD + tensor(6, b"K\x02K\x03\x86", b"K\x03K\x01\x86") + stored([0] * 6), "size of buffer"),
        (HEAD + tensor(7, b"K\x02K\x03\x86", b"K\x03K\x01\x86") + stored([0] * 7)[:-1], "ends within the storage 0"),
        (HEAD + tensor(250, b"K\x01\x85", b"K\x01\x85") + stored([]), "larger than the file"),
    ],
)
def test_files_that_are_damaged_or_mean_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.pth").write_bytes(content)
    with pytest.raises(UserError, match=f"no file of weights .*{said}"):
        read_weights(tmp_path / "weights.pth")
    assert not (tmp_path / "harm").exists()


# --- the network ------------------------------------------------------------------------------------------------------


def test_weights_that_are_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))
    efficientnet.network.cache_clear()
    embeddings._features.cache_clear()
    of = Evaluation(samples=pictures(np.zeros((2, 8, 8, 1))), references=pictures(np.zeros((2, 8, 8, 1))))
    for name in ("frechet_distance", "precision", "recall", "retrieval_at_1", "retrieval_at_5", "perceptual_distance"):
        with pytest.raises(UserError, match=r"weights are not here. Fetch them .* with: regenkit data fetch image/"):
            getattr(metrics, name)(of)


def test_as_pytorch_has_it(weights: None) -> None:
    """The figures are PyTorch 2.13's with the package efficientnet_lite_pytorch 0.1.0, which has the network."""
    rows, columns, channels = np.ogrid[:96, :96, :3]
    x = (np.sin(rows * (channels + 1) / 10) * np.cos(columns / 15)).astype(np.float32)
    found = {name: value.numpy() for name, value in efficientnet.network()(x[None]).items()}
    logits = [-0.9046609, 0.3329480, -0.0019209, -3.0870268, -3.3731813, 1.4943820]
    np.testing.assert_allclose(found["logits"][0, :6], logits, atol=1e-4)
    assert found["logits"].argmax() == 398 and np.linalg.norm(found["logits"]) == pytest.approx(91.44345, abs=1e-3)
    for name, means in (
        ("stage5", [2.0639987, 0.4421088, 4.7976441, -0.8394401]),
        ("stage7", [6.4312048, -2.0378885, 4.6099770, -6.3867559]),
    ):
        np.testing.assert_allclose(found[name].mean((1, 2))[0, :4], means, atol=1e-4)


def test_it_knows_a_palace_and_a_flower(weights: None) -> None:
    for name, category in (("china.jpg", 698), ("flower.jpg", 985)):  # ImageNet's palace and daisy
        middle = load_sample_image(name)[:, 106:533]
        logits = efficientnet.network()(efficientnet.prepared(tf.constant(middle[None] / 127.5 - 1), 224))["logits"]
        assert int(tf.argmax(logits[0])) == category


@pytest.mark.exhaustive(minutes=0.2)
def test_features_tell_worse_from_better(weights: None, crops: np.ndarray) -> None:
    real, last = pictures(crops), np.array([-1e-3, -1e-9])
    for radius in (0, 1, 2, 4):
        of = Evaluation(samples=pictures(blurred(crops, radius)), references=real)
        now = np.array([metrics.frechet_distance(of), metrics.perceptual_distance(of).mean()])
        assert (now > last).all()
        if radius == 0:
            np.testing.assert_allclose(now, 0, atol=1e-3)
            assert metrics.precision(of).mean() == metrics.recall(of).mean() == metrics.retrieval_at_1(of).mean() == 1
        last = now
    assert metrics.precision(of).mean() < 0.5 and metrics.recall(of).shape == (120,)
    assert metrics.retrieval_at_1(of).mean() <= metrics.retrieval_at_5(of).mean() < 1
    of = Evaluation(samples=real, references=pictures(np.roll(crops, 1, axis=0)))
    assert metrics.retrieval_at_1(of).mean() < 0.1 < metrics.perceptual_distance(of).min()


def test_grey_is_colour_without_colour(weights: None, crops: np.ndarray) -> None:
    grey = crops[:4].mean(-1, keepdims=True)
    one, other = (embeddings.embeddings(pictures(each)) for each in (grey, grey.repeat(3, -1)))
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_the_perceptual_distance_has_a_gradient(weights: None, crops: np.ndarray) -> None:
    real = tf.constant(crops[:2] / np.float32(127.5) - 1, tf.float32)
    worse = tf.constant(blurred(crops[:2], 1.5) / np.float32(127.5) - 1, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(worse)
        distance = perceptual.apart(worse, real)
    step = tape.gradient(distance, worse)
    step *= 0.05 / tf.reduce_max(tf.abs(step))
    assert (perceptual.apart(worse - step, real) < distance).numpy().all()
