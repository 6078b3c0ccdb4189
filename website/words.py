"""Markdown out of what code says: tables, types of a JSON Schema, the columns of our docstrings."""

import inspect
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

_ROW = re.compile(r"^(\s*)(\*{0,2}\w[\w.*]*(?:, \*{0,2}\w[\w.*]*)*) {2,}(\S.*)$")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; line breaks and bars within cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def plain(text: str) -> str:
    """Text that Markdown and HTML take as it is, but for what stands as code in it."""

    def escaped(found: re.Match[str]) -> str:
        return found[0] if len(found[0]) > 1 else {"<": "&lt;", ">": "&gt;"}.get(found[0], "\\" + found[0])

    return re.sub(r"`[^`]*`|[<>*_\[\]]", escaped, text)


def columns(docstring: str) -> str:
    """A docstring in which aligned columns (`name   what it is`) are lists, so that Markdown keeps their lines."""
    out: list[str] = []
    within: int | None = None
    for line in inspect.cleandoc(docstring).splitlines():
        if found := _ROW.match(line):
            if within is None and out and out[-1]:
                out.append("")
            names = ", ".join(f"`{name}`" for name in found[2].split(", "))
            out.append(f"- {names}: {found[3]}")
            within = len(found[1])
        elif within is not None and line.strip() and len(line) - len(line.lstrip()) > within:
            out.append(f"  {line.strip()}")
        else:
            if within is not None and line.strip():
                out.append("")
            within = None
            out.append(line)
    return "\n".join(out)


def described(docstring: str | None) -> dict[str, str]:
    """What the columns of a docstring say of each name."""
    found: dict[str, str] = {}
    for line in re.split(r"\n(?=- `)", columns(docstring or "")):
        if row := re.match(r"- ((?:`[^`]+`(?:, )?)+): (.*)", line, flags=re.DOTALL):
            text = " ".join(row[2].split("\n\n")[0].split())
            found |= dict.fromkeys(re.findall(r"`([^`]+)`", row[1]), text)
    return found


def first_paragraph(docstring: str | None) -> str:
    return " ".join(inspect.cleandoc(docstring or "").split("\n\n")[0].split())


def kind(schema: dict[str, Any]) -> str:
    """What a value of a JSON Schema may be, in words."""
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind(each) for each in schema["anyOf"]))
    match schema.get("type"):
        case "integer" | "number":
            return ("whole number" if schema["type"] == "integer" else "number") + _range(schema)
        case "string":
            return "path" if schema.get("format") == "path" else "text"
        case "boolean":
            return "true or false"
        case "null":
            return "null"
        case "array":
            inner = schema.get("items") or next(iter(schema.get("prefixItems", [])), {})
            return f"list of {kind(inner)}" if inner else "list"
        case "object":
            return "map"
    return "map" if "$ref" in schema else "any value"


def _range(schema: dict[str, Any]) -> str:
    low = f"≥ {schema['minimum']:g}" if "minimum" in schema else ""
    low = low or (f"> {schema['exclusiveMinimum']:g}" if "exclusiveMinimum" in schema else "")
    high = f"≤ {schema['maximum']:g}" if "maximum" in schema and schema["maximum"] < 2**31 - 1 else ""
    high = high or (f"< {schema['exclusiveMaximum']:g}" if schema.get("exclusiveMaximum", 2**31) < 2**31 else "")
    return f" {', '.join(filter(None, (low, high)))}".rstrip()


def default(schema: dict[str, Any], *, required: bool) -> str:
    if required:
        return "required"
    return f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""
