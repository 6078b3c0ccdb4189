"""What a diffusion autoencoder keeps in its vector, what in its noise, and what can be done with either.

    PYTHONPATH=.:plugins python benchmarks/diffusion_autoencoder.py RUN [RUN ...] [--vae RUN ...] --out DIR

RUN is a trained run of recipes/diffusion_autoencoder.yaml, --vae of recipes/class2image_latent_diffusion.yaml. Of
several training seeds the table gives means ± their standard deviation, and sheets are of the first. Test pictures:

    reconstruction   from the vector alone: noise from a seed (drawn), and none (typical); and with the noise that
                     inversion finds, by steps; beside what a VAE's decoder makes of its vectors
    interpolation    one picture into another: vectors on a line, noise on an arc, as in arXiv 2111.15640
    attribute        a picture of one class moved along the direction that tells it from another, as there: logistic
                     regression of the vectors of training pictures. 1 is as far as the classes' means are apart; its
                     own noise is kept. A classifier of the training pairs, which sees pixels alone, says what it sees

Of each run DIR/RUN's name.json is kept and not measured again unless the command's settings are others; the table is
made from these files and written to DIR/table.md. DIR also gets the sheets.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

import regenkit
from regenkit.analysis.measures.subset import subset
from regenkit.components import Evaluation
from regenkit.files import write_text
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields
from regenkit_image.metrics import perceptual_distance, psnr, ssim
from regenkit_image.metrics.classifier import Judge, classifier
from regenkit_image.modality import Picture, sheet
from regenkit_image.modality.files import write
from regenkit_image.modality.picture import levels

METRICS = {"PSNR, dB": psnr, "SSIM": ssim, "perceptual distance": perceptual_distance}
STEPS = (10, 30, 100)
PAIRS = (("T-shirt/top", "Pullover"), ("Sneaker", "Ankle boot"))
SHIFTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
BATCH = 100
SHOWN = 8
"""Pictures of a sheet."""
COLUMNS = 9
"""Of an interpolation."""
LEARNED = 2000
"""Training pictures of each class that a direction is learned from."""


@dataclass(frozen=True)
class Data:
    """Pixels [pictures, height, width, channels] and labels 1… of test pictures; Y and X of what was learned from."""

    names: tuple[str, ...]
    pixels: np.ndarray
    labels: np.ndarray
    learned: list[Fields]
    conditions: list[Fields]

    def of(self, label: str, *, learned: bool = False) -> np.ndarray:
        """The pictures of a class."""
        token = 1 + self.names.index(label)
        if not learned:
            return self.pixels[self.labels == token]
        found = [y for y, x in zip(self.learned, self.conditions, strict=True) if x["label"] == token][:LEARNED]
        return np.stack([y["pixels"] for y in found])

    def judge(self) -> Judge:
        return classifier(Evaluation(samples=[], references=[], training=self.learned,
                                     training_conditions=self.conditions))  # fmt: skip


def data_of(run: Any, count: int) -> Data:
    prepared = run.prepare(lambda *_: None)
    test = [prepared.example(index)[0] for index in subset(prepared, "test", count)]
    learned = [prepared.example(int(index))[0] for index in prepared.indices("train", paired=True)]
    return Data(
        names=run.x.labels,
        pixels=np.stack([sides["y"]["pixels"] for sides in test]),
        labels=np.stack([sides["x"]["label"] for sides in test]),
        learned=[sides["y"] for sides in learned],
        conditions=[sides["x"] for sides in learned],
    )


def in_batches(function: Callable[..., Any], *arrays: np.ndarray) -> np.ndarray:
    spans = [slice(start, start + BATCH) for start in range(0, len(arrays[0]), BATCH)]
    return np.concatenate([np.asarray(function(*(array[span] for array in arrays))) for span in spans])


def vectors(model: Any, pixels: np.ndarray) -> np.ndarray:
    """Y′, of a model of one field."""
    (name,) = model.spec
    return in_batches(lambda part: model.encode({}, {"pixels": tf.constant(part)})[name], pixels)


# --- what is measured ------------------------------------------------------------------------------------------------


def reconstructions(model: Any, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """Pictures made of Y′ alone, and with their noise, by the way they were made."""
    (name,), rep = model.spec, vectors(model, pixels)
    if not hasattr(model, "invert"):
        return {"the VAE's decoder": in_batches(lambda part: model.sample({name: part}, seed=0)["pixels"], rep)}
    found = {
        way: in_batches(lambda part, t=t: model.sample({name: part}, seed=0, temperature=t)["pixels"], rep)
        for way, t in (("the vector alone, drawn", 1.0), ("the vector alone, typical", 0.0))
    }
    for steps in STEPS:
        noise = in_batches(lambda *parts, steps=steps: model.invert(*parts, steps), pixels, rep)
        found[f"vector and noise, {steps} steps"] = in_batches(
            lambda *parts, steps=steps: model.decode(*parts, steps), rep, noise
        )
    return found


def scores(shown: np.ndarray, pixels: np.ndarray) -> dict[str, float]:
    made, real = ([{"pixels": each} for each in side] for side in (shown, pixels))
    of = Evaluation(samples=made, references=real)
    return {title: float(np.mean(metric(of))) for title, metric in METRICS.items()}


def moved(model: Any, data: Data, pair: tuple[str, str], most: int) -> tuple[dict[str, Any], np.ndarray]:
    """({accuracy of the direction on test pictures, probabilities by shift}, pixels [pictures, shifts, …])."""
    learned = [vectors(model, data.of(label, learned=True)) for label in pair]
    classes = np.repeat([0, 1], [len(each) for each in learned])
    probe = LogisticRegression(max_iter=1000).fit(np.concatenate(learned), classes)
    direction = probe.coef_[0] / np.linalg.norm(probe.coef_[0])
    apart = float((learned[1].mean(0) - learned[0].mean(0)) @ direction)
    seen = [vectors(model, data.of(label)) for label in pair]
    right = np.concatenate([probe.predict(each) == number for number, each in enumerate(seen)])
    pixels, rep = data.of(pair[0])[:most], seen[0][:most]
    noise = in_batches(lambda *parts: model.invert(*parts, STEPS[-1]), pixels, rep)
    shifted = [np.float32(rep + shift * apart * direction) for shift in SHIFTS]
    shown = [in_batches(lambda *parts: model.decode(*parts, STEPS[-1]), each, noise) for each in shifted]
    judge, tokens = data.judge(), [data.names.index(label) for label in pair]
    said = [tf.nn.softmax(judge(levels(each))[1]).numpy()[:, tokens].mean(0) for each in shown]
    probability = {str(shift): each.tolist() for shift, each in zip(SHIFTS, said, strict=True)}
    found = {"pair": pair, "accuracy": float(right.mean()), "test pictures": len(right), "moved": len(pixels)}
    return found | {"probability": probability}, np.stack(shown, 1)


def interpolated(model: Any, pixels: np.ndarray) -> np.ndarray:
    """[pairs, COLUMNS, …]: the first half of the pictures into the second."""
    rep = vectors(model, pixels)
    noise = model.invert(pixels, rep, STEPS[-1])
    (first, second), (begin, end) = np.split(rep, 2), np.split(noise.reshape(len(noise), -1), 2)
    cosine = (begin * end).sum(1) / np.linalg.norm(begin, axis=1) / np.linalg.norm(end, axis=1)
    angle = np.arccos(np.clip(cosine, -1, 1))[:, None]
    found = []
    for share in np.linspace(0, 1, COLUMNS):
        between = (np.sin((1 - share) * angle) * begin + np.sin(share * angle) * end) / np.sin(angle)
        start = np.float32(between).reshape(-1, *pixels.shape[1:])
        found.append(model.decode(np.float32((1 - share) * first + share * second), start, STEPS[-1]))
    return np.stack(found, 1)


# --- what is written -------------------------------------------------------------------------------------------------


def save(path: Path, rows: np.ndarray) -> None:
    """A sheet of pictures [rows, columns, …]."""
    write(sheet([Picture(pixels=levels(each)) for row in rows for each in row], columns=rows.shape[1]), path)


def measured(folder: Path, count: int, most: int, out: Path | None) -> dict[str, Any]:
    """Figures of a run; its sheets go to `out`, where one is given."""
    run = regenkit.load(folder)
    model, data = run.stage("converter"), data_of(run, count)
    made = reconstructions(model, data.pixels)
    values = int(np.prod(vectors(model, data.pixels[:1]).shape))
    found: dict[str, Any] = {
        "values": values, "ways": {way: scores(shown, data.pixels) for way, shown in made.items()}, "attributes": [],
    }  # fmt: skip
    if not hasattr(model, "invert"):
        return found
    for pair in PAIRS:
        figures, shown = moved(model, data, pair, most)
        found["attributes"].append(figures)
        if out:
            save(out / f"attribute-{pair[1].lower().replace(' ', '-')}.png", shown[:SHOWN])
    if out:
        ways = ["the vector alone, typical", "the vector alone, drawn", f"vector and noise, {STEPS[-1]} steps"]
        save(out / "reconstruction.png", np.stack([data.pixels, *(made[way] for way in ways)], 1)[:SHOWN])
        save(out / "interpolation.png", interpolated(model, data.pixels[: 2 * SHOWN]))
    return found


def kept(folder: Path, options: argparse.Namespace, *, sheets: bool = False) -> dict[str, Any]:
    """As `measured`, or as it was by the same settings."""
    settings = {"run": str(folder), "examples": options.examples, "moved": options.moved, "sheets": sheets}
    path = options.out / f"{'-'.join(folder.parts[-2:])}.json"
    if path.exists() and (found := json.loads(path.read_text()))["settings"] == settings:
        return found
    found = {"settings": settings, **measured(folder, options.examples, options.moved, options.out if sheets else None)}
    write_text(path, json.dumps(found, indent=1, ensure_ascii=False))
    return found


def figure(values: Sequence[float], digits: int) -> str:
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{spread}"


def table(runs: list[dict[str, Any]], vaes: list[dict[str, Any]], command: str, pictures: int) -> str:
    """Markdown, the command before it."""
    lines = [f"    {command}\n", f"{pictures} test pictures; {len(runs)} training seed{'s' * (len(runs) > 1)}.\n",
             f"| from | numbers of Y′ | {' | '.join(METRICS)} |", "| --- " * (2 + len(METRICS)) + "|"]  # fmt: skip
    for group in filter(None, (runs, vaes)):
        for way in group[0]["ways"]:
            cells = [figure([each["ways"][way][title] for each in group], 1 if title.startswith("PSNR") else 3)
                     for title in METRICS]  # fmt: skip
            lines.append(f"| {way} | {group[0]['values']} | {' | '.join(cells)} |")
    for number, first in enumerate(runs[0]["attributes"]):
        every = [each["attributes"][number] for each in runs]
        one, other = first["pair"]
        lines += ["", f"{one} → {other}: the direction tells {figure([each['accuracy'] for each in every], 3)} of "
                  f"{first['test pictures']} test pictures apart; {first['moved']} are moved.\n",
                  f"| moved by | P({one}) | P({other}) |", "| --- | --- | --- |"]  # fmt: skip
        for shift in first["probability"]:
            cells = [figure([each["probability"][shift][side] for each in every], 2) for side in (0, 1)]
            lines.append(f"| {shift} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--vae", nargs="+", type=Path, default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=500, help="test pictures that are rebuilt")
    parser.add_argument("--moved", type=int, default=50, help="pictures of each pair that are moved, at most")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    runs = [kept(folder, options, sheets=not number) for number, folder in enumerate(options.runs)]
    vaes = [kept(folder, options) for folder in options.vae]
    text = table(runs, vaes, f"python {shlex.join(sys.argv)}", options.examples)
    write_text(options.out / "table.md", text)
    print(text)


if __name__ == "__main__":
    main()
