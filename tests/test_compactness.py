"""Code lengths, bounds and intervals on synthetic sources whose truth is known."""

from copy import deepcopy
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit import Field, Spec, tokens
from regenkit.analysis.findings.significance import differs
from regenkit.analysis.findings.wording import with_interval
from regenkit.analysis.measures.bootstrap import FEWEST, bootstrap, figure_of, over_seeds
from regenkit.analysis.measures.boundary import codebook
from regenkit.analysis.measures.compactness import FRACTION, ContextCoder, compactness, field_bits
from regenkit.analysis.measures.relevance import UNITS, WIDEST, WINDOW, features, relevance, units_of
from regenkit.analysis.results.figure import Figure
from regenkit.analysis.results.report import TokenUse

FOUR = tokens(4)


def bits_a_token(field: Field, training: list[np.ndarray], held_out: list[np.ndarray], order: int) -> float:
    return float(field_bits(field, training, held_out).orders[order].sum() / sum(map(np.size, held_out)))


@given(st.lists(st.lists(st.integers(1, 5), max_size=30), max_size=4), st.integers(0, 3))
def test_what_may_come_next_has_probability_one_in_all(past: list[list[int]], order: int) -> None:
    coder = ContextCoder(5, order)
    for each in past:
        coder.bits(each)
    start = [1, 2, 3]
    before = deepcopy(coder).bits(start)
    following = [deepcopy(coder).bits([*start, token]) - before for token in range(1, 6)]
    assert sum(2**-bits for bits in following) == pytest.approx(1)


def test_an_independent_source_costs_its_entropy() -> None:
    random = np.random.default_rng(0)
    drawn = [random.choice(4, 400, p=[0.5, 0.25, 0.125, 0.125]) + 1 for _ in range(40)]
    for order in (0, 1, 2):
        assert bits_a_token(FOUR, drawn[:20], drawn[20:], order) == pytest.approx(1.75, abs=0.04)


def test_a_markov_source_costs_its_entropy_rate_from_order_one_on() -> None:
    random = np.random.default_rng(1)
    stay = 0.9  # of two states: entropy rate 0.469 bits
    drawn = [np.cumsum(random.random(500) > stay) % 2 + 1 for _ in range(40)]
    rate = -(stay * np.log2(stay) + (1 - stay) * np.log2(1 - stay))
    assert bits_a_token(tokens(2), drawn[:20], drawn[20:], 0) == pytest.approx(1.0, abs=0.02)
    assert bits_a_token(tokens(2), drawn[:20], drawn[20:], 1) == pytest.approx(rate, abs=0.02)


def test_a_wrong_model_costs_more_than_the_source_and_learns_on_the_way() -> None:
    random = np.random.default_rng(2)
    training = [np.full(300, 1)]
    coming = [random.integers(1, 5, 2000) for _ in range(2)]
    first, second = field_bits(FOUR, training, coming).orders[0] / 2000
    assert first > second > 2.0


def test_what_is_absent_costs_nothing() -> None:
    some = np.array([1, 2, 1, 4])
    plain, padded = field_bits(FOUR, [some], [some, np.concatenate([some, np.zeros(5, int)])]).orders[2]
    assert padded < plain  # the same once more, known by now
    assert field_bits(FOUR, [some], [np.zeros(5, int)]).orders[1] == pytest.approx([0.0])


@pytest.mark.parametrize("channels", [1, 3])
def test_a_gaussian_costs_its_entropy_at_the_step_stated(channels: int) -> None:
    random = np.random.default_rng(3)
    field = Field(kind="continuous", shape=(None, channels), hop=Fraction(1))
    drawn = [random.normal(5, 3, (2000, channels)).astype(np.float32) for _ in range(8)]
    found = field_bits(field, drawn[:6], drawn[6:])
    assert found.step == pytest.approx(3 / FRACTION, rel=0.05) and found.channels == channels
    entropy = 0.5 * np.log2(2 * np.pi * np.e * 3**2)
    assert found.orders[0].sum() / (4000 * channels) == pytest.approx(entropy - np.log2(found.step), abs=0.05)


def test_the_ratio_of_a_half_is_a_half() -> None:
    random = np.random.default_rng(4)
    spec = Spec({"one": FOUR, "two": FOUR})
    drawn = [{name: random.integers(1, 5, 50) for name in spec} for _ in range(60)]
    specs = {"rep": spec.without(["two"]), "y": spec}
    training, coming = ({side: drawn[part] for side in specs} for part in (slice(30), slice(30, 60)))
    found = compactness(specs, training, coming, np.full(30, 50))
    assert found.ratio.interval and found.ratio.interval[0] <= 0.5 <= found.ratio.interval[1]
    assert found.per_step["y"].mean == pytest.approx(4.0, abs=0.1)
    assert found.per_example["rep"].mean == pytest.approx(100, abs=3)


