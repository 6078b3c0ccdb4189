"""The split tears nothing apart that belongs together, whatever the groups and fingerprints are."""

import hashlib
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.data.split import HELD_OUT, assign, components


class Examples(NamedTuple):
    ids: list[str]
    groups: list[list[str]]
    fingerprints: list[np.ndarray]
    paired: np.ndarray

    def taken(self, order: list[int]) -> "Examples":
        return Examples(
            [self.ids[place] for place in order],
            [self.groups[place] for place in order],
            [self.fingerprints[place] for place in order],
            self.paired[order],
        )


one = st.tuples(
    st.lists(st.sampled_from([f"group {number}" for number in range(30)]), max_size=2),
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 40), max_size=3),
    st.booleans(),
)


@st.composite
def examples(draw: st.DrawFn) -> Examples:
    rows = draw(st.lists(one, min_size=1, max_size=60))
    ids = draw(st.permutations([f"id {number}" for number in range(len(rows))]))
    prints = [np.array(prints, np.int64) for _, prints, _ in rows]
    return Examples(list(ids), [groups for groups, _, _ in rows], prints, np.array([paired for _, _, paired in rows]))


@settings(deadline=None)
@given(examples())
def test_groups_are_not_torn_apart(found: Examples) -> None:
    split = assign(*found)
    for place, keys in enumerate(found.groups):
        for other, others in enumerate(found.groups[:place]):
            if set(keys) & set(others):
                assert len({split[place], split[other]} - {"dropped"}) <= 1


@settings(deadline=None)
@given(examples())
def test_no_training_example_shares_a_fingerprint_with_a_held_out_one(found: Examples) -> None:
    split = assign(*found)
    held = {mark for place in np.flatnonzero(np.isin(split, ["validation", "test"]))
            for mark in found.fingerprints[place].tolist()}  # fmt: skip
    for place in np.flatnonzero(split == "train"):
        assert not held & set(found.fingerprints[place].tolist())


@settings(deadline=None)
@given(examples())
def test_held_out_examples_are_few_and_paired(found: Examples) -> None:
    split = assign(*found)
    candidates = found.paired if found.paired.any() else np.ones(len(split), bool)
    quota = max(1, round(HELD_OUT * candidates.sum()))
    component = components(found.groups)
    for name in ("validation", "test"):
        assert (split == name).sum() <= quota or len(set(component[split == name])) == 1
        assert candidates[split == name].all()
    assert set(split) <= {"train", "validation", "test", "dropped"}


@settings(deadline=None)
@given(examples(), st.randoms())
def test_the_order_of_the_examples_does_not_matter(found: Examples, random: object) -> None:
    order = list(range(len(found.ids)))
    random.shuffle(order)
    assert assign(*found.taken(order)).tolist() == assign(*found)[order].tolist()


@settings(deadline=None)
@given(examples())
def test_where_nothing_is_paired_everything_is_a_candidate(found: Examples) -> None:
    alone = found._replace(paired=np.zeros(len(found.ids), bool))
    everyone = found._replace(paired=np.ones(len(found.ids), bool))
    assert assign(*alone).tolist() == assign(*everyone).tolist()


@settings(deadline=None)
@given(examples())
def test_three_groups_suffice_for_all_three(found: Examples) -> None:
    """Were it not for fingerprints, which can leave nothing to train on that is not held out too."""
    found = found._replace(fingerprints=[np.zeros(0, np.int64)] * len(found.ids))
    candidates = found.paired if found.paired.any() else np.ones(len(found.ids), bool)
    split = assign(*found)[candidates]
    count = len(set(components(found.groups)[candidates]))
    expected = {"train", "validation", "test"} if count > 2 else {"train", "validation"} if count == 2 else {"train"}
    assert set(split) == expected


@pytest.mark.parametrize("sizes", [(10, 10, 10), (1, 1, 30), (1, 5, 5, 5), (1, 1, 1, 30, 30), (40, 3, 7, 500)])
def test_few_groups_however_large_fill_all_three_and_the_largest_is_trained_on(sizes: tuple[int, ...]) -> None:
    groups = [[str(number)] for number, size in enumerate(sizes) for _ in range(size)]
    count = len(groups)
    split = assign([f"{n}" for n in range(count)], groups, [np.zeros(0, np.int64)] * count, np.ones(count, bool))
    assert set(split) == {"train", "validation", "test"}
    assert set(split[[group == [str(int(np.argmax(sizes)))] for group in groups]]) == {"train"} or sizes == (10, 10, 10)


def test_quotas_are_filled_where_groups_are_small() -> None:
    ids = [str(number) for number in range(200)]
    split = assign(ids, [[]] * 200, [np.zeros(0, np.int64)] * 200, np.ones(200, bool))
    assert [(split == name).sum() for name in ("train", "validation", "test")] == [160, 20, 20]


