"""Checks of a modality, with the fields that a dataset gives of it."""

import copy
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.adapter import Decodes, Parses
from regenkit.components import Modality
from regenkit.errors import BadSource, UserError
from regenkit.pipeline.encoding import encoded
from regenkit.spec import Fields, Spec
from regenkit.testing.finding import Failed, Skipped, same
from regenkit.testing.material import Material

STEPS = 12
"""How long the drawn examples are."""
CLOSE = 1e-3
"""How far numbers may differ after they were a value."""
RUBBISH = b"\x00\xff\xfe regenkit \x1b\n{"


def its_members_are_there(component: Modality, material: Material) -> None:
    """It has what its type in regenkit/adapter.py has, with those arguments."""
    _of(component, material)  # which refuses one that has not


def fields_become_values_and_again_fields(component: Modality, material: Material) -> None:
    """encode(decode(fields, meta)) gives the fields of an example again, and so does the second call of encode."""
    for value, before in _values(component, material):
        modality = _of(component, material)
        fields, meta = encoded(component, modality, value)
        same(before, fields, "after they were a value, the fields have",
             "let encode undo decode: tokens begin at 1, and 0 is what is absent", close=CLOSE)  # fmt: skip
        same(fields, encoded(component, modality, value)[0], "the second call of encode gives")
        json.dumps(meta, default=_plain)
        line = modality.describe(value)
        if not isinstance(line, str) or "\n" in line:
            raise Failed(f"describe gives {line!r}", "give one line of text", expected="describe(value) is one line")


def values_are_written_and_read(component: Modality, material: Material) -> None:
    """What `write` has written in each of the record's formats, `read` reads, and it encodes to fields of the spec."""
    modality = _of(component, material)
    shared = [suffix for suffix in component.writes if suffix in component.reads]
    if not shared:
        raise Skipped("no suffix is in its reads and in its writes")
    value, _ = next(_values(component, material))
    for suffix in shared:
        with tempfile.TemporaryDirectory() as folder:
            path = _written(modality, value, Path(folder) / f"value{suffix}")
            read = modality.read(path)
        if not isinstance(read, list) or not read:
            raise Failed(f"read({path.name}) gives {read!r}", "give a list of values, of one where a file holds one")
        encoded(component, modality, read[0])


def what_a_model_may_draw_can_be_written(component: Modality, material: Material) -> None:
    """Any tokens and numbers of the spec decode to a value that can be described, written and encoded; and so do none
    at all where it has steps, but for `encode`, which may refuse them."""
    modality = _of(component, material)
    if component not in material.components or component.name != material.pipeline.y_record.name:
        raise Skipped("no model draws it here")
    for seed, steps in enumerate((STEPS, STEPS, *([0] if modality.spec.clocks else []))):
        value = modality.decode(drawn(modality.spec, seed, steps), {})
        modality.describe(value)
        with suppress(UserError) if not steps else nullcontext():
            encoded(component, modality, value)
        for suffix in component.writes:
            with tempfile.TemporaryDirectory() as folder:
                _written(modality, value, Path(folder) / f"drawn{suffix}")


def what_a_person_types_becomes_its_value(component: Modality, material: Material) -> None:
    """`parse` of a value that is a text gives a value of the same fields; of any text it gives a value or raises
    UserError."""
    modality = _of(component, material)
    if not isinstance(modality, Parses):
        raise Skipped("it has no parse: nobody types it")
    for text in ("", " ", "\x00", "{"):
        with suppress(UserError):
            modality.parse(text)
    for value, fields in _values(component, material):
        if not isinstance(value, str):
            raise Skipped("its values are no texts")
        typed = encoded(component, modality, modality.parse(value))[0]
        same(fields, typed, f"parse({value!r}) is a value that has", "give the value that the text means", close=CLOSE)


def bad_files_are_refused_with_their_name(component: Modality, material: Material) -> None:
    """Of a file that is missing, empty or rubbish, `read` raises UserError or BadSource, with the name of the file."""
    modality = _of(component, material)
    with tempfile.TemporaryDirectory() as folder:
        for suffix in component.reads:
            for name, content in (("missing", None), ("empty", b""), ("rubbish", RUBBISH)):
                path = Path(folder) / f"{name}{suffix}"
                if content is not None:
                    path.write_bytes(content)
                try:
                    modality.read(path)
                except (UserError, BadSource) as error:
                    if path.name not in str(error):
                        raise Failed(
                            f"{path.name}: the message is {error}", "begin the message with the path"
                        ) from error
                except Exception as error:
                    instead = f"raise UserError(f'{{path}}: is no {component.name}; …') instead"
                    raise Failed(f"{path.name}: {type(error).__name__}: {error}", instead) from error
                else:
                    if content is None:
                        raise Failed("read of a missing file raises nothing", "regenkit.files.read_text says it well")


def drawn(spec: Spec, seed: int, steps: int = STEPS) -> Fields:
    """Random fields of a spec, of so many steps."""
    random = np.random.default_rng(seed)
    found: Fields = {}
    for name, field in spec.items():
        clock = spec.clock(name)
        entries = clock.entries(steps) if clock else 0
        shape = [entries if size is None else size for size in field.shape]
        if field.vocabulary:
            found[name] = np.asarray(random.integers(1, field.vocabulary + 1, shape), np.int32)
        else:
            found[name] = np.asarray(np.clip(random.normal(0, 0.5, shape), -1, 1), np.float32)
    return found


def _written(modality: Any, value: Any, path: Path) -> Path:
    modality.write(value, path)
    if not path.is_file():
        raise Failed(f"write left no file {path.name}", "write to the very path that is given")
    return path


def _of(component: Modality, material: Material) -> Any:
    pipeline = material.pipeline
    return pipeline.y if component.name == pipeline.y_record.name else pipeline.x


def _values(component: Modality, material: Material) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """(value, fields) of the material's examples. Raises Skipped where fields cannot be turned into values."""
    modality = _of(component, material)
    if not isinstance(modality, Decodes):
        raise Skipped("it has no decode, so fields cannot be turned into values")
    side = "y" if component.name == material.pipeline.y_record.name else "x"
    if side == "x" and material.pipeline.source:
        raise Skipped("the recipe's source converts its fields")
    for index, example in zip(material.indices, material.examples, strict=True):
        meta = {name: value for name, value in material.prepared.example(int(index))[1].items() if name != "id"}
        fields = copy.deepcopy(example[side])
        value = modality.decode(fields, meta)
        same(example[side], fields, "decode changed its argument, which now has", "work on a copy")
        yield value, example[side]


def _plain(value: Any) -> Any:
    got = f"encode gives meta that holds a {type(value).__name__}"
    raise Failed(got, "meta is kept as JSON: use int(), str(), list()", expected="meta is JSON data")


CHECKS = (
    its_members_are_there, fields_become_values_and_again_fields, values_are_written_and_read,
    what_a_model_may_draw_can_be_written, what_a_person_types_becomes_its_value, bad_files_are_refused_with_their_name,
)  # fmt: skip
