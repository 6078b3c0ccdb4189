"""What a report finds, in words: of a run never trained, with figures that are made up."""

import io
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_report import around, cost, make_report, stage
from rich.console import Console

from regenkit.analysis.findings.evaluation import worded
from regenkit.analysis.findings.principle import unknown
from regenkit.analysis.findings.wording import plus_minus, without_infinite
from regenkit.analysis.measures.combine import combine
from regenkit.analysis.measures.costs import stage_cost, whole
from regenkit.analysis.pages.report_page import write_html
from regenkit.analysis.results.figure import Better, Cost, Figure, Score, StageCost
from regenkit.analysis.results.report import Bits, Conversion, TokenUse
from regenkit.analysis.tables.report_tables import routes
from regenkit.analysis.tables.table import in_terminal


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
    assert "better than those of the better direct model, beyond the interval, by stress on beat" in found
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


def nowhere(cost: StageCost) -> StageCost:
    """The same of a model that holds every example impossible."""
    nothing = Cost(bits=Figure(math.nan))
    return StageCost(total=nothing, fields=dict.fromkeys(cost.fields, nothing), infinite=3)


def test_fields_add_up_where_a_model_rules_examples_out() -> None:
    """Each field was of all its own finite examples, so that fields and stages summed up to another total."""
    random = np.random.default_rng(0)
    bits = {name: random.uniform(1, 9, 40) for name in ("pitch", "beat")}
    bits["pitch"][3], bits["beat"][7:9] = np.inf, np.inf
    steps, route = random.integers(1, 9, 40), whole(bits)
    route[20] = np.inf  # by the other stage of the route
    blind = {name: each + 1 for name, each in bits.items()}
    for of, left_out in ((None, [3, 7, 8]), (route, [3, 7, 8, 20])):
        found = stage_cost(bits, steps, blind, of=of)
        counted = np.setdiff1d(np.arange(40), left_out)
        for name, field in found.fields.items():
            assert field.bits.mean == pytest.approx(bits[name][counted].sum() / steps[counted].sum())
        assert found.total.bits.mean == pytest.approx(sum(field.bits.mean for field in found.fields.values()))
        assert found.total.saved and found.total.without_x and found.infinite == 3
        assert found.total.saved.mean == pytest.approx(found.total.without_x.mean - found.total.bits.mean)


def test_a_route_that_rules_out_more_does_not_beat_one_that_rules_out_less() -> None:
    """It was said to beat it, by the examples that were left."""
    report = make_report(-0.5)
    routes = report.bits.routes
    torn = replace(report.bits, routes={**routes, "predicted": replace(routes["predicted"], infinite=2)})
    said = " ".join(worded(replace(report, bits=torn)).finding)
    assert re.search(r"Whether the detour .* is open: it costs less where both have .* impossible, 2 against 0\.", said)
    assert "The detour by Y′ beats" not in said and "The detour by Y′ beats" in report.finding[0]


def test_what_has_no_finite_bits_is_no_figure_in_a_sentence(tmp_path: Path) -> None:
    """ "Y′ → Y costs nan (pitch nan)"."""
    report, nothing = make_report(), Figure(math.nan)
    routes = {name: nowhere(cost) if name in ("oracle", "predicted") else cost
              for name, cost in report.bits.routes.items()}  # fmt: skip
    bits = Bits(routes=routes, predicted_minus=dict.fromkeys(report.bits.predicted_minus, nothing),
                constant_minus_oracle=nothing)  # fmt: skip
    compact = replace(report.boundary.compactness, ratio=nothing)
    found = worded(replace(report, bits=bits, boundary=replace(report.boundary, compactness=compact)))
    assert any("no example has finite bits by both" in sentence for sentence in found.finding)
    write_html(found, tmp_path / "report.html")
    text = re.sub("<style>.*</style>", "", (tmp_path / "report.html").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"\bnan\b", " ".join(found.finding)) and not re.search(r"\bnan\b", text)
    assert ">direct<" in text and ">by way of Y′<" not in text  # a bar of 0 bits stood there


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
    ("mean", "low", "high", "said"),
    [
        (-0.033, -0.077, -0.007, r"3\.760 bits a step against 3\.793; difference −0\.033 \[−0\.077, −0\.007\]"),
        (-0.0004, -0.0006, -0.0002, r"3\.7596 .* against 3\.7600; difference −0\.0004 \[−0\.0006, −0\.0002\]"),
        (-0.0004, -0.0006, 0.0002, r"3\.7596 .* against 3\.7600; difference −0\.000 \[−0\.001, 0\.000\]"),
    ],
)  # fmt: skip
def test_what_differs_is_not_written_alike(mean: float, low: float, high: float, said: str) -> None:
    """ "beats … (3.79 bits a note against 3.79; difference −0.000 [−0.001, −0.000])"."""
    report = make_report()
    routes = dict(report.bits.routes)
    other = 3.793 if mean < -0.01 else 3.76
    for route, bits in (("predicted", other + mean), ("direct", other), ("direct_half", 9.0)):
        routes[route] = replace(routes[route], total=cost(bits))
    minus = Figure(mean, low, high)
    bits = replace(report.bits, routes=routes, predicted_minus={"direct": minus, "direct_half": minus})
    assert re.search(rf"\({said}\)", worded(replace(report, bits=bits)).finding[0])


