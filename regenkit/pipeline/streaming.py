"""One Y in parts, each of which is there before the next is made: for renderers that stream (`stage.Streams`)."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from regenkit.data.lengths import clocks_in_condition
from regenkit.data.stack import stack
from regenkit.errors import UserError
from regenkit.pipeline.pipeline import Pipeline
from regenkit.recipe.sampling import USUAL, asked, for_stage, taken
from regenkit.stage import Streams
from regenkit.stages import RENDERER, ROUTE


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
                        "out, or train another renderer (speech/vocos, speech/hifigan)")  # fmt: skip
    options = asked({stage: pipeline.stage(stage) for stage in ROUTE}, options, ("sample", "stream"))
    how = {"seed": seed, "options": options, "usual": USUAL}
    if isinstance(value, str):
        (value,) = pipeline.read_inputs(value)
    x, meta = pipeline.encode_x(value)
    fixed = pipeline.given(given)
    (rep,) = pipeline.predict_rep([x], [fixed], **how)
    condition, target = (side.spec for side in pipeline.sides(RENDERER))
    if set(target) != set(pipeline.specs["y"]) - set(pipeline.given_scalars):
        raise UserError(f"{pipeline.folder}: Y has fields that Y′ has too, so it is not streamed; leave --stream out")
    batch = stack([rep], condition, None, clocks_in_condition(condition, target))
    own = {**pipeline.recipe.part(RENDERER).sample, **for_stage(options, RENDERER)}
    scalars = {name: rep[name] for name in pipeline.given_scalars if name in pipeline.specs["y"]}
    for part in renderer.stream(batch, seed=seed, **taken(renderer, own, "stream")):
        fields = {name: np.asarray(drawn)[0] for name, drawn in part.items()}
        yield pipeline.y.decode({**scalars, **fields}, {**meta, **fixed.meta})
