"""generate, convert, render, export: what a user does with a trained run."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from regenkit.terminal import terminal

if TYPE_CHECKING:
    from regenkit.pipeline import Pipeline

Run = Annotated[
    str, typer.Argument(help="a run directory, e.g. runs/lyric2melody/1; an export of one, run.zip; or hf://OWNER/NAME")
]
Output = Annotated[Path, typer.Option("-o", "--output", help="file to write; its suffix chooses the format")]
Seed = Annotated[int, typer.Option(help="another seed, another result")]
Temperature = Annotated[
    float | None, typer.Option(min=0.0, help="0 takes the likeliest; below 1 safer, above 1 bolder")
]
TopP = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="keep only the likeliest tokens of this total probability (default: 0.95)"),
]
Guidance = Annotated[
    float | None,
    typer.Option(min=0.0, help="how far to go beyond the condition, where a model has guidance; 1 = no further"),
]
SampleOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--sample",
        metavar="NAME=VALUE",
        help="any sampling option of the run's stages: steps=20; or of one: generator.guidance=2",
    ),
]
GivenOptions = Annotated[
    list[str] | None, typer.Option("--given", metavar="FIELD=VALUE", help="what you fix yourself, e.g. key=G")
]


def generate(
    run: Run,
    text: Annotated[str, typer.Option("--input", help="the input itself, or a file of one or many")],
    output: Output,
    seed: Seed = 0,
    count: Annotated[int, typer.Option(min=1, help="results an input")] = 1,
    temperature: Temperature = None,
    top_p: TopP = None,
    guidance: Guidance = None,
    sample: SampleOptions = None,
    given: GivenOptions = None,
    stream: Annotated[bool, typer.Option("--stream", help="make Y part by part; says when the first is there")] = False,
) -> None:
    """Generate Y from X by way of Y′. With several inputs or --count, files are numbered: song-1.mid, song-2.mid …

    Each is written when it is made, in memory that does not grow with their number; Ctrl-C keeps what is written.
    """
    from regenkit.cli.outputs import check_output, sampling_options, say_many, write_all

    say_many(count, terminal(stderr=True, soft_wrap=True))
    from regenkit.given import given_options
    from regenkit.pipeline.generation import generated
    from regenkit.pipeline.load import load_run

    pipeline = load_run(run)
    check_output(output, pipeline.y_record.writes)
    values = pipeline.read_inputs(text)
    options = sampling_options(sample, temperature=temperature, top_p=top_p, guidance=guidance)
    fixed = given_options(given or [])
    if stream:
        _stream(pipeline, values, output, seed=seed, count=count, given=fixed, **options)
        return
    results = generated(pipeline, values, seed=seed, count=count, given=fixed, **options)
    write_all(output, len(values) * count, results, _writer(pipeline), terminal(stderr=True, soft_wrap=True))


def _stream(pipeline: "Pipeline", values: list[Any], output: Path, *, count: int, **how: Any) -> None:
    """Write one result part by part, and say how long the first took."""
    from time import perf_counter

    from regenkit.adapter import WritesParts
    from regenkit.errors import UserError
    from regenkit.pipeline.generation import streamed

    if len(values) * count != 1:
        raise UserError(f"--stream: {len(values) * count} results are asked for; one is streamed at a time")
    if not isinstance(pipeline.y, WritesParts):
        raise UserError(f"--stream: {pipeline.y_record.name} is not written in parts; leave it out")
    console, began = terminal(stderr=True, soft_wrap=True), perf_counter()

    def parts() -> Iterator[Any]:
        for number, part in enumerate(streamed(pipeline, values[0], **how)):
            if not number:
                console.print(f"the first part after {1000 * (perf_counter() - began):.0f} ms", highlight=False)
            yield part

    pipeline.y.write_parts(parts(), output)
    print(output)


def convert(
    run: Run,
    file: Annotated[Path, typer.Argument(help="a file of Y")],
    output: Output,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="of the file's text, e.g. cp1251 or shift_jis (default: told from it)"),
    ] = None,
) -> None:
    """Convert Y to Y′, as text to read and edit."""
    from regenkit.cli.outputs import check_output, write_all
    from regenkit.errors import UserError
    from regenkit.files import write_text
    from regenkit.pipeline.load import load_run

    pipeline = load_run(run)
    check_output(output, (".yaml", ".yml"))
    values = _read(pipeline, file, encoding)
    if not values:
        raise UserError(f"{file}: holds nothing to convert")

    def write(text: str, path: Path) -> str:
        write_text(path, text)
        return ""

    texts = (pipeline.convert(value) for value in values)
    write_all(output, len(values), texts, write, terminal(stderr=True, soft_wrap=True))


def _read(pipeline: "Pipeline", file: Path, encoding: str | None) -> list[Any]:
    from regenkit.adapter import reads_text
    from regenkit.data.text_encoding import SAY_IT
    from regenkit.errors import BadSource, UserError

    if reads_text(pipeline.y):
        try:
            return pipeline.y.read(file, encoding)
        except BadSource as error:
            reason = error.reason.replace(SAY_IT, SAY_IT.replace("encoding: ", "--encoding "))
            raise BadSource(error.source, reason) from error
    if encoding is not None:
        raise UserError(f"--encoding {encoding}: files of {pipeline.y_record.name} hold no text of old encodings; "
                        "leave it out")  # fmt: skip
    return pipeline.y.read(file)


def render(
    run: Run,
    file: Annotated[Path, typer.Argument(help="Y′ as `convert` writes it, edited as you like")],
    output: Output,
    seed: Seed = 0,
    count: Annotated[int, typer.Option(min=1, help="results")] = 1,
    temperature: Temperature = None,
    top_p: TopP = None,
    guidance: Guidance = None,
    sample: SampleOptions = None,
) -> None:
    """Render Y from an edited Y′. Each of --count results is written when it is made; Ctrl-C keeps what is written."""
    from regenkit.cli.outputs import check_output, sampling_options, say_many, write_all

    say_many(count, terminal(stderr=True, soft_wrap=True))
    from regenkit.pipeline.generation import rendered
    from regenkit.pipeline.load import load_run

    pipeline = load_run(run)
    check_output(output, pipeline.y_record.writes)
    text = _rep_text(file)
    options = sampling_options(sample, temperature=temperature, top_p=top_p, guidance=guidance)
    values = rendered(pipeline, text, seed=seed, count=count, where=str(file), **options)
    write_all(output, count, values, _writer(pipeline), terminal(stderr=True, soft_wrap=True))


def _rep_text(file: Path) -> str:
    """Y′ out of a file. Raises UserError; where it is no text, perhaps because it is a Y, the message says what is."""
    from regenkit.errors import UserError
    from regenkit.files import read_text

    try:
        return read_text(file)
    except UserError as error:
        if not isinstance(error.__cause__, UnicodeDecodeError):
            raise
        raise UserError(f"{error}; right is a Y′ as text, which `regenkit convert` makes of a Y") from error


def _writer(pipeline: "Pipeline") -> Callable[[Any, Path], str]:
    """Writes a value of Y, and gives a line that describes it."""

    def write(value: Any, path: Path) -> str:
        pipeline.y.write(value, path)
        return pipeline.y.describe(value)

    return write


def export(
    run: Annotated[Path, typer.Argument(help="a run directory, e.g. runs/lyric2melody/1")],
    output: Annotated[Path, typer.Option("-o", "--output", help="the file to write, a .zip; of graphs, the folder")],
    form: Annotated[
        Literal["run", "savedmodel", "onnx"],
        typer.Option("--format", help="run: to be loaded by regenkit. The others: graphs of the networks alone"),
    ] = "run",
) -> None:
    """Export a trained run: weights, recipe, card and licences in one file that `regenkit.load` opens, without training
    state. Nothing in it is code."""
    from regenkit.cli.outputs import check_output
    from regenkit.pipeline.load import load_run

    console = terminal(soft_wrap=True, highlight=False)
    if form == "run":
        from regenkit.run.export import export_run

        check_output(output, (".zip",))
        stages = export_run(load_run(run), output)
        size = output.stat().st_size / 1e6
        again = f"regenkit generate {shlex.quote(str(output))} …"
        console.print(f"{output}: {', '.join(stages)}; {size:.1f} MB. To use it: {again}", markup=False)
        return
    from regenkit.run.graphs import export_graphs

    for line in export_graphs(load_run(run), output, form):
        console.print(line, markup=False)
