"""The loop: two replicas train as one does, an interruption changes nothing, and what goes wrong is said."""

import math
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from toy_job import Data, lookup, prepared, train, weights
from toy_watch import Watch, Whole, best, difference, lines

from regenkit.distribute import make_strategy
from regenkit.errors import UserError
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf

# Keras 3.15 saves a variable of a model's own with a call that NumPy 2 finds old-fashioned.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def two() -> tf.distribute.Strategy:
    strategy = make_strategy("mirrored")
    assert strategy.num_replicas_in_sync == 2
    return strategy


# --- one device or many ----------------------------------------------------------------------------------------------


def test_two_replicas_train_as_one(whole: Whole, tmp_path: Path) -> None:
    """With dropout, moving average, clipping, and a batch that leaves one replica without an example."""
    build, folder, expected = whole
    model, result = train(tmp_path, build=build, strategy=two())
    assert difference(weights(model), expected) < 1e-5
    assert difference(best(tmp_path, build), best(folder, build)) < 1e-5
    for kind in ("train", "validation"):
        mine, theirs = lines(tmp_path, kind), lines(folder, kind)
        assert list(mine) == list(theirs)
        for step, line in mine.items():
            assert line["high"] == pytest.approx(theirs[step]["high"], abs=1e-5)
            assert line["low"] == pytest.approx(theirs[step]["low"], abs=1e-5)
    assert result["validation"] == pytest.approx(sum(lines(folder, "validation")[20][name] for name in ("high", "low")),
                                                 abs=1e-5)  # fmt: skip


def test_training_learns(whole: Whole) -> None:
    logged, least = lines(whole[1], "train"), {"lookup": 0.02, "transformer": 0.2}[whole[0].__name__]
    assert all(logged[20][name] < logged[5][name] - least for name in ("high", "low"))


def test_clipping_is_of_the_whole_gradient(table: tuple[Path, Watch], tmp_path: Path) -> None:
    one, _ = train(tmp_path / "one", build=lookup, clip_norm=0.01)
    other, _ = train(tmp_path / "two", build=lookup, clip_norm=0.01, strategy=two())
    assert difference(weights(one), weights(other)) < 1e-6 < difference(weights(one), table[1].steps[-1])


@pytest.mark.exhaustive(minutes=0.3)
def test_accumulated_batches_are_one_large_batch(table: tuple[Path, Watch], tmp_path: Path) -> None:
    """Also where some of the parts are empty."""
    folder, plain = table
    for name, strategy in (("one", None), ("two", two())):
        parts, _ = train(tmp_path / name, build=lookup, strategy=strategy, batch_size=3, accumulate=3)
        assert difference(plain.steps[-1], weights(parts)) < 1e-6
        logged = lines(tmp_path / name, "train")
        for step, line in lines(folder, "train").items():
            assert logged[step]["high"] == pytest.approx(line["high"], abs=1e-5)


def test_the_seed_decides(table: tuple[Path, Watch], tmp_path: Path) -> None:
    same, other = (weights(train(tmp_path / str(seed), build=lookup, seed=seed)[0]) for seed in (3, 4))
    assert difference(table[1].steps[-1], same) == 0
    assert difference(table[1].steps[-1], other) > 1e-3


def test_steps_per_call_change_nothing(table: tuple[Path, Watch], tmp_path: Path) -> None:
    for steps in (1, 7):
        model, _ = train(tmp_path / str(steps), build=lookup, steps_per_call=steps)
        assert difference(weights(model), table[1].steps[-1]) == 0


# --- gone wrong ------------------------------------------------------------------------------------------------------


