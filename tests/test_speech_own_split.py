"""Folders of recordings: in which split a sound is, who speaks, and that no split hears of another."""

from pathlib import Path

import pytest
from own_pictures import read_all
from own_sounds import tone, write

from regenkit.data.split import components
from regenkit_speech.data import Folder, FolderToText, layouts

OTHER = "its split is {}, and that of its folder or table is {}; right is one of the two"


def speak(path: Path, hertz: float) -> None:
    write(path, tone(0.4, hertz=hertz))


def splits(dataset: Folder | FolderToText) -> dict[str, str | None]:
    """Of those with a text."""
    return {each.id: each.split for each in read_all(dataset)[0] if each.x is not None}


# --- the folder's own split -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [Folder, FolderToText])
def test_folders_of_a_split_are_no_speakers(tmp_path: Path, dataset: type[Folder | FolderToText]) -> None:
    for number, name in enumerate(("train/anna/1", "train/bob/2", "Dev/anna/3", "test/bob/4", "5")):
        speak(tmp_path / f"{name}.wav", 200.0 + 30 * number)
        (tmp_path / f"{name}.txt").write_text(f"It is {number}.")
    found = dataset(str(tmp_path))
    assert splits(found) == {
        "train/anna/1.wav": "train", "train/bob/2.wav": "train", "Dev/anna/3.wav": "validation",
        "test/bob/4.wav": "test", "5.wav": None,
    }  # fmt: skip
    assert found.corpus.speakers == ["anna", "bob"]


def test_folders_of_kaldi_are_a_split_and_a_row_of_another_is_named(tmp_path: Path) -> None:
    for number, part in enumerate(("train", "dev", "test")):
        speak(tmp_path / "wavs" / f"{part}.wav", 200.0 + 30 * number)
        (tmp_path / part).mkdir()
        (tmp_path / part / "wav.scp").write_text(f"u{number} ../wavs/{part}.wav\n")
        (tmp_path / part / "text").write_text(f"u{number} it is {number}\n")
    assert splits(Folder(str(tmp_path))) == {
        "wavs/train.wav": "train", "wavs/dev.wav": "validation", "wavs/test.wav": "test"
    }  # fmt: skip
    speak(tmp_path / "test" / "a.wav", 500.0)
    (tmp_path / "train" / "more.tsv").write_text("path\tsentence\tsplit\n../test/a.wav\thello\t\n")
    (tmp_path / "dev" / "more.tsv").write_text("path\tsentence\tsplit\n../wavs/dev.wav\tit is 1\ttrain\n")
    left_out = layouts.read(tmp_path, "").left_out
    assert left_out == {
        "train/more.tsv:2": OTHER.format("train", "test"), "dev/more.tsv:2": OTHER.format("train", "validation"),
    }  # fmt: skip


# --- who speaks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["train.tsv", "all.tsv"])
def test_a_table_that_names_nobody_takes_no_speaker_away(tmp_path: Path, first: str) -> None:
    speak(tmp_path / "a.wav", 200.0)
    (tmp_path / first).write_text("path\tsentence\na.wav\thello\n")
    (tmp_path / "validated.tsv").write_text("client_id\tpath\tsentence\nada\ta.wav\thello\n")
    (tmp_path / "z.tsv").write_text("path\tsentence\na.wav\thello\n")
    assert layouts.read(tmp_path, "").said["a.wav"].speaker == "ada"
    (tmp_path / "z.tsv").write_text("client_id\tpath\tsentence\nbob\ta.wav\thello\n")
    found = layouts.read(tmp_path, "")
    assert found.said["a.wav"].speaker == "ada"
    assert found.left_out == {"z.tsv:2": "its sound has another speaker already"}


