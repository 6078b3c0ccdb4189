"""What an author's object does wrong where it meets the core: named with its distribution, component, file and line."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_job import REP, Data, X, Y

from regenkit import Converter, Example, LeftOut, Metric, Modality, UserError, adapter, conform
from regenkit.data.author import examples_of, named, refuse_same_ids, sources_of
from regenkit.data.read_or_skip import Convert, Read
from regenkit.given import Given
from regenkit.pipeline.encoding import check_drawn, checked, encoded
from regenkit.pipeline.learned import Learned
from regenkit.pipeline.source import WithSource, XConverter
from regenkit.spec import Fields

CONVERTER = Converter(name="toy/whole", target=f"{__name__}:Whole", modality="notes")
HERE = re.compile(r"test_author_errors\.py, line \d+")


class Whole:
    """A converter that has all it needs."""

    spec, version = REP, 1

    def convert(self, y: Fields) -> Fields:
        return y

    def given(self, options: Any) -> Given:
        return Given()

    def complete(self, rep: Fields, given: Given) -> Fields:
        return rep

    def to_text(self, rep: Fields, meta: Any) -> str:
        return ""

    def from_text(self, text: str) -> tuple[Fields, dict[str, Any]]:
        return {}, {}


def changed(**members: Any) -> Any:
    """`Whole` with other members; None takes one away."""
    kept = {name: each for name, each in vars(Whole).items() if not name.startswith("__")} | members
    return type("Changed", (), {name: each for name, each in kept.items() if each is not None})()


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (changed(complete=None), "converter toy/whole lacks complete(rep, given)"),
        (changed(complete=lambda self, rep: rep), "has complete(rep), which does not take (rep, given)"),
        (changed(complete=None, completes=Whole.complete), "is completes meant for it?"),
        (changed(complete=None), "lacks complete(rep, given); given needs it (regenkit/adapter.py, Gives)"),
        (changed(from_text=None), "lacks from_text(text); to_text needs it (regenkit/adapter.py, WritesText)"),
        (changed(spec={"mode": 3}), "has spec that is a dict; right is regenkit.Spec({NAME: regenkit.Field(…)})"),
        (changed(version=None), "lacks version"),
        (changed(adapt=lambda self: None), "has adapt(), which does not take (examples) (regenkit/adapter.py, Adapts)"),
    ],
)
def test_a_converter_that_does_not_fulfil_its_type(thing: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        conform.refuse_unfit(CONVERTER, thing)
    assert said in str(caught.value)
    conform.refuse_unfit(CONVERTER, Whole())


def test_a_member_of_another_type_is_no_mistyped_one() -> None:
    class Glyph:
        spec, version = X, 1
        read = write = describe = lambda self, *values: values
        encode, dekode = read, read

    faults = list(conform.missing(adapter.Decodes, Glyph()))
    assert faults == ["lacks decode(fields, meta); is dekode meant for it? (regenkit/adapter.py, Decodes)"]


def test_several_faults_are_said_at_once() -> None:
    with pytest.raises(UserError) as caught:
        conform.refuse_unfit(CONVERTER, changed(convert=None, given=None))
    assert len(str(caught.value).splitlines()) == 4


@pytest.mark.parametrize("values", [[0.5, 0.25], np.zeros((3, 1)), {"a": 1}, None])
def test_a_metric_of_the_wrong_length(values: Any) -> None:
    metric = Metric(name="toy/score", target=f"{__name__}:score", modality="notes")
    with pytest.raises(UserError, match="metric toy/score returns") as caught:
        conform.of_metric(metric, values, 3)
    assert HERE.search(str(caught.value))
    assert conform.of_metric(metric, [1, 2, 3], 3).tolist() == [1, 2, 3] and conform.of_metric(metric, 2, 3) == 2


def score(of: Any) -> Any:
    return None


# --- datasets ---------------------------------------------------------------------------------------------------------


class Reads(Data):
    given: Any = None

    def read(self, source: str) -> Any:
        return self.given


@pytest.mark.parametrize(
    "given", [None, Example(id="a", y={}), {"id": "a"}, [{"id": "a"}], ["a"], "a", (Example for _ in range(1))]
)
def test_what_read_returns(given: Any) -> None:
    dataset = Reads()
    object.__setattr__(dataset, "given", given)
    with pytest.raises(
        UserError, match=r"Reads.read\('7'\) (returns|gives) .*right is a (list of )?regenkit.Example"
    ) as e:
        list(examples_of(dataset, "7"))
    assert HERE.search(str(e.value))


class Same:
    spec, version = X, 1

    def convert(self, x: Any) -> Any:
        return x


def test_where_x_is_converted_messages_name_the_dataset() -> None:
    dataset = Reads()
    within = WithSource(dataset, XConverter(Same(), {}, X))
    assert named("dataset", "toy/data", within) == named("dataset", "toy/data", dataset)
    for given, said in ((None, r"returns None; right is"), (iter(lambda: 1 / 0, 1), r": ZeroDivisionError: division")):
        object.__setattr__(dataset, "given", given)
        with pytest.raises(UserError, match=rf"Reads\.read\('7'\) ?{said}") as e:
            Read(within, {"x": X, "y": Y})("7")
        assert HERE.search(str(e.value))


class Faulty:
    spec, version = X, 1

    def convert(self, x: Any) -> Any:
        raise KeyError("melody")


def test_a_converter_of_x_is_named_for_its_own_error() -> None:
    within = WithSource(Data(), XConverter(Faulty(), {}, X))
    with pytest.raises(UserError, match=r"^Faulty\.convert, X of example '7': KeyError: 'melody' \(") as e:
        Read(within, {"x": X, "y": Y})("7")
    assert HERE.search(str(e.value))


@pytest.mark.parametrize("name", ["groups", "remarks"])
def test_one_text_where_several_are_right(name: str) -> None:
    for texts in ("song 1", (5,), {"song": 1}, None):
        dataset = Reads()
        object.__setattr__(dataset, "given", [Example(id="a", y={}, **{name: texts})])
        said = rf"Reads\.read\('7'\) gives an example whose {name} are .*; right is a tuple of texts, as in.*=\(TEXT,\)"
        with pytest.raises(UserError, match=said) as e:
            list(examples_of(dataset, "7"))
        assert HERE.search(str(e.value))


def test_what_read_may_return() -> None:
    dataset, sound = Reads(), [Example(id="a", y={}), LeftOut(id="b", reason="short")]
    for given in (sound, tuple(sound), iter(sound)):
        object.__setattr__(dataset, "given", given)
        assert list(examples_of(dataset, "7")) == sound


def test_names_that_are_there_twice() -> None:
    ids = ["a", "b", "a", "c", "c", "c"]
    with pytest.raises(UserError, match=r"examples have the id 'a' 2 times \(and 1 more are there more than once\)"):
        refuse_same_ids(lambda: iter(ids), "dataset toy/data", Reads())
    refuse_same_ids(lambda: iter("abc"), "dataset toy/data", Reads())

    class Twice(Reads):
        def sources(self) -> list[str]:
            return ["a", "a"]

    with pytest.raises(UserError, match="sources names 'a' 2 times"):
        sources_of(Twice(), "dataset toy/data")

    class Paths(Reads):
        def sources(self) -> Any:
            return [Path("a")]

    with pytest.raises(UserError, match="right is a list of names, as texts"):
        sources_of(Paths(), "dataset toy/data")


# --- fields -----------------------------------------------------------------------------------------------------------


class Network:
    """A learned converter, but for its training."""

    def __init__(self, given: Any) -> None:
        self.given = given

    def encode(self, condition: Any, target: Any) -> Any:
        return {"parity": target["high"] * self.given["parity"]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"Network\.encode: KeyError: 'parity' \(.*in encode\)"),
        ({"parity": 0}, r"Network\.encode: y′: parity holds the token 0"),
    ],
)
def test_what_a_learned_converter_does_wrong_is_told_of_its_network(given: Any, said: str) -> None:
    network = Network(given)
    learned = Learned(y=Y, latent=REP.without(["mode"]), version=1, stage=lambda _: network, folder=None,
                      again=lambda _: None, author=network)  # fmt: skip
    specs = {"x": X, "y": Y, "rep": learned.spec}
    (((record, _),), _) = Read(Data(), specs)("1")
    with pytest.raises(UserError, match=said) as caught:
        list(Convert(learned, specs).batched([record]))
    assert HERE.search(str(caught.value))


class Encodes:
    spec = X

    def __init__(self, found: Any) -> None:
        self.found = found

    def encode(self, value: Any) -> Any:
        return self.found


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"letter": np.array([1])}, "encode returns a dict; right is (fields, meta)"),
        (({"letter": np.array([6])}, {}), "letter holds 6…6, its tokens are 1…5"),
        (({"leter": np.array([1])}, {}), "is not what its spec says: has the fields ['leter'], its spec ['letter']"),
        (({"letter": np.int32(1)}, {}), "letter has shape (), its spec says (None,)"),
        (([1], {}), "it is a list; right is a map from names of fields to arrays"),
    ],
)
def test_what_encode_returns(found: Any, said: str) -> None:
    record = Modality(name="letters", target=f"{__name__}:Encodes")
    with pytest.raises(UserError) as caught:
        encoded(record, Encodes(found), "x")
    assert said in str(caught.value) and HERE.search(str(caught.value))
    assert encoded(record, Encodes(({"letter": np.array([1])}, {})), "x")[0]["letter"] == 1
    assert checked(Whole(), "convert", {"mode": 1, "parity": [1]}) == {"mode": 1, "parity": [1]}


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (None, "is a NoneType"),
        ({"high": np.ones((2, 4))}, "lacks the field 'mode'"),
        ({"mode": np.ones(2), "high": np.full((2, 4), 9), "low": np.ones((2, 4))}, "in high, whose tokens are 1…7"),
        ({"mode": np.ones(2), "high": np.ones((4, 2)), "low": np.ones((2, 4))}, "of shape (4, 2) for a batch of 2"),
        ({"mode": np.ones((2, 1)), "high": np.ones((2, 4)), "low": np.ones((2, 4))}, "right is [batch]"),
    ],
)
def test_what_sample_returns(drawn: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        check_drawn(Whole(), drawn, Y, 2)
    assert said in str(caught.value) and HERE.search(str(caught.value))
