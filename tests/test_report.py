"""The report in words, as a page and as a card: of a run never trained, with figures that are made up."""

import importlib.util
import io
import json
import re
import wave
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regenkit.analysis.findings.evaluation import worded
from regenkit.analysis.findings.principle import unknown
from regenkit.analysis.measures.combine import combine
from regenkit.analysis.measures.costs import stage_cost
from regenkit.analysis.pages.card import write_card
from regenkit.analysis.pages.embed import _small, data_uri
from regenkit.analysis.pages.gallery import _beginning, picks
from regenkit.analysis.pages.report_page import write_html
from regenkit.analysis.results.figure import Cost, Figure, Score, StageCost
from regenkit.analysis.results.report import (
    Bits,
    Boundary,
    Compactness,
    Conversion,
    Data,
    FieldCode,
    GalleryItem,
    Relevance,
    Report,
    StageTraining,
    TokenUse,
    TrainedWith,
)
from regenkit.run.origin import training_seconds

ROUTES = ("reference", "oracle", "predicted", "direct", "direct_half", "constant", "random", "unigram")


def around(mean: float, half: float = 0.05) -> Figure:
    return Figure(mean, mean - half, mean + half)


def cost(bits: float, without_x: float | None = None) -> Cost:
    if without_x is None:
        return Cost(bits=around(bits))
    return Cost(bits=around(bits), without_x=around(without_x), saved=around(without_x - bits))


def stage(fields: dict[str, float], without_x: dict[str, float] | None = None) -> StageCost:
    blind = without_x or {}
    return StageCost(
        total=cost(sum(fields.values()), sum(blind.values()) if blind else None),
        fields={name: cost(bits, blind.get(name)) for name, bits in fields.items()},
    )


