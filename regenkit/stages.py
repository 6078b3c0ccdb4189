"""The stages, as a table: what each reads and draws, and how it is trained.

    converter    reads the optional fields of Y            draws its other fields; where Y′ is learned
    generator    reads X and the given scalars of Y′       draws what of Y′ is not given
    renderer     reads all of Y′                           draws the fields of Y that Y′ does not have
    finetune     the renderer trained further, on predicted Y′
    joint        converter, generator and renderer trained together
    auxiliary    reads X and what of Y′ is predicted       draws X again; a part of `assisted`, never trained alone
    assisted     the generator trained together with the auxiliary stage, which is dropped afterwards
    direct       reads X and the given scalars of Y′       draws the fields of Y that are not given: the baseline
    direct_half  the same, no larger than the generator

A field that Y′ and Y both have is copied, not predicted again. *Given* fields are the optional ones of Y′: a user
supplies them, so every route gets them. Those that have an entry for each step of Y (a chord for each note) can be
placed only once Y′ is known, so only the renderer gets them.

A new kind of stage is one row here, and its model.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

from regenkit.spec import Spec

Specs = Mapping[str, Spec]
"""The specs of a recipe's data: "x", "y" and "rep"."""
Parts = Mapping[str, Spec]
"""Fields by the side of the record that holds them: "x", "y" or "rep"."""


@final
@dataclass(frozen=True, kw_only=True)
class Side:
    """Which fields a stage reads as its condition, or draws as its target."""

    spec: Spec
    source: Mapping[str, str]  # field name → "x", "y" or "rep"


@final
@dataclass(frozen=True, kw_only=True)
class StageKind:
    """One row of the table.

    name          of the stage, of its folder in a run, and of its samples
    section       of the recipe, which says how it is built
    settings      of the recipe, which says how it is trained: `train.SETTINGS`
    reads, draws  (specs, whether Y′ is learned) → its condition, and its target
    parts         of a stage that trains several as one: their names. It begins with their trained weights
    model         of such a stage: the class that combines the parts, "module:attribute"
    hands_out     of such a stage: the parts that get its weights once it is trained
    starts_from   the stage whose trained weights it begins with
    stands_for    the stage that it replaces in drawing once it is trained
    on_predicted  it learns from pairs, with Y′ as the generator predicts it
    makes_rep     where Y′ is learned, another training of it is another Y′
    asked_by      the section of a recipe that asks for it; without that section it is not trained
    baseline      what a run is compared with: trained by `evaluate` and `compare`
    alone         it can be trained without the others
    """

    name: str
    section: str
    settings: str
    reads: Callable[[Specs, bool], Parts]
    draws: Callable[[Specs, bool], Parts]
    parts: tuple[str, ...] = ()
    model: str = ""
    hands_out: tuple[str, ...] = ()
    starts_from: str = ""
    stands_for: str = ""
    on_predicted: bool = False
    makes_rep: bool = False
    asked_by: str = ""
    baseline: bool = False
    alone: bool = True

    @property
    def builds_on(self) -> bool:
        """Whether its result depends on the weights of stages before it."""
        return bool(self.parts or self.starts_from or self.on_predicted)


def given_scalars(rep: Spec) -> Spec:
    """The fields of Y′ that a user gives before anything is drawn."""
    return Spec((name, field) for name, field in rep.only(optional=True).items() if field.scalar)


def _x_and_given(specs: Specs, learned: bool) -> Parts:
    given = given_scalars(specs["rep"])
    if both := set(specs["x"]) & set(given):
        raise ValueError(f"{', '.join(sorted(both))} is a field of X and of Y′; one must be renamed")
    return {"x": specs["x"], "y" if learned else "rep": given}  # of a learned Y′ no record is needed for it


def _predicted(specs: Specs, _: bool) -> Parts:
    return {"rep": specs["rep"].only(optional=False)}


def _rest_of_y(specs: Specs, _: bool) -> Parts:
    return {"y": specs["y"].without(specs["rep"])}


def _predicted_and_rest(specs: Specs, learned: bool) -> Parts:
    return _rest_of_y(specs, learned) if learned else {**_predicted(specs, learned), **_rest_of_y(specs, learned)}


def _all_of_y(specs: Specs, _: bool) -> Parts:
    return {"y": specs["y"].without(specs["rep"].only(optional=True))}


BEST = "best.weights.h5"
"""The averaged weights with the lowest validation loss: those that a trained stage is used with."""

LONGEST = "longest.json"
"""Of a stage that draws lengths: the most steps that it learned from."""

GENERATOR, RENDERER = "generator", "renderer"
ROUTE = (GENERATOR, RENDERER)
"""The stages by which X becomes Y."""

STAGES = {
    kind.name: kind
    for kind in (
        StageKind(
            name="converter", section="converter", settings="converter", makes_rep=True,
            reads=lambda specs, _: {"y": specs["y"].only(optional=True)},
            draws=lambda specs, _: {"y": specs["y"].only(optional=False)},
        ),
        StageKind(name=GENERATOR, section=GENERATOR, settings=GENERATOR, reads=_x_and_given, draws=_predicted),
        StageKind(
            name=RENDERER, section=RENDERER, settings=RENDERER,
            reads=lambda specs, _: {"rep": specs["rep"]}, draws=_rest_of_y,
        ),
        StageKind(
            name="auxiliary", section="auxiliary", settings="assisted", asked_by="auxiliary", alone=False,
            reads=lambda specs, _: {"x": specs["x"], "rep": specs["rep"].only(optional=False)},
            draws=lambda specs, _: {"x": specs["x"]},
        ),
        StageKind(
            name="assisted", section=GENERATOR, settings="assisted", asked_by="auxiliary",
            parts=(GENERATOR, "auxiliary"), hands_out=(GENERATOR,), model="regenkit.models.assisted:Assisted",
            reads=_x_and_given, draws=_predicted,
        ),
        StageKind(
            name="finetune", section=RENDERER, settings="finetune", asked_by="finetune",
            starts_from=RENDERER, stands_for=RENDERER, on_predicted=True,
            reads=lambda specs, _: {"rep": specs["rep"]}, draws=_rest_of_y,
        ),
        StageKind(
            name="joint", section="joint", settings="joint", asked_by="joint", makes_rep=True,
            parts=("converter", *ROUTE), hands_out=("converter", *ROUTE), model="regenkit.models.together:together",
            reads=_x_and_given, draws=_predicted_and_rest,
        ),
        StageKind(
            name="direct", section="direct", settings="direct", baseline=True, reads=_x_and_given, draws=_all_of_y
        ),
        StageKind(
            name="direct_half", section="direct_half", settings="direct", baseline=True,
            reads=_x_and_given, draws=_all_of_y,
        ),
    )
}  # fmt: skip
"""In the order in which they are trained."""


def sides(stage: str, specs: Specs, *, learned: bool) -> tuple[Side, Side]:
    """(condition, target) of a stage. Raises ValueError where names collide."""
    kind = STAGES[stage]
    return _side(kind.reads(specs, learned)), _side(kind.draws(specs, learned))


def _side(parts: Parts) -> Side:
    fields = [(name, field) for spec in parts.values() for name, field in spec.items()]
    return Side(spec=Spec(fields), source={name: side for side, spec in parts.items() for name in spec})
