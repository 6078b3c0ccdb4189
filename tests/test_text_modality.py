"""Text and knowledge: there and back, from files of every kind, and what is said of bad ones."""

import tempfile
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.errors import BadSource, UserError
from regenkit_text.modality import Knowledge, Text
from regenkit_text.modality.facts import facts, from_yaml
from regenkit_text.modality.text import LONGEST
from regenkit_text.modality.units import BYTES, learn_alphabet, learn_subwords, text_of
from regenkit_text.modality.words import plain, unfit

SCRIPTS = [
    "a plain line", "שלום עולם", "مرحبا بالعالم", "你好，世界", "こんにちは", "👩‍👩‍👧 and 🇩🇪", "Größe 10 €", "नमस्ते",
]  # fmt: skip
typed = st.text(max_size=60).filter(lambda text: plain(text) and not unfit(text))
words = st.text("abcdefghij -éß你", min_size=1, max_size=20).filter(plain)


@pytest.fixture(scope="module")
def subwords() -> Text:
    return Text(units="subwords", tokenizer=learn_subwords([*SCRIPTS, "the lines of the text of the file"] * 4, 300))


@given(text=typed)
def test_bytes_and_subwords_give_back_any_text(subwords: Text, text: str) -> None:
    for modality in (Text(), subwords):
        value = modality.parse(text)
        fields, _ = modality.encode(value)
        modality.spec.check(fields, "a text")
        assert modality.decode(fields) == value == unicodedata.normalize("NFC", " ".join(text.split()))
        assert text_of(modality.spec, fields) == value
        assert modality.parse(value) == value


@given(st.lists(words, min_size=1))
def test_characters_give_back_what_their_alphabet_has(texts: list[str]) -> None:
    modality = Text(units="characters", labels=learn_alphabet(map(plain, texts), 100), axis="x")
    assert modality.spec.axes == ("x",)
    for text in texts:
        fields, _ = modality.encode(text)
        assert modality.decode(fields) == plain(text) == text_of(modality.spec, fields)
    with pytest.raises(UserError, match=r"lacks 'Ω' \(U\+03A9\)"):
        modality.parse("Ω")


@pytest.mark.parametrize("text", SCRIPTS)
def test_every_script_is_kept_in_a_file(text: str, tmp_path: Path) -> None:
    Text().write(text, tmp_path / "a.txt")
    assert Text().read(tmp_path / "a.txt") == [text]


@given(st.lists(st.integers(1, 256), max_size=30))
def test_any_bytes_that_a_model_draws_can_be_written_and_read(tokens: list[int]) -> None:
    made = Text().decode({"byte": tokens})
    assert unfit(made) is None
    if plain(made):
        assert Text().parse(made) == plain(made)


@given(st.lists(st.integers(0, 299), max_size=20))
def test_any_subwords_that_a_model_draws_can_be_written(subwords: Text, tokens: list[int]) -> None:
    assert unfit(subwords.decode({"subword": tokens})) is None


def test_the_same_texts_give_the_same_subwords() -> None:
    texts = [f"{first} {second}" for first in SCRIPTS for second in SCRIPTS]
    assert learn_subwords(texts, 400) == learn_subwords(iter(texts), 400)


def test_symbols_stand_between_spaces() -> None:
    phonemes = Text(units="symbols", labels=["AH0", "HH", "L", "OW1"])
    assert phonemes.decode(phonemes.encode("HH  AH0 L OW1")[0]) == "HH AH0 L OW1"
    with pytest.raises(UserError, match="no symbol 'AH'; did you mean 'AH0'"):
        phonemes.parse("AH L")


@given(st.lists(st.text("abcd", min_size=1, max_size=9), min_size=1, max_size=9))
def test_a_long_text_is_cut_between_words_and_joined_again(parts: list[str]) -> None:
    modality = Text(max_length=5)
    text = " ".join(parts)
    cut = modality.cut(text)
    assert all(0 < len(part) <= 5 for part in cut)
    joined = modality.decode(modality.join([modality.encode(part)[0] for part in cut]))
    assert joined.replace(" ", "") == text.replace(" ", "")
    if all(len(part) <= 5 for part in parts):
        assert joined == text


