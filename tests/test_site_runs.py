"""What the pages tell a newcomer to do, done: ten minutes, the notebook, the tutorial, the Keras model, the site."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "example"
SHORT = {
    "regenkit train": "--set train.steps=4 --set train.batch_size=8 --set train.sample_every=0",
    "regenkit evaluate": "--examples 8",
}
"""What makes a line of the tutorial short enough for a test."""


def run(line: str, cwd: Path, *paths: Path) -> str:
    """A line of a page, by this Python; a traceback is always a failure."""
    path = os.pathsep.join(map(str, (*paths, ROOT, ROOT / "plugins")))
    parts = shlex.split(line)
    parts = [sys.executable, "-m", *parts] if parts[0] in ("regenkit", "pip") else parts
    environment = {**os.environ, "PYTHONPATH": path, "REGENKIT_CACHE": str(cwd / "cache")}
    done = subprocess.run(parts, cwd=cwd, env=environment, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stdout


def commands(page: str) -> list[str]:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    found = re.findall(r"^```bash\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in found for line in re.sub(r"\\\n\s*", " ", block).splitlines()]
    return [line for line in lines if line.strip()]


@pytest.mark.exhaustive(minutes=4)
@pytest.mark.timeout(3000)
def test_the_ten_minutes(tmp_path: Path) -> None:
    lines = commands("start")
    assert len(lines) == 7
    for line in lines:
        run(line, tmp_path)
    made = {path.name for path in tmp_path.iterdir()}
    assert {"song.mid", "song.png", "song.yaml", "again.mid", "song-writer.zip"} <= made
    assert (tmp_path / "runs/lyric2melody/1/report.html").stat().st_size > 10_000


@pytest.mark.exhaustive(minutes=3)
@pytest.mark.timeout(2400)
def test_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not all(map(importlib.util.find_spec, ("nbclient", "nbformat", "ipykernel"))):
        pytest.skip("needs the packages nbclient and ipykernel (the extra test)")
    shutil.copy(ROOT / "docs/start.ipynb", tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "plugins")]))
    code = ("import nbformat, nbclient; book = nbformat.read('start.ipynb', 4); "
            "nbclient.NotebookClient(book, timeout=1200, kernel_name='python3').execute(); "
            "nbformat.write(book, 'done.ipynb')")  # fmt: skip
    run(f'{sys.executable} -W ignore -c "{code}"', tmp_path)
    assert "image/png" in (tmp_path / "done.ipynb").read_text() and (tmp_path / "song.wav").exists()


@pytest.mark.exhaustive(minutes=2)
@pytest.mark.timeout(1800)
def test_the_tutorial_s_package_is_installed_tested_and_trained(tmp_path: Path) -> None:
    """Built and installed as pip does, without its dependencies, which are those that this process has."""
    source, home = tmp_path / "source", tmp_path / "home"
    shutil.copytree(EXAMPLE, source)
    run(f"pip install --quiet --no-deps --target {home} {source}", tmp_path)
    run(f"{sys.executable} -m pytest -q -p no:cacheprovider tests", source, home)
    assert "glyphs/fonts" in run("regenkit plugins", source, home)
    lines = [line for line in commands("tutorial") if line.startswith("regenkit") and line != "regenkit plugins"]
    assert len(lines) == 9
    for line in lines:
        short = next((more for start, more in SHORT.items() if line.startswith(start)), "")
        said = run(f"{line} {short}", source, home)
        if "preview" in line:
            assert "DejaVu" in said and "black: [" in said
    assert len((source / "r.txt").read_text().split()) == 12 and (source / "r.png").stat().st_size > 50


@pytest.mark.exhaustive(minutes=1)
@pytest.mark.timeout(1200)
def test_the_keras_model_is_trained_in_both_roles(tmp_path: Path) -> None:
    text = (ROOT / "docs/keras.md").read_text(encoding="utf-8")
    for name, content in re.findall(r"^```python\n# (regenkit_acme\S+)\n(.*?)^```$", text, flags=re.M | re.S):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    info = tmp_path / "acme-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[regenkit]\nacme = regenkit_acme\n", encoding="utf-8")
    (tmp_path / "gru.yaml").write_text(
        "dataset: {use: music/corpus, paired: [bach], unpaired: [], limit: 60}\n"
        "converter: {use: music/template, parts: [timing], given: [tonality, metre]}\n"
        "generator: {use: acme/gru, width: 16}\nrenderer: {use: acme/gru, width: 16, sample: {temperature: 0.8}}\n"
        "train: {steps: 6, steps_per_call: 3, validate_every: 3, checkpoint_every: 3, sample_every: 0}\n"
    )
    run("regenkit train gru.yaml", tmp_path, tmp_path)
    said = run("regenkit generate runs/gru/1 --input 'glory to the morning' -o a.mid", tmp_path, tmp_path)
    assert "6 notes" in said
    run("regenkit evaluate runs/gru/1 --no-direct", tmp_path, tmp_path)


@pytest.mark.exhaustive(minutes=1)
@pytest.mark.timeout(900)
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    if importlib.util.find_spec("material") is None:
        pytest.skip("needs the packages of the extra docs")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)], cwd=ROOT, env=environment,
        capture_output=True, text=True, timeout=800, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "reference/commands/index.html").stat().st_size > 20_000
    page = (tmp_path / "tutorial/index.html").read_text(encoding="utf-8")
    assert "class</span><spanclass" in page.replace(" ", "") and "--8<--" not in page
