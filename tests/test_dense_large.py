"""Large maps: what reading one takes."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from regenkit_dense.modality import files


@pytest.mark.parametrize("kind", ["colours", "normals"])
def test_a_large_picture_takes_no_more_memory_than_a_few_arrays_of_it(tmp_path: Path, kind: str) -> None:
    size = (2000, 2000)
    tokens = np.random.default_rng(0).integers(0, 3, size)
    table = np.array([[255, 128, 128], [128, 255, 128], [128, 128, 255]], np.uint8)  # also normals, of length 1
    path = tmp_path / "a.png"
    Image.fromarray(table[tokens]).save(path, compress_level=1)
    tracemalloc.start()
    found = files.read(path, "classes" if kind == "colours" else kind, colours=table)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 33 * tokens.size  # bytes
    if kind == "colours":
        np.testing.assert_array_equal(found, tokens + 1)
    else:
        np.testing.assert_allclose(found, np.eye(3, dtype=np.float32)[tokens], atol=0.005)
