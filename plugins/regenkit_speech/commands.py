"""`regenkit align`: where in a recording its words are heard. `regenkit speak`: texts spoken by a rule."""

from pathlib import Path
from typing import Annotated

import typer

from regenkit_speech.by_rule import VOICE


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


def speak(
    texts: Annotated[Path, typer.Argument(help="a file with a text a line")],
    folder: Annotated[Path, typer.Argument(help="a new folder: its name is the speaker's, as speech/folder reads it")],
    voice: Annotated[str, typer.Option(help="as espeak-ng names it: a language, and perhaps a variant")] = VOICE,
) -> None:
    """Make recordings of a synthetic second speaker, which help if there are only minutes of a voice."""
    from regenkit_speech.by_rule import speak as spoken

    count, silent = spoken(texts, folder, voice)
    typer.echo(f"{count} texts are spoken in {folder}")
    if silent:
        lines = ", ".join(map(str, silent[:5])) + (", …" if len(silent) > 5 else "")
        typer.echo(f"left out, because there is nothing to say in them: {len(silent)} of the lines ({lines})", err=True)