def test_a_damaged_record_stops_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / "cache"))
    data = prepared()
    index = int(data.indices("train")[0])
    path = data.examples.paths[index // 32].with_suffix(".tfrecord")
    records = bytearray(path.read_bytes())
    records[int(data.examples.indices[index // 32]["offset"][index % 32]) + 20] ^= 1
    path.write_bytes(records)
    with pytest.raises(UserError, match=f"^{path}: the record at byte"):
        train(tmp_path / "run", build=lookup, data=prepared())


@pytest.mark.parametrize("gradient_only", [False, True])
@pytest.mark.parametrize("poison", [12, 14])
def test_a_loss_that_is_not_finite_stops_before_it_is_saved(tmp_path: Path, poison: int, gradient_only: bool) -> None:
    """Step 15 has a checkpoint: what the step before it spoils, must not be in it."""
    with pytest.raises(UserError) as caught:
        train(tmp_path, build=lambda: lookup(poison, gradient_only))
    assert "not finite" in str(caught.value) or "infinite or NaN" in str(caught.value)
    assert "between steps 10 and 15" in str(caught.value)
    assert list(lines(tmp_path, "train")) in ([5, 10], [5, 10, 15])
    newest = max((tmp_path / "stage" / "checkpoints").iterdir())
    assert newest.name == "step-00000010.npz"
    with np.load(newest) as kept:
        assert all(np.isfinite(kept[name]).all() for name in kept.files)
    assert all(np.isfinite(value).all() for value in best(tmp_path, lookup))


@pytest.mark.exhaustive(minutes=0.2)
def test_on_two_replicas_one_bad_part_stops_both(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not finite .* between steps 10 and 15"):
        train(tmp_path, build=lambda: lookup(12), strategy=two())


def test_a_validation_loss_that_is_not_finite_is_said(tmp_path: Path) -> None:
    """As of a held-out example that is impossible to the model."""

    class Sure(type(lookup())):  # type: ignore[misc] # the class is made by a function
        def losses(self, batch: Any, *, noise: Any) -> Any:
            found = super().losses(batch, noise=noise)
            if noise is None:
                value, weight = found["main"]["low"]
                found["main"]["low"] = (value + math.inf, weight)
            return found

    said, watch = StringIO(), Watch()
    _, result = train(tmp_path, build=Sure, ema=0.0, callbacks=[watch], console=Console(file=said, width=500))
    assert result["best_step"] == 20 and result["validation"] == math.inf
    assert difference(best(tmp_path, Sure), watch.steps[-1]) == 0
    for step in (10, 20):
        assert f"the validation loss of step {step} is not finite (low inf)" in said.getvalue()
        assert lines(tmp_path, "validation")[step]["low"] is None


def test_where_all_updates_of_a_call_were_skipped_no_loss_is_logged(tmp_path: Path) -> None:
    class Steep(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(1)
            self.dense.build((None, 1))
            self.built = True

        def losses(self, batch: Any, *, noise: Any) -> Any:
            one = tf.ones([tf.shape(batch["target"]["high"])[0]])
            return {"main": {"square": (tf.cast(self.dense(40.0 * one[:, None])[:, 0], tf.float32) ** 2, one)}}

    train(tmp_path, build=Steep, precision="float16", steps_per_call=1, warmup_steps=0)
    logged = lines(tmp_path, "train").values()
    assert 1 <= sum("skipped" in line for line in logged) < len(logged)
    assert all(line["square"] > 0 if "square" in line else line["skipped"] == 1 for line in logged)
    assert sum("square" in line for line in logged) == sum("skipped" not in line for line in logged)


def test_patience_ends_it_early(tmp_path: Path) -> None:
    """A rate so high that the loss soon grows."""
    options: dict[str, Any] = {"steps": 400, "validate_every": 5, "learning_rate": 3.0, "schedule": "constant",
                               "patience": 2, "ema": 0.0}  # fmt: skip
    model, result = train(tmp_path, build=lookup, **options)
    losses = {step: line["high"] + line["low"] for step, line in lines(tmp_path, "validation").items()}
    assert result["steps"] == max(losses) < 400
    assert result["steps"] == result["best_step"] + 2 * 5
    assert losses[result["best_step"]] == min(losses.values()) == pytest.approx(result["validation"], abs=1e-5)
    again, repeated = train(tmp_path, build=lookup, **options)
    assert repeated == result
    assert difference(weights(model), weights(again)) == 0


def test_without_steps_a_stage_is_as_it_was_built(tmp_path: Path) -> None:
    model, result = train(tmp_path, build=lookup, steps=0)
    assert result["steps"] == 0
    assert difference(best(tmp_path, lookup), weights(model)) == 0


def test_too_little_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="split is empty"):
        train(tmp_path, build=lookup, data=prepared(Data(count=1, paired=True)))


@pytest.mark.parametrize("share", [pytest.param(0.0, marks=pytest.mark.exhaustive(minutes=0.1)), 0.5])
@pytest.mark.parametrize("paired", [True, False])
def test_all_paired_or_none(tmp_path: Path, paired: bool, share: float) -> None:
    data = prepared(Data(count=60, paired=paired))
    _, result = train(tmp_path, build=lookup, data=data, paired_share=share)
    assert math.isfinite(result["validation"])


# --- what is left behind ---------------------------------------------------------------------------------------------


def test_the_best_weights_are_the_average_at_the_best_validation(tmp_path: Path) -> None:
    """Kept by hand beside the loop: after each step, the average moves by min(ema, (1 + t) / (10 + t))."""
    watch = Watch()
    model, result = train(tmp_path, build=lookup, steps_per_call=1, callbacks=[watch])
    average = watch.first
    for step, values in enumerate(watch.steps, 1):
        decay = min(0.9, (1 + step) / (10 + step))
        average = [decay * old + (1 - decay) * new for old, new in zip(average, values, strict=True)]
        if step == result["best_step"]:
            expected = average
    assert difference(best(tmp_path, lookup), expected) < 1e-6
    assert difference(weights(model), expected) > 1e-3


def test_samples_are_of_the_average_and_the_loop_goes_on_with_the_weights(
    table: tuple[Path, Watch], tmp_path: Path
) -> None:
    seen: dict[int, list[np.ndarray]] = {}
    model, _ = train(tmp_path, build=lookup, sample=lambda model, step: seen.update({step: weights(model)}),
                     sample_every=10)  # fmt: skip
    assert sorted(seen) == [10, 20]
    assert difference(weights(model), table[1].steps[-1]) == 0
    assert difference(seen[20], best(tmp_path, lookup)) == 0
    assert difference(seen[20], weights(model)) > 1e-3


def test_a_run_leaves_checkpoints_a_log_and_tensorboard(whole: Whole) -> None:
    _, folder, _ = whole
    kept = sorted(path.name for path in (folder / "stage" / "checkpoints").iterdir())
    assert kept == [f"step-{step:08d}.npz" for step in (10, 15, 20)]
    assert list(lines(folder, "train")) == [5, 10, 15, 20] and list(lines(folder, "validation")) == [10, 20]
    (events,) = (folder / "tensorboard" / "stage").glob("events.*")
    tags = {value.tag for event in tf.compat.v1.train.summary_iterator(str(events)) for value in event.summary.value}
    assert tags == {"train/high", "train/low", "train/steps_per_second", "train/waiting", "validation/high",
                    "validation/low"}  # fmt: skip


def test_callbacks_of_keras_are_called(tmp_path: Path) -> None:
    watch = Watch(stop=True)
    _, result = train(tmp_path, build=lookup, callbacks=[watch])
    assert result["steps"] == 10 and watch.batches == [4, 9]
    assert set(watch.epochs[0]) == {"high", "low", "val_loss"}
