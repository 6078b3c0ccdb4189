"""Which regularizer a recipe asks for, in a line:

    generator: {use: diffusion, regularizer: {use: dispersive}}
    direct: {use: diffusion, regularizer: {use: repa, teacher: {use: image/efficientnet}}}

Both see the activations of one block, the target of the batch, and no modality.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

from regenkit.components import Component
from regenkit.errors import UserError
from regenkit.nearest import did_you_mean
from regenkit.recipe.arguments import check_choice
from regenkit.regularizers.regularizer import Regularizer

KNOWN = {
    record.name: record
    for record in (
        Component(name="dispersive", target="regenkit.regularizers.dispersive:Dispersive"),
        Component(name="repa", target="regenkit.regularizers.repa:Repa"),
    )
}


def checked(choice: Mapping[str, Any]) -> dict[str, Any]:
    """`{use: NAME, **options}` with all defaults filled in. Raises ValueError that says what would be right."""
    return check_choice(choice, _found, f"{{use: dispersive}}; there are {', '.join(KNOWN)}")


def _found(name: str) -> Component:
    if name not in KNOWN:
        raise UserError(f"no regularizer is named {name!r}{did_you_mean(name, KNOWN)}")
    return KNOWN[name]


Choice = Annotated[dict[str, Any], AfterValidator(checked)]
"""The type of a model's option."""


def build(choice: Mapping[str, Any], blocks: Sequence[Any]) -> Regularizer:
    """The regulariser of a network of these blocks. Raises ValueError."""
    options = checked(choice)
    name, block = options.pop("use"), options.pop("block")
    if block > len(blocks):
        raise ValueError(f"regularizer.block is {block}; right are 1 to {len(blocks)}, the blocks of this network, "
                         f"or 0, which is {_quarter(blocks)} here")  # fmt: skip
    found: Regularizer = KNOWN[name].load()(**options, block=block or _quarter(blocks))
    return found


def _quarter(blocks: Sequence[Any]) -> int:
    """Of the depth, rounded up."""
    return -(-len(blocks) // 4)
