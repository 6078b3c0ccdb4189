"""Classes of input: which reader reads a changed file, and from which sound files the changed ones are made.

Every suffix that a modality of an installed plugin reads is a class, whichever plugins those are.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from fuzz_sound import ALIASES, REP, TEMPLATE, archive, sound

from regenkit import plugins
from regenkit.adapter import Modality
from regenkit.errors import UserError


@final
@dataclass(frozen=True, kw_only=True)
class Input:
    """One class of input.

    read    reads a file; what it gives must be what specs allow, else it raises ValueError or AssertionError
    sound   contents of sound files
    """

    name: str
    suffix: str
    read: Callable[[Path], Any]
    sound: list[bytes]


ARGUMENTS: dict[str, dict[str, Any]] = {
    "maps": {"tasks": ["classes", "depth"], "labels": ["sky", "road"]},
}
"""Of modalities that need some, which their dataset would give."""


def all_inputs(folder: Path) -> list[Input]:
    """Every class of which there are sound files; `folder` is for the files that modalities write."""
    found = [*_of_modalities(folder), *(_table(suffix, folder) for suffix in (".csv", ".tsv", ".jsonl")),
             *map(_archive, (".whl", ".tgz")), *_texts()]  # fmt: skip
    return [each for each in found if each.sound]


def _of_modalities(folder: Path) -> Iterator[Input]:
    for component, _ in plugins.host().all("modality"):
        modality: Modality = component.load()(**ARGUMENTS.get(component.name, {}))
        for suffix in getattr(component, "reads", ()):
            yield Input(name=f"{component.name} {suffix}", suffix=suffix, read=_reads(modality),
                        sound=sound(suffix, folder))  # fmt: skip


def _reads(modality: Modality) -> Callable[[Path], Any]:
    def read(path: Path) -> None:
        for value in modality.read(path):
            fields, meta = modality.encode(value)
            modality.spec.check(fields, path.name)
            json.dumps(meta)
            assert "\n" not in modality.describe(value), "describe is one line"

    return read


def _table(suffix: str, folder: Path) -> Input:
    from regenkit.files import read_text
    from regenkit_image.data import tables

    def read(path: Path) -> None:
        table = tables.read(read_text(path), suffix, str(path))
        assert all(row.file and isinstance(row.captions, tuple) for row in table.rows)

    return Input(name=f"table {suffix}", suffix=suffix, read=read, sound=sound(suffix, folder))


def _archive(suffix: str) -> Input:
    from regenkit.sources.archives import extract

    def read(path: Path) -> None:
        into = path.with_suffix(".unpacked")
        extract(path, into, root="", members=("*",), unpacked=1_000_000)
        assert all(each.resolve().is_relative_to(into.resolve()) for each in into.rglob("*"))

    inside = {"package/a.csv": b"a,b\n1,2\n", "package/deep/b.txt": b"x" * 5000}
    return Input(name=f"archive {suffix}", suffix=suffix, read=read, sound=[archive(inside, suffix)])


def _texts() -> Iterator[Input]:
    """Y′ as text that a person edits, in both forms."""
    from regenkit.rep_text import from_text
    from regenkit.spec import Field, Spec, tokens
    from regenkit_music.converter.template import Template

    spec = Spec({"code": tokens(9), "latent": Field(kind="continuous", shape=(None, 2))})
    made = Template(parts=["timing"], given=["tonality", "metre", "chords"])
    for name, known, parse, text in (
        ("Y′ as text", spec, lambda text: from_text(spec, text), REP),
        ("template as text", made.spec, made.from_text, TEMPLATE),
    ):
        yield Input(name=name, suffix=".yaml", read=_parses(known, parse), sound=[text, text, text, ALIASES])


def _parses(spec: Any, parse: Callable[[str], Any]) -> Callable[[Path], Any]:
    from regenkit.files import read_text

    def read(path: Path) -> None:
        text = read_text(path)
        try:
            rep, _ = parse(text)
        except UserError as error:  # `regenkit render` names the file so
            raise UserError(f"{path}: {error}") from error
        spec.check(rep, path.name)

    return read
