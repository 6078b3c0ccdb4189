"""YAML as people write it: scalars of YAML 1.2's core schema, so that `no` and `on` are words and `12:30` is text.

PyYAML has those of YAML 1.1, in which they are false, true and 750.
"""

import re
from typing import Any, final

import yaml

TAG = "tag:yaml.org,2002:"
SCALARS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
)
"""(kind, what such a scalar looks like, how it may begin)."""


@final
class Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (PyYAML's own way)


@final
class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML would not take for text, so that every reader has it back. It writes no
    alias, and escapes what does not print: a tab at the begin of a line would pass for indentation."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for kind, pattern, first in SCALARS:
    for each in (Loader, _Dumper):
        each.add_implicit_resolver(f"{TAG}{kind}", re.compile(f"^(?:{pattern})$"), first)
Loader.add_constructor(f"{TAG}int", lambda _, node: int(node.value))
Loader.add_constructor(f"{TAG}float", lambda _, node: float(node.value))
_Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar(f"{TAG}str", text, None if text.isprintable() else '"')
)


def dump(data: Any, **how: Any) -> str:
    """A text that `load` reads as these data; `how` as of PyYAML's `dump`."""
    return str(yaml.dump(data, Dumper=_Dumper, allow_unicode=True, **how))


def load(text: str) -> Any:
    """The plain data of a text. Raises yaml.YAMLError, or ValueError at a number of thousands of digits."""
    return yaml.load(text, Loader)
