"""Recipes that nobody meant, by the thousand: each is a recipe, or one UserError that says where, within a second."""

import copy
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import in_tree
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import TEXT, Toy

from regenkit import UserError, plugins
from regenkit.recipe import check_data, load

HOST = plugins.Host([Toy(), *in_tree.PLUGINS])
ELSEWHERE = """\
dataset: {use: toy/data, paired: [bach]}
converter: {use: toy/half}
generator: {from: .}
renderer: {use: converter}
evaluate: [toy/score]
"""
SONGS = """\
dataset: {use: music/folder, path: songs}
converter: {use: music/template}
generator: {use: transformer, dropout: 0.2}
renderer: {use: transformer}
"""
SEEDS = [TEXT, ELSEWHERE, SONGS,
         *(text for path in sorted((Path(__file__).parents[1] / "recipes").glob("*.yaml"))
           if not re.search("use: (face|head)/", text := path.read_text()))]  # fmt: skip
"""Recipes of faces are left out: their converter wants networks that are fetched, before it can be built."""
SECONDS = 1.0
"""Of this thread's processor time. A mutant is slow if it is so each time: a pause does not come back."""
TRIES = 3
WITHOUT_LINE = ("needs the section", "the file is empty", "nothing in it but comments", "larger than", "not YAML")
"""What is wrong with a file as a whole."""

POISON = [
    *("\t", "\x00", "\r", "\x85", "\u2028", "\ufeff", "\n", "  ", "\n\n---\n", "...\n", "%YAML 9.9\n", "😀", "é"),
    *("- ", ": ", "? ", "<<: ", "{", "}", "[", "]", "&a ", "*a", "!!set ", "!!python/name:os.system ", "'", '"'),
    *("|", ">", "#", ",", "null", "~", "1e999", "-1", "0x10", "\\x", "9" * 50, "9" * 5000, "[" * 50, "{a: " * 50),
    *("use", "from: .", "converter", r'"\ud800"', r'"\0"', r'"\UFFFFFFFF"'),
]
WORDS = [
    *("1e3", "08", "null", "~", ".inf", ".nan", "0x10", "on", "12:30", "1_000", "", " ", "\t", "a\n\tb", "a\n", "é"),
    *("\u2028", "😀", "\x7f\x1b[31m", "\0", "x" * 5000, "a " * 200, "&a", "*a", "!!set", "<<", "=", "[", "- a", "# c"),
    *(" a", "a: b", ".", "..", "songs", "~/none", "~nobody/x", "converter", "transformer", "music/folder"),
    *("toy/model", "toy/mel", "toy/lost"),
]
NUMBERS = [0, -1, 2**31, 2**63, 10**30, -(10**400), 10**4000, 1e308, 5e-324, float("inf"), float("nan"), 0.1, -0.0]

scalars = st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.integers(), st.floats(), st.text(max_size=9),
                    st.sampled_from(WORDS))  # fmt: skip
junk = st.one_of(
    scalars,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner)),
    st.tuples(scalars, st.integers(1, 1500)).map(lambda pair: [pair[0]] * pair[1]),
    st.integers(1, 40).map(lambda depth: json.loads("[" * depth + "]" * depth)),
    st.integers(1, 40).map(lambda depth: json.loads('{"a":' * depth + "1" + "}" * depth)),
)
keys = st.one_of(st.sampled_from(["use", "from", "width", "steps", "path", "train", "direct", "patience", *WORDS]),
                 st.text(max_size=9))  # fmt: skip
seeds = st.sampled_from(SEEDS)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """A recipe's text with pieces cut out, doubled, turned round or poisoned, and lines moved, indented or lost."""
    text = draw(seeds)
    for _ in range(draw(st.integers(1, 4))):
        change = draw(st.sampled_from([_piece, _line, _word]))
        text = change(draw, text or "a: 1\n")
    data = text.encode()
    place = draw(st.integers(0, len(data)))
    return data[:place] + draw(st.sampled_from([b"", b"", b"", b"\xff\xfe", b"\xc3"])) + data[place:]


def _piece(draw: st.DrawFn, text: str) -> str:
    start = draw(st.integers(0, len(text)))
    piece = text[start : start + draw(st.sampled_from([0, 1, 1, 3, 10, 40]))]
    instead = draw(st.sampled_from(["", piece * 2, piece[::-1], piece.upper(), *POISON]) | st.text(max_size=5))
    return text[:start] + instead + text[start + len(piece) :]


def _line(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True)
    one, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    change = draw(st.sampled_from(["swap", "lose", "double", "indent", "tab", "flush"]))
    if change == "swap":
        lines[one], lines[other] = lines[other], lines[one]
    else:
        line = lines[one]
        lines[one] = {
            "lose": "", "double": line * 2, "indent": draw(st.integers(1, 9)) * " " + line, "tab": "\t" + line,
            "flush": line.lstrip(),
        }[change]  # fmt: skip
    return "".join(lines)


def _word(draw: st.DrawFn, text: str) -> str:
    words = list(re.finditer(r"[\w./-]+", text)) or list(re.finditer(r"(?s).", text))
    word = draw(st.sampled_from(words))
    return text[: word.start()] + json.dumps(draw(junk), ensure_ascii=draw(st.booleans())) + text[word.end() :]


