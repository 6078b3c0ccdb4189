"""Results are written when they are made, in memory that does not grow with their number; Ctrl-C keeps them."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import processes
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from regenkit import limits
from regenkit.analysis.evaluate import Options, evaluate_runs
from regenkit.analysis.measures.examples import size_of
from regenkit.analysis.measures.spool import Spool, beside
from regenkit.cli.outputs import numbered, say_many, write_all
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.pipeline.generation import generated, streamed
from regenkit.pipeline.sampling import BATCH
from regenkit.recipe import load

RECIPE = """\
dataset: {use: music/corpus, paired: [bach], unpaired: [], limit: 60}
converter: {use: music/template, parts: [timing]}
generator: {use: transformer, width: 8, depth: 1, heads: 2}
renderer: {use: transformer, width: 8, depth: 1, heads: 2}
train: {steps: 3, steps_per_call: 3, validate_every: 3, checkpoint_every: 3, warmup_steps: 1}
"""
WORDS = "la la la"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Small untrained models: what they sing is noise, and valid."""
    path = tmp_path_factory.mktemp("recipe") / "song.yaml"
    path.write_text(RECIPE)
    made = Pipeline(load(path))
    with made.using("generator", made.build("generator")), made.using("renderer", made.build("renderer")):
        yield made


def test_a_thousand_million_results_begin_at_once_and_the_first_are_those_of_few(pipeline: Pipeline) -> None:
    few = pipeline.generate([WORDS], seed=3, count=BATCH)
    many = generated(pipeline, [WORDS], seed=3, count=10**9)
    assert list(islice(many, BATCH)) == few
    more = list(islice(many, BATCH))
    assert more != few
    again = generated(pipeline, [WORDS], seed=3, count=2 * BATCH)
    assert list(again) == [*few, *more]


def test_several_inputs_keep_their_order(pipeline: Pipeline) -> None:
    texts = ["la", "la la", "la la la la"]
    found = list(generated(pipeline, texts, seed=1, count=2))
    assert [len(song.notes) for song in found] == [1, 1, 2, 2, 4, 4]


class Streaming:
    """A renderer that could stream, and is never asked to."""

    def stream(self, condition: Any, *, seed: int) -> Iterator[Any]:
        raise AssertionError("the limits are refused before anything is drawn")


def test_what_cannot_be_kept_while_y_is_streamed_is_refused(pipeline: Pipeline) -> None:
    with (
        pipeline.using("renderer", Streaming()),
        pytest.raises(UserError, match=r"^--stream: what is given limits pitch of Y, .*leave one of the two out"),
    ):
        next(streamed(pipeline, WORDS, given={"range": "C4-G5"}))


def test_the_path_of_a_file_may_be_long(pipeline: Pipeline, tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 200) / ("b" * 200)
    folder.mkdir(parents=True)
    (folder / "song.txt").write_text("oh la la")
    assert pipeline.read_inputs(str(folder / "song.txt")) == [pipeline.parse("oh la la")]
    with pytest.raises(UserError, match=r"songs\.txt: there is no such file"):
        pipeline.read_inputs("songs.txt")
    assert pipeline.read_inputs("oh la la " * 60 + "f.txt") == [pipeline.parse("oh la la " * 60 + "f.txt")]


def test_what_is_written_is_kept_and_counted_when_the_user_interrupts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def results() -> Iterator[str]:
        for number in range(10**9):
            if number == 12:
                raise KeyboardInterrupt
            yield f"value {number}"

    def write(value: str, path: Path) -> str:
        path.write_text(value)
        return value

    say_many(10**9, Console(stderr=True, soft_wrap=True))
    with pytest.raises(SystemExit, match="130"):
        write_all(tmp_path / "a.txt", 10**9, results(), write, Console(stderr=True, soft_wrap=True))
    said = capsys.readouterr()
    assert len(list(tmp_path.iterdir())) == 12 == len(said.out.splitlines())
    assert (tmp_path / "a-12.txt").read_text() == "value 11"
    assert "1,000,000,000 results of each input, written one by one" in said.err
    assert "interrupted: 12 of 1,000,000,000 results are written, and kept" in said.err
    assert "1,000,000,000 results of about 7 bytes take 7.0 GB" in said.err


