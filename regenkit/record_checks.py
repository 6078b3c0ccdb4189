"""What a record may hold, checked when a plugin makes it."""

from dataclasses import fields
from typing import Any

SIDES = ("higher", "lower", "closer")


def check_record(record: Any) -> None:
    """Raises TypeError or ValueError, saying what would be right."""
    kind = type(record).__name__
    for each in fields(record):
        value, wanted = getattr(record, each.name), str(each.type)
        where = f"{kind}({each.name}={value!r})"
        if wanted == "str" and not isinstance(value, str):
            raise TypeError(f"{where}: should be text")
        if wanted == "bool" and not isinstance(value, bool):
            raise TypeError(f"{where}: should be True or False")
        if wanted.startswith("tuple") and not isinstance(value, tuple):
            one = value if isinstance(value, str) else "…"
            raise TypeError(f"{where}: should be a tuple; write {each.name}=({one!r},)")
    for suffix in (*getattr(record, "reads", ()), *getattr(record, "writes", ())):
        if not (isinstance(suffix, str) and suffix.startswith(".") and suffix == suffix.lower()):
            raise ValueError(f"{kind}: a suffix is like '.txt', in small letters, not {suffix!r}")
    if getattr(record, "better", SIDES[0]) not in SIDES:
        raise ValueError(f"{kind}(better={record.better!r}): right is one of {', '.join(SIDES)}")
    for needed in ("modality", "x", "y"):
        if hasattr(record, needed) and not getattr(record, needed):
            raise ValueError(f"{kind}({needed}=''): right is the name of a modality")
    module, colon, attribute = record.target.partition(":")
    if not record.name or any(letter.isspace() for letter in record.name):
        raise ValueError(f"{kind}(name={record.name!r}): right is a name without spaces, as 'acme/markov'")
    if not (module and colon and attribute):
        raise ValueError(f"{kind}(target={record.target!r}): a target is 'module:attribute'")
