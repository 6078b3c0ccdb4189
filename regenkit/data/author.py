"""What a dataset and a converter return, checked where it is first used, and named with its author's file and line."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from regenkit.components import Example, LeftOut
from regenkit.errors import UserError
from regenkit.origin import CORE, Origin, origin_of, place, raised_at
from regenkit.spec import Fields, Spec


def named(role: str, use: Any, thing: Any) -> str:
    """ "dataset chess/openings (regenkit-chess 0.1.0)"; of the core's own without what stands in parentheses."""
    origin = origin_of(type(written(thing)).__module__)
    return f"{role} {use}" + ("" if origin == Origin() or origin.named(CORE) else f" ({origin})")


def written(thing: Any) -> Any:
    """The object that an author wrote: of a dataset whose X are converted (`pipeline.source`), that dataset."""
    return getattr(thing, "of_author", thing)


def sources_of(dataset: Any, title: str) -> list[str]:
    """The names of a dataset's sources. Raises UserError where they are no list of texts, or not all different."""
    found = dataset.sources()
    if not isinstance(found, list | tuple) or not all(isinstance(each, str) for each in found):
        raise UserError(f"{title}: sources returns {_shown(found)}; right is a list of names, as texts "
                        f"({place(written(dataset))})")  # fmt: skip
    _refuse_twice(found, f"{title}: sources names", place(written(dataset)))
    return list(found)


def examples_of(dataset: Any, source: str) -> Iterable[Example | LeftOut]:
    """What `read` gives for one source. Raises UserError where that are no examples."""
    found = dataset.read(source)
    where = f"{type(dataset).__name__}.read({source!r})"
    if isinstance(found, Example | LeftOut | str | dict) or not isinstance(found, Iterable):
        raise UserError(
            f"{where} returns {_shown(found)}; right is a list of regenkit.Example ({place(written(dataset))})"
        )
    for example in found:
        if not isinstance(example, Example | LeftOut):
            raise UserError(f"{where} gives {_shown(example)}; right is a regenkit.Example, or LeftOut with a reason "
                            f"({place(written(dataset))})")  # fmt: skip
        for name in ("groups", "remarks") if isinstance(example, Example) else ():
            # a text is a sequence too, of letters: all examples would share some, and be one group
            texts = getattr(example, name)
            if not isinstance(texts, list | tuple) or not all(isinstance(each, str) for each in texts):
                raise UserError(f"{where} gives an example whose {name} are {_shown(texts)}; right is a tuple of "
                                f"texts, as in {name}=(TEXT,) ({place(written(dataset))})")  # fmt: skip
        yield example


def refuse_token_0(fields: Fields | None, spec: Spec, side: str, method: str, thing: Any) -> None:
    """Raises UserError where a token is 0 that may not be. It stops preparation: the fault is not an example's but its
    author's, and to go on without these examples would hide it."""
    try:
        spec.check_present(fields or {}, side)
    except ValueError as error:
        kind = type(written(thing))
        raise UserError(f"{kind.__name__}.{method}: {error} ({place(kind)})") from error


def refuse_same_ids(ids: Callable[[], Iterable[str]], title: str, dataset: Any) -> None:
    """Raises UserError where two examples have one id. It keeps 8 bytes for each; `ids` may read files anew."""
    hashes = np.fromiter(map(_hash, ids()), np.uint64)
    values, counts = np.unique(hashes, return_counts=True)
    if len(values) < len(hashes):
        twice = set(values[counts > 1].tolist())
        _refuse_twice(
            [each for each in ids() if _hash(each) in twice], f"{title}: examples have the id", place(written(dataset))
        )


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _refuse_twice(names: Sequence[str], what: str, where: str) -> None:
    counts = Counter(names)
    if len(counts) < len(names):
        twice = [name for name, count in counts.items() if count > 1]
        more = f" (and {len(twice) - 1} more are there more than once)" if len(twice) > 1 else ""
        raise UserError(f"{what} {twice[0]!r} {counts[twice[0]]} times{more}; each needs its own: samples, splits and "
                        f"messages go by it ({where})")  # fmt: skip


def raised(error: BaseException, method: str, thing: Any) -> UserError:
    """`error` of `read` or `convert`, with its origin and the way out; a UserError is returned as it is."""
    if isinstance(error, UserError):
        return error
    kind = type(written(thing))
    where, module = f"{kind.__name__}.{method}", kind.__module__
    origin = origin_of(module)
    ours = origin.named(CORE)
    at = ("" if origin == Origin() or ours else f"{origin}: ") + raised_at(error, module.partition(".")[0])
    way_out = "" if ours else (". Where the source is at fault and not the code, raise regenkit.BadSource there: then "
                               "it is left out and counted")  # fmt: skip
    return UserError(f"{where}: {type(error).__name__}: {error} ({at}){way_out}")


def _shown(value: Any) -> str:
    text = repr(value)
    return f"a {type(value).__name__}" if len(text) > 60 else text