@pytest.mark.parametrize("letters", ["a", "é", "漢字", "😀"])
@pytest.mark.parametrize("units", ["bytes", "characters", "subwords"])
def test_a_word_without_end_is_cut_in_little_time(letters: str, units: Any, subwords: Text) -> None:
    """It took 3 to 40 seconds, with the square of its length."""
    known: dict[str, Any] = {
        "characters": {"labels": sorted({*letters, " "})},
        "subwords": {"tokenizer": subwords.units.json},
    }
    modality = Text(units=units, max_length=100, **known.get(units, {}))
    word = letters * (60_000 // len(letters.encode()))
    begun = time.process_time()
    cut = modality.cut(f"{letters} {word} {letters}")
    assert time.process_time() - begun < (10 if units == "subwords" else 1)
    assert "".join(cut).replace(" ", "") == letters + word + letters
    lengths = [len(modality.units.encode(part)) for part in cut]
    assert max(lengths) <= 100 and min(lengths[1:-2]) >= 97  # whole letters, of four bytes at most


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (b"", UserError, "is empty; write a text a line"),
        (b"\n \r\n", UserError, "is empty"),
        (b"good\nbad \x07 bell", UserError, r":2: the character U\+0007 at 5 belongs in no text"),
        (b"fine \xff\xfe\xfa broken\x81", BadSource, "encoding"),
        (b"a" * (1 << 20), UserError, f":1: a text of 1,048,576 characters; at most {LONGEST:,} are read"),
        (b"NUL \x00", BadSource, "NUL"),
    ],
)  # fmt: skip
def test_what_is_no_text_is_refused_by_name(data: bytes, error: type[Exception], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(error, match=said):
        Text().read(tmp_path / "a.txt")


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(UserError, match=r"U\+D800 at 3"):
        Text().parse("a \ud800")


def test_a_text_file_of_any_system_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\n\r\ntwo\rthree\n")
    assert Text().read(tmp_path / "a.txt") == ["one", "two", "three"]
    (tmp_path / "b.txt").write_bytes("Größe".encode("cp1252"))
    assert Text().read(tmp_path / "b.txt", encoding="cp1252") == ["Größe"]


# --- knowledge --------------------------------------------------------------------------------------------------------

pairs = st.lists(st.tuples(st.sampled_from(["name", "tag", "ключ"]), typed.map(plain)), min_size=1, max_size=6)


@given(pairs, st.randoms())
def test_facts_have_no_order_and_come_back_from_fields_and_files(found: Any, random: Any) -> None:
    knowledge = Knowledge(keys=["name", "tag", "ключ"], max_length=10_000)
    value = tuple(sorted(set(found)))
    fields, meta = knowledge.encode(value)
    knowledge.spec.check(fields, "facts")
    assert knowledge.decode(fields) == value == facts(meta["facts"])
    random.shuffle(found)
    assert all((knowledge.encode(tuple(found))[0][name] == fields[name]).all() for name in fields)
    with tempfile.TemporaryDirectory() as folder:
        several = len({key for key, _ in value}) < len(value)
        for suffix in (".yaml", ".jsonl", *(() if several else (".csv", ".tsv"))):
            knowledge.write(value, Path(folder) / f"a{suffix}")
            assert knowledge.read(Path(folder) / f"a{suffix}") == [value]


def test_a_copied_unit_has_the_same_label_in_facts_and_text() -> None:
    alphabet = ["a", "b"]
    knowledge = Knowledge(units="characters", labels=alphabet)
    text = Text(units="characters", labels=alphabet)
    assert knowledge.spec["x_character"].labels == text.spec["character"].labels
    assert Knowledge().spec["x_byte"].labels == BYTES == Text().spec["byte"].labels


def test_values_of_any_length_are_told_apart() -> None:
    value = (("fact", "a" * 80), ("fact", "b"), ("fact", "c" * 33))
    knowledge = Knowledge()
    assert knowledge.decode(knowledge.encode(value)[0]) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no facts"),
        ("{}", "no facts"),
        ("{name: ''}", "no facts"),
        ("{name: a, name: b}", "the key 'name' twice"),
        ('{"name": 1, "name": 1}', "the key 'name' twice"),
        ("just words", "is no map of keys to values"),
        ("{name: {deep: 1}}", "the value of 'name' is a map"),
        ("{name: [[1]]}", "a list in a list"),
        ("{name: a, nmae: b}", "no key 'nmae'; did you mean 'name'"),
        ("{a: &x b, name: *x}", "alias"),
        ("{name: [", "is no YAML"),
        ('{"name": "\\u0007"}', r"U\+0007"),
        ("[" * 3000, "YAML|too deep"),
    ],
)
def test_what_is_no_knowledge_is_refused_by_name(text: str, said: str) -> None:
    knowledge = Knowledge(keys=["name"])
    with pytest.raises(UserError, match=said):
        knowledge.parse(text)


def test_text_that_yaml_would_change_stays_as_it_is_written() -> None:
    assert from_yaml("{name: !!python/object/apply:os.system [ls]}") == [(("name", "ls"),)]  # a tag builds nothing
    assert from_yaml("{a: 007, b: no, c: 1e3, d: 2020-01-01}") == [
        (("a", "007"), ("b", "no"), ("c", "1e3"), ("d", "2020-01-01"))
    ]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"name,name\na,b\n", ":1: the column 'name' stands twice"),
        ("a.csv", b"name\na,b\n", ":2: has more cells than the head"),
        ("a.csv", b'name\n"a\n', ":2: has a quote that is never closed"),
        ("a.csv", b"name\n" + b"a" * (1 << 20) + b"\n", ":2: has a cell longer than 131,072 characters"),
        ("a.jsonl", b'{"name": "a"}\n{"name": "b", "name": "c"}\n', ":2: has the key 'name' twice"),
        ("a.jsonl", b"[1]\n", ":1: is no JSON object"),
        ("a.jsonl", b"{\n", ":1: is no JSON"),
        ("a.jsonl", b"", "has no facts"),
        ("a.yaml", b"- name: a\n- 3\n", "is no map"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_facts_is_refused_with_its_line(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=said):
        Knowledge(keys=["name"]).read(tmp_path / name)


def test_a_table_with_a_mark_crlf_and_newlines_in_quotes_is_read(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbfname,tag\r\n"two\r\nlines","say ""hi"""\r\nplain,\r\n'
    (tmp_path / "a.csv").write_bytes(data)
    assert Knowledge(keys=["name", "tag"]).read(tmp_path / "a.csv") == [
        (("name", "two lines"), ("tag", 'say "hi"')),
        (("name", "plain"),),
    ]


def test_a_table_has_no_room_for_two_values_of_a_key(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'fact' has several values.*\.jsonl"):
        Knowledge().write((("fact", "a"), ("fact", "b")), tmp_path / "a.csv")
    assert not list(tmp_path.iterdir())