@pytest.mark.parametrize(("better", "half", "won"), [("higher", 0.4, True), ("higher", 0.6, False),
                                                     ("lower", 0.4, None), ("lower", 0.6, None)])  # fmt: skip
def test_samples_are_held_against_those_of_the_better_direct_model(better: Better, half: float, won: bool) -> None:
    """By bits the better of the two counts, by scores the large one did, which may have overfitted."""
    score = Score(
        better=better, routes={"predicted": around(0.6), "direct": around(0.5), "direct_half": around(half)},
        predicted_minus={"oracle": around(0.0), "direct": around(0.1), "direct_half": around(0.6 - half)},
    )  # fmt: skip
    found = " ".join(make_report(scores={"toy/hit": score}).finding)
    assert ("are better than those of the better direct model, beyond the interval, by hit" in found) == (won is True)
    assert ("are worse than those of" in found) == (better == "lower")
    assert ("By no metric that has a better side" in found) == (won is False)


def test_a_mean_that_differs_from_0_is_not_written_as_0() -> None:
    for figure, said in (
        (Figure(0.0004, 0.0003, 0.0005), "0.0004 ± 0.0001"), (Figure(0.0004, -0.0003, 0.0011), "0.000 ± 0.001"),
        (Figure(-0.00002, spread=0.00001), "−0.00002 ± 0.00001"), (Figure(0.5, 0.4998, 0.5002), "0.500 ± 0.000"),
        (Figure(0.0, 0.0, 0.0), "0.000 ± 0.000"), (Figure(1e-12, 1e-12, 1e-12), "0.000 ± 0.000"),
    ):  # fmt: skip
        assert plus_minus(figure) == said


def test_a_field_of_y_is_one_without_the_direct_route_too() -> None:
    """With --no-direct it was said that Y does not hold the rhythm, whose bits are lost."""
    whole = make_report()
    routes = {name: each for name, each in whole.bits.routes.items() if not name.startswith("direct")}
    routes["generator"] = stage({"rhythm": 0.9, "chord": 1.94}, {"rhythm": 0.9, "chord": 2.9})
    found = worded(replace(whole, baselines=(), bits=Bits(routes=routes)))
    (said,) = [sentence for sentence in found.finding if "the second principle" in sentence]
    assert said.endswith("Y holds it too, so a Y′ without it pays for it in Y′ → Y.")


@pytest.mark.parametrize(("saved", "half", "verb"), [(0.05, 0.1, "breaks"), (0.05, 0.5, "may break"),
                                                     (1.96, 2.5, "may break"), (1.96, 0.2, None)])  # fmt: skip
def test_a_principle_is_broken_only_as_far_as_the_interval_bears(saved: float, half: float, verb: str | None) -> None:
    """Of a field of which X saves half of the bits it was said that it breaks the principle, as it may save nothing."""
    report = make_report()
    generator = report.bits.routes["generator"]
    chord = Cost(bits=around(1.94), without_x=around(1.94 + saved), saved=around(saved, half))
    routes = {**report.bits.routes, "generator": replace(generator, fields={**generator.fields, "chord": chord})}
    found = " ".join(worded(replace(report, bits=replace(report.bits, routes=routes))).finding)
    assert re.findall(r"chord (\S*(?: break)?\S*) the second principle", found) == ([verb] if verb else [])