def test_one_result_has_the_name_that_was_given() -> None:
    assert numbered(Path("x/a.mid"), 1, 1) == Path("x/a.mid")
    assert numbered(Path("x/a.mid"), 3, 10) == Path("x/a-3.mid")


arrays = st.integers(0, 5).map(lambda size: {"one": np.arange(size, dtype=np.int32), "two": np.float32(size / 3)})


@given(st.lists(st.lists(arrays, max_size=4), max_size=5), st.integers(0, 3000))
def test_examples_beyond_the_memory_are_read_back_as_they_were(rounds: list[list[dict]], held: int) -> None:
    spool, all_ = Spool(held), []
    for some in rounds:
        spool.extend(some)
        all_ += some
    assert len(spool) == len(all_)
    for mine, theirs in zip(spool, all_, strict=True):
        assert mine.keys() == theirs.keys()
        for name, value in theirs.items():
            np.testing.assert_array_equal(mine[name], value)
            assert mine[name].dtype == value.dtype
    assert len(spool[1:3]) == len(all_[1:3])
    if all_:
        np.testing.assert_array_equal(spool[-1]["one"], all_[-1]["one"])
    with pytest.raises(IndexError):
        spool[len(all_)]


def test_the_samples_of_many_direct_routes_take_no_more_memory_than_those_of_one() -> None:
    """`compare --scores` keeps them for cells to come, and held 128 MB of each."""
    route = [{"one": np.full(100, number)} for number in range(10)]
    known: list[Spool] = []
    for _ in range(4):
        known.append(beside(known, route, held=15 * size_of(route[0])))
    assert [each.taken // size_of(route[0]) for each in known] == [10, 5, 0, 0]
    for each in known:
        assert [int(example["one"][99]) for example in each] == list(range(10))


def test_more_samples_than_the_limit_are_refused_before_a_run_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        UserError, match=r"1,000,000,000 samples by every route, and the limit is 1,000,000.*MAX_SAMPLES"
    ):
        evaluate_runs([Path("no such run")], Options(samples=10**9), Console(quiet=True))
    monkeypatch.setenv(limits.SAMPLES, str(2 * 10**9))
    with pytest.raises(UserError, match="not a run directory"):
        evaluate_runs([Path("no such run")], Options(samples=10**9), Console(quiet=True))


@pytest.mark.exhaustive(minutes=1.5)
def test_a_process_that_is_interrupted_keeps_whole_files_and_takes_no_more_memory(tmp_path: Path) -> None:
    (tmp_path / "song.yaml").write_text(RECIPE)
    processes.end(processes.regenkit("train", "song.yaml", cwd=tmp_path))
    (tmp_path / "out").mkdir()
    process = processes.regenkit("generate", "runs/song/1", "--input", WORDS, "--count", 10**9, "-o", "out/a.mid",
                                 cwd=tmp_path)  # fmt: skip
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(process.communicate()[0]))
    reader.start()
    memory = {}
    for count in (3 * BATCH, 30 * BATCH):
        until = time.monotonic() + processes.PATIENCE
        while len(os.listdir(tmp_path / "out")) < count:
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.1)
        memory[count] = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    process.send_signal(signal.SIGINT)
    reader.join(processes.PATIENCE)
    assert process.returncode == 130, said
    assert "results are written, and kept" in said[0]
    assert max(memory.values()) < 1.1 * min(memory.values()), memory
    names = os.listdir(tmp_path / "out")
    assert all(name.startswith("a-") for name in names)
    assert all((tmp_path / "out" / name).read_bytes().startswith(b"MThd") for name in names)
