"""Redactions: projections whose parts add up to the picture, with masks that are complementary."""

import numpy as np
import pytest

from regenkit.quiet import tensorflow as tf
from regenkit_dense.redaction.redaction import KINDS, redact, redact_all

SEEDS = tf.constant([[3, 0], [3, 1]], tf.int32)
PIXELS = tf.constant(np.random.default_rng(0).uniform(-1, 1, (2, 24, 16, 3)), tf.float32)
STRENGTHS = (0.0, 0.3, 0.75, 1.0)


def redacted(
    kind: str, strength: float, *, inverse: bool = False, pixels: tf.Tensor = PIXELS
) -> tuple[np.ndarray, np.ndarray]:
    kept, mask = redact(pixels, kind, tf.constant(strength), SEEDS, inverse=inverse)
    return kept.numpy(), mask.numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_and_what_is_taken_are_the_picture(kind: str) -> None:
    for strength in STRENGTHS:
        (kept, mask), (taken, other) = redacted(kind, strength), redacted(kind, strength, inverse=True)
        np.testing.assert_allclose(kept + taken, PIXELS, atol=2e-6)
        assert set(np.unique(mask)) <= {0.0, 1.0} and mask.shape == (2, 24, 16, 1)
        if kind in ("none", "total", "pixels", "checkerboard", "blocks", "grid"):
            np.testing.assert_array_equal(mask + other, 1)
            np.testing.assert_array_equal(kept, PIXELS * mask)
        else:
            assert (mask == 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_twice_is_once(kind: str) -> None:
    for strength in STRENGTHS if kind != "grey" else (0.0, 1.0):
        once, _ = redacted(kind, strength)
        np.testing.assert_allclose(redacted(kind, strength, pixels=tf.constant(once))[0], once, atol=2e-6)
        taken, _ = redacted(kind, strength, inverse=True)
        np.testing.assert_allclose(redacted(kind, strength, pixels=tf.constant(taken))[0], 0, atol=2e-6)
        assert abs((once * taken).sum()) < 1e-2, "the two parts are orthogonal"


@pytest.mark.parametrize("kind", [each for each in KINDS if each not in ("none", "total")])
def test_strength_takes_more_and_0_takes_nothing(kind: str) -> None:
    lost = [float(np.square(redacted(kind, strength, inverse=True)[0]).mean()) for strength in STRENGTHS]
    assert lost[0] < 1e-10 and lost == sorted(lost) and lost[-1] > 0.05


def test_masks_keep_what_they_say() -> None:
    pixels = tf.zeros([64, 32, 32, 1])
    seeds = tf.stack([tf.fill([64], 5), tf.range(64)], 1)
    for kind, share in (("pixels", 0.25), ("blocks", 0.25), ("checkerboard", 1 - 0.75 / 2), ("grid", 0.25)):
        mask = redact(pixels, kind, tf.constant(0.75), seeds)[1].numpy()
        assert abs(mask.mean() - share) < 0.03
        differ = np.abs(mask[0] - mask[1]).mean()
        assert (differ > 0.1) == (kind != "grid"), "each picture has a lot of its own"
    mask = redact(pixels, "grid", tf.constant(0.75), seeds)[1].numpy()[0, :, :, 0]
    assert mask[::2, ::2].all() and mask.sum() == 16 * 16
    blocks = redact(pixels, "blocks", tf.constant(0.5), seeds)[1].numpy()[:, :, :, 0].reshape(64, 4, 8, 4, 8)
    assert (blocks.min((2, 4)) == blocks.max((2, 4))).all()


def test_frequencies_are_those_of_numpy_and_scipy() -> None:
    from scipy.fft import dctn, idctn

    rows, columns = np.fft.fftfreq(24)[:, None], np.fft.fftfreq(16)[None, :]
    keeps = np.hypot(rows, columns) / np.hypot(0.5, 0.5) <= 0.5
    wanted = np.fft.ifft2(np.fft.fft2(PIXELS, axes=(1, 2)) * keeps[None, :, :, None], axes=(1, 2)).real
    np.testing.assert_allclose(redacted("low_pass", 0.5)[0], wanted, atol=2e-6)
    block = dctn(PIXELS.numpy()[0, 8:16, 8:16, 1], norm="ortho")
    keeps = (np.arange(8)[:, None] + np.arange(8)[None, :]) / 14 >= 0.3
    wanted = idctn(block * keeps, norm="ortho")
    np.testing.assert_allclose(redacted("dct_high_pass", 0.3)[0][0, 8:16, 8:16, 1], wanted, atol=2e-6)
    with pytest.raises(ValueError, match="sides that divide by 8"):
        redacted("dct_low_pass", 0.5, pixels=PIXELS[:, :20])


def test_several_are_done_in_turn_and_a_pixel_is_known_where_all_know_it() -> None:
    kept, known = redact_all(PIXELS, ["low_pass", "pixels", "checkerboard"], tf.constant(0.5), SEEDS)
    assert 0.2 < known.numpy().mean() < 0.55  # half of them, and of these 3 / 4
    assert not kept.numpy()[np.broadcast_to(known.numpy() == 0, kept.shape)].any()
    whole, known = redact_all(PIXELS, [], tf.constant(0.5), SEEDS)
    np.testing.assert_array_equal(whole, PIXELS)
    assert known.numpy().all()