def test_of_few_examples_no_field_is_cleared() -> None:
    """Of three examples, which have no interval, it was said that no field breaks the principle."""
    report = make_report(chord_saved=1.0)
    generator = report.bits.routes["generator"]
    fields = {name: replace(each, saved=each.saved and Figure(each.saved.mean))
              for name, each in generator.fields.items()}  # fmt: skip
    routes = {**report.bits.routes, "generator": replace(generator, fields=fields)}
    said = " ".join(worded(replace(report, bits=replace(report.bits, routes=routes))).finding)
    assert "Of so few examples it is not known" in said and "none breaks" not in said


@pytest.mark.parametrize(("y", "said"), [
    (0.5, "share at least 1.000 [0.700, 1.300] bits an example, X and Y at least 0.500 [0.200, 0.800] (with X "
          "shuffled 0.00 and 0.00; at most 7.0; the greater holds for Y)."),
    (-0.6, "on what X shares, in bits an example: with Y′ 1.000 [0.700, 1.300], with Y −0.600 [−0.900, −0.300] (with "
           "X shuffled 0.00 and 0.00; at most 7.0). One that may be 0 or less shows nothing."),
])  # fmt: skip
def test_a_bound_below_0_is_nothing_that_is_shared(y: float, said: str) -> None:
    """ "X and Y share at least −0.585 bits (… with X shuffled 0.00 and −0.00)"."""
    report = make_report()
    bounds = replace(report.boundary.relevance, rep=around(1.0, 0.3), y=around(y, 0.3), y_shuffled=around(-0.001))
    found = worded(replace(report, boundary=replace(report.boundary, relevance=bounds))).finding
    assert any(sentence.startswith("Contrastive bounds") and said in sentence for sentence in found)


def test_sentences_are_of_one_thing_or_of_several() -> None:
    report = make_report()
    use, slow = TokenUse(tokens=3, used=2, dead=1, perplexity=2.0, commonest=0.5), Conversion
    for median, said in ((1234.5, "1,234 ms"), (99.6, "100 ms"), (0.561, "0.56 ms")):  # "1.2e+03 ms", "1e+02 ms"
        boundary = replace(report.boundary, codebook={"chord": use},
                           conversion=slow(median=median, quartiles=(1.0, 2.0), examples=3))  # fmt: skip
        found = " ".join(worded(replace(report, boundary=boundary)).finding)
        assert "1 of the 3 tokens of chord is never used" in found and f"and {said} an example to convert" in found
    assert without_infinite(1, ["1 by Y′ → Y"]).startswith("Of 1 example bits")
    score = replace(report.scores["toy/stress_on_beat"], better="closer")
    assert "By no metric" not in " ".join(
        worded(replace(report, scores={"toy/range": score})).finding
    )  # it has no side


@pytest.mark.parametrize(
    ("without_x", "half", "said"),
    [
        (3.0, 0.2, "knows 20\u00a0% (it saves the direct model 0.600 [0.400, 0.800]): a richer Y′ might keep it."),
        (3.0, 0.9, "knows 20\u00a0%, and perhaps nothing (it saves the direct model 0.600 [−0.300, 1.500]): whether a "
                   "richer Y′ should keep it is open."),
        (2.5, 0.2, "knows 4\u00a0%, and perhaps nothing (it saves the direct model 0.100 [−0.100, 0.300]): whether "
                   "that is little, as the second principle asks, is open."),
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
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(in_terminal(routes(both).transposed(), "", below=True))  # as `evaluate RUN RUN` prints it
    shown = console.export_text()
    assert shown.count("± 0.000") == 6 + 8 and shown.count("4.040") == 1 and "…" not in shown
    nothing = dict.fromkeys(other.bits.predicted_minus, Figure(math.nan))
    undefined = combine([one, replace(other, bits=replace(other.bits, predicted_minus=nothing))])
    minus = undefined.bits.predicted_minus["direct"]
    assert not minus.defined and minus.spread is None  # NaN is no spread
