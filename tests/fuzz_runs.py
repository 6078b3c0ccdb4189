"""A run folder in which one file is changed: cut, flipped, emptied, replaced by another one, made a link or a folder.
Then it is opened, generated from and described, in a process under limits.

    python fuzz_runs.py NAME FIRST COUNT FOLDER    FOLDER/sound is, or becomes, a whole run; prints as `fuzz_worker.py`

`use` is what `generate` and `evaluate` read of a run, without training or measuring anything.
"""

import json
import random
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz_changes import FORMATS, TEXT, changed, cut, flip
from fuzz_inputs import Input
from fuzz_worker import answer, limited

Change = Callable[[random.Random, Path, list[Path]], None]
RECIPE = """\
dataset: {use: music/corpus, paired: [bach], unpaired: [], limit: 60}
converter: {use: music/template, parts: [timing]}
generator: {use: transformer, width: 8, depth: 1, heads: 2}
renderer: {use: transformer, width: 8, depth: 1, heads: 2}
train: {steps: 3}
"""
LIGHT = (".json", ".jsonl", ".yaml", ".h5")
"""Kinds of files that are read when a run is used; checkpoints and samples are not."""


def read_files(run: Path) -> list[Path]:
    """The files of a run that using it reads."""
    found = (path for path in run.rglob("*") if path.is_file() and path.suffix in LIGHT)
    return sorted(path for path in found if path.parent.name not in ("samples", "gallery", "tensorboard"))


def _bytes(change: Callable[[random.Random, bytes], bytes]) -> Change:
    def on(chance: random.Random, path: Path, others: list[Path]) -> None:
        path.write_bytes(change(chance, path.read_bytes()))

    return on


def _replaced(chance: random.Random, path: Path, others: list[Path]) -> None:
    path.write_bytes(chance.choice([other for other in others if other != path]).read_bytes())


def _missing(chance: random.Random, path: Path, others: list[Path]) -> None:
    path.unlink()


def _link(chance: random.Random, path: Path, others: list[Path]) -> None:
    path.unlink()
    path.symlink_to(chance.choice(("/etc/passwd", "/dev/zero", "../../../outside", path.name)))


def _folder(chance: random.Random, path: Path, others: list[Path]) -> None:
    path.unlink()
    path.mkdir()


def _value(chance: random.Random, path: Path, others: list[Path]) -> None:
    """Of a JSON file: another value somewhere in it; of others, bytes."""
    try:
        data = json.loads(path.read_bytes())
    except ValueError:
        path.write_bytes(changed(chance, path.read_bytes(), path.suffix))
        return
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        for key, each in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            places.append((value, key))
            walk(each)

    walk(data)
    other = chance.choice((None, -1, 10**30, 1e308, "", "x" * 10_000, [], {}, True, "\x1b[2J<script>", [[[]]] * 50))
    if places:
        inner, key = chance.choice(places)
        inner[key] = other
    path.write_text(json.dumps(data if places else other))


CHANGES: dict[str, Change] = {
    "cut": _bytes(cut), "flipped": _bytes(flip), "emptied": _bytes(lambda chance, data: b""), "replaced": _replaced,
    "missing": _missing, "a link": _link, "a folder": _folder, "another value": _value,
    "spliced": _bytes(lambda chance, data: chance.choice((*FORMATS[".h5"], *TEXT))(chance, data)),
}  # fmt: skip


def furnish(folder: Path) -> Path:
    """`folder`, with a run in `sound`: untrained weights, and what else a training leaves."""
    from regenkit.files import write_json
    from regenkit.pipeline import Pipeline
    from regenkit.pipeline.contract import sign
    from regenkit.recipe import load
    from regenkit.run.folder import open_run
    from regenkit.stages import ROUTE
    from regenkit.training.checkpoints import write_weights

    (folder / "song.yaml").write_text(RECIPE)
    recipe, run = load(folder / "song.yaml"), folder / "sound"
    with open_run(run, recipe):
        pipeline = Pipeline(recipe, run)
        for stage in ROUTE:
            (run / stage).mkdir()
            write_weights(pipeline.build(stage), run / stage / "best.weights.h5")
            sign(run / stage, pipeline.contract(stage))
            write_json(run / stage / "done.json", {"steps": 3, "best_step": 3, "validation": 1.5, "parameters": 1000})
    line = '{"stage": "generator", "kind": "train", "step": 3, "steps_per_second": 2.5}\n'
    (run / "log.jsonl").write_text(line * 3)
    return folder


def use(run: Path) -> None:
    """Raises UserError where the run cannot be used."""
    from regenkit.analysis.measures import provenance
    from regenkit.analysis.plan import planned
    from regenkit.pipeline.generation import generated
    from regenkit.pipeline.load import load_run
    from regenkit.run.folder import untrained

    pipeline = load_run(run)
    for value in generated(pipeline, ["la la la"], seed=1):
        fields, _ = pipeline.y.encode(value)
        pipeline.specs["y"].check(fields, "a sample")
    if not untrained(run, pipeline.recipe):
        provenance.training(pipeline)
        provenance.trained_with(pipeline)
        planned(pipeline, ("direct",))


def made(sound: Path, seed: int, folder: Path) -> tuple[Path, str]:
    """(a changed copy of the run, what was done to it)."""
    chance = random.Random(f"run {seed}")
    run = folder / "changed"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(sound, run, ignore=shutil.ignore_patterns("checkpoints", "samples", "tensorboard"))
    others = read_files(run)
    path, name = chance.choice(others), chance.choice(list(CHANGES))
    CHANGES[name](chance, path, others)
    return run, f"{path.relative_to(run)} {name}"


def main(first: int, count: int, folder: Path) -> None:
    sound = folder / "sound"
    if not sound.exists():
        furnish(folder)
    use(sound)
    limited()
    warnings.simplefilter("ignore")
    kind = Input(name="run", suffix="", read=use, sound=[])
    for seed in range(first, first + count):
        print(seed, end=" ", flush=True)
        run, done = made(sound, seed, folder)
        found, more = answer(kind, run)
        print(found, more, f"({done})", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
