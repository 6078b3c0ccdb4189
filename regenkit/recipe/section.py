"""One part of a recipe: the component it names, with its arguments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, final

from pydantic_core import PydanticSerializationError, to_jsonable_python

from regenkit.components import Component
from regenkit.recipe.arguments import check_arguments, parameters
from regenkit.recipe.document import Where

SIZE = {"width", "depth"}
"""Arguments that say how large a model is."""


@final
@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of a recipe that names a component: `{use: NAME, **args}`, or a stage of another run: `{from: RUN}`.

    component   what `use` names; None where the stage comes from elsewhere
    run         the run directory that `from` names
    own_decoder the renderer is the converter's own decoder (`renderer: {use: converter}`)
    args        as written in the recipe, unchecked
    shared      of a baseline with a component of its own: the generator's, which count where it takes them too
    """

    name: str
    where: Where
    component: Component | None = None
    run: Path | None = None
    own_decoder: bool = False
    args: Mapping[str, Any]
    shared: Mapping[str, Any] | None = None

    @property
    def use(self) -> str:
        """The component's name; "converter" for its own decoder, "" for a stage of another run."""
        return self.component.name if self.component else "converter" if self.own_decoder else ""

    def runs(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """(path, run) of each `from` that names a run: the section's own, and those within its arguments."""
        if self.run:
            yield ("from",), str(self.run)
        yield from _runs(self.args, ())

    def arguments(self) -> dict[str, Any]:
        """Checked keyword arguments for the target, its defaults filled in. Imports the target. Raises UserError."""
        if self.component is None:
            return {}
        known = parameters(self.component) if self.shared else {}
        shared = {name: value for name, value in (self.shared or {}).items() if name in known}
        return check_arguments(self.component, {**shared, **self.args}, self.where)

    def smaller(self) -> "Section":
        """Of a baseline with a component of its own: no wider or deeper than the generator, or than by default."""
        others = {name: value for name, value in self.args.items() if name not in SIZE}
        mine, theirs = self.arguments(), replace(self, args=others).arguments()
        return replace(self, args={**self.args, **{name: min(mine[name], theirs[name]) for name in SIZE & mine.keys()}})

    def resolved(self) -> dict[str, Any]:
        """The section in plain data with all defaults filled in, as a recipe writes it."""
        if self.component is None:
            return {"from": str(self.run)} if self.run else {"use": "converter"}
        plain = {}
        for name, value in self.arguments().items():
            try:
                plain[name] = to_jsonable_python(value)
            except PydanticSerializationError:  # a default that no recipe can write
                continue
        return plain if self.name == "direct" and self.shared is None else {"use": self.component.name, **plain}


def _runs(args: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in args.items():
        if isinstance(value, Mapping):
            if isinstance(run := value.get("from"), str):
                yield (*path, key, "from"), run
            yield from _runs(value, (*path, key))
