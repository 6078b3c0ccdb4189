"""The frozen records that plugins register: pure data, so that listing them imports nothing heavy."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, final

from regenkit.errors import UserError
from regenkit.nearest import nearest
from regenkit.origin import CORE, Origin, raised_at, strict
from regenkit.plugin_code import plugin_code
from regenkit.record_checks import check_record
from regenkit.sources.source import Source

if TYPE_CHECKING:  # numpy is imported when there are data
    from regenkit.spec import Fields

ANY = "any"
"""Instead of a modality's name: any modality."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """What every record has. `name` is what a recipe writes; `target` is imported on first use.

    Raises TypeError or ValueError where a value cannot be right, so that the traceback names the plugin's line.
    """

    name: str  # "music/template"
    target: str  # "regenkit_music.converter:Template"
    summary: str = ""
    extra: str = ""  # the extra of its distribution that installs what it needs: pip install 'DISTRIBUTION[EXTRA]'
    sources: tuple[Source, ...] = ()  # packages that `regenkit data fetch` gets its files from
    origin: Origin = field(default=Origin(), compare=False, repr=False)  # set by the plugin host

    def __post_init__(self) -> None:
        check_record(self)

    @property
    def title(self) -> str:
        """ "converter chess/skeleton (regenkit-chess 0.1.0)", for messages."""
        own = self.origin.distribution in ("", CORE)
        return f"{type(self).__name__.lower()} {self.name}" + ("" if own else f" ({self.origin})")

    def load(self) -> Any:
        """Import and return the target. Raises UserError where it cannot be, saying what would mend it.

        REGENKIT_STRICT_PLUGINS=1 lets the plugin's own error through.
        """
        module, _, attribute = self.target.partition(":")
        loaded = module in sys.modules
        try:
            with plugin_code() if not loaded else nullcontext(Event()) as asked:
                found = importlib.import_module(module)
                return getattr(found, attribute)
        except ModuleNotFoundError as error:
            if error.name and not module.startswith(error.name):
                where = "" if self.extra else f" ({raised_at(error, module.partition('.')[0])})"
                raise UserError(f"{self._short} needs the package {error.name!r}, which is not installed{where}: "
                                f"{self.installing(error.name)}") from error  # fmt: skip
            raise self._unfit(error, f"there is no module {error.name}; correct its target") from error
        except AttributeError as error:
            if error.obj is not sys.modules.get(module):
                raise self._unfit(error) from error
            raise self._unfit(error, f"{module} has no {attribute}{_meant(attribute, error.obj)}") from error
        except SystemExit as error:
            raise UserError(f"{self._short}: {module} ends the process when it is imported ({error.code})") from error
        except KeyboardInterrupt as error:
            if asked.is_set():
                raise
            raise UserError(f"{self._short}: {module} raises KeyboardInterrupt when it is imported") from error
        except Exception as error:
            raise self._unfit(error) from error

    def installing(self, package: str) -> str:
        """The command that installs a package that it needs."""
        wanted = f"'{self.origin.distribution or CORE}[{self.extra}]'" if self.extra else package
        return f"pip install {wanted}"

    @property
    def _short(self) -> str:
        return self.title.partition(" ")[2]

    def _unfit(self, error: Exception, more: str = "") -> Exception:
        """`error` as a UserError that names the file and line in the plugin."""
        if strict():
            return error
        message = f"{self._short} cannot be imported from {self.target}: {type(error).__name__}: {more or error}"
        root = self.target.partition(".")[0]
        return UserError(message if more else f"{message} ({raised_at(error, root)})")


def _meant(attribute: str, module: Any) -> str:
    guess = nearest(attribute, [name for name in vars(module) if not name.startswith("_")])
    return f"; did you mean {guess!r}?" if guess else ""


@final
@dataclass(frozen=True, kw_only=True)
class Modality(Component):
    """A kind of data: read, write, encode, decode, show."""

    reads: tuple[str, ...] = ()  # file suffixes
    writes: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class Converter(Component):
    """Y → Y′."""

    modality: str  # of Y, or ANY
    learned: bool = False  # a network, built as a stage is and trained first


@final
@dataclass(frozen=True, kw_only=True)
class Generator(Component):
    """X → Y′; registered in both roles where a class serves both."""

    deterministic: bool = False


@final
@dataclass(frozen=True, kw_only=True)
class Renderer(Component):
    """Y′ → Y."""

    deterministic: bool = False
    trained: bool = True  # False: there is nothing to learn, and it makes no step of training


@final
@dataclass(frozen=True, kw_only=True)
class Dataset(Component):
    """A source of examples."""

    x: str  # modality names
    y: str
    licence: str = ""
    size: str = ""


@final
@dataclass(frozen=True, kw_only=True)
class Metric(Component):
    """A score of samples against references."""

    modality: str  # of Y
    better: str = "higher"  # or "lower", or "closer" (to the value of the references themselves)


@final
@dataclass(frozen=True, kw_only=True)
class Command(Component):
    """A command of the command line: `regenkit NAME`. The target is a function, a typer.Typer, or a click.Command."""


@final
@dataclass(frozen=True, kw_only=True)
class Example:
    """One example as a dataset yields it. x is None where Y is unpaired.

    groups        examples that share any of these keys fall into the same split
    fingerprints  a training example that shares one with a held-out example is left out
    split         its split in the data's own division; None: `data.split.assign` chooses
    meta          what a person needs and the arrays do not have (title, words, key): JSON
    remarks       what could not be kept of it, a sentence each ("the caption was cut at 256 bytes"): counted and shown
    """

    id: str
    y: Fields
    x: Fields | None = None
    groups: tuple[str, ...] = ()
    fingerprints: tuple[int, ...] = ()
    split: Literal["train", "validation", "test"] | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@final
@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What a dataset yields instead of an example that it cannot use, so that it is counted and named.

    id      names it within its source ("songs.abc:12")
    reason  why, the same words for the same fault, so that equal reasons are counted together
    """

    id: str
    reason: str


@final
@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a metric gets, as fields. The first four are parallel lists.

    samples              Y as one route made it from X
    references           the real Y of the same conditions
    conditions           X; an empty mapping where an example has none
    reps                 the Y′ that each sample was rendered from; an empty mapping where the route has none
    training             every Y of the paired training examples
    training_conditions  their X, in the same order
    x, y                 the modalities, for metrics of values and not of fields: `of.y.decode(of.samples[0])`
    """

    samples: Sequence[Fields]
    references: Sequence[Fields]
    conditions: Sequence[Fields] = ()
    reps: Sequence[Fields] = ()
    training: Sequence[Fields] = ()
    training_conditions: Sequence[Fields] = ()
    x: Any = None
    y: Any = None
