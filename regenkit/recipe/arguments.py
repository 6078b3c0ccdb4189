"""Check what a recipe gives a component against the signature and type hints of the component's target."""

import inspect
import json
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import typing_extensions
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticSerializationError, to_jsonable_python

from regenkit.components import Component, Converter, Generator, Renderer
from regenkit.errors import UserError
from regenkit.nearest import nearest
from regenkit.origin import place
from regenkit.recipe.document import KeyPath, Where, shown
from regenkit.recipe.synonyms import meant

_WORDS = {"tuple": "list", "array": "list", "set": "list", "frozenset": "list", "dictionary": "map", "object": "map"}


def supplied(component: Component) -> frozenset[str]:
    """Parameters that the core gives and not the recipe: a model gets the specs of condition and target, a converter
    by rule the spec of Y."""
    if isinstance(component, Converter) and not component.learned:
        return frozenset({"y"})
    return frozenset({"condition", "target"} if isinstance(component, Generator | Renderer | Converter) else ())


def wanted(component: Component) -> frozenset[str]:
    """Those of them that the component's target has."""
    return supplied(component) & _signature(component).keys()


def parameters(component: Component) -> dict[str, inspect.Parameter]:
    """The keyword parameters of the component's target, with their type hints resolved. Imports the target.

    Raises UserError where the target cannot be imported or its type hints cannot be read.
    """
    known = _signature(component)
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {
        name: parameter
        for name, parameter in known.items()
        if parameter.kind in named and name not in supplied(component)
    }


def _signature(component: Component) -> dict[str, inspect.Parameter]:
    target = component.load()
    try:
        # A class's own signature may be Keras's `__new__(*args, **kwargs)`; its `__init__` has what it takes.
        found = typed(target.__init__ if isinstance(target, type) else target)  # type: ignore[misc]  # unsound of an instance; this is a class
    except Exception as error:
        message = f"{type(error).__name__}: {error} ({place(target)})"
        raise UserError(f"{component.title}: the type hints of {component.target} cannot be read: {message}") from error
    return dict(list(found.items())[isinstance(target, type) :])