def digest(split: np.ndarray) -> str:
    return hashlib.sha256(",".join(split).encode()).hexdigest()[:12]


def test_the_split_of_many_groups_is_as_it_was() -> None:
    """Trained runs depend on it: these digits were computed before few groups were treated apart."""
    groups = [[f"g{number // 3}"] for number in range(200)]
    split = assign([str(n) for n in range(200)], groups, [np.zeros(0, np.int64)] * 200, np.arange(200) % 2 == 0)
    assert digest(split) == "31cad4e93383"


def test_an_example_more_moves_few_others() -> None:
    ids = [str(number) for number in range(201)]
    more = assign(ids, [[]] * 201, [np.zeros(0, np.int64)] * 201, np.ones(201, bool))
    fewer = assign(ids[:-1], [[]] * 200, [np.zeros(0, np.int64)] * 200, np.ones(200, bool))
    assert (more[:-1] != fewer).sum() <= 2


def test_a_group_larger_than_its_quota_stays_in_training() -> None:
    ids = [str(number) for number in range(20)]
    groups = [["large"]] * 16 + [["one"]] * 2 + [["two"]] * 2
    split = assign(ids, groups, [np.zeros(0, np.int64)] * 20, np.ones(20, bool))
    assert set(split[:16]) == {"train"} and set(split[16:]) == {"test", "validation"}


def test_an_unpaired_member_of_a_held_out_group_is_dropped() -> None:
    groups = [[f"song {number // 2}"] for number in range(40)]
    paired = np.arange(40) % 2 == 0
    split = assign([str(n) for n in range(40)], groups, [np.zeros(0, np.int64)] * 40, paired)
    held = np.flatnonzero(np.isin(split, ["validation", "test"]))
    assert len(held) == 4 and set(split[held + 1]) == {"dropped"}


@settings(deadline=None)
@given(examples(), st.data())
def test_the_data_s_own_split_is_kept_and_leaks_nothing(found: Examples, data: st.DataObject) -> None:
    """Whatever examples it tears apart: of a group none is held out twice, or trained on beside."""
    kinds = st.sampled_from(["", "train", "validation", "test"])
    said = np.array(data.draw(st.lists(kinds, min_size=len(found.ids), max_size=len(found.ids))))
    split = assign(*found, said)
    wanted = found.paired if found.paired.any() else np.ones(len(split), bool)
    held = np.isin(said, ["validation", "test"])
    assert set(split[held]) <= {"validation", "test", "dropped"}
    assert all(one in (other, "dropped") for one, other in zip(split[held], said[held], strict=True))
    torn = {
        key
        for where in ("train", "validation", "test")
        for key in _keys(found, split == where)
        if any(key in _keys(found, split == other) for other in ("train", "validation", "test") if other != where)
    }
    assert not torn
    marks = {mark for place in np.flatnonzero(np.isin(split, ["validation", "test"]))
             for mark in found.fingerprints[place].tolist()}  # fmt: skip
    assert not any(marks & set(found.fingerprints[place].tolist()) for place in np.flatnonzero(split == "train"))
    alone = np.array([not keys for keys in found.groups])
    assert (split[alone & held & wanted] == said[alone & held & wanted]).all()


def _keys(found: Examples, chosen: np.ndarray) -> set[str]:
    return {key for place in np.flatnonzero(chosen) for key in found.groups[place]}


def test_a_split_that_the_data_do_not_name_is_taken_from_training() -> None:
    ids = [str(number) for number in range(200)]
    said = np.array(["train"] * 150 + ["validation"] * 50)
    split = assign(ids, [[]] * 200, [np.zeros(0, np.int64)] * 200, np.ones(200, bool), said)
    assert (split[150:] == "validation").all() and (split[:150] == "test").sum() == 15
    assert (split[:150] == "train").sum() == 135
    unpaired = np.arange(200) < 150  # a test set whose answers are not given is none
    said[150:] = "test"
    split = assign(ids, [[]] * 200, [np.zeros(0, np.int64)] * 200, unpaired, said)
    assert (split[150:] == "dropped").all() and (split == "test").sum() == (split == "validation").sum() == 15


def test_nothing_is_nothing() -> None:
    assert len(assign([], [], [], np.zeros(0, bool))) == 0


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 20).map(str), max_size=3), max_size=30))
def test_components_are_the_closure_of_sharing_a_key(groups: list[list[str]]) -> None:
    found = components(groups)
    expected = [{place} | {other for other, keys in enumerate(groups) if set(keys) & set(mine)}
                for place, mine in enumerate(groups)]  # fmt: skip
    changed = True
    while changed:
        grown = [set().union(*(expected[other] for other in each)) for each in expected]
        changed, expected = grown != expected, grown
    for place, each in enumerate(expected):
        assert set(np.flatnonzero(found == found[place])) == each
