"""What benchmarks/representation.py trains: a recipe, and the settings of each row of its tables."""

from pathlib import Path
from typing import Any

FOLDER = Path("runs/representation")
STEPS, EVERY, SAMPLES, REFERENCES = 1000, 200, 500, 1000
PROBED, MEASURED, TIME = 2000, 1000, 0.25
"""Training and test pictures of a probe, and how noisy they are."""
RECIPE = f"""\
dataset: {{use: image/fashion_mnist, limit: 20000}}
converter: {{use: image/downsample}}
generator: {{use: diffusion, width: 32, depth: 1, sample: {{steps: 20}}}}
renderer: {{use: diffusion, width: 32, depth: 1, sample: {{steps: 20}}}}
train:
  {{batch_size: 64, learning_rate: 2.0e-3, warmup_steps: 100, validate_every: {STEPS}, checkpoint_every: {STEPS},
   sample_every: {EVERY}, strategy: none, direct: {{steps: {STEPS}}}}}
"""
TEACHER = """\
dataset: {use: image/fashion_mnist, limit: 20000}
converter: {use: image/autoencoder, noise: 0.5, latent_dim: 16}
generator: {use: diffusion}
renderer: {use: converter}
train: {batch_size: 64, learning_rate: 2.0e-3, strategy: none, converter: {steps: 1000}}
"""
Arm = tuple[str, ...]
"""Settings of the recipe."""
LEARNED, SEEN = f"{{from: {FOLDER / 'denoising'}}}", "{use: image/efficientnet}"


def regularized(**options: Any) -> Arm:
    said = ", ".join(f"{name}: {value}" for name, value in options.items())
    return (f"direct.regularizer={{{said}}}",)


def repa(teacher: str = SEEN, **options: Any) -> Arm:
    return regularized(use="repa", teacher=teacher, **options)


def dispersive(**options: Any) -> Arm:
    return regularized(use="dispersive", **options)


NONE: Arm = ("direct.regularizer=null",)
WIDE, SLOW = "generator.width=64", "train.learning_rate=2.0e-4"
SPEED = {"none": NONE, "dispersive": dispersive(), "REPA, EfficientNet": repa(), "REPA, denoising": repa(LEARNED)}
TABLES: dict[str, dict[str, Arm]] = {
    "speed": SPEED,
    "block": {
        "none": NONE,
        **{f"dispersive, block {number}": dispersive(block=number) for number in (1, 3, 4, 5)},
        "dispersive, block 2": dispersive(),
        **{f"REPA, block {number}": repa(block=number) for number in (1, 3, 4, 5)},
        "REPA, block 2": repa(),
    },
    "weight": {
        "none": NONE,
        **{f"dispersive, λ {weight}": dispersive(weight=weight) for weight in (0.02, 0.125, 2.0)},
        "dispersive, λ 0.5": dispersive(),
        **{f"REPA, λ {weight}": repa(weight=weight) for weight in (0.125, 2.0)},
        "REPA, λ 0.5": repa(),
    },
    "form": {
        "none": NONE,
        "dispersive, infonce_l2": dispersive(),
        **{f"dispersive, {form}": dispersive(form=form) for form in ("infonce_cosine", "hinge", "covariance")},
        "REPA, EfficientNet stage 5": repa(),
        "REPA, EfficientNet stage 3": repa("{use: image/efficientnet, stage: 3}"),
        "REPA, denoising autoencoder": repa(LEARNED),
    },
    "size": {
        "none": (*NONE, WIDE),
        "dispersive": (*dispersive(), WIDE),
        "REPA, EfficientNet": (*repa(), WIDE),
        "REPA, EfficientNet stage 3": (*repa("{use: image/efficientnet, stage: 3}"), WIDE),
    },
    "rate": {
        "none": (*NONE, SLOW),
        "dispersive": (*dispersive(), SLOW),
        "dispersive, infonce_cosine": (*dispersive(form="infonce_cosine"), SLOW),
    },
}
"""Table → title → settings; runs that several tables have in common are made once."""
