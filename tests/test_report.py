"""The report in words, as a page and as a card: of a run never trained, with figures chosen to be told."""

import importlib.util
import io
import json
import wave
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regenkit.analysis.report import write_card, write_html
from regenkit.analysis.report.finding import finding, wasted
from regenkit.analysis.report.gallery import picks
from regenkit.analysis.report.media import _small, data_uri
from regenkit.run.timing import training_seconds

ROUTES = ("reference", "oracle", "predicted", "direct", "direct_half", "constant", "random", "unigram")


def around(mean: float, half: float = 0.05) -> dict[str, float]:
    return {"mean": mean, "low": mean - half, "high": mean + half}


def make_report(apart: float = 0.6, chord_saved: float = 0.02) -> dict[str, Any]:
    """A template of rhythm and chords: what docs call calibration. Y holds rhythm and pitch, and no chords."""
    y = {"rhythm": 0.9, "pitch": 2.4}
    without = {"rhythm": 1.2, "chord": 1.94 + chord_saved}
    fields = {
        "generator": {"rhythm": 0.9, "chord": 1.94}, "generator_without_x": without, "oracle": {"pitch": 1.2},
        "predicted": {"rhythm": 0.9, "chord": 1.94, "pitch": 1.2}, "predicted_without_x": {**without, "pitch": 1.2},
        **{f"direct{half}": y for half in ("", "_half")},
        **{f"direct{half}_without_x": {"rhythm": 1.2, "pitch": 2.5} for half in ("", "_half")},
    }  # fmt: skip
    bits = {route: around(sum(each.values())) for route, each in fields.items()}
    bits |= {f"predicted − {each}": around(apart) for each in ("direct", "direct_half")}
    bits |= {"constant": around(2.0), "unigram": around(8.0), "constant − oracle": around(0.8)}
    score = {**{route: around(0.5) for route in ROUTES}, "gap": around(-0.2), "predicted − direct": around(0.1),
             "predicted − direct_half": around(0.0)}  # fmt: skip
    saved = {"rhythm": around(0.3), "chord": around(chord_saved)}
    direct = {"total": around(0.4), "by_field": {"rhythm": around(0.3), "pitch": around(0.1)}}
    orders = {f"order{order}": around(2.0 - order / 4) for order in range(3)}
    return {
        "run": "runs/<b>song & dance</b>/1", "examples": 3, "steps": 90, "bits_per_step": bits, "bits_by_field": fields,
        "recipe": {name: {"use": "toy"} for name in ("converter", "generator", "renderer")} | {"train": {"seed": 0}},
        "parameters": {"generator": 10, "renderer": 20, "direct": 30, "direct_half": 10},
        "metrics": {"toy/stress_on_beat": score}, "better": {"toy/stress_on_beat": "higher"},
        "worth_of_x": {"generator": {"total": around(0.32), "by_field": saved},
                       "direct": direct, "direct_half": direct},
        "compactness": {"examples": 3, "ratio": around(0.5), "per_step": {"rep": around(2.0), "y": around(4.0)},
                        "per_example": {"rep": around(60), "y": around(120)},
                        "fields": {"rep": {"rhythm": orders}, "y": {"pitch": {**orders, "step": 0.1, "channels": 1}}}},
        "relevance": {"unit": "example", "rep": around(1), "y": around(2), "rep_shuffled": around(0),
                      "y_shuffled": around(0), "kept": {}, "cap": 7.0, "units": 9,
                      "negatives": 128},
        "conversion": {"median": 0.3, "quartiles": [0.2, 0.4], "examples": 3},
        "codebook": {"chord": {"tokens": 48, "used": 20, "dead": 28, "perplexity": 9.0, "commonest": 0.4}},
        "data": {"name": "toy/data", "summary": "toys", "licence": "CC0-1.0", "size": "small", "x": "words",
                 "y": "tune",
                 "examples": {"train": {"paired": 5, "unpaired": 7}, "dropped": {"paired": 1, "unpaired": 0}},
                 "skipped": 2},
        "training": {"generator": {"steps": 9, "best_step": 6, "seconds": 1.4},
                     "renderer": {"steps": 9, "best_step": 6, "seconds": None, "from": "runs/other"}},
        "trained_with": {"command": ["bin/regenkit", "train", "toy.yaml"]}, "environment": {"numpy": "2"},
        "evaluation": {"samples": 1, "seconds": 2.0}, "gallery": [],
    }  # fmt: skip


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


def write_page(folder: Path) -> Path:
    """A report with one example in its gallery, and its card."""
    report = make_report()
    (folder / "gallery").mkdir()
    routes = ("reference", "oracle", "predicted", "direct")
    for route in routes:
        (folder / f"gallery/best-{route}.wav").write_bytes(sound())
        (folder / f"gallery/best-{route}.png").write_bytes(PIXEL)
    report["gallery"] = [{
        "rank": "best", "id": "song/1", "bits": 1.5, "x": 'words "and" <marks>',
        "files": {route: [f"gallery/best-{route}.png", f"gallery/best-{route}.wav"] for route in routes},
        "described": {route: 'a tune of "three" notes' for route in routes},
    }]  # fmt: skip
    write_html(report, folder / "report.html")
    write_card(report, folder / "MODEL_CARD.md")
    return folder / "report.html"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return write_page(tmp_path)


def test_the_finding_names_the_chords_as_what_breaks_the_second_principle() -> None:
    dense = finding({**make_report(), "continuous": ["latent"]})
    assert dense[0].startswith("Y′ is continuous (latent)") and "bits a step against" not in " ".join(dense)
    said = " ".join(finding(make_report()))
    assert wasted(make_report()) == ["chord"]
    assert "loses to the better of two direct models" in said
    assert "Of chord, which costs 1.94, X knows 1\u00a0%: it breaks the second principle" in said
    assert "A leaner Y′ to try: rhythm, without chord." in said
    assert "Y′ leaves out pitch, of which X knows 4\u00a0%" in said
    assert "better than those of the direct route of matched size, beyond the interval, by stress on beat" in said
    assert "told from true Y′ (the mismatch of the two steps) by stress on beat" in said
    assert "Of the 48 tokens of chord 28 are never used" in said


@pytest.mark.parametrize(("apart", "verdict"), [(-0.2, "beats the"), (0.2, "loses to"), (0.01, "is open")])
def test_the_verdict_goes_by_the_interval(apart: float, verdict: str) -> None:
    assert verdict in finding(make_report(apart))[0]


def test_what_x_knows_of_is_not_called_waste() -> None:
    report = make_report(chord_saved=1.0)
    assert wasted(report) == []
    assert "none breaks the second principle" in " ".join(finding(report))


def test_the_best_the_median_and_the_worst_are_shown() -> None:
    assert picks(np.array([3.0, 1.0, 2.0, 5.0, 4.0]), 5) == {"best": 1, "median": 0, "worst": 3}
    assert picks(np.array([3.0, 1.0]), 2) == {"best": 1}
    assert picks(np.array([]), 0) == {}
    assert picks(None, 5) == {"first": 0, "second": 2, "third": 4}  # no likelihood, no ranks


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
