"""The page of a run in Chromium: music, pictures and text are generated, edited, rendered anew and compared."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import own_pictures
import pytest
from processes import ROOT, end, regenkit
from test_cli import RECIPE

SMALL = "width: 16, depth: 1, heads: 2"
TRAIN = "train: {steps: 6, steps_per_call: 3, validate_every: 3, checkpoint_every: 3, sample_every: 0, warmup_steps: 1}"
PICTURES = f"""\
dataset: {{use: image/folder, path: pictures, size: 16}}
converter: {{use: image/downsample, factor: 4}}
generator: {{use: cvae, width: 8}}
renderer: {{use: cvae, width: 8}}
{TRAIN}
"""
TEXT = f"""\
dataset: {{use: text/folder, path: texts}}
converter: {{use: text/keywords}}
generator: {{use: transformer, {SMALL}}}
renderer: {{use: transformer, {SMALL}}}
{TRAIN}
"""
OWN = {"music": ".mid", "pictures": ".png", "text": ".txt"}
"""Suffixes of Y."""
ENDS = {"music": signal.SIGINT, "pictures": signal.SIGHUP, "text": signal.SIGTERM}
"""What ends the page: Ctrl-C, a terminal that is closed, `kill`."""
PATIENCE = 180_000
"""Milliseconds."""


def pictures(folder: Path) -> None:
    for number in range(30):
        own_pictures.draw(folder / "pictures" / "ab"[number % 2] / f"{number}.png", number)


def texts(folder: Path) -> None:
    (folder / "texts").mkdir()
    words = ["river", "stone", "cloud", "garden", "window", "winter"]
    lines = [f"{words[i % 6]} {words[i % 5]}\tthe {words[i % 6]} near the {words[i % 5]} number {i}" for i in range(60)]
    (folder / "texts/pairs.tsv").write_text("x\ty\n" + "\n".join(lines))


CASES = {
    "music": (RECIPE, lambda folder: None, "The moon is bright above the sea"),
    "pictures": (PICTURES, pictures, "a"),
    "text": (TEXT, texts, "river stone"),
}


def running_page(folder: Path) -> Any:
    """(process, address) of `regenkit demo`, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    process = subprocess.Popen(
        [sys.executable, "-m", "regenkit", "demo", "runs/x/1", "--port", str(port), "--no-browser"], cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder / "tmp")}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    for _ in range(1200):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"http://127.0.0.1:{port}"
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    raise AssertionError("the page does not answer")