def test_speakers_that_the_data_hold_out_are_not_heard_in_training(tmp_path: Path) -> None:
    """Common Voice's validated.tsv has more clips of the speakers of its test.tsv."""
    head = "client_id\tpath\tsentence\n"
    for number in range(5):
        speak(tmp_path / "clips" / f"{number}.wav", 200.0 + 30 * number)
    rows = [f"{who}\t{number}.wav\tIt is {number}.\n" for number, who in enumerate(("ada", "eve", "eve", "ada", "ann"))]
    (tmp_path / "train.tsv").write_text(head + rows[0])
    (tmp_path / "test.tsv").write_text(head + rows[1])
    (tmp_path / "validated.tsv").write_text(head + "".join(rows))
    assert splits(Folder(str(tmp_path))) == {
        "clips/0.wav": "train", "clips/1.wav": "test", "clips/3.wav": None, "clips/4.wav": None
    }  # fmt: skip
    reason = "its speaker is held out by the data's own split, which keeps speakers apart"
    assert read_all(FolderToText(str(tmp_path)))[1] == {"clips/2.wav": reason}
    (tmp_path / "test.tsv").write_text(head + rows[1] + rows[3])  # speakers are not kept apart
    assert set(splits(Folder(str(tmp_path)))) == {f"clips/{number}.wav" for number in range(5)}
    (tmp_path / "train.tsv").unlink()  # nothing is said of training
    assert set(splits(Folder(str(tmp_path)))) == {f"clips/{number}.wav" for number in range(5)}


# --- what is kept together --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [Folder, FolderToText])
def test_the_same_words_written_otherwise_are_in_one_split(
    tmp_path: Path, dataset: type[Folder | FolderToText]
) -> None:
    texts = ("21 well-known people", "Twenty one: well known people!", "Others")
    for number, text in enumerate(texts):
        speak(tmp_path / f"{number}.wav", 200.0 + 30 * number)
        (tmp_path / f"{number}.txt").write_text(text)
    examples, _ = read_all(dataset(str(tmp_path)))
    assert components(each.groups for each in examples).tolist() == [0, 0, 2]


def test_a_whole_recording_is_in_the_split_of_its_segments(tmp_path: Path) -> None:
    """Whether it is a segment from its begin to its end, or a file of another table."""
    for name in ("a", "b", "c"):
        speak(tmp_path / f"{name}.wav", 200.0 + ord(name))
    (tmp_path / "wav.scp").write_text("a a.wav\nb b.wav\n")
    (tmp_path / "segments").write_text("a-all a 0 -1\na-part a 0.1 0.3\nb-part b 0.1 0.3\n")
    (tmp_path / "text").write_text("a-all all of it\na-part of\nb-part some\n")
    (tmp_path / "metadata.csv").write_text("b|what is there|what is there\nc|another|another\n")
    examples, left_out = read_all(FolderToText(str(tmp_path)))
    assert left_out == {} and [each.id for each in examples] == [
        "a.wav#a-all", "a.wav#a-part", "b.wav", "b.wav#b-part", "c.wav"
    ]  # fmt: skip
    assert components(each.groups for each in examples).tolist() == [0, 0, 2, 2, 4]


def test_a_clip_that_was_voted_down_is_left_out_where_its_speaker_is_held_out(tmp_path: Path) -> None:
    """Without its transcript it would reach the renderer, which learns from recordings alone."""
    for number in range(5):
        write(tmp_path / "clips" / f"{number}.wav", tone(0.4, hertz=200.0 + 30 * number))
    rows = {"train": ["ada 0"], "dev": ["bob 1"], "invalidated": ["bob 2", "ada 3"], "other": ["cy 4"]}
    for table, clips in rows.items():
        lines = (
            f"{speaker}\t{number}.wav\t{number}\tIt is {number}.\t2\t0\n" for speaker, number in map(str.split, clips)
        )
        (tmp_path / f"{table}.tsv").write_text(
            "client_id\tpath\tsentence_id\tsentence\tup_votes\tdown_votes\n" + "".join(lines)
        )
    found = layouts.read(tmp_path, "")
    assert found.left_out == {"clips/2.wav": layouts.HELD_OUT}
    assert {name: (said.text, said.split) for name, said in found.said.items()} == {
        "clips/0.wav": ("It is 0.", "train"), "clips/1.wav": ("It is 1.", "validation"),
        "clips/3.wav": (None, None), "clips/4.wav": (None, None),
    }  # fmt: skip