def related(count: int, length: int, same: float, values: int, seed: int) -> dict[str, list[dict[str, np.ndarray]]]:
    """X of uniform tokens; a Y′ that is X with probability `same`, else uniform; a Y that holds it and noise."""
    random = np.random.default_rng(seed)
    sides: dict[str, list[dict[str, np.ndarray]]] = {"x": [], "rep": [], "y": []}
    for _ in range(count):
        x = random.integers(1, values + 1, length)
        rep = np.where(random.random(length) < same, x, random.integers(1, values + 1, length))
        sides["x"].append({"letter": x})
        sides["rep"].append({"low": rep})
        sides["y"].append({"low": rep, "noise": random.integers(1, values + 1, length)})
    return sides


def shared(same: float, values: int) -> float:
    """Mutual information of X and Y′ above, in bits a step."""
    kept = same + (1 - same) / values
    other = (1 - same) / values
    return float(np.log2(values) + kept * np.log2(kept) + (values - 1) * other * np.log2(max(other, 1e-300)))


def specs(field: Field) -> dict[str, Spec]:
    return {"x": Spec({"letter": field}), "rep": Spec({"low": field}), "y": Spec({"low": field, "noise": field})}


@pytest.mark.parametrize("same", [0.0, 0.6, 0.8])
def test_the_bound_comes_near_the_truth_from_below(same: float) -> None:
    training, coming = related(400, 16, same, 2, 0), related(200, 16, same, 2, 1)
    found = relevance(specs(tokens(2)), training, coming, {"training": [16] * 400, "held_out": [16] * 200})
    truth = 4 * shared(same, 2)
    assert found.unit == "window of 4 steps" and found.units == 800
    for bound, shuffled in ((found.rep, found.rep_shuffled), (found.y, found.y_shuffled)):
        assert 0.8 * truth - 0.05 <= bound.mean <= truth + 0.1
        assert abs(shuffled.mean) < 0.05
    if same:
        assert found.kept and 0.85 < found.kept.mean < 1.2
    else:
        assert found.kept is None


@pytest.mark.exhaustive(minutes=0.2)
def test_the_bound_never_passes_its_cap() -> None:
    one = Field(vocabulary=200, shape=())
    training, coming = related(2000, 1, 1.0, 200, 0), related(300, 1, 1.0, 200, 1)
    flat = [
        {side: [{name: value[0] for name, value in each.items()} for each in rows] for side, rows in part.items()}
        for part in (training, coming)
    ]
    found = relevance(specs(one), *flat, {"training": [1] * 2000, "held_out": [1] * 300})
    assert found.unit == "example"
    assert 1.0 < found.rep.mean <= found.cap < shared(1.0, 200)


def test_the_interval_of_a_mean_holds_it_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        weights = random.integers(1, 9, 80)
        found = bootstrap(weights * 2.0 + random.exponential(3, 80) - 3, weights)  # a ratio, 2, and skewed
        low, high = found.interval or (2.1, 1.9)
        held += low <= 2.0 <= high
    assert 0.89 * 200 <= held <= 0.99 * 200


def test_a_ratio_of_nothing_is_undefined() -> None:
    for count in (1, 2, 50):
        for values in (np.zeros(count), np.ones(count)):
            found = bootstrap(values, np.zeros(count))
            assert np.isnan(found.mean) and found.interval is None
    seeds = over_seeds([np.ones(3), np.ones(3)], np.zeros(3))
    assert np.isnan(seeds.mean) and seeds.interval is None


