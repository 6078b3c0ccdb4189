"""What each stage of a recipe reads (its condition) and draws (its target).

    generator   condition: X and the given scalars of Y′     target: what of Y′ is not given
    renderer    condition: all of Y′                         target: the fields of Y that Y′ does not hold
    direct      condition: X and the given scalars of Y′     target: the fields of Y that are not given
    direct_half the same, no larger than the generator
    finetune    the renderer trained further, on predicted Y′ (see `predicted`)
    converter   condition: the optional fields of Y          target: its other fields; where Y′ is learned
    joint       condition: X and the given scalars of Y′     target: what generator and renderer draw, both

Fields of one name are one thing: what Y′ and Y share is copied, not predicted again. *Given* fields are the optional
ones of Y′: a user supplies them, so every route gets them. Those that run along Y (a chord for each note) are laid out
once Y′ is there, so only the renderer sees them.
"""

from collections.abc import Mapping

from regenkit.data.batches import Side
from regenkit.recipe.stages import SECTION
from regenkit.spec import Spec


def sides(stage: str, specs: Mapping[str, Spec], *, learned: bool) -> tuple[Side, Side]:
    """(condition, target) of a stage, of specs by side: "x", "y", "rep". Raises ValueError where names collide.

    learned   the converter is trained, so no record holds a Y′ that joint training could read
    """
    x, y, rep = specs["x"], specs["y"], specs["rep"]
    given = Spec((name, field) for name, field in rep.only(optional=True).items() if field.scalar)
    if both := set(x) & set(given):
        raise ValueError(f"{', '.join(sorted(both))} is a field of X and of Y′; one must be renamed")
    if stage == "converter":
        return _side(y=y.only(optional=True)), _side(y=y.only(optional=False))
    if SECTION.get(stage, stage) == "renderer":
        return _side(rep=rep), _side(y=y.without(rep))
    asked = _side(x=x, y=given) if learned else _side(x=x, rep=given)
    predicted, rest = rep.only(optional=False), y.without(rep)
    if stage == "generator":
        return asked, _side(rep=predicted)
    if stage == "joint":
        return asked, _side(y=rest) if learned else _side(rep=predicted, y=rest)
    return asked, _side(y=y.without(rep.only(optional=True)))


def _side(**specs: Spec) -> Side:
    """Fields of several sides of a record."""
    fields = [(name, field) for spec in specs.values() for name, field in spec.items()]
    return Side(spec=Spec(fields), source={name: side for side, spec in specs.items() for name in spec})
