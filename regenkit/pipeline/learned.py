"""A trained autoencoder in the role of the converter: what all learned Y′ have in common, whatever the network.

The network (`models/autoencoder.py`) has `spec`, `encode(condition, target)` and `losses`. Y's optional fields (a key,
a metre) do not go through it: they are given, so they are part of Y′ for every route.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.data.lengths import lengths_of
from regenkit.data.stack import stack, unstack
from regenkit.pipeline.weights import digest
from regenkit.spec import Fields, Spec
from regenkit.stages import BEST

BATCH = 64


@final
class Learned:
    """Y → Y′ by a network that is trained, or will be, as the stage "converter" of a run.

    y        the spec of Y
    latent   the spec of what the network makes
    version  the version of the network's code
    stage    gives a trained stage by name
    again    gives the converter of a run directory, in another process
    author   the network, or one that is built alike: messages name its class
    """

    method = "encode"
    """What its author wrote, where `data` calls `convert_all`."""

    def __init__(
        self, *, y: Spec, latent: Spec, version: int, stage: Callable[[str], Any], folder: Path | None,
        again: Callable[[Path], Any], author: Any = None,
    ) -> None:  # fmt: skip
        self.of_author = self if author is None else author
        self.given_spec, self.read, self.code_version = y.only(optional=True), y, version
        self.spec = self.given_spec | latent
        self._latent, self._stage, self._folder, self._again = latent, stage, folder, again

    def __reduce__(self) -> Any:
        """Another process finds it in the run directory."""
        return self._again, (self._folder,)

    @property
    def trained(self) -> bool:
        return self._folder is not None and (self._folder / "converter" / "done.json").exists()

    @property
    def version(self) -> str:
        """It also identifies the weights, because another training makes another Y′."""
        if self._folder is None or not self.trained:
            return f"{self.code_version}, untrained"
        return f"{self.code_version}, {digest(self._folder / 'converter' / BEST)}"

    def convert(self, y: Fields) -> Fields:
        return self.convert_all([y])[0]

    def convert_all(self, ys: Sequence[Fields]) -> list[Fields]:
        """The Y′ of each Y, in batches. The last digit of a float may depend on the other examples of its batch."""
        model, found = self._stage("converter"), []
        for start in range(0, len(ys), BATCH):
            part = ys[start : start + BATCH]
            lengths = [lengths_of(y, self.read) for y in part]
            batch = stack(part, self.read)
            rep = {name: np.asarray(value) for name, value in model.encode(batch, batch).items()}
            found += [
                {**{name: y[name] for name in self.given_spec}, **latent}
                for y, latent in zip(part, unstack(rep, self._latent, lengths), strict=True)
            ]
        return found