def test_draws_of_nothing_say_nothing() -> None:
    """Of six examples, one draw in three has none of the only one that has a weight."""
    values, weights = np.array([3.0, 1.0, 0.0, 0.0, 0.0, 0.0]), np.array([2.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    values[2:] = 1e-9  # numerators without a weight count as examples
    found = bootstrap(values, weights)
    assert found.mean == pytest.approx(2.0) and found.interval and found.interval[0] == pytest.approx(1.5)
    assert np.isfinite(found.interval).all()
    alone = bootstrap(np.array([3.0, 0.0]), np.array([2.0, 0.0]))
    assert alone.mean == 1.5 and alone.interval is None  # of one example nothing is known of others


@pytest.mark.parametrize("count", range(1, FEWEST + 1))
def test_few_examples_have_no_interval_and_show_no_difference(count: int) -> None:
    """Of three examples that all lie above 0, as one time in four by chance, it was said that they differ from 0."""
    above = np.arange(1.0, count + 1)
    for found in (bootstrap(above), bootstrap(np.append(above, np.nan)), over_seeds([above, above + 0.1])):
        assert differs(found) == (found.interval is not None) == (count == FEWEST)


def test_an_interval_holds_the_mean_where_seeds_define_different_examples() -> None:
    """The mean of one seed counted an example that another held impossible; the interval did not, and so a difference
    of −1.5 had an interval from 1.004 to 1.006."""
    values = 1.0 + np.random.default_rng(0).uniform(0, 0.01, (2, 20))
    values[0, 0], values[1, 0] = -100.0, np.inf
    found = over_seeds(values, np.ones(20))
    assert found.mean == pytest.approx((values[0].mean() + values[1, 1:].mean()) / 2)
    assert found.interval and found.interval[0] < found.mean < found.interval[1] and not differs(found)
    values[:, 0] = np.nan  # the same one in both: as if it were not there
    assert over_seeds(values, np.ones(20)) == over_seeds(values[:, 1:], np.ones(19))
    values[0] = np.nan
    assert over_seeds(values).interval is None and np.isnan(over_seeds(values).mean)


def test_samples_of_one_example_are_no_further_examples() -> None:
    values = np.random.default_rng(0).normal(size=30)
    one, many = figure_of(values), figure_of(np.tile(values, 16), 16)
    assert many.mean == pytest.approx(one.mean) and many.interval == pytest.approx(one.interval)
    noisy = np.array([1.0, np.nan, 5.0, np.nan, 2.0, np.nan])  # two rounds of three examples, the second undefined
    assert figure_of(noisy, 2).mean == pytest.approx((1 + 5 + 2) / 3)


def test_of_one_example_there_is_no_interval_and_no_difference() -> None:
    found = bootstrap(np.array([0.5, np.nan]))
    assert found == Figure(0.5) and not differs(found) and with_interval(found) == "0.500"


def test_the_cap_is_that_of_the_pairs_among_which_one_is_to_be_found() -> None:
    """255 pairs are one group: a bound of log₂ 255 can be reached, and was more than the cap that stood beside it."""
    spec = Spec({"a": Field(kind="continuous", shape=(2,))})
    random = np.random.default_rng(0)
    training, coming = ({side: [{"a": row} for row in random.normal(size=(count, 2))] for side in ("x", "y", "rep")}
                        for count in (20, 255))  # fmt: skip
    found = relevance(dict.fromkeys(("x", "y", "rep"), spec), training, coming,
                      {"training": [1] * 20, "held_out": [1] * 255})  # fmt: skip
    assert (found.units, found.negatives, found.cap) == (255, 255, np.log2(255))


@pytest.mark.parametrize("windows", [True, False])
def test_units_are_chosen_evenly_among_all(windows: bool) -> None:
    """All windows of all training pairs were listed, which took more memory than the pairs."""
    lengths = np.random.default_rng(0).integers(0, 60, 3000).tolist()
    listed = [(index, start, start + WINDOW) for index, length in enumerate(lengths)
              for start in range(0, length - WINDOW + 1, WINDOW)]  # fmt: skip
    listed = listed if windows else [(index, 0, length) for index, length in enumerate(lengths)]
    places = np.linspace(0, len(listed) - 1, min(len(listed), UNITS)).round().astype(int)
    assert units_of(lengths, windows) == [listed[place] for place in places]
    assert len(listed) > UNITS or not windows
    assert units_of([], windows) == units_of([3], True) == []


@pytest.mark.parametrize(("steps", "coming"), [(3, 3), (3, 8), (8, 3)])
def test_what_is_shorter_than_a_window_is_a_whole_example(steps: int, coming: int) -> None:
    """`evaluate` ended in a traceback where no test example, or no training example, had four steps."""
    random = np.random.default_rng(0)
    parts = []
    for count, length in ((400, steps), (100, coming)):
        tokens_ = [random.integers(1, 5, length) for _ in range(count)]
        parts.append({side: [{"a": each} for each in tokens_] for side in ("x", "y", "rep")})
    found = relevance(dict.fromkeys(("x", "y", "rep"), Spec({"a": FOUR})), *parts,
                      {"training": [steps] * 400, "held_out": [coming] * 100})  # fmt: skip
    assert found.unit == "example" and found.units == 100 and found.y.mean > 1


@pytest.mark.parametrize("vocabulary", [4, WIDEST + 1])
def test_an_example_without_any_step_has_features_of_nothing(vocabulary: int) -> None:
    """`evaluate` ended in a traceback where X or Y of one example was empty."""
    spec = Spec({"a": tokens(vocabulary), "b": Field(kind="continuous", shape=(None, 2))})
    some = {"a": np.int32([1, 1, 2, 3]), "b": np.float32([[1, 3]] * 4)}
    none = {"a": np.zeros(0, np.int32), "b": np.zeros((0, 2), np.float32)}
    found = features(spec, [some, none], [(0, 0, 4), (1, 0, 0)])
    np.testing.assert_array_equal(found[:1], features(spec, [some], [(0, 0, 4)]))
    assert found[0].any() and not found[1].any()


def test_dead_tokens_are_counted() -> None:
    found = codebook(Spec({"low": tokens(6)}), [{"low": np.array([1, 1, 2, 2, 0])}, {"low": np.array([3, 3, 4, 4])}])
    assert found["low"] == TokenUse(tokens=6, used=4, dead=2, perplexity=pytest.approx(4.0), commonest=0.25)