@contextmanager
def shown(folder: Path, end: int) -> Iterator[tuple[Any, list[str]]]:
    """A tab with the page, and the addresses that it asked for."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None or not all(map(importlib.util.find_spec, ("playwright", "gradio"))):
        pytest.skip("needs Chromium (apt-get install chromium), and the packages playwright and gradio")
    from playwright.sync_api import sync_playwright

    process, address = running_page(folder)
    try:
        with sync_playwright() as playwright:
            window = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            tab, requested = window.new_page(viewport={"width": 1200, "height": 900}), list[str]()
            tab.set_default_timeout(PATIENCE)
            tab.on("request", lambda request: requested.append(request.url))
            tab.goto(address)
            yield tab, requested
            window.close()
    finally:
        process.send_signal(end)
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def pressed(tab: Any, button: str) -> str:
    """What is said of Y once the button has done its work."""
    tab.evaluate("document.querySelector('#said').dataset.seen = document.querySelector('#said').innerText")
    tab.click(f"#{button}")
    tab.wait_for_function("!document.querySelector('.progress-text, .generating')", timeout=PATIENCE)
    tab.wait_for_timeout(1500)
    return str(tab.inner_text("#said"))


def more_of_music(tab: Any, folder: Path) -> None:
    """After a mistake the tables are still there; Enter begins a line; a file serves twice; words come before it."""
    tab.get_by_role("tab", name="As tables").click()
    assert tab.is_visible("#table-0 [data-testid=cell-0-0]") and tab.locator("#table-0 .error").count() == 0
    tab.click("#given textarea")
    for text in ("key=G", "metre=3/4"):
        tab.keyboard.type(text)
        tab.keyboard.press("Enter")
    assert tab.input_value("#given textarea").split() == ["key=G", "metre=3/4"]
    (folder / "words.txt").write_text("Glory to the morning")
    tab.set_input_files("#upload input[type=file]", folder / "words.txt")
    tab.wait_for_function("document.querySelector('#typed textarea').value === ''")
    for _ in range(2):
        assert "Glory to the morning" in pressed(tab, "generate") and "G major, 3/4" in tab.inner_text("#said")
    tab.fill("#typed textarea", "winter is cold")
    assert "winter is cold" in pressed(tab, "generate")
    tab.get_by_role("tab", name="As text").click()


@pytest.mark.exhaustive(minutes=2)
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", CASES)
def test_a_page_of_a_run(kind: str, tmp_path: Path) -> None:
    recipe, furnish, words = CASES[kind]
    furnish(tmp_path)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "x.yaml").write_text(recipe)
    end(regenkit("train", "x.yaml", cwd=tmp_path))
    with shown(tmp_path, ENDS[kind]) as (tab, requested):
        tab.fill("#typed textarea", words)
        tab.click("#generate")
        tab.wait_for_function("document.querySelector('#said').innerText !== 'Nothing is made yet.'")
        first = tab.inner_text("#said")
        if kind != "text":  # whose Y′ is a line, and no table; and after six steps it may be an empty one
            tab.wait_for_selector("#table-0 [data-testid=cell-0-0]")
            assert pressed(tab, "render-tables") and first
        tab.get_by_role("tab", name="As text").click()
        if kind != "text":
            assert tab.input_value("#rep textarea").strip()
        tab.fill("#rep textarea", "")
        tab.click("#render-text")
        tab.wait_for_selector(".toast-body.error, .toast-wrap .error")
        if kind == "music":
            more_of_music(tab, tmp_path)
        tab.get_by_text("Begin from a Y of your own").click()
        mine = next((tmp_path / "runs/x/1/samples").glob(f"1-reference{OWN[kind]}"))
        tab.set_input_files("#y-file input[type=file]", mine)
        tab.wait_for_function(f"document.querySelector('#y-file').innerText.includes('{mine.stem}')")
        before = tab.input_value("#rep textarea")
        tab.click("#convert")
        tab.wait_for_function("before => document.querySelector('#rep textarea').value !== before", arg=before)
        assert list((tmp_path / "tmp").rglob(mine.name)) == [], "the upload is still there"
        tab.get_by_role("tab", name="Compare").click()
        tab.click("#compare")
        tab.wait_for_function("[...document.querySelectorAll('p')].some(each => each.innerText.startsWith('Example '))")
        assert tab.get_by_text("Y from predicted Y′").count() == 1
    foreign = [url for url in requested if not url.startswith(("http://127.0.0.1", "data:", "blob:"))]
    assert foreign == []
    left = [path for place in ("regenkit-demo-*", "gradio") for folder in (tmp_path / "tmp").glob(place)
            for path in folder.rglob("*") if path.is_file()]  # fmt: skip
    assert left == [], "what was made is still there"


def test_the_page_without_its_package_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    from regenkit.cli.demoing import demo
    from regenkit.errors import UserError

    for name in [name for name in sys.modules if name == "regenkit.demo.page"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(UserError, match=r"pip install 'regenkit\[demo\]'"):
        demo(["run"])


def test_an_address_that_is_not_here_is_named() -> None:
    from regenkit.cli.demoing import FIRST, _free
    from regenkit.errors import UserError

    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody has it already
            taken.bind(("127.0.0.1", FIRST))
            taken.listen()
        assert FIRST < _free("127.0.0.1") < FIRST + 100
    with pytest.raises(UserError, match=r"^--host 192\.0\.2\.1: cannot be listened at \(Cannot assign"):
        _free("192.0.2.1")
