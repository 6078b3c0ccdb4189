"""Checks of a metric: samples are the references themselves, and those of other examples."""

import copy

import numpy as np

from regenkit.components import Evaluation, Metric
from regenkit.conform import of_metric
from regenkit.sources.locate import folder
from regenkit.spec import Y_AXIS
from regenkit.testing.finding import Failed, Skipped, same
from regenkit.testing.material import Material


def it_gives_one_value_a_sample(component: Metric, material: Material) -> None:
    """It returns numbers of shape [samples], NaN where it is not defined, or one number of shape () for all."""
    values = _score(component, material)
    if np.isinf(values).any():
        raise Failed(f"it holds infinities: {values}", "give NaN where it is not defined")
    if values.size and np.isnan(values).all():
        raise Skipped(f"it is NaN for all of {len(material.indices)} samples")


def it_gives_the_same_twice(component: Metric, material: Material) -> None:
    """Called again with the same Evaluation, it returns the same, and leaves the Evaluation as it is."""
    one, other = _score(component, material), _score(component, material)
    if not np.array_equal(one, other, equal_nan=True):
        raise Failed(f"{other}, not {one}", "draw from np.random.default_rng(0), never from the global state")


def it_follows_the_order_of_its_samples(component: Metric, material: Material) -> None:
    """With samples and references in another order, its values are in that order."""
    one = _score(component, material)
    if one.ndim == 0:
        raise Skipped("it is one value for all samples")
    order = np.arange(len(material.indices))[::-1]
    other = _score(component, material, order)
    if not np.allclose(one[order], other, rtol=1e-5, atol=1e-6, equal_nan=True):
        raise Failed(f"{other}, not {one[order]}", "let a value be that of its own sample, or return one for all")


def it_tells_right_from_wrong(component: Metric, material: Material) -> None:
    """For the references themselves it is not worse than for those of other examples, by the record's `better`."""
    if component.better == "closer":
        raise Skipped("closer to the references' own value is better")
    ours, others = (_score(component, material, shift=shift) for shift in (0, 1))
    if np.isnan(ours).all() or np.isnan(others).all():
        raise Skipped("it is NaN")
    right, wrong = float(np.nanmean(ours)), float(np.nanmean(others))
    worse = right < wrong - 1e-6 if component.better == "higher" else right > wrong + 1e-6
    if worse:
        raise Failed(f"{right:.4g} for the references, {wrong:.4g} for others, and {component.better} is better",
                     "correct the record's better, or the sign")  # fmt: skip


def _score(component: Metric, material: Material, order: np.ndarray | None = None, shift: int = 1) -> np.ndarray:
    for source in component.sources:
        if not folder(source).is_dir():
            raise Skipped(f"it needs {source.package}: regenkit data fetch {component.name}")
    found = copy.deepcopy(material.examples)
    count = len(found)
    order = np.arange(count) if order is None else order
    moved = [(index + shift) % count for index in order]
    along_y = Y_AXIS in material.pipeline.x.spec.axes  # then an X fits the Y of its own example alone
    values = component.load()(Evaluation(
        samples=[found[index]["y"] for index in moved], references=[found[index]["y"] for index in order],
        conditions=[found[index]["x"] for index in (moved if along_y else order)],
        reps=[found[index]["rep"] for index in moved],
        training=[each["y"] for each in found], training_conditions=[each["x"] for each in found],
        x=material.pipeline.x, y=material.pipeline.y,
    ))  # fmt: skip
    for example, after in zip(material.examples, found, strict=True):
        for side in example:
            same(example[side], after[side], f"it changed its Evaluation, whose {side} now has",
                 "work on a copy: other metrics get the same arrays")  # fmt: skip
    return np.asarray(of_metric(component, values, count))


CHECKS = (
    it_gives_one_value_a_sample, it_gives_the_same_twice, it_follows_the_order_of_its_samples,
    it_tells_right_from_wrong,
)  # fmt: skip
