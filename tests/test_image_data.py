"""The image datasets that are fetched: the packages themselves, and splits that do not leak.

What is fetched is fetched by its own client; where that is missing, or has no network, the reason is printed.
"""

import gzip
import io
import json
import pickle
import subprocess
from pathlib import Path
from typing import Any

import forked
import numpy as np
import pytest
from fetching import skip_if_unreachable
from own_pictures import prepared
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from regenkit.data.prepare import Prepared
from regenkit.errors import BadSource, UserError
from regenkit_image.data import Emoji, FashionMnist, Mnist, Openclipart
from regenkit_image.modality.looks import looks

ROOT = Path(__file__).parents[1]


def regenkit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.regenkit(arguments, Path.cwd(), timeout=280)


def fetched(name: str) -> None:
    done = regenkit("data", "fetch", name)
    assert "Traceback" not in done.stderr, done.stderr
    if done.returncode:
        skip_if_unreachable(name, " ".join(done.stderr.split()))
    assert done.returncode == 0, done.stdout + done.stderr


def assert_nothing_leaks(found: Prepared) -> None:
    """No training picture is one held out, or looks like one."""
    pixels: dict[bool, set[bytes]] = {True: set(), False: set()}
    marks: dict[bool, set[int]] = {True: set(), False: set()}
    for index in np.flatnonzero(found.split != "dropped"):
        held = found.split[index] != "train"
        y = found.example(int(index))[0]["y"]["pixels"]
        levels = np.rint((y + 1) * 127.5).astype(np.uint8)
        pixels[held].add(levels.tobytes())
        marks[held].update(looks(levels))
    assert len(pixels[True]) > 20 and len(pixels[False]) > 80
    assert not pixels[True] & pixels[False]
    assert not marks[True] & marks[False]


# --- out of packages --------------------------------------------------------------------------------------------------


def test_garments_keep_their_own_test_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(UserError, match="regenkit data fetch image/fashion_mnist"):
        patch.setenv("REGENKIT_CACHE", str(tmp_path))
        FashionMnist().read("train/0-500")
    fetched("image/fashion_mnist")
    dataset = pickle.loads(pickle.dumps(FashionMnist(limit=1200)))
    found = prepared("image/fashion_mnist", dataset)
    ids = found.examples.column("id").tolist()
    assert {name.split("/")[0] for name, split in zip(ids, found.split, strict=True) if split == "test"} == {"test"}
    assert found.counts()["test"] == {"paired": 200, "unpaired": 0}
    assert found.counts()["validation"] == {"paired": 120, "unpaired": 0}
    assert_nothing_leaks(found)
    sides, meta = found.example(0)
    assert meta["title"] == "Ankle boot" and int(sides["x"]["label"]) == 10  # the first image of the training set
    assert (
        sides["y"]["pixels"].shape == (28, 28, 1) and -1 <= sides["y"]["pixels"].min() < sides["y"]["pixels"].max() <= 1
    )


def test_digits() -> None:
    fetched("image/mnist")
    found = prepared("image/mnist", Mnist(limit=60), limit=60)
    assert {name: count["paired"] for name, count in found.counts().items()} == {
        "train": 480, "validation": 60, "test": 60, "dropped": 0
    }  # fmt: skip
    assert_nothing_leaks(found)
    shown = json.loads(regenkit("data", "list", "--json").stdout)
    here = {each["name"]: each["here"] for each in shown}
    assert here["image/mnist"] is True and here["image/openclipart"] is False and here["image/folder"] is None


def test_looks_are_shared_by_near_duplicates_alone() -> None:
    fetched("image/mnist")
    dataset = Mnist(limit=40)
    digits = [np.rint((example.y["pixels"] + 1) * 127.5).astype(np.uint8)
              for source in dataset.sources() for example in dataset.read(source)]  # fmt: skip
    marks = [set(looks(pixels)) for pixels in digits]
    again = 0
    for pixels, own in zip(digits, marks, strict=True):
        packed = io.BytesIO()
        Pillow.fromarray(pixels[:, :, 0]).save(packed, "JPEG", quality=90)
        again += bool(own & set(looks(np.asarray(Pillow.open(packed))[:, :, None])))
    assert len(digits) == 400 and again >= 360
    shared = sum(bool(own & other) for index, own in enumerate(marks) for other in marks[:index])
    assert shared <= 0.0002 * len(digits) * (len(digits) - 1) / 2


def test_their_own_copies(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"path .*none does not exist; right is a folder with \*\.json"):
        Mnist(path=str(tmp_path / "none"))
    (tmp_path / "3.json").write_text(json.dumps({"data": [0.5] * 784 * 980 + [1.0] * 784 * 52}))
    dataset = Mnist(path=str(tmp_path))
    (example, *_) = dataset.read("3/1000-1032")
    assert example.x is not None and int(example.x["label"]) == 4 and (example.y["pixels"] == 1).all()
    for source, reason in (("3/1000-1040", "1032 images"), ("4/0-500", "is no file of digits")):
        with pytest.raises(BadSource, match=reason):
            dataset.read(source)
    before = dataset.fingerprint()
    (tmp_path / "3.json").write_text("edited")
    assert dataset.fingerprint() != before
    whole = gzip.compress(bytes(range(256)) * 40)
    for damaged in (b"cut off", whole[:100], whole[:30] + bytes([whole[30] ^ 255]) + whole[31:], whole):
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(damaged)
        with pytest.raises(BadSource, match="is no IDX file of 3 axes"):
            FashionMnist(path=str(tmp_path)).read("train/0-500")
    with pytest.raises(UserError, match=r"there is no img/google/64/\*\.png in"):
        Emoji(path=str(tmp_path))
    for file in ("img/google/64/a.png", "emoji.json", "en/data.json"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("[{")
    with pytest.raises(UserError, match=r"emoji\.json: is no list of emoji in JSON"):
        Emoji(path=str(tmp_path)).sources()


@pytest.mark.parametrize("where", ["tEXt in UTF-8", "tEXt in Latin-1", "iTXt"])
def test_titles_of_drawings_are_read_as_they_were_written(tmp_path: Path, where: str) -> None:
    """The standard says Latin-1 for tEXt, and programs write UTF-8."""
    title, said = "chaussée glissante", PngInfo()
    if where == "iTXt":
        said.add_itxt("Title", title)
    else:
        said.add(b"tEXt", b"Title\0" + title.encode("utf-8" if "UTF" in where else "latin-1"))
    (tmp_path / "animals").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    Pillow.fromarray(pixels).save(tmp_path / "animals" / "1.png", pnginfo=said)
    (example,) = Openclipart(path=str(tmp_path), size=8, categories=["animals"]).read("animals/1.png")
    assert example.meta["title"] == f"{title}, animals"


@pytest.mark.exhaustive(minutes=6)
@pytest.mark.parametrize(
    ("name", "dataset", "count", "aside"),
    [
        ("image/fashion_mnist", FashionMnist, 70_000, 0),
        ("image/mnist", Mnist, 10_000, 0),
        ("image/emoji", Emoji, 3786, 0),
        ("image/openclipart", Openclipart, 1247, 18),
    ],
)  # fmt: skip
@pytest.mark.timeout(1800)
def test_all_of_it(name: str, dataset: Any, count: int, aside: int) -> None:
    fetched(name)
    found = prepared(name, dataset())
    assert (len(found.examples), len(found.skipped)) == (count, aside)
    assert (found.split == "dropped").sum() < 0.01 * count
    assert_nothing_leaks(found)
