"""Results as JSON: written, read back as equal objects, and described by a schema.

python -m regenkit.analysis.results.files docs    writes docs/*.schema.json anew
"""

import json
import sys
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from regenkit.analysis.results.comparison import Comparison
from regenkit.analysis.results.probing import Probing
from regenkit.analysis.results.report import Report
from regenkit.errors import UserError
from regenkit.files import read_text, write_text

Result = TypeVar("Result", Report, Comparison, Probing)
SCHEMAS: dict[str, type] = {"report": Report, "comparison": Comparison, "probe": Probing}


def to_json(result: Report | Comparison | Probing) -> str:
    """What is absent is left out; what is undefined (NaN) is null."""
    return _adapter(type(result)).dump_json(result, indent=1, exclude_none=True, ensure_ascii=False).decode()


def write(result: Report | Comparison | Probing, path: Path) -> None:
    """Written whole or not at all. Raises UserError where it can't be."""
    write_text(path, to_json(result))


def read(kind: type[Result], path: Path) -> Result:
    """What `write` wrote. Raises UserError where it is another version's, or no such file at all."""
    text = read_text(path)
    try:
        version = json.loads(text).get("version")
    except (ValueError, AttributeError) as error:
        raise UserError(f"{path}: is not a file of `{kind.MADE_BY}`") from error
    if version != kind.VERSION:
        was = "has no version" if version is None else f"is of version {version}"
        raise UserError(
            f"{path}: {was}, and this regenkit reads version {kind.VERSION}. Make it anew with `{kind.MADE_BY}`: what "
            "is trained is not trained again"
        )
    try:
        found: Result = _adapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: {where}: {first['msg']}; make it anew with `{kind.MADE_BY}`") from error
    return found


def schema(name: str) -> str:
    """The JSON Schema of a kind of result, by its name in SCHEMAS."""
    kind = SCHEMAS[name]
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_adapter(kind).json_schema()}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


if __name__ == "__main__":
    for each in SCHEMAS:
        write_text(Path(sys.argv[1]) / f"{each}.schema.json", schema(each))
