"""Fashion-MNIST (Xiao et al. 2017, arXiv 1708.07747): 70,000 garments of ten kinds, 28 × 28, grey."""

import gzip
import struct
import zlib
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.data.split import Split
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import fingerprint, located
from regenkit_image.data.spans import parsed, spans
from regenkit_image.modality import Image, Label, Picture
from regenkit_image.modality.looks import looks
from regenkit_image.packages import FASHION_MNIST

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
COUNTS = {"train": 60_000, "test": 10_000}
PREFIX = {"train": "train", "test": "t10k"}
IMAGES, LABELS = 2051, 2049  # how an IDX file of three axes, and of one, begins


@final
class FashionMnist:
    """Garments by kind. Its own test set stays the test set; every tenth training image is for validation.

    path   a folder of your own with its four files, *-ubyte.gz
    limit  training images to use at most, and of the test set in proportion, for a trial run; 600 or more
    """

    version = 2
    modalities: ClassVar[dict[str, dict[str, Any]]] = {"x": {"labels": CLASSES}, "y": {"size": 28, "channels": 1}}

    def __init__(self, path: str | None = None, limit: PositiveInt | None = None) -> None:
        if limit is not None and limit < 600:
            raise UserError(f"image/fashion_mnist: limit is {limit}; right is a number of images from 600 on")
        self.path = path
        self.share = min(1.0, (limit or COUNTS["train"]) / COUNTS["train"])
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @cached_property
    def root(self) -> Path:
        """Where the files are. Raises UserError, with the command that fetches them, where they are not here."""
        return located(FASHION_MNIST, dataset="image/fashion_mnist", path=self.path)

    def sources(self) -> list[str]:
        """ "train/0-500" and so on; ranges of the four files."""
        return [span for name, count in COUNTS.items() for span in spans(name, round(count * self.share))]

    def fingerprint(self) -> str:
        return fingerprint(FASHION_MNIST, self.path)

    def read(self, source: str) -> list[Example]:
        """The examples of a range. Raises BadSource where a file is missing or damaged.

        A training image that looks like one held out is dropped by its `looks`.
        """
        name, numbers = parsed(source)
        images, labels = _loaded(self.root, PREFIX[name])
        if len(images) < numbers.stop or len(labels) != len(images) or labels.max(initial=0) >= len(CLASSES):
            raise BadSource(source, f"{len(images)} images and {len(labels)} labels; right are {COUNTS[name]} of each")
        y, x = Image(size=28, channels=1), Label(CLASSES)
        found = []
        for number in numbers:
            pixels = images[number][:, :, None]
            split: Split = "test" if name == "test" else "validation" if number % 10 == 9 else "train"
            label = CLASSES[labels[number]]
            found.append(Example(
                id=f"{name}/{number:05d}", y=y.encode(Picture(pixels=pixels))[0], x=x.encode(label)[0],
                split=split, fingerprints=looks(pixels), meta={"title": label},
            ))  # fmt: skip
        return found


@lru_cache(maxsize=2)
def _loaded(root: Path, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    images = _idx(root / f"{prefix}-images-idx3-ubyte.gz", IMAGES, 3)
    if images.shape[1:] != (28, 28):
        raise BadSource(root, f"images of {images.shape[1:]}; right are 28 × 28")
    return images, _idx(root / f"{prefix}-labels-idx1-ubyte.gz", LABELS, 1)


def _idx(path: Path, magic: int, axes: int) -> np.ndarray:
    """A gzipped IDX file of bytes. Raises BadSource."""
    try:
        data = gzip.decompress(path.read_bytes())
        begins, *shape = struct.unpack_from(f">I{axes}I", data)
        if begins != magic:
            raise ValueError(f"begins with {begins}, not {magic}")
        return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise BadSource(path, f"is no IDX file of {axes} axes ({error})") from error
