"""Held-out speech, row by row: recordings, their true mel and predicted mel by each renderer, and espeak-ng.

python benchmarks/speech_table.py RUN --vocoder RUN --examples 20 --report table.json --samples folder

The runs have one converter; without a vocoder its rows are left out. Words count as the transcript has them. The
real-time factor is CPU time of one thread for a second of sound; the first part of a stream is asked for twice, and the
second time is measured.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regenkit.components import Evaluation
from regenkit.given import Given, given_options
from regenkit.pipeline.load import load_run
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields
from regenkit_speech import metrics
from regenkit_speech.modality import Recording, Transcript
from regenkit_speech.modality.decoding import read
from regenkit_speech.models.phase import GriffinLim

SCORES = ("word_error_rate", "character_error_rate", "mel_cepstral_distortion", "f0_rmse", "voicing_error",
          "stft_distance", "duration_ratio")  # fmt: skip
SHOWN = 3


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("generator", type=Path)
    asked.add_argument("--vocoder", type=Path)
    asked.add_argument("--examples", type=int, default=20)
    asked.add_argument("--report", type=Path)
    asked.add_argument("--samples", type=Path)
    asked.add_argument("--given", metavar="FIELD=VALUE", help="speaker=me, where the run has several")
    options = asked.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    texts = load_run(options.generator)
    vocoder = load_run(options.vocoder) if options.vocoder else None
    prepared = texts.prepare(lambda *_: None)
    held_out = prepared.indices("test", paired=True)
    indices = held_out[np.linspace(0, len(held_out) - 1, min(options.examples, len(held_out))).round().astype(int)]
    found = [prepared.example(index) for index in indices]
    xs, real, true = ([dict(sides[side] or {}) for sides, _ in found] for side in ("x", "y", "rep"))
    titles = [str(meta["title"]) for _, meta in found]
    rule = GriffinLim(condition=texts.specs["rep"], target=texts.specs["y"].only(optional=False))
    given = [texts.given(given_options([options.given] if options.given else []))] * len(xs)
    ways: dict[str, Any] = {
        "recordings": lambda: real,
        "true mel, Griffin-Lim": lambda: by_rule(rule, true),
        "predicted mel, Griffin-Lim": lambda: by_rule(rule, texts.predict_rep(xs, given, seed=0)),
        "another prompt's recording": lambda: [*real[1:], real[0]],
    }
    if vocoder is not None:
        ways["true mel, Vocos"] = lambda: vocoder.render_rep(true, seed=0)
        ways["predicted mel, Vocos"] = lambda: vocoder.render_rep(texts.predict_rep(xs, given, seed=0), seed=0)
    if shutil.which("espeak-ng"):
        ways["espeak-ng"] = lambda: spoken_by_espeak(titles)
    else:
        print("espeak-ng is not installed: left out (apt-get install espeak-ng)")
    written, heard, table = Transcript(), {}, {}
    for name, way in ways.items():
        if "mel" in name:
            way()  # traced before it is timed
        began = time.process_time()
        heard[name] = way()
        seconds = time.process_time() - began
        of = Evaluation(samples=heard[name], references=real, conditions=[written.encode(each)[0] for each in titles],
                        x=written, y=texts.y)  # fmt: skip
        scores = {each: getattr(metrics, each)(of) for each in SCORES}
        length = sum(len(each["wave"]) for each in heard[name]) / texts.y.sample_rate
        table[name] = {each: round(float(np.nanmean(value)), 4) if np.isfinite(value).any() else None
                       for each, value in scores.items()}  # fmt: skip
        table[name]["real_time_factor"] = round(seconds / length, 4) if "mel" in name else None
        print(name, table[name], flush=True)
    first = first_part(texts, vocoder, xs[:5]) if vocoder is not None else None
    print("first part of a stream after", first)
    whole = {"generator": str(options.generator), "vocoder": str(options.vocoder), "examples": len(indices),
             "seeds": 1, "rows": table, "first_part_seconds": first}  # fmt: skip
    if options.report:
        options.report.write_text(json.dumps(whole, indent=1) + "\n")
    if options.samples:
        show(options.samples, heard, titles, texts.y)


def by_rule(rule: GriffinLim, reps: Sequence[Fields]) -> list[Fields]:
    found = []
    for rep in reps:
        batch = {"mel": rep["mel"][None], rule.clock.mask: np.ones((1, len(rep["mel"])), bool)}
        found.append({"wave": rule.sample(batch, seed=0)["wave"][0]})
    return found


def spoken_by_espeak(texts: Sequence[str]) -> list[Fields]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for text in texts:
            path = Path(folder) / "a.wav"
            subprocess.run(["espeak-ng", "-v", "en-us", "-w", str(path), text], check=True)
            found.append({"wave": read(path, 16_000, max_seconds=60).samples})
    return found


def first_part(texts: Any, vocoder: Any, xs: Sequence[Fields]) -> dict[str, float]:
    """Median over texts of a warm process, from the text's symbols to the first samples: by the clock, and of CPU."""
    stage = vocoder.stage("renderer")
    clock, cpu = [], []
    for x in xs:
        for _ in range(2):
            began = time.perf_counter(), time.process_time()
            (rep,) = texts.predict_rep([x], [Given()], seed=0)
            batch = {"mel": rep["mel"][None], stage.clock.mask: np.ones((1, len(rep["mel"])), bool)}
            next(iter(stage.stream(batch, seed=0)))
            took = time.perf_counter() - began[0], time.process_time() - began[1]
        clock.append(took[0])
        cpu.append(took[1])
    return {"clock": round(float(np.median(clock)), 4), "cpu": round(float(np.median(cpu)), 4)}


def show(folder: Path, heard: dict[str, list[Fields]], titles: Sequence[str], audio: Any) -> None:
    """Sounds of the first texts, and their spectra beside one another: not chosen by how they sound."""
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    rows = [name for name in heard if name != "another prompt's recording"]
    figure = Figure(figsize=(4.2 * SHOWN, 1.7 * len(rows)), layout="constrained")
    for row, name in enumerate(rows):
        for column in range(min(SHOWN, len(titles))):
            wave = np.asarray(heard[name][column]["wave"], np.float32)
            audio.write(Recording(samples=np.clip(wave, -1, 1), rate=audio.sample_rate),
                        folder / f"{column}-{name.replace(', ', '-').replace(' ', '_')}.wav")  # fmt: skip
            axes = figure.add_subplot(len(rows), SHOWN, row * SHOWN + column + 1)
            wave = np.pad(wave, 256) + 1e-7 * np.random.default_rng(0).standard_normal(len(wave) + 512)
            axes.specgram(wave, NFFT=512, Fs=audio.sample_rate, noverlap=384, cmap="magma", vmin=-120)
            axes.set(yticks=[0, 4000, 8000], yticklabels=["0", "4", "8"], ylabel=name if not column else "")
            axes.yaxis.label.set_size(6)
            axes.tick_params(labelsize=6)
            if not row:
                axes.set_title(titles[column][:48], fontsize=7)
    figure.savefig(folder / "spectra.png", dpi=90)


if __name__ == "__main__":
    main()
