"""A template as text that a musician reads and edits: safe YAML, a note a line, chords in the song's own key."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import yaml

from regenkit.errors import UserError
from regenkit.nearest import nearest
from regenkit.spec import Fields, Spec
from regenkit_music.analysis.chord import KINDS, NO_CHORD
from regenkit_music.converter.layout import new_bars
from regenkit_music.converter.names import chord_name, key_name, parse_chord, parse_key
from regenkit_music.converter.options import OPTIONS, octave_shift, parse_metre, parse_tempo
from regenkit_music.modality.melody import METRES, MODES, home

OPEN = "open"
HEADER = ("title", "key", "metre", "tempo", "octave", "notes")
_HELP = {
    "chord": f"a root and one of {', '.join(kind for kind in KINDS if kind)} or nothing (major); {NO_CHORD} is none",
    "beat": "the beat of the bar in which the note begins",
    "position": "the onset, in sixteenths after the downbeat",
    "duration": "in sixteenths",
    "contour": "how the note is reached from the one before",
}
_RESOLVER = yaml.resolver.Resolver()
_NEVER_WRAP = 1 << 30


def to_text(spec: Spec, rep: Fields, meta: Mapping[str, Any]) -> str:
    """YAML of one template. `meta` may hold tonic, shift, tempo, title, syllables; a field that is 0 is left out."""
    mode = int(rep["mode"])
    mode_name = MODES[max(mode, 1) - 1]
    tonic = int(meta.get("tonic", home(mode_name)))
    lines = ["# A music template: edit it and have it rendered. One line a syllable, a blank line before each bar."]
    lines += _help(spec)
    if "title" in meta:
        lines.append(f"title: {_scalar(str(meta['title']))}")
    lines.append(f"key: {key_name(tonic, mode_name) if mode else key_name(tonic, mode_name).split()[0] + ' ' + OPEN}")
    lines.append(f"metre: {METRES[int(rep['metre']) - 1] if int(rep['metre']) else OPEN}")
    if "tempo" in meta:
        lines.append(f"tempo: {repr(float(meta['tempo'])).removesuffix('.0')}")
    if "shift" in meta:
        lines.append(f"octave: {round((octave_shift(tonic, mode_name) - int(meta['shift'])) / 12)}")
    names = [name for name, field in spec.items() if not field.scalar]
    syllables = list(meta.get("syllables") or [])
    begins = new_bars(rep)
    lines.append("notes:" if len(begins) else "notes: []")
    for index, bars in enumerate(begins):
        note = {"syllable": _scalar(syllables[index])} if syllables else {}
        for name in names:
            if token := int(rep[name][index]):
                label = chord_name(token, tonic, mode_name) if name == "chord" else spec[name].labels[token - 1]
                note[name] = label if label.isdecimal() else _scalar(label)
        lines += [""] * bool(bars and index)
        lines.append("- {" + ", ".join(f"{name}: {value}" for name, value in note.items()) + "}")
    return "\n".join(lines) + "\n"


def _help(spec: Spec) -> list[str]:
    lines = [
        f"#   key       {OPTIONS['key']}; chords follow it",
        f"#   metre     {OPTIONS['metre']}",
        f"#   tempo     {OPTIONS['tempo']}",
        "#   octave    0, or how many octaves higher (1) or lower (-1) it is sung",
    ]
    for name, field in spec.items():
        if field.scalar:
            continue
        numbers = field.labels[0].isdecimal()
        values = f"{field.labels[0]}…{field.labels[-1]}" if numbers else ", ".join(field.labels)
        about = _HELP.get(name, "")
        text = about if name == "chord" else f"{values}: {about}" if about else values
        lines.append(f"#   {name:<9} {text}{'; may be left out' if field.optional else ''}")
    return lines


def _scalar(text: str) -> str:
    """`text` as a YAML scalar that every reader takes for a string."""
    plain = re.fullmatch(r"[^\W_][\w'’.!;#+/ -]*(?<! )", text) and " #" not in text
    if plain and _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)).endswith(":str"):
        return text
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=_NEVER_WRAP)
    return dumped.removesuffix("\n")


def from_text(spec: Spec, text: str) -> tuple[Fields, dict[str, Any]]:
    """(rep, meta) of a text as `to_text` writes it. Raises UserError with line, key and what would be right."""
    header = _mapping(_compose(text), "the template", HEADER)
    meta: dict[str, Any] = {}
    if "title" in header:
        meta["title"] = _value(header["title"], "title")
    tonic, mode, mode_token = _key(spec, header.get("key"))
    meta["tonic"] = tonic
    rep: Fields = {"mode": np.asarray(mode_token, np.int32), "metre": np.asarray(_metre(spec, header), np.int32)}
    if "tempo" in header:
        meta["tempo"] = parse_tempo(_value(header["tempo"], "tempo"), _at(header["tempo"], "tempo"))
    if "octave" in header:
        octave = _value(header["octave"], "octave")
        if not re.fullmatch(r"[+-]?\d", octave):
            raise UserError(f'{_at(header["octave"], "octave")}: "{octave}" is no number of octaves; write 0, 1 or -1')
        meta["shift"] = octave_shift(tonic, mode) - 12 * int(octave)
    if "notes" not in header or not isinstance(header["notes"], yaml.SequenceNode):
        raise UserError('notes: is missing, or no list; write one line a syllable: "- {syllable: Glo-, …}"')
    names = [name for name, field in spec.items() if not field.scalar]
    notes = [_mapping(node, "a note", ("syllable", *names)) for node in header["notes"].value]
    parsers = {name: _parser(spec, name, tonic, mode) for name in names}
    for name in names:
        column = np.zeros(len(notes), np.int32)
        for index, note in enumerate(notes):
            if name in note:
                column[index] = parsers[name](_value(note[name], name), _at(note[name], name))
            elif not spec[name].optional:
                line = header["notes"].value[index].start_mark.line + 1
                raise UserError(f"line {line}: {name} is missing; it may be {_permitted(spec, name)}")
        rep[name] = column
    if any("syllable" in note for note in notes):
        meta["syllables"] = [_value(note["syllable"], "syllable") if "syllable" in note else "" for note in notes]
    return {name: rep[name] for name in spec}, meta


def _key(spec: Spec, node: yaml.Node | None) -> tuple[int, str, int]:
    """(tonic, mode, mode token); the token is 0 where the key is left open."""
    if node is None:
        if not spec["mode"].optional:
            raise UserError(f"key: is missing; write one such as {OPTIONS['key']}")
        return 0, "major", 0
    text, where = _value(node, "key").strip(), _at(node, "key")
    if spec["mode"].optional and text.endswith(f" {OPEN}"):
        tonic, _ = parse_key(text.removesuffix(OPEN), where)
        return tonic, "major", 0
    tonic, mode = parse_key(text, where)
    return tonic, mode, MODES.index(mode) + 1


def _metre(spec: Spec, header: Mapping[str, yaml.Node]) -> int:
    optional = spec["metre"].optional
    if "metre" not in header:
        if not optional:
            raise UserError(f"metre: is missing; there are {', '.join(METRES)}")
        return 0
    text = _value(header["metre"], "metre")
    if optional and text == OPEN:
        return 0
    return METRES.index(parse_metre(text, _at(header["metre"], "metre"))) + 1


MANY = 8
"""Numbers in a row from which on a message has the first and the last."""


def _permitted(spec: Spec, name: str) -> str:
    if name == "chord":
        return _HELP["chord"]
    labels = spec[name].labels
    if len(labels) > MANY and all(map(str.isdecimal, labels)) and int(labels[-1]) - int(labels[0]) == len(labels) - 1:
        return f"{labels[0]} … {labels[-1]}"
    return ", ".join(labels)


def _parser(spec: Spec, name: str, tonic: int, mode: str) -> Callable[[str, str], int]:
    """(text, where) → token."""
    if name == "chord":
        return lambda text, where: parse_chord(text, tonic, mode, where)
    labels = {label: token for token, label in enumerate(spec[name].labels, start=1)}

    def parse(text: str, where: str) -> int:
        if text not in labels:
            guess = nearest(text, labels)
            hint = f" (did you mean {guess}?)" if guess else ""
            raise UserError(f'{where}: "{text}" is not possible{hint}; it may be {_permitted(spec, name)}')
        return labels[text]

    return parse


def _compose(text: str) -> yaml.Node | None:
    """The tree of a YAML text, plain: no anchors, aliases or tags, no depth beyond a template's."""
    depth = 0
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise UserError(f"line {line}: anchors (&) and aliases (*) are not allowed here; write the value out")
            if getattr(event, "tag", None):
                raise UserError(f"line {line}: tags (!) are not allowed here; write the plain value")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > 3:
                raise UserError(f"line {line}: brackets within brackets; a note is one pair of braces, {{beat: 1, …}}")
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UserError(f"{where}not valid YAML: {problem or ' '.join(str(error).split())}") from error


def _mapping(node: yaml.Node | None, what: str, keys: tuple[str, ...]) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        at = f"line {node.start_mark.line + 1}: " if node is not None else ""
        raise UserError(f"{at}{what} must be written as keys and values; the keys are {', '.join(keys)}")
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        line, name = key.start_mark.line + 1, str(key.value)
        if name not in keys:
            guess = nearest(name, keys)
            hint = f" (did you mean {guess}?)" if guess else ""
            raise UserError(f"line {line}: {what} has no {name}{hint}; the keys are {', '.join(keys)}")
        if name in found:
            raise UserError(f"line {line}: {name} stands here twice; leave one")
        found[name] = value
    return found


def _value(node: yaml.Node, name: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise UserError(f"{_at(node, name)}: must be a single value, not a list or a mapping")
    return str(node.value)


def _at(node: yaml.Node, name: str) -> str:
    return f"line {node.start_mark.line + 1}: {name}"