@st.composite
def structures(draw: st.DrawFn) -> bytes:
    """A recipe's data, keys renamed, added, dropped, values swapped, wrapped, doubled, replaced; then its text."""
    data = yaml.safe_load(draw(seeds))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(data))
        if not places:
            break
        inner, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(["drop", "rename", "replace", "replace", "wrap", "copy", "add", "double"]))
        if change == "drop":
            del inner[key]
        elif change == "rename" and isinstance(inner, dict):
            inner[draw(keys)] = inner.pop(key)
        elif change == "wrap":
            inner[key] = draw(st.sampled_from([[inner[key]], {"use": inner[key]}, str(inner[key])]))
        elif change == "double" and (numbers := [each for each in places if type(each[0][each[1]]) in (int, float)]):
            inner, key = draw(st.sampled_from(numbers))  # which mostly leaves a recipe sound
            inner[key] *= 2
        elif change == "copy":
            other, place = draw(st.sampled_from(places))
            inner[key] = copy.deepcopy(other[place]) if place in other or isinstance(other, list) else None
        elif change == "add" and isinstance(inner, dict):
            inner[draw(keys)] = draw(junk)
        else:
            inner[key] = draw(junk)
    if draw(st.booleans()):
        return json.dumps(data, ensure_ascii=draw(st.booleans())).encode()
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=draw(st.booleans()),
                          default_flow_style=draw(st.sampled_from([None, True, False]))).encode()  # fmt: skip


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every (map or list, key or index) within `data`."""
    for key in list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield data, key
        yield from _places(data[key])


@st.composite
def overrides(draw: st.DrawFn) -> list[str]:
    """What may stand behind --set."""
    dotted = st.lists(keys, min_size=1, max_size=draw(st.sampled_from([3, 60]))).map(".".join)
    known = st.sampled_from(["generator.width", "train.steps", "train.generator.seed", "direct", "evaluate", "dataset",
                             "renderer.use", "converter.parts", "generator.schema", "generator.from"])  # fmt: skip
    value = junk.map(json.dumps) | st.text(max_size=20) | st.sampled_from(POISON)
    sound = st.sampled_from(["train.batch_size=7", "generator.width=48", "evaluate=[]", "train.clip_norm=null"])
    wild = st.tuples(known | dotted, st.sampled_from(["=", "=", "=", ""]), value).map("".join)
    schema = scalars.map(lambda value: f"generator.schema={json.dumps(str(value))}")  # any text will do, in the toy
    return draw(st.lists(st.one_of(sound, schema, wild), min_size=1, max_size=3))


def judge(folder: Path, text: bytes, settings: list[str]) -> str:
    """Whether it "loaded" or was "refused", each as it has to be."""
    path = folder / "fuzz.yaml"
    path.write_bytes(text)
    try:
        recipe = load(path, settings, HOST)
        check_data(recipe)
    except UserError as error:
        outcome = "refused"
        placed = re.compile(rf"(--set .*?|{re.escape(str(path))}(?P<line>:\d+(:\d+)?)?): .")
        for line in str(error).splitlines():
            match = placed.match(line)
            assert match, line
            assert match["line"] or line.startswith("--set ") or any(said in line for said in WITHOUT_LINE), line
    else:
        outcome = "loaded"
        path.write_text(recipe.dump(), encoding="utf-8")
        again = load(path, host=HOST)
        check_data(again)
        assert again.plain() == recipe.plain()
        assert again.digest() == recipe.digest() and again.dump() == recipe.dump()
    return outcome


def within_time(folder: Path, text: bytes, settings: list[str]) -> str:
    """As `judge`, within SECONDS."""
    for _ in range(TRIES):
        began = time.thread_time()
        outcome = judge(folder, text, settings)
        if time.thread_time() - began < SECONDS:
            return outcome
    raise AssertionError(f"slower than {SECONDS} s, {TRIES} times in a row")


@pytest.fixture(scope="module", autouse=True)
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where a folder of songs is; what the recipes name is imported before any time is taken."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "songs").mkdir()
    (folder / "songs" / "song.abc").write_text("X:1\nK:C\nCDEFGABc|\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("recipe.yaml").write_text(next(text for text in SEEDS if "from:" not in text), encoding="utf-8")
        for text in SEEDS:
            Path("seed.yaml").write_text(text, encoding="utf-8")
            check_data(load("seed.yaml", host=HOST))
        yield


def fuzz(folder: Path, kind: str, count: int) -> Counter[str]:
    """Judge `count` mutants, always the same ones."""
    outcomes: Counter[str] = Counter()
    nothing, whole = st.just(list[str]()), seeds.map(str.encode)
    mutants = {"text": (texts(), nothing), "structure": (structures(), nothing), "set": (whole, overrides())}[kind]

    @settings(max_examples=count, derandomize=True, deadline=None, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(*mutants)
    def each(text: bytes, changed: list[str]) -> None:
        outcomes[within_time(folder, text, changed)] += 1

    run: Callable[[], None] = each
    run()
    return outcomes


@pytest.mark.parametrize("kind", ["text", "structure", "set"])
def test_a_mutant_is_a_recipe_or_is_refused_with_its_place(kind: str, tmp_path: Path) -> None:
    outcomes = fuzz(tmp_path, kind, 80)
    assert outcomes.total() >= 80 and min(outcomes["loaded"], outcomes["refused"]) > 5, outcomes


@pytest.mark.exhaustive(minutes=3)
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", ["text", "structure", "set"])
def test_so_are_thousands(kind: str, tmp_path: Path) -> None:
    outcomes = fuzz(tmp_path, kind, 1500)
    print(kind, dict(outcomes))
    assert outcomes.total() >= 800 and min(outcomes["loaded"], outcomes["refused"]) > 50, outcomes
