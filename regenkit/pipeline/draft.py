"""A stage as a draft: built with the shapes of its weights and without their values, so that it takes no memory.

Keras makes variables without values in a `StatelessScope`. So the constructor of any stage can run, whatever its size,
and says how many weights it would have. Layers are counted as they are made, because a hundred thousand of them take
minutes even without weights.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, final

from regenkit import limits
from regenkit.errors import UserError
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.recipe.arguments import defaults, parameters
from regenkit.recipe.document import KeyPath
from regenkit.recipe.recipe import Part
from regenkit.stages import Side

BYTES = 4
"""Of a weight: they are float32 in every precision."""
SMALL = (64, 16, 4, 1)
"""Tried in place of a large number that has no default, to see whether that option decides."""
TRIES = 6
MANY = 1_000_000
"""Values of a field that are named even where an option decides: it may be right, and they a slip."""
_CEILING = 10**30
"""Larger numbers are counted as this one, which a float can hold."""


@final
class TooLarge(Exception):
    """Why a stage cannot be built, as the end of a sentence that begins with the stage."""


@contextmanager
def without_values() -> Iterator[None]:
    """Within, variables have shapes alone. Raises TooLarge at more layers than the limit, and where there is no memory
    for what a constructor makes beside weights."""
    most, made = limits.most(limits.LAYERS), 0
    layer = keras.layers.Layer
    init = layer.__init__

    def counted(self: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal made
        made += 1
        if made > most:
            raise TooLarge(f"would have more than {most:,} layers, the limit ({limits.LAYERS} raises it)")
        init(self, *args, **kwargs)

    chance = random.getstate()  # Keras draws the seeds of initialisers from it
    layer.__init__ = counted
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    except (MemoryError, OverflowError, tf.errors.ResourceExhaustedError) as error:
        raise TooLarge("needs more memory than this machine has, for tables beside its weights") from error
    finally:
        layer.__init__ = init
        random.setstate(chance)


def draft(part: Part, condition: Side, target: Side) -> Any:
    """The stage of a recipe's part without the values of its weights. Raises UserError, naming the option that decides,
    where it cannot fit."""
    try:
        return _draft(part, condition, target)
    except TooLarge as error:
        raise UserError(_refusal(part, condition, target, str(error))) from None


def count(variables: Any) -> int:
    """Numbers in some variables."""
    return min(sum(math.prod(variable.shape) for variable in variables), _CEILING)


def _draft(part: Part, condition: Side, target: Side) -> Any:
    with without_values():
        model = part.build(condition=condition.spec, target=target.spec)
    taken = BYTES * count(getattr(model, "variables", ()))
    if taken > (there := limits.memory()):
        raise TooLarge(
            f"would have {taken // BYTES:,} weights, which take {limits.size(taken)}; this machine has "
            f"{limits.size(there)} of memory ({limits.MEMORY} says otherwise)"
        )
    return model


def _refusal(part: Part, condition: Side, target: Side, why: str) -> str:
    def fitting(smaller: Part) -> str | None:
        try:
            return limits.size(BYTES * count(getattr(_draft(smaller, condition, target), "variables", ())))
        except TooLarge:
            return None

    field, values = _largest(condition, target)
    if decided := deciding(part, fitting):
        return f"{decided}: {part.use} {why}" + (f". But {field}" if values > MANY else "")
    return f"{part.where()}: {part.use} {why}. No option of its own alone decides; {field}"


def deciding(part: Part, fitting: Callable[[Part], str | None], tries: int = TRIES) -> str | None:
    """Which option of a part decides, as the beginning of a sentence: the stage fits once this
    option alone is small. None where there is no such option.

    fitting   says how much memory a smaller part takes, None where it does not fit either; raises UserError where such
              a part is not possible
    """
    usual = defaults(parameters(part.component))
    numbers = sorted(_numbers(part.arguments, usual), key=lambda each: each[1] / max(each[2]), reverse=True)
    for path, value, smaller in numbers[:tries]:
        for other in smaller:
            try:
                found = fitting(replace(part, arguments=_replaced(part.arguments, path, other)))
            except UserError:
                continue  # this number is not possible; a smaller one may be
            if found is None:
                break  # another option decides
            return f"{part.where(*path)}: {value:,} is too large ({other:,} would take {found})"
    return None


def _largest(condition: Side, target: Side) -> tuple[str, int]:
    """(a sentence about the largest field that a stage stands between, how many values that has)."""
    fields = {(side.source[name], name): field for side in (target, condition) for name, field in side.spec.items()}
    sizes = {key: max(field.vocabulary or 0, *(size or 0 for size in field.shape), 0) for key, field in fields.items()}
    source, name = max(sizes, key=lambda key: sizes[key])
    made = "Y′, which the converter makes" if source == "rep" else f"{source.upper()}, which the data have"
    return f"the field {name!r} of {made}, has {sizes[source, name]:,} values", sizes[source, name]


def _numbers(value: Any, usual: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, int, tuple[int, ...]]]:
    """(path, number, smaller ones to try) of each number within the arguments that could be smaller."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _numbers(each, usual.get(key) if isinstance(usual, Mapping) else None, (*path, key))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _numbers(each, None, (*path, place))
    elif isinstance(value, int) and not isinstance(value, bool):
        known = (usual,) if isinstance(usual, int) and 0 < usual < value else ()
        if smaller := (*known, *(each for each in SMALL if each < value and each not in known)):
            yield path, min(value, _CEILING), smaller


def _replaced(inside: Any, path: KeyPath, value: int) -> Any:
    """The arguments with another number at a path."""
    if not path:
        return value
    if isinstance(inside, Mapping):
        return {key: _replaced(each, path[1:], value) if key == path[0] else each for key, each in inside.items()}
    return [_replaced(each, path[1:], value) if place == path[0] else each for place, each in enumerate(inside)]
