"""Learned codes on a slower clock: a code for every few steps, and where Y ends within the last one."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from regenkit.layers.grouping import fitted, group, ungroup
from regenkit.models.autoencoder import TokenAutoencoder
from regenkit.quiet import tensorflow as tf
from regenkit.spec import MASK, Spec, tokens

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
Y = Spec({"letter": tokens("ab")})
HOP = 3


def model(**options: Any) -> TokenAutoencoder:
    tf.keras.utils.set_random_seed(0)
    size = {"codebook_size": 4, "latent_dim": 3, "width": 16, "depth": 1, "heads": 2, "dropout": 0.0}
    return TokenAutoencoder(condition=Spec(), target=Y, hop=HOP, **{**size, **options})


def batch(texts: list[tuple[int, ...]], steps: int) -> dict[str, np.ndarray]:
    letters = np.zeros((len(texts), steps), np.int32)
    for row, text in zip(letters, texts, strict=True):
        row[: len(text)] = text
    return {"letter": letters, MASK: letters > 0}


def rep_of(coder: TokenAutoencoder, ys: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    ((name, value),) = coder.encode({}, ys).items()
    return {name: np.asarray(value), coder.mask: ys[MASK][:, ::HOP]}


def test_a_code_covers_so_many_steps_and_its_clock_says_so() -> None:
    coder = model()
    (clock,) = coder.spec.clocks
    assert clock.hop == Fraction(HOP) and clock.axis == "y" and clock.mask == coder.mask
    rep = rep_of(coder, batch([(1,), (1, 2, 1), (2, 1, 1, 2), (1,) * 7], 7))
    assert [int((row > 0).sum()) for row in rep["code"]] == [clock.entries(n) for n in (1, 3, 4, 7)] == [1, 1, 2, 3]


@pytest.mark.parametrize("bottleneck", ["vq", "vae"])
def test_probabilities_of_all_texts_of_a_code_sum_to_one(bottleneck: Any) -> None:
    coder = model(bottleneck=bottleneck)
    for codes in (1, 2):
        texts = [
            each for length in range(HOP * (codes - 1) + 1, HOP * codes + 1) for each in product((1, 2), repeat=length)
        ]
        ys = batch(texts, HOP * codes)
        one = rep_of(coder, batch([texts[3]], HOP * codes))
        rep = {name: np.repeat(value, len(texts), 0) for name, value in one.items()}
        total = float(tf.reduce_sum(tf.exp(coder.field_log_prob(rep, ys)["letter"])))
        assert total == pytest.approx(1, abs=1e-4), (codes, total)


def test_drawn_texts_are_as_frequent_as_they_are_probable() -> None:
    coder = model()
    texts = [each for length in (1, 2, 3) for each in product((1, 2), repeat=length)]
    count = 4000
    one = rep_of(coder, batch([texts[5]], HOP))
    drawn = coder.sample({name: np.repeat(value, count, 0) for name, value in one.items()}, seed=0)["letter"]
    rep = {name: np.repeat(value, len(texts), 0) for name, value in one.items()}
    wanted = np.exp(np.asarray(coder.field_log_prob(rep, batch(texts, HOP))["letter"]))
    found = [np.mean((drawn == row).all(1)) for row in batch(texts, HOP)["letter"]]
    assert np.abs(found - wanted).max() < 4 * np.sqrt(0.25 / count)


def test_padding_and_company_change_nothing() -> None:
    coder = model()
    texts = [(1, 2), (2, 2, 1, 1, 2), (1,) * 9]
    short, long = batch(texts, 9), batch(texts, 16)
    np.testing.assert_array_equal(rep_of(coder, short)["code"], rep_of(coder, long)["code"][:, :3])
    reps = rep_of(coder, long)
    together = coder.field_log_prob(reps, long)["letter"]
    for place, text in enumerate(texts):
        alone = batch([text], len(text))
        np.testing.assert_allclose(
            coder.field_log_prob(rep_of(coder, alone), alone)["letter"], together[place : place + 1], atol=1e-4
        )
    losses = [
        coder.losses({"condition": {}, "target": each}, noise=None)["main"]["letter"][0] for each in (short, long)
    ]
    np.testing.assert_allclose(*losses, atol=1e-4)
    np.testing.assert_allclose(losses[0], -np.asarray(together), atol=1e-4)


@pytest.mark.exhaustive(minutes=0.3)
@pytest.mark.parametrize("masked", [True, False])
def test_an_absent_token_is_no_end(masked: bool) -> None:
    """Where Y may have gaps: they cost nothing, and the letters after them are letters as before."""
    coder = TokenAutoencoder(
        condition=Spec(), target=Spec({"letter": tokens("ab", gaps=True)}), hop=HOP, width=16, depth=1, heads=2
    )
    whole = {"letter": np.array([[1, 2, 1, 2, 1]], np.int32), MASK: np.ones((1, 5), bool)}
    rep = {"code": np.array([[1, 2]], np.int32), coder.mask: np.ones((1, 2), bool)}

    def cost(*gaps: int) -> float:
        letters = np.where(np.isin(np.arange(5), gaps), 0, whole["letter"])
        ys = {"letter": letters, MASK: whole[MASK]} if masked else {"letter": letters}
        return -float(coder.field_log_prob(rep, ys)["letter"][0])

    first, fourth = cost() - cost(0), cost() - cost(3)
    assert 0 < first < 9 and 0 < fourth < 9
    assert cost(0, 3) == pytest.approx(cost() - first - fourth, abs=1e-4)


def test_it_learns_to_say_letters_and_ends() -> None:
    coder, optimizer = model(codebook_size=64, latent_dim=8, width=32), tf.keras.optimizers.Adam(5e-3)
    texts = [each for length in range(1, 4) for each in product((1, 2), repeat=length)]
    ys = batch(texts, HOP)
    noise = tf.stack([tf.range(len(texts)), tf.zeros(len(texts), tf.int32)], 1)

    @tf.function
    def step(seeds: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = coder.losses({"condition": {}, "target": ys}, noise=seeds)
            loss = tf.add_n([tf.reduce_sum(value) for value, _ in losses["main"].values()])
        optimizer.apply_gradients(
            zip(tape.gradient(loss, coder.trainable_variables), coder.trainable_variables, strict=True)
        )
        coder.absorb(losses["statistics"])

    for number in range(300):
        step(noise + number)
    drawn = coder.sample(rep_of(coder, ys), seed=0, temperature=0.0)["letter"]
    assert (drawn == ys["letter"]).all(1).mean() > 0.6, drawn  # one of 14 by chance


def test_what_a_slower_clock_cannot_take_is_refused() -> None:
    with pytest.raises(ValueError, match="hop=3 takes a Y of one field"):
        TokenAutoencoder(condition=Spec(), target=Y | {"other": tokens(3)}, hop=HOP)
    with pytest.raises(ValueError, match="hop=3 takes a Y of one field"):
        TokenAutoencoder(condition=Spec({"chord": tokens(3, optional=True)}), target=Y, hop=HOP)


def test_grouping_is_undone() -> None:
    x = tf.reshape(tf.range(2 * 5 * 3, dtype=tf.float32), [2, 5, 3])
    np.testing.assert_array_equal(fitted(ungroup(group(x, 4), 4), tf.constant(5)), x)
    assert group(x, 4).shape == (2, 2, 12) and not group(x, 4)[:, 1, 3:].numpy().any()
