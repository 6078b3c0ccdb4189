"""`regenkit align`: where in a recording its words are heard."""

from pathlib import Path
from typing import Annotated

import typer


def align(
    run: Annotated[Path, typer.Argument(help="a run from speech to text, with the generator speech/ctc")],
    recording: Annotated[Path, typer.Argument(help="a sound file")],
    text: Annotated[str, typer.Option(help="what is said in it")],
    output: Annotated[Path, typer.Option("-o", "--output", help="a .TextGrid (Praat), .ctm (NIST) or .png")],
    given: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="as of generate: language=cs")] = None,
) -> None:
    """Say at what time each token of Y′ (each phoneme) of a known text is heard."""
    from regenkit import load
    from regenkit.given import given_options
    from regenkit_speech.spans import read, spans, write

    fixed = given_options(given or [])
    pipeline = load(run)
    sound = read(pipeline, recording)
    found = spans(pipeline, sound, text, fixed)
    write(found, sound, output)
