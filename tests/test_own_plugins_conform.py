"""What the conformance kit asks of datasets, modalities, converters and metrics, asked of our own plugins: with small
folders as users have them, and of music with songs of the corpus. Their models have tests of their own.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from clips import film, grey, tone
from dense_files import discs
from own_pictures import draw

from regenkit.testing import cases
from regenkit_speech.modality.files import write
from regenkit_speech.modality.recording import Recording

PEOPLE = ["makes a list of files", "shows the weather of a town", "plays music on the radio", "draws maps of roads"]


def songs(folder: Path) -> str:
    return "{use: music/corpus, paired: [bach], unpaired: [], limit: 12}"


def pictures(folder: Path) -> str:
    for number in range(12):
        draw(folder / "data" / "ab"[number % 2] / f"{number}.png", number)
    return "{use: image/folder, path: data, size: 16}"


def facts(folder: Path) -> str:
    lines = [{"name": f"tool{number}", "kind": "ab"[number % 2], "text": f"tool{number} {PEOPLE[number % 4]} {number}"}
             for number in range(12)]  # fmt: skip
    (folder / "data").mkdir()
    (folder / "data" / "facts.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return "{use: text/facts, path: data}"


def sounds(folder: Path) -> str:
    for number in range(12):
        path = folder / "data" / "ab"[number % 2] / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        chance = np.random.default_rng(number)
        write(
            Recording(samples=np.float32(tone(0.3) * 0.5 + chance.normal(0, 0.01, len(tone(0.3)))), rate=16_000), path
        )
    return "{use: sound/folder, path: data}"


def videos(folder: Path) -> str:
    for number in range(12):
        path = folder / "data" / "ab"[number % 2] / f"{number}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        film(path, grey([(20 * number + 7 * step) % 256 for step in range(8)]))
    return "{use: video/folder, path: data, frames: 8, size: 16, rate: 8}"


def labelled(folder: Path) -> str:
    discs(folder / "data")
    return "{use: dense/folder, path: data, classes: [ground, disc], size: 32}"


OWN: dict[str, tuple[Callable[[Path], str], str]] = {
    "music": (songs, "{use: music/template}\ngenerator: {use: transformer}\nrenderer: {use: transformer}\n"
                     "evaluate: [music/stress_on_beat, music/pitch_overlap]\n"),
    "image": (pictures, "{use: image/downsample}\ngenerator: {use: diffusion}\nrenderer: {use: diffusion}\n"
                        "evaluate: [image/psnr, image/ssim]\n"),
    "text": (facts, "{use: text/keywords}\ngenerator: {use: transformer}\nrenderer: {use: transformer}\n"
                    "evaluate: [text/chrf, text/fact_coverage]\n"),
    "speech": (sounds, "{use: speech/mel}\ngenerator: {use: gaussian}\nrenderer: {use: speech/griffin_lim}\n"
                       "evaluate: [sound/stft_distance]\n"),
    "video": (videos, "{use: video/fsq}\ngenerator: {use: transformer}\nrenderer: {use: converter}\n"
                      "evaluate: [video/psnr, video/flicker]\n"),
    "dense": (labelled, "{use: identity}\ngenerator: {use: dense/unet, width: 8}\nrenderer: {use: identity}\n"
                        "evaluate: [dense/miou, dense/boundary_f]\n"),
}  # fmt: skip
"""Of each plugin what makes its data and the dataset's section, and the rest of the recipe."""


@pytest.mark.exhaustive(minutes=0.5)
@pytest.mark.parametrize("plugin", OWN)
def test_our_own_data_conform(plugin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    furnish, rest = OWN[plugin]
    Path("recipe.yaml").write_text(f"dataset: {furnish(tmp_path)}\nconverter: {rest}")
    found = [each.finding() for each in cases(plugin, ["recipe.yaml"]) if each.material and not each.stage]
    assert [str(each) for each in found if each.state == "failed"] == []
    assert sum(each.state == "ok" for each in found) > 10
