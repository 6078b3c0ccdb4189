"""The pages as a browser shows them, where there is one: the report of a run, and a comparison."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from test_compare_curve import DIRECT, TOTALS, report
from test_report import write_page

from regenkit.analysis.pages.comparison_page import page as comparison

SMALL, LARGE = {"width": 390, "height": 844}, {"width": 1200, "height": 900}
PAGES = ("report", "comparison")
# Of each element with words of its own: the ratio of its colour to what lies behind it (WCAG 2.2, 1.4.3).
CONTRAST = """() => {
  const parsed = text => { const found = text.match(/[\\d.]+/g).map(Number); return [...found, 1].slice(0, 4) }
  const over = ([r, g, b, a], below) => [r, g, b].map((each, i) => a * each + (1 - a) * below[i])
  const behind = element => {
    if (!element) return [NaN, NaN, NaN]  // a page without a colour of its own
    const colour = parsed(getComputedStyle(element).backgroundColor)
    return colour[3] === 1 ? colour : over(colour, behind(element.parentElement))
  }
  const light = colour => colour.slice(0, 3).map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0)
  const own = element => [...element.childNodes].some(each => each.nodeType === 3 && each.textContent.trim())
  return [...document.body.querySelectorAll("*")].filter(element => own(element) && element.tagName !== "SCRIPT")
    .filter(element => element.checkVisibility()).map(element => {
      const style = getComputedStyle(element), paper = behind(element)
      const ink = over(parsed(element.closest("svg") ? style.fill : style.color), paper)
      const [high, low] = [light(ink), light(paper)].sort((a, b) => b - a)
      return [element.tagName + ": " + element.textContent.trim().slice(0, 40), (high + 0.05) / (low + 0.05)]
    })
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None or not importlib.util.find_spec("playwright"):
        pytest.skip("needs Chromium (apt-get install chromium) and the package playwright (the extra dev)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield window
        window.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = report(TOTALS, DIRECT, gaps={"1": -0.3, "0.05": -0.1, "0.2": -0.2})
    (folder / "comparison.html").write_text(comparison(found), encoding="utf-8")
    return {"report": write_page(folder), "comparison": folder / "comparison.html"}


@contextmanager
def opened(browser: Any, path: Path, **options: Any) -> Iterator[Any]:
    """A tab that shows the page and may load no other file; on leaving, nothing was said and nothing else asked for."""
    said: list[str] = []
    asked: list[str] = []
    context = browser.new_context(**{"viewport": LARGE, **options})
    context.route("**/*", lambda route: route.continue_() if route.request.url == path.as_uri() else route.abort())
    tab = context.new_page()
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(path.as_uri())
    yield tab
    context.close()
    assert said == [] and [url for url in asked if not url.startswith("data:")] == [path.as_uri()]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_can_be_read_in_light_and_dark(browser: Any, pages: dict[str, Path], name: str, scheme: str) -> None:
    with opened(browser, pages[name], color_scheme=scheme) as tab:
        tab.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        found = tab.evaluate(CONTRAST)
        paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert len(found) > 50
    assert [(words, ratio) for words, ratio in found if not ratio >= 4.5] == []
    assert (int(paper[4:].split(",")[0]) > 128) == (scheme == "light")


@pytest.mark.parametrize("name", PAGES)
def test_a_telephone_is_wide_enough(browser: Any, pages: dict[str, Path], name: str) -> None:
    with opened(browser, pages[name], viewport=SMALL, is_mobile=True) as tab:
        assert tab.evaluate("innerWidth") == SMALL["width"]
        assert tab.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]


@pytest.mark.parametrize("name", PAGES)
def test_tables_sort_at_a_click(browser: Any, pages: dict[str, Path], name: str) -> None:
    title, column = {"report": ("bits a step", 1), "comparison": ("total", 4)}[name]
    values = f"""[...document.querySelector("th[aria-sort]").closest("table").tBodies[0].rows]
        .map(row => parseFloat(row.cells[{column}].dataset.value))"""
    with opened(browser, pages[name]) as tab:
        seen = []
        for _ in range(2):
            tab.locator("thead button", has_text=title).first.click()
            seen.append(tab.evaluate(values))
    for found, down in zip(seen, (False, True), strict=True):
        there = [value for value in found if value == value]
        assert len(there) > 5 and there == sorted(there, reverse=down)
        assert found[: len(there)] == there  # what is not there comes last


def test_sound_plays_and_pictures_are_said_in_words(browser: Any, pages: dict[str, Path]) -> None:
    with opened(browser, pages["report"]) as tab:
        tab.wait_for_function("[...document.querySelectorAll('audio')].every(each => each.readyState > 0)")
        lengths = tab.evaluate("[...document.querySelectorAll('audio')].map(each => each.duration)")
        pictures = tab.evaluate("[...document.images].map(each => [each.alt, each.complete && each.naturalWidth > 0])")
    assert lengths == [pytest.approx(2, abs=0.1)] * 4
    assert len(pictures) == 4 and all(words and shown for words, shown in pictures)
    with opened(browser, pages["comparison"]) as tab:
        plots = [tab.get_by_role("img", name=words) for words in ("Bits a step of Y against", "Bits of X → Y′ against")]
        assert [plot.count() for plot in plots] == [1, 1]


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_nothing_is_cut_off_and_it_is_white(browser: Any, pages: dict[str, Path], name: str) -> None:
    a4 = {"width": 718, "height": 1046}  # within margins of 1 cm, at 96 dots an inch
    with opened(browser, pages[name], color_scheme="dark", viewport=a4) as tab:
        tab.emulate_media(media="print")
        assert tab.evaluate("document.documentElement.scrollWidth") <= a4["width"]
        boxes = tab.evaluate("[...document.querySelectorAll('table, svg, img, pre')].map(each => "
                             "each.getBoundingClientRect().right)")  # fmt: skip
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert tab.locator("audio:visible").count() == 0
        assert tab.pdf(format="A4").startswith(b"%PDF")
    assert boxes and max(boxes) <= a4["width"]