def make_report(apart: float = 0.6, chord_saved: float = 0.02, **changes: Any) -> Report:
    """A template of rhythm and chords: what docs call calibration. Y holds rhythm and pitch, and no chords."""
    made, without = {"rhythm": 0.9, "chord": 1.94}, {"rhythm": 1.2, "chord": 1.94 + chord_saved}
    direct = stage({"rhythm": 0.9, "pitch": 2.4}, {"rhythm": 1.2, "pitch": 2.5})
    bits = Bits(
        routes={
            "generator": stage(made, without), "oracle": stage({"pitch": 1.2}),
            "predicted": stage({**made, "pitch": 1.2}, {**without, "pitch": 1.2}),
            "direct": direct, "direct_half": direct, "constant": stage({"pitch": 2.0}),
            "unigram": stage({"pitch": 8.0}),
        },
        predicted_minus={"direct": around(apart), "direct_half": around(apart)},
        constant_minus_oracle=around(0.8),
    )  # fmt: skip
    score = Score(
        better="higher",
        routes={route: around(0.5) for route in ROUTES},
        predicted_minus={"oracle": around(-0.2), "direct": around(0.1), "direct_half": around(0.0)},
    )
    code = FieldCode(order0=around(2.0), order1=around(1.75), order2=around(1.5))
    boundary = Boundary(
        compactness=Compactness(
            examples=3, ratio=around(0.5), per_step={"rep": around(2.0), "y": around(4.0)},
            per_example={"rep": around(60), "y": around(120)},
            fields={"rep": {"rhythm": code}, "y": {"pitch": replace(code, step=0.1, channels=1)}},
        ),
        relevance=Relevance(unit="example", rep=around(1), y=around(2), rep_shuffled=around(0), y_shuffled=around(0),
                            cap=7.0, units=9, negatives=128),
        conversion=Conversion(median=0.3, quartiles=(0.2, 0.4), examples=3),
        codebook={"chord": TokenUse(tokens=48, used=20, dead=28, perplexity=9.0, commonest=0.4)},
    )  # fmt: skip
    report = Report(
        runs=("runs/<b>song & dance</b>/1",), examples=3, steps=90, samples=1, seconds=2.0, continuous=(),
        baselines=("direct", "direct_half"), bits=bits, scores={"toy/stress_on_beat": score}, boundary=boundary,
        recipe={name: {"use": "toy"} for name in ("converter", "generator", "renderer")} | {"train": {"seed": 0}},
        parameters={"generator": 10, "renderer": 20, "direct": 30, "direct_half": 10},
        data=Data(name="toy/data", summary="toys", licence="CC0-1.0", size="small", x="words", y="tune", skipped=2,
                  examples={"train": {"paired": 5, "unpaired": 7}, "dropped": {"paired": 1, "unpaired": 0}}),
        training={"generator": StageTraining(steps=9, best_step=6, parameters=10, seconds=1.4),
                  "renderer": StageTraining(steps=9, best_step=6, parameters=20, origin="runs/other")},
        trained_with=TrainedWith(name="toy", command=("bin/regenkit", "train", "toy.yaml")), environment={"numpy": "2"},
    )  # fmt: skip
    return worded(replace(report, **changes))


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
    (folder / "gallery").mkdir()
    routes = ("reference", "oracle", "predicted", "direct")
    for route in routes:
        (folder / f"gallery/best-{route}.wav").write_bytes(sound())
        (folder / f"gallery/best-{route}.png").write_bytes(PIXEL)
    item = GalleryItem(
        rank="best", id="song/1", bits=1.5, x='words "and" <marks>',
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


def test_the_finding_names_the_chords_as_what_breaks_the_second_principle() -> None:
    dense = make_report(continuous=("latent",)).finding
    assert dense[0].startswith("Y′ is continuous (latent)") and "bits a step against" not in " ".join(dense)
    found = " ".join(make_report().finding)
    assert unknown(make_report().bits.routes["generator"]) == ["chord"]
    assert "loses to the better of two direct models" in found
    assert re.search(
        r"chord breaks the second principle.* it costs 1\.940 of the 2\.840 bits .*saves 1\.0\u00a0%", found
    )
    assert "Y does not hold it, so its bits are lost" in found
    assert "A leaner Y′ to try: rhythm, without chord." in found
    assert "Y′ leaves out pitch, of which X knows 4\u00a0%" in found
    assert "better than those of the direct route, beyond the interval, by stress on beat" in found
    assert "differ from those from true Y′ (the mismatch of the two steps) by stress on beat" in found
    assert "28 of the 48 tokens of chord are never used" in found


@pytest.mark.parametrize(("apart", "verdict"), [(-0.2, "beats the"), (0.2, "loses to"), (0.01, "is open")])
def test_the_verdict_goes_by_the_interval(apart: float, verdict: str) -> None:
    assert verdict in make_report(apart).finding[0]


@pytest.mark.parametrize(("direct", "said"), [(30, False), (37, False), (38, True), (24, False), (23, True)])
def test_a_direct_route_that_is_not_as_large_as_the_stages_is_named(direct: int, said: bool) -> None:
    parameters = {"generator": 10, "renderer": 20, "direct": direct, "direct_half": 10}
    found = " ".join(make_report(parameters=parameters).finding)
    assert (f"The direct route has {direct} parameters, generator and renderer together have 30." in found) is said


def test_what_x_knows_of_is_not_called_unknown() -> None:
    report = make_report(chord_saved=1.0)
    assert unknown(report.bits.routes["generator"]) == []
    assert "none breaks the second principle" in " ".join(report.finding)


def test_examples_that_a_model_rules_out_are_counted() -> None:
    steps = np.full(3, 10.0)
    found = stage_cost({"pitch": np.array([20.0, np.inf, 40.0])}, steps)
    assert found.infinite == 1 and found.total.bits.mean == 3.0  # no mean of all three
    report = make_report()
    report = replace(report, bits=replace(report.bits, routes={**report.bits.routes, "oracle": found}))
    assert worded(report).finding[0].startswith("Of 3 examples bits are infinite or undefined for 1 by Y′ → Y: ")


def test_without_the_direct_route_nothing_is_said_of_it(tmp_path: Path) -> None:
    """As after --no-direct."""
    whole = make_report()
    routes = {name: each for name, each in whole.bits.routes.items() if not name.startswith("direct")}
    score = whole.scores["toy/stress_on_beat"]
    report = make_report(
        baselines=(), bits=Bits(routes=routes, constant_minus_oracle=whole.bits.constant_minus_oracle),
        scores={"toy/stress_on_beat": replace(score, routes={"predicted": around(0.5)},
                                              predicted_minus={"oracle": around(-0.2)})},
    )  # fmt: skip
    assert report.finding[0].startswith("The direct route was not measured (--no-direct)")
    assert "chord breaks" in " ".join(report.finding) and "direct model" not in " ".join(report.finding)
    write_html(report, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Where the bits go" in text and "predicted − direct" not in text and ">direct<" not in text


def test_several_runs_are_averaged() -> None:
    one, other = make_report(0.2), make_report(0.6)
    both = combine([one, replace(other, runs=("runs/2",))])
    assert both.runs == (*one.runs, "runs/2") and both.finding == ()
    minus = both.bits.predicted_minus["direct"]
    assert (minus.mean, minus.seeds, minus.interval) == (pytest.approx(0.4), (0.2, 0.6), None)
    assert minus.spread == pytest.approx(0.4 / 2**0.5)
    generator = both.bits.routes["generator"]
    assert generator.fields["chord"].saved and generator.fields["chord"].saved.mean == pytest.approx(0.02)
    assert combine([one]) is one


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
