"""Folders of recordings as people have them: which text is said in which file, and what is named as left out."""

import os
import tempfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_pictures import read_all
from own_sounds import tone, write

from regenkit.errors import UserError
from regenkit_speech.data import Folder, FolderToText, layouts
from regenkit_speech.data.sound_names import NO_SOUND, SoundNames

HEAD = "client_id\tpath\tsentence_id\tsentence\tup_votes\tdown_votes\n"


def speak(path: Path, seconds: float = 0.4, hertz: float = 300.0, format: str | None = None) -> None:
    write(path, tone(seconds, hertz=hertz), format=format)


def texts(root: Path) -> dict[str, str | None]:
    return {name: said.text for name, said in layouts.read(root, "speech/folder").said.items()}


# --- which sound a row means ------------------------------------------------------------------------------------------

FOLDERS = st.sampled_from(["", "a/", "b/", "a/wavs/", "b/wavs/", "a/b/", "clips/", "wavs/"])
FILES = st.builds(lambda folder, stem, suffix: f"{folder}{stem}{suffix}", FOLDERS, st.sampled_from(["1", "2", "1.x"]),
                  st.sampled_from([".wav", ".flac"]))  # fmt: skip


@given(st.sets(FILES, min_size=1), st.sampled_from(["", "a", "b", "a/b", "wavs", "other"]))
def test_a_path_from_the_table_on_and_from_the_root_of_all_is_the_file_itself(names: set[str], folder: str) -> None:
    root = Path("/somewhere/else")
    sounds = SoundNames(root, sorted(names))
    for name in names:
        assert sounds.find(os.path.relpath(f"/{name}", f"/{folder}"), folder) == (name, "")
        assert sounds.find(f"{root}/{name}", folder) == (name, "")


@given(st.sets(FILES, min_size=1), FILES, st.booleans(), st.sampled_from(["", "a", "b", "other"]))
def test_no_other_is_taken_for_it(names: set[str], wanted: str, bare: bool, folder: str) -> None:
    """What is found ends as the row does, and nothing is found where several do and none is nearer."""
    wanted = wanted.rpartition(".")[0] if bare else wanted
    found, why = SoundNames(Path("/corpus"), sorted(names)).find(wanted, folder)
    ending = [name for name in names if f"/{name}".endswith(f"/{wanted}") or
              f"/{PurePosixPath(name).with_suffix('')}".endswith(f"/{wanted}")]  # fmt: skip
    if found is None:
        assert (why == NO_SOUND) == (not ending) and (why == NO_SOUND or len(ending) > 1)
    else:
        assert found in ending and why == ""


def test_absolute_paths(tmp_path: Path) -> None:
    for speaker in (1, 2):
        speak(tmp_path / "all" / f"spk{speaker}" / "001.wav", hertz=200.0 * speaker)
    root = tmp_path / "link"
    root.symlink_to(tmp_path / "all")
    for base in (tmp_path / "all", root, Path("/of/another/machine")):
        (root / "wav.scp").write_text(f"s2-001 {base}/spk2/001.wav\ns1-001 {base}/spk1/001.wav\n")
        (root / "text").write_text("s1-001 this is one\ns2-001 this is two\n")
        assert texts(root) == {"spk1/001.wav": "this is one", "spk2/001.wav": "this is two"}
    for gone in (tmp_path / "all" / "spk3" / "001.wav", Path("/of/another/machine/spk3/001.wav")):
        (root / "wav.scp").write_text(f"s1-001 {gone}\n")
        assert set(texts(root).values()) == {None}
        assert layouts.read(root, "").left_out["wav.scp:1"] == NO_SOUND


def test_same_names_in_several_folders(tmp_path: Path) -> None:
    for speaker in ("anna", "bob"):
        speak(tmp_path / "speakers" / speaker / "wavs" / "001.wav", hertz=len(speaker) * 80.0)
        (tmp_path / "speakers" / speaker / "metadata.csv").write_text(f"001|says {speaker}|says {speaker}\n")
    assert texts(tmp_path / "speakers") == {"anna/wavs/001.wav": "says anna", "bob/wavs/001.wav": "says bob"}
    (tmp_path / "speakers" / "metadata.csv").write_text("001|who says it?\n")
    (tmp_path / "speakers" / "t.tsv").write_text("path\tsentence\nanna/001.wav\tin another folder\n")
    assert layouts.read(tmp_path / "speakers", "").left_out == {
        "metadata.csv:1": "several sounds are called so: anna/wavs/001.wav, bob/wavs/001.wav",
        "t.tsv:2": NO_SOUND,
    }


