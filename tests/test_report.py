"""The report as a page and as a card: of a run never trained, with figures that are made up."""

import importlib.util
import io
import json
import re
import wave
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from made_report import make_report, stage

from regenkit.analysis.pages.card import write_card
from regenkit.analysis.pages.embed import _small, data_uri
from regenkit.analysis.pages.gallery import _beginning, picks
from regenkit.analysis.pages.report_page import write_html
from regenkit.analysis.results.report import GalleryItem, Report
from regenkit.run.origin import training_seconds


def sound(rate: int = 22050, seconds: float = 2.0, channels: int = 2) -> bytes:
    data = io.BytesIO()
    tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    with wave.open(data, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(tone.astype("<i2"), channels).tobytes())
    return data.getvalue()


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738"
    "550000000049454e44ae426082"
)


def write_page(folder: Path, bits: float = 1.5) -> Path:
    """A report with one example in its gallery, and its card."""
    (folder / "gallery").mkdir()
    routes = ("reference", "oracle", "predicted", "direct")
    for route in routes:
        (folder / f"gallery/best-{route}.wav").write_bytes(sound())
        (folder / f"gallery/best-{route}.png").write_bytes(PIXEL)
    item = GalleryItem(
        rank="best", id="song/1", bits=bits, x='words "and" <marks>',
        files={route: (f"gallery/best-{route}.png", f"gallery/best-{route}.wav") for route in routes},
        described=dict.fromkeys(routes, 'a tune of "three" notes'),
    )  # fmt: skip
    report = make_report(gallery=(item,))
    write_html(report, folder / "report.html")
    write_card(report, folder / "MODEL_CARD.md")
    return folder / "report.html"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return write_page(tmp_path)


def test_the_best_the_median_and_the_worst_are_shown() -> None:
    assert picks(np.array([3.0, 1.0, 2.0, 5.0, 4.0]), 5) == {"best": 1, "median": 0, "worst": 3}
    assert picks(np.array([3.0, 1.0]), 2) == {"best": 1}
    assert picks(np.array([]), 0) == {}
    assert picks(None, 5) == {"first": 0, "second": 2, "third": 4}  # no likelihood, no ranks


def test_a_y_that_is_shown_begins_below_how_to_edit_it() -> None:
    notes = [f"- {{syllable: a, position: {n}}}" for n in range(20)]
    shown = _beginning("\n".join(["# A template: edit it.", "#   key   G, Gm", "key: G", "notes:", *notes]))
    assert shown.splitlines() == ["key: G", "notes:", *notes[:10], "…"]


def test_sound_is_made_small_with_and_without_a_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sound()
    if importlib.util.find_spec("soundfile"):
        kind, packed = _small(whole, 100_000)
        assert kind == "audio/mpeg" and len(packed) < len(whole) / 6
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    kind, plain = _small(whole, 100_000)
    with wave.open(io.BytesIO(plain)) as file:
        assert (kind, file.getnchannels(), file.getframerate()) == ("audio/wav", 1, 11025)
        tone = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    loudest = np.abs(np.fft.rfft(tone)).argmax() * 11025 / len(tone)
    assert loudest == pytest.approx(440, abs=2)
    assert len(_small(whole, 40_000)[1]) < len(plain)


def test_what_does_not_fit_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(PIXEL * 100)
    assert data_uri(tmp_path / "large.png", 1000) is None
    assert str(data_uri(tmp_path / "large.png", 100_000)).startswith("data:image/png;base64,")


class Reader(HTMLParser):
    """Collects what a page opens, refers to and says of its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_refers_to_nothing_outside(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert "<b>song" not in text and "&lt;b&gt;song &amp; dance" in text
    for tag, attributes in reader.seen:
        for name in ("src", "href"):
            assert str(attributes.get(name, "data:")).startswith("data:")
        if tag == "img":
            assert 'a tune of "three" notes' in str(attributes["alt"])
        if tag in ("audio", "div") and "role" in attributes:
            assert attributes["aria-label"]
    tags = [tag for tag, _ in reader.seen]
    assert tags.count("audio") == tags.count("img") == 4
    assert "url(" not in text and "http" not in text.replace("http-equiv", "")
    assert page.stat().st_size < 1_000_000


def test_a_bar_without_x_is_of_a_model_that_learned_without_it(tmp_path: Path) -> None:
    """Of one that never did there was a bar "X hidden", as long as the other: as if X were worth nothing."""

    def bars(report: Report) -> list[str]:
        write_html(report, tmp_path / "report.html")
        return re.findall("<span class=name>(.*?)</span>", (tmp_path / "report.html").read_text(encoding="utf-8"))

    report = make_report()
    known = ["by way of Y′", "direct", "direct, half"]
    assert bars(report) == [f"{name}{end}" for name in known for end in ("", ", X hidden")]
    routes = {**report.bits.routes, "predicted": stage({"rhythm": 0.9, "chord": 1.94, "pitch": 1.2})}
    assert bars(replace(report, bits=replace(report.bits, routes=routes)))[:2] == ["by way of Y′", "direct"]
    routes["direct"] = stage({"pitch": 0.0}, {"pitch": 0.0})  # of a Y that is always the same: its ratio had no end
    assert "direct, X hidden" in bars(replace(report, bits=replace(report.bits, routes=routes)))


def test_an_example_that_is_impossible_has_no_number_of_bits(tmp_path: Path) -> None:
    page = write_page(tmp_path, bits=float("inf")).read_text(encoding="utf-8")
    assert "Best: song/1, impossible by the predicted route" in page and ", inf bits" not in page


def test_one_is_not_written_as_several(tmp_path: Path) -> None:
    report = make_report(examples=1, steps=1)
    report = replace(report, data=replace(report.data, skipped=1))
    write_html(report, tmp_path / "report.html")
    write_card(report, tmp_path / "MODEL_CARD.md")
    card = (tmp_path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "1 held-out example, 1 step of Y" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "On 1 held-out example (1 step of Y), 1 sample of each" in card
    assert "Left out: 1 example, for" in card and "Not usable: 1 source." in card


def test_the_card_says_what_is_needed_to_repeat_it(page: Path) -> None:
    text = page.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    for needed in ("CC0-1.0", "train toy.yaml", "Seed 0", "train 5 (and 7 of Y alone)", "runs/other", "numpy 2"):
        assert needed in text


def test_seconds_are_read_off_the_log(tmp_path: Path) -> None:
    lines = [{"stage": "generator", "kind": "train", "step": step, "steps_per_second": 5.0} for step in (25, 50)]
    lines += [{"stage": "generator", "kind": "validation", "step": 50, "loss": 1.0}]
    cut_short = '{"stage": "generator", "kind": "tra'
    (tmp_path / "log.jsonl").write_text("\n".join([*map(json.dumps, lines), cut_short]))
    assert training_seconds(tmp_path, "generator") == pytest.approx(10.0)
    assert training_seconds(tmp_path, "renderer") == 0  # the converter's own decoder took none of its own
    assert training_seconds(tmp_path / "gone", "generator") is None