def typed(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters of a function, with their type hints resolved."""
    hints = typing.get_type_hints(function, include_extras=True)
    found = inspect.signature(function).parameters
    return {name: parameter.replace(annotation=hints.get(name, Any)) for name, parameter in found.items()}


def plain(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as a recipe writes them; without defaults that no recipe can write."""
    found = {}
    for name, value in arguments.items():
        with suppress(PydanticSerializationError):
            found[name] = to_jsonable_python(value)
    return found


def adapter(name: str, known: Mapping[str, inspect.Parameter]) -> TypeAdapter[Any]:
    """Validates the arguments of the component `name`, or describes them as a JSON Schema."""
    fields: dict[str, Any] = {
        key: parameter.annotation
        if parameter.default is inspect.Parameter.empty
        else typing_extensions.NotRequired[parameter.annotation]
        for key, parameter in known.items()
    }
    make: Any = typing_extensions.TypedDict  # a type checker needs its fields written out
    kind = make(name, fields)
    kind.__pydantic_config__ = ConfigDict(
        extra="forbid", strict=True, arbitrary_types_allowed=True, allow_inf_nan=False, title=name
    )
    return TypeAdapter(kind)


def defaults(known: Mapping[str, inspect.Parameter]) -> dict[str, Any]:
    empty = inspect.Parameter.empty
    return {name: parameter.default for name, parameter in known.items() if parameter.default is not empty}


def check_arguments(component: Component, args: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """The keyword arguments for the component's target: `args` in the types it asks for, over its defaults.

    Raises UserError, a line for each fault: an unknown key, a missing one, a wrong type, a bad value.
    """
    try:
        known = parameters(component)
    except UserError as error:
        raise UserError(f"{where('use')}: {error}") from error
    return defaults(known) | checked_against(component.name, known, args, where)


def checked_against(
    name: str, known: Mapping[str, inspect.Parameter], args: Mapping[str, Any], where: Where
) -> dict[str, Any]:
    """`args` in the types that the parameters of `name` ask for. Raises UserError as `check_arguments` does."""
    try:
        # As JSON, pydantic's strict mode takes a list for a tuple and a string for a path, but no string for a number.
        values: dict[str, Any] = adapter(name, known).validate_json(json.dumps(args, default=_as_json))
    except ValidationError as error:
        raise UserError("\n".join(faults(error, args, known, where))) from None
    return values


def _as_json(value: Any) -> Any:
    """What a program may give where a recipe has plain data: a number of numpy's is one; anything else is shown."""
    return value.tolist() if hasattr(value, "tolist") else repr(value)


def check_choice(choice: Mapping[str, Any], find: Callable[[str], Component], like: str) -> dict[str, Any]:
    """`{use: NAME, **options}`, the value of a component's own option, with all defaults filled in.

    find  gives the record of a name, or raises UserError
    like  an example, for the message where none is named

    Raises ValueError, whose message pydantic shows.
    """
    if not isinstance(choice.get("use"), str):
        raise ValueError(f"needs the key 'use', as in {like}")
    options = {key: value for key, value in choice.items() if key != "use"}
    try:
        record = find(choice["use"])
        known = check_arguments(record, options, lambda *path, key=False: ".".join(map(str, path)) or record.name)
    except UserError as error:
        raise ValueError(str(error)) from error
    return {"use": record.name, **to_jsonable_python(known)}


def faults(error: ValidationError, data: Mapping[str, Any], names: Iterable[str], where: Where) -> list[str]:
    """What pydantic found in `data`, a line for each position in the recipe; `names` are the allowed keys."""
    found: dict[str, list[str]] = {}
    items = [(_inside(data, item["loc"]), item) for item in error.errors(include_url=False)]
    passed = {path[:length] for path, _ in items for length in range(len(path))}
    for path, item in items:
        if path in passed:
            continue  # a branch of a union that was not meant: another one matched further
        if item["type"] == "extra_forbidden":
            hint = meant(str(path[-1]), names) if len(path) == 1 else ""
            found.setdefault(where(*path, key=True), []).append(f"unknown key {path[-1]!r}{hint}")
        elif item["type"] == "missing" and isinstance(item["loc"][-1], int):
            found.setdefault(where(*path), []).append(f"should have more values than {item['loc'][-1]}")
        elif item["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
            found.setdefault(where(*path, key=True), []).append(f"needs the key {str(item['loc'][-1])!r}")
        else:
            found.setdefault(where(*path), []).append(_said(item))
    return [f"{place}: {' or '.join(dict.fromkeys(texts))}" for place, texts in found.items()]


def _inside(data: Any, location: tuple[int | str, ...]) -> KeyPath:
    """Where in the data pydantic found a fault: its location without the names of the branches of unions."""
    path: list[int | str] = []
    part: Any
    for part in location:
        if (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        ):
            data = data[part]
            path.append(part)
    return tuple(path)


def _said(item: ErrorDetails) -> str:
    kind, value = item["type"], item["input"]
    if kind == "value_error":  # from a validator of ours, whose message is complete
        return str(item["ctx"]["error"])
    if kind == "too_long":
        return f"should have {item['ctx']['max_length']} values, not {item['ctx']['actual_length']}"
    text = item["msg"].removeprefix("Value error, ").replace("Input should", "should").replace(" an object", " a map")
    text = re.sub(r"\b(tuple|array|set|frozenset|dictionary|object)\b", lambda word: _WORDS[word[0]], text)
    text = f"{text}, not {shown(value)}"
    if kind == "literal_error" and isinstance(value, str):
        choices = re.findall(r"'([^']*)'", str(item.get("ctx", {}).get("expected", "")))
        guess = nearest(value, choices)
        text += f"; did you mean {guess!r}?" if guess else ""
    elif kind == "string_type" and isinstance(value, int | float):
        text += "; put it in quotes"
    elif text.startswith("should be a valid list") and not isinstance(value, dict | list):
        text += f"; write [{value}]"
    return text
