"""What a user asks for, as a stream, in memory that does not grow with the number of results or of parts.

The first batch of results is what `Pipeline.generate` and `Pipeline.render` make with the same seed. Each further batch
has a seed of its own, derived from it. A single Y may come in parts, of a renderer that streams (`stage.Streams`).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count as counting
from itertools import islice
from typing import Any

import numpy as np

from regenkit.data.lengths import clocks_in_condition
from regenkit.data.stack import stack
from regenkit.errors import UserError
from regenkit.layers.noise import derive
from regenkit.pipeline.pipeline import Pipeline
from regenkit.pipeline.sampling import BATCH, seed_of_batch
from regenkit.recipe.sampling import USUAL, asked, for_stage, taken
from regenkit.stage import Streams
from regenkit.stages import RENDERER, ROUTE


def generated(
    pipeline: Pipeline, inputs: Sequence[Any], *, seed: int = 0, count: int = 1,
    given: Mapping[str, str] | None = None, **options: Any,
) -> Iterator[Any]:  # fmt: skip
    """`count` values of Y for each input, in order; arguments as of `Pipeline.generate`."""
    wanted = (value for value in inputs for _ in range(count))
    for number in counting():
        if not (some := list(islice(wanted, BATCH))):
            return
        yield from pipeline.generate(some, seed=_seed(seed, number), given=given, **options)


def rendered(
    pipeline: Pipeline, text: str, *, seed: int = 0, count: int = 1, where: str = "Y′", **options: Any
) -> Iterator[Any]:
    """`count` values of Y from Y′ as text; arguments as of `Pipeline.render`."""
    for number, start in enumerate(range(0, count, BATCH)):
        some = min(BATCH, count - start)
        yield from pipeline.render(text, seed=_seed(seed, number), count=some, where=where, **options)


def _seed(seed: int, batch: int) -> int:
    return derive(seed, "results", batch) if batch else seed


def streamed(
    pipeline: Pipeline, value: Any, *, seed: int = 0, given: Mapping[str, str] | None = None, **options: Any
) -> Iterator[Any]:  # fmt: skip
    """The parts of the Y that `Pipeline.generate` makes of one X, or of text that is parsed as X: joined they are it.

    Y′ is drawn whole, then rendered part by part, in memory that does not grow with the number of parts. Raises
    UserError where the renderer does not stream, or where Y has fields that Y′ has too.
    """
    renderer = pipeline.stage(RENDERER)
    if not isinstance(renderer, Streams):
        raise UserError(f"{pipeline.folder}: its renderer, {type(renderer).__name__}, does not stream; leave --stream "
                        "out, or train a renderer that streams")  # fmt: skip
    options = asked({stage: pipeline.stage(stage) for stage in ROUTE}, options, ("sample", "stream"))
    how = {"seed": seed, "options": options, "usual": USUAL}
    if isinstance(value, str):
        (value,) = pipeline.read_inputs(value)
    fixed = pipeline.given(given)
    if fixed.permitted:
        raise UserError(f"--stream: what is given limits {', '.join(fixed.permitted)} of Y, and a Y that is streamed "
                        "keeps to no limit; leave one of the two out")  # fmt: skip
    x, meta = pipeline.encode_x(value, fixed)
    (rep,) = pipeline.predict_rep([x], [fixed], **how)
    condition, target = (side.spec for side in pipeline.sides(RENDERER))
    if set(target) != set(pipeline.specs["y"]) - set(pipeline.given_scalars):
        raise UserError(f"{pipeline.folder}: Y has fields that Y′ has too, so it is not streamed; leave --stream out")
    batch = stack([rep], condition, None, clocks_in_condition(condition, target))
    own = {**pipeline.recipe.part(RENDERER).sample, **for_stage(options, RENDERER)}
    scalars = {name: rep[name] for name in pipeline.given_scalars if name in pipeline.specs["y"]}
    for part in renderer.stream(batch, seed=seed_of_batch(seed, RENDERER, 0), **taken(renderer, own, "stream")):
        fields = {name: np.asarray(drawn)[0] for name, drawn in part.items()}
        yield pipeline.y.decode({**scalars, **fields}, {**meta, **fixed.meta})
