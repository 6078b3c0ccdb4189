"""Samples of a run, for a few held-out inputs: from time to time in training, and by all stages at its end."""

from pathlib import Path

from regenkit.data.prepare import Prepared
from regenkit.files import write_text
from regenkit.pipeline import Pipeline
from regenkit.pipeline.editing import text_of
from regenkit.run.beside import x_line, y_line
from regenkit.spec import Fields
from regenkit.stages import RENDERER, STAGES

SAMPLES = 3


def _held(prepared: Prepared, split: str) -> list[int]:
    indices = prepared.indices(split, paired=True)
    return [int(index) for index in indices[:: max(1, len(indices) // SAMPLES)][:SAMPLES]]


def sample_stage(pipeline: Pipeline, stage: str, step: int, prepared: Prepared) -> None:
    """Write samples of the stage in training for a few validation examples into samples/: Y′ as text, Y as its modality
    writes it. A converter's own decoder shows what it rebuilds, and what the generator draws."""
    folder = pipeline.run / "samples"
    folder.mkdir(exist_ok=True)
    own, condition, target = pipeline.recipe.renderer.own_decoder, *pipeline.sides(stage)
    draws_rep, reads_rep = "rep" in target.source.values(), "rep" in condition.source.values()
    for number, index in enumerate(_held(prepared, "validation"), 1):
        sides, meta = prepared.example(index)
        x = sides["x"] or {}
        y: Fields | None = None
        rep = pipeline.converter.convert(sides["y"] or {}) if stage == "converter" else sides["rep"] or {}
        name = f"{stage}-{step:06d}-{number}"
        known = {name: rep[name] for name in pipeline.given_scalars}
        if draws_rep:
            drawn = pipeline.sample(stage, [{**x, **known}], seed=number)[0]
            absent = {name: 0 * rep[name] for name in pipeline.given_spec if name not in known}
            rep = {**absent, **known, **drawn}
            write_text(folder / f"{name}.yaml", text_of(pipeline.converter, rep, meta))
        elif STAGES[stage].baseline:
            y = pipeline.joined(rep, pipeline.sample(stage, [{**x, **known}], seed=number)[0])
        if own and (draws_rep or stage == "converter"):
            with pipeline.using(RENDERER, pipeline.stage("converter")):
                y = pipeline.render_rep([rep], seed=number)[0]
        elif reads_rep and not draws_rep and STAGES[stage].section == RENDERER:
            y = pipeline.render_rep([rep], seed=number)[0]
        if y is not None:
            for suffix in pipeline.y_record.writes[:2]:
                pipeline.y.write(pipeline.y.decode(y, meta), folder / f"{name}{suffix}")


def write_samples(pipeline: Pipeline, prepared: Prepared, folder: Path) -> None:
    """Write what the run makes of test inputs, beside the real Y, in every format; X, Y and Y in samples.md."""
    if (folder / "done").exists():
        return
    folder.mkdir(exist_ok=True)
    beside = ["# Samples", "", "Held-out inputs; files of the real Y are `N-reference…`, of ours `N-predicted…`.", "",
              "| | X | Y, real | Y, from predicted Y′ |", "| --- | --- | --- | --- |"]  # fmt: skip
    for number, index in enumerate(_held(prepared, "test"), 1):
        sides, meta = prepared.example(index)
        x, y, rep = sides["x"] or {}, sides["y"] or {}, sides["rep"] or {}
        given = pipeline.given_of(rep)
        predicted = pipeline.predict_rep([x], [given], seed=number)
        drawn = pipeline.render_rep(predicted, seed=number)[0]
        write_text(folder / f"{number}-predicted.yaml", text_of(pipeline.converter, predicted[0], meta))
        for kind, fields in (("reference", y), ("predicted", drawn)):
            for suffix in pipeline.y_record.writes:
                pipeline.y.write(pipeline.y.decode(fields, meta), folder / f"{number}-{kind}{suffix}")
        cells = (x_line(pipeline, x, meta), y_line(pipeline, y, meta), y_line(pipeline, drawn, meta))
        beside.append(
            f"| {number} | " + " | ".join(" ".join(each.split()).replace("|", "\\|") for each in cells) + " |"
        )
    write_text(folder / "samples.md", "\n".join(beside) + "\n")
    (folder / "done").touch()
