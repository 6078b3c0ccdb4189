"""What a report finds, in words: of a run never trained, with figures that are made up."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_report import around, cost, make_report

from regenkit.analysis.findings.evaluation import worded
from regenkit.analysis.findings.principle import unknown
from regenkit.analysis.measures.combine import combine
from regenkit.analysis.measures.costs import stage_cost
from regenkit.analysis.pages.report_page import write_html
from regenkit.analysis.results.figure import Cost
from regenkit.analysis.results.report import Bits


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


def test_the_better_direct_model_is_the_one_that_rules_out_less() -> None:
    """A model that held five true examples impossible had the lower mean of the others, and was taken."""
    report = make_report()
    whole = report.bits.routes["direct"]
    torn = replace(whole, total=cost(2.0, 2.5), infinite=5)
    bits = replace(report.bits, routes={**report.bits.routes, "direct": torn},
                   predicted_minus={"direct": around(0.8), "direct_half": around(-0.6)})  # fmt: skip
    said = worded(replace(report, bits=bits)).finding[1]
    assert said.startswith("The detour by Y′ beats the better of two direct models, the one no larger than")


@pytest.mark.parametrize(
    ("without_x", "half", "said"),
    [
        (3.0, 0.2, "knows 20\u00a0% (it saves the direct model 0.600 [0.400, 0.800]): a richer Y′ might keep it."),
        (3.0, 0.9, "knows 20\u00a0%, and perhaps nothing (it saves the direct model 0.600 [−0.300, 1.500]): whether a "
                   "richer Y′ should keep it is open."),
        (2.3, 0.2, "knows 0\u00a0%, and perhaps nothing (it saves the direct model −0.100 [−0.300, 0.100]): little, as "
                   "the second principle asks."),
    ],
)  # fmt: skip
def test_what_is_left_out_is_missed_only_as_far_as_the_interval_bears(without_x: float, half: float, said: str) -> None:
    report = make_report()
    direct = report.bits.routes["direct"]
    pitch = Cost(bits=around(2.4), without_x=around(without_x), saved=around(without_x - 2.4, half))
    direct = replace(direct, fields={**direct.fields, "pitch": pitch})
    report = worded(replace(report, bits=replace(report.bits, routes={**report.bits.routes, "direct": direct})))
    assert f"Y′ leaves out pitch, of which X {said}" in report.finding


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