# --- tables -----------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\t|"), min_size=1).filter(str.strip))
def test_a_text_is_read_as_it_stands(text: str) -> None:
    """In all tables, whatever is in it: only newlines end a line."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number in range(3):
            (root / str(number)).mkdir()
            (root / str(number) / "a.wav").touch()
        (root / "0" / "metadata.csv").write_text(f"a|{text}|{text}\r\nb|none\r\n", encoding="utf-8", newline="")
        (root / "1" / "t.tsv").write_text(f"path\tsentence\na.wav\t{text}\n", encoding="utf-8")
        (root / "2" / "wav.scp").write_text("one a.wav\n")
        (root / "2" / "text").write_text(f"one {text}\n", encoding="utf-8")
        found = layouts.read(root, "")
    assert {said.text for said in found.said.values()} == {text.strip()} and len(found.said) == 3
    assert found.left_out == {"0/metadata.csv:2": NO_SOUND}


def test_ljspeech_lines_of_other_forms(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        speak(tmp_path / "wavs" / f"{name}.wav", hertz=200.0 + ord(name))
    (tmp_path / "metadata.csv").write_text("a|hello there|\n\nb|one|two|three\nc||spoken\nd\n")
    found = layouts.read(tmp_path, "")
    assert {name: said.text for name, said in found.said.items() if said.text} == {
        "wavs/a.wav": "hello there", "wavs/c.wav": "spoken"
    }  # fmt: skip
    reason = "is no line of the form id|text|text as spoken"
    assert found.left_out == {"metadata.csv:3": reason, "metadata.csv:5": reason}


def test_a_metadata_csv_whose_first_line_names_the_columns(tmp_path: Path) -> None:
    """As Coqui writes it."""
    for name in ("a", "b"):
        speak(tmp_path / "wavs" / f"{name}.wav", hertz=200.0 + ord(name))
    (tmp_path / "metadata.csv").write_text(
        "audio_file|text|speaker_name\nwavs/a.wav|hello there|anna\n\nwavs/b.wav|too short\n"
    )
    found = layouts.read(tmp_path, "")
    said = found.said["wavs/a.wav"]
    assert (said.text, said.speaker) == ("hello there", "anna") and found.said["wavs/b.wav"].text is None
    assert found.left_out == {"metadata.csv:4": "has 2 cells; right are 3, as named above"}


def test_a_column_of_the_table_is_the_split(tmp_path: Path) -> None:
    for number in range(5):
        speak(tmp_path / f"{number}.wav", hertz=200.0 + 30 * number)
    (tmp_path / "metadata.csv").write_text(
        "file|text|split\n0.wav|zero|train\n1.wav|one|dev\n2.wav|two|test\n3.wav|three|\n4.wav|four|none\n2.wav|two|train\n"
    )
    dataset = Folder(str(tmp_path))
    examples, left_out = read_all(dataset)
    assert {each.id: each.split for each in examples if each.x is not None} == {
        "0.wav": "train", "1.wav": "validation", "2.wav": "test", "3.wav": None,
    }  # fmt: skip
    assert left_out == {
        "metadata.csv:6": "its split is 'none'; right are train, validation, test, or nothing",
        "metadata.csv:7": "its sound is in another split already",
    }


def test_common_voice_as_it_is_distributed(tmp_path: Path) -> None:
    for number in range(5):
        speak(tmp_path / "clips" / f"{number}.wav", hertz=200.0 + 30 * number)
    rows = {"train": (0,), "dev": (1,), "test": (2,), "validated": (0, 1, 2), "invalidated": (3,), "other": (4,)}
    for table, numbers in rows.items():
        lines = (f"ada\t{number}.wav\t{number}\tIt is {number}.\t2\t0\n" for number in numbers)
        (tmp_path / f"{table}.tsv").write_text(HEAD + "".join(lines))
    (tmp_path / "reported.tsv").write_text("sentence_id\tsentence\tlocale\treason\n1\tIt is 1.\ten\toffensive\n")
    (tmp_path / "clip_durations.tsv").write_text("clip\tduration[ms]\n0.wav\t400\n")
    for name in ("validated_sentences", "unvalidated_sentences"):
        (tmp_path / f"{name}.tsv").write_text("sentence_id\tsentence\n1\tIt is 1.\n")
    (tmp_path / "my notes.tsv").write_bytes("clip\tis gut f\xfcr\n".encode("latin-1"))
    dataset = Folder(str(tmp_path))
    examples = {each.id: each for each in read_all(dataset)[0]}
    assert {name: (each.x is not None, each.split) for name, each in examples.items()} == {
        "clips/0.wav": (True, "train"), "clips/1.wav": (True, "validation"), "clips/2.wav": (True, "test"),
        "clips/3.wav": (False, None), "clips/4.wav": (False, None),
    }  # fmt: skip
    assert dataset.ignored() == {
        "clip_durations.tsv": "holds durations, not transcripts",
        "invalidated.tsv": "holds what was voted down",
        "my notes.tsv": "is not a text file in UTF-8 (byte 13)",
        "other.tsv": "holds what was not voted on yet",
        "reported.tsv": "holds complaints, not transcripts",
        "unvalidated_sentences.tsv": "holds sentences without their sound",
        "validated_sentences.tsv": "holds sentences without their sound",
    }


def test_the_split_of_a_clip_does_not_depend_on_the_names_of_other_tables(tmp_path: Path) -> None:
    speak(tmp_path / "a.wav")
    (tmp_path / "all.tsv").write_text("path\tsentence\n\n\na.wav\tanother text\nzzz.wav\tnothing\n")
    (tmp_path / "train.tsv").write_text("path\tsentence\na.wav\tthe text\n")
    found = layouts.read(tmp_path, "")
    assert (found.said["a.wav"].text, found.said["a.wav"].split) == ("the text", "train")
    assert found.left_out == {"all.tsv:4": "its sound has another text already", "all.tsv:5": NO_SOUND}


def test_a_row_with_more_cells_than_columns_is_not_cut(tmp_path: Path) -> None:
    speak(tmp_path / "a.wav")
    (tmp_path / "t.tsv").write_text("path\tsentence\na.wav\thello\tthere\na.wav\thello\t\t \n")
    assert texts(tmp_path) == {"a.wav": "hello"}
    assert layouts.read(tmp_path, "").left_out == {"t.tsv:2": "has 3 cells; right are 2, as named above"}


def test_tsvs_without_the_columns_are_refused_where_nothing_else_says_what_is_said(tmp_path: Path) -> None:
    speak(tmp_path / "a.wav")
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(UserError, match=r"t\.tsv: its columns are a, b; right are one of path, "):
        Folder(str(tmp_path))
    (tmp_path / "t.tsv").write_text("path\tsentence\na.wav\t" + "x" * 200_000)
    with pytest.raises(UserError, match=r"t\.tsv:2: is no line of a table \(field larger"):
        Folder(str(tmp_path))
    (tmp_path / "a.txt").write_text("words")
    assert list(Folder(str(tmp_path)).ignored()) == ["t.tsv"]


# --- Kaldi ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [" ", "\t", "  ", " \t "])
def test_kaldi_parts_by_any_white_space(tmp_path: Path, between: str) -> None:
    speak(tmp_path / "a b.wav")
    (tmp_path / "wav.scp").write_text(f"u1{between}a b.wav\n\nu2{between}none.wav\nu1{between}a b.wav\n")
    (tmp_path / "text").write_text(f"\nu1{between}hello there\nu2{between}x\n\nu3{between}y\nu3{between}z\n")
    (tmp_path / "utt2spk").write_text(f"u1{between}ada\n")
    found = layouts.read(tmp_path, "")
    assert {name: (said.text, said.speaker) for name, said in found.said.items()} == {"a b.wav": ("hello there", "ada")}
    twice = "its id stands in an earlier line"
    assert found.left_out == {"wav.scp:3": NO_SOUND, "wav.scp:4": twice, "text:5": NO_SOUND, "text:6": twice}


def test_kaldi_with_segments(tmp_path: Path) -> None:
    write(tmp_path / "rec.wav", np.concatenate([tone(2.0, hertz=300.0), tone(2.0, hertz=500.0)]))
    speak(tmp_path / "alone.wav", hertz=700.0)
    (tmp_path / "wav.scp").write_text("rec rec.wav\npiped sph2pipe a.sph |\nalone alone.wav\n")
    (tmp_path / "segments").write_text(
        "r-1\trec 0.5 2\nr-2 rec 2 -1\nr-3 rec 3 9\nr-4 rec 2 1\nr-5 gone 0 1\nr-6 rec 0 0.5\nr-7 rec 0 3.5\n"
    )
    (tmp_path / "text").write_text("r-1 hello there\nr-2 good bye\nr-3 late\nr-7 long\nr-8 none\n")
    (tmp_path / "utt2spk").write_text("r-1 ada\nr-2 bob\n")
    for dataset, kept in ((Folder(str(tmp_path), max_seconds=3.0), {"alone.wav"}),
                          (FolderToText(str(tmp_path), max_seconds=3.0), set())):  # fmt: skip
        examples, left_out = read_all(dataset)
        found = {each.id: each for each in examples}
        assert set(found) == {"rec.wav#r-1", "rec.wav#r-2", *kept}
        waves = {
            name: (each.x if dataset.__class__ is FolderToText else each.y)["wave"] for name, each in found.items()
        }
        np.testing.assert_allclose(waves["rec.wav#r-1"], tone(2.0, hertz=300.0)[8_000:], atol=1e-3)
        np.testing.assert_allclose(waves["rec.wav#r-2"], tone(2.0, hertz=500.0), atol=1e-3)
        assert {found[name].meta["title"] for name in found if "#" in name} == {"hello there", "good bye"}
        assert all("file:rec.wav" in found[name].groups for name in found if "#" in name)
        left_out.pop("alone.wav", None)
        assert left_out == {
            "rec.wav#r-3": "is longer than 3 seconds",
            "rec.wav#r-7": "is longer than 3 seconds",
            "segments:4": "is no line of the form id recording begin end",
            "segments:5": NO_SOUND,
            "segments:6": "has no text",
            "text:5": NO_SOUND,
            "wav.scp:2": "is a command, not a file; commands are not run",
        }
    _, left_out = read_all(Folder(str(tmp_path), max_seconds=10.0))
    assert left_out["rec.wav#r-3"] == "its recording ends before it does"


# --- a .txt beside each -----------------------------------------------------------------------------------------------


def test_a_txt_that_is_no_utf8_is_left_out_alone(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        speak(tmp_path / f"{name}.wav", hertz=200.0 + ord(name))
    (tmp_path / "a.txt").write_bytes("café".encode("cp1252"))
    (tmp_path / "b.txt").write_text("all right")
    (tmp_path / "c.txt").write_text(" \n")
    assert texts(tmp_path) == {"a.wav": None, "b.wav": "all right", "c.wav": None}
    assert layouts.read(tmp_path, "").left_out == {
        "a.txt": "is not a text file in UTF-8 (byte 3)", "c.txt": "has no text"
    }  # fmt: skip


def test_suffixes_in_capitals(tmp_path: Path) -> None:
    speak(tmp_path / "A.WAV", format="WAV")
    (tmp_path / "A.TXT").write_text("hello")
    (tmp_path / "B.TXT").write_text("nobody")
    assert texts(tmp_path) == {"A.WAV": "hello"} and layouts.read(tmp_path, "").left_out == {"B.TXT": NO_SOUND}
    (tmp_path / "A.txt").write_text("hello again")
    assert texts(tmp_path) == {"A.WAV": "hello"}
    assert layouts.read(tmp_path, "").left_out["A.txt"] == "its sound has another text already"


def test_what_a_table_leaves_unread_is_named(tmp_path: Path) -> None:
    speak(tmp_path / "a.wav")
    (tmp_path / "a.txt").write_text("another text")
    (tmp_path / "metadata.csv").write_text("a|hello\n")
    (tmp_path / "metadata_eval.csv").touch()
    named = {"a.txt": layouts.OF_TABLE, "metadata_eval.csv": layouts.NOT_READ}
    assert texts(tmp_path) == {"a.wav": "hello"} and layouts.read(tmp_path, "").ignored == named
    (tmp_path / "a.mp3").touch()  # is in no table
    assert "a.txt" not in layouts.read(tmp_path, "").ignored


def test_what_says_that_it_lasts_for_months_is_not_cut_into_pieces(tmp_path: Path) -> None:
    """A FLAC of 1 Hz whose header was damaged: 36 bits of samples."""
    path = tmp_path / "a.flac"
    speak(path)
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\x00"
    path.write_bytes(bytes(data))
    assert Folder(str(tmp_path)).sources() == ["a.flac"]
