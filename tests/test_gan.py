"""The generative adversarial network: two sides, each with its own gradients, and a judge of both."""

from pathlib import Path

import numpy as np
import pytest
from toy_job import weights
from toy_pictures import CAPTION, CODES, LABEL, LATENT, PIXELS, RENDERER, VECTOR, batch_of, built, learn
from toy_pictures import check_examples_stand_alone as check
from toy_watch import difference, stopping_at

from regenkit.distribute import make_strategy
from regenkit.errors import Interrupted
from regenkit.models.gan import GAN, energy
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Field, Spec
from regenkit.training.train import computing_in

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras and NumPy 2
SMALL = {"width": 8, "latent_dim": 4}


def small() -> GAN:
    return GAN(condition=LABEL, target=PIXELS, **SMALL)


@pytest.mark.exhaustive(minutes=0.2)
@pytest.mark.parametrize(("condition", "target"), [(LABEL, PIXELS), (CODES | LABEL, LATENT)])
def test_examples_stand_alone(condition: Spec, target: Spec) -> None:
    check(built(GAN, condition, target, **SMALL, reconstruct=1.0), condition, target)


def test_a_caption_for_a_condition() -> None:
    model = built(GAN, CAPTION, PIXELS, **SMALL)
    drawn = model.sample(batch_of(CAPTION, PIXELS, 3)["condition"], seed=0)["pixels"]
    assert drawn.shape == (3, 8, 8, 1) and np.abs(drawn).max() <= 1


def test_targets_that_it_can_not_predict() -> None:
    for target in (CODES, VECTOR, PIXELS | LATENT):
        with pytest.raises(ValueError, match=r"one continuous field of fixed shape, \(height, width, channels\)"):
            GAN(condition=LABEL, target=target)


def test_every_weight_has_one_optimiser() -> None:
    model = small()
    generator, discriminator = ({id(each) for each in group} for group in model.groups().values())
    assert not generator & discriminator
    assert generator | discriminator == {id(each) for each in model.trainable_variables}


def test_a_large_picture_is_judged_in_half_precision_too() -> None:
    """A sum of its 11,025 places that is reckoned in float16 stops on the way."""
    pixels = Spec({"pixels": Field(kind="continuous", shape=(105, 105, 1))})
    found, weights = {}, None
    for precision in ("float32", "float16"):
        with computing_in(precision):
            model = built(GAN, LABEL, pixels, **SMALL)
        weights = weights or [np.abs(each) * np.float32(0.1) for each in model.get_weights()]
        model.set_weights(weights)
        label = {"label": np.ones(1, np.int32)}
        found[precision] = model._judge(label, tf.fill([1, 105, 105, 1], 0.5)).numpy()
    np.testing.assert_allclose(found["float16"], found["float32"], rtol=0.02)


def test_the_energy_score_is_least_for_the_truth() -> None:
    """Of samples that are too few in kind, too wide, or beside it, of a Gaussian in nine dimensions."""
    random = np.random.default_rng(0)

    def score(centre: float, width: float) -> float:
        a, b = (tf.constant(centre + width * random.normal(size=[20000, 3, 3, 1]), tf.float32) for _ in range(2))
        return float(tf.reduce_mean(energy(a, b, tf.constant(random.normal(size=[20000, 3, 3, 1]), tf.float32))))

    truth = score(0.0, 1.0)
    assert all(truth < score(*other) - 0.005 for other in ((0.0, 0.0), (0.0, 0.6), (0.0, 1.5), (0.4, 1.0)))


@pytest.mark.exhaustive(minutes=4)
def test_two_replicas_and_a_resumed_training_end_alike(tmp_path: Path) -> None:
    alone, result = learn(tmp_path / "one", small)
    both, _ = learn(tmp_path / "two", small, strategy=make_strategy("mirrored"))
    assert difference(weights(alone), weights(both)) < 1e-5
    with pytest.raises(Interrupted):
        learn(tmp_path / "resumed", small, sample=stopping_at(10), sample_every=5)
    resumed, again = learn(tmp_path / "resumed", small)
    assert difference(weights(alone), weights(resumed)) == 0 and again == result


@pytest.mark.exhaustive
def test_a_renderer_of_codes_learns(tmp_path: Path) -> None:
    """Bright quarters where Y′ says so."""
    model, _ = learn(tmp_path, lambda: GAN(condition=CODES, target=PIXELS, **SMALL, reconstruct=10.0), RENDERER,
                     steps=150, learning_rate=3e-3, validate_every=150, checkpoint_every=150, batch_size=16,
                     steps_per_call=50)  # fmt: skip
    codes = 1 + 2 * np.eye(4, dtype=np.int32).reshape(4, 2, 2)
    quarters = model.sample({"code": codes}, seed=0)["pixels"].reshape(4, 2, 4, 2, 4).mean((2, 4)).reshape(4, 4)
    assert (quarters.argmax(1) == np.arange(4)).all(), quarters
