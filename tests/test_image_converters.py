"""Y′ of pictures by rule: linear, of the energy it keeps, undone where it keeps all; and what it refuses."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.errors import UserError
from regenkit.pipeline.editing import completed, parse_given, parsed, text_of
from regenkit.rep_text import from_text
from regenkit.spec import Field, Fields, Spec
from regenkit_image.converter import Downsample, Fourier, Pyramid, Wavelet
from regenkit_image.modality.picture import spec

SOME: list[tuple[Any, dict[str, Any]]] = [
    (Downsample, {"factor": 1}),
    (Downsample, {"factor": 4}),
    (Fourier, {"keep": 7}),
    (Fourier, {"keep": 1}),
    (Fourier, {"keep": 12}),
    (Fourier, {"keep": 5, "form": "polar"}),
    (Fourier, {"keep": 12, "form": "polar"}),
    (Pyramid, {"factors": [4, 2]}),
    (Wavelet, {"levels": 1}),
    (Wavelet, {"levels": 2}),
    (Wavelet, {"levels": 2, "details": True}),
]
some = st.sampled_from(SOME)
WHOLE: list[tuple[Any, dict[str, Any]]] = [
    (Downsample, {"factor": 1}),
    (Fourier, {"form": "cartesian"}),
    (Fourier, {"form": "polar"}),
    (Wavelet, {"levels": 1, "details": True}),
]


def picture(seed: int, size: int = 12, channels: int = 3) -> Fields:
    return {"pixels": np.random.default_rng(seed).uniform(-1, 1, (size, size, channels)).astype(np.float32)}


def numbers(rep: Fields) -> np.ndarray:
    return np.concatenate([value.ravel() for value in rep.values()])


@given(some, st.integers(0, 1000), st.sampled_from([1, 3]))
def test_a_picture_of_a_rep_has_that_rep(chosen: tuple[Any, dict[str, Any]], seed: int, channels: int) -> None:
    make, options = chosen
    converter = make(y=spec(12, channels), **options)
    rep = converter.convert(picture(seed, 12, channels))
    converter.spec.check(rep, "Y′")
    assert all(value.dtype == np.float32 for value in rep.values())
    made = converter.approximate(rep)
    assert made["pixels"].shape == (12, 12, channels) and made["pixels"].dtype == np.float32
    again = converter.convert(made)
    np.testing.assert_allclose(numbers(again), numbers(rep), atol=2e-3 if "polar" in options.values() else 2e-5)


@given(st.sampled_from(WHOLE), st.sampled_from([5, 8, 28]), st.integers(0, 1000))
def test_what_keeps_all_is_undone(chosen: tuple[Any, dict[str, Any]], size: int, seed: int) -> None:
    make, options = chosen
    size += make is Wavelet and size % 2
    options = {**options, "keep": size} if make is Fourier else options
    converter, y = make(y=spec(size, 3), **options), picture(seed, size)
    np.testing.assert_allclose(converter.approximate(converter.convert(y))["pixels"], y["pixels"], atol=1e-5)


@given(some, st.floats(-3, 3), st.floats(-3, 3), st.integers(0, 1000))
def test_linear(chosen: tuple[Any, dict[str, Any]], a: float, b: float, seed: int) -> None:
    make, options = chosen
    if "form" in options:
        options = {**options, "form": "cartesian"}
    converter, one, other = make(y=spec(12, 3), **options), picture(seed), picture(seed + 1)
    both = converter.convert({"pixels": a * one["pixels"] + b * other["pixels"]})
    expected = a * numbers(converter.convert(one)) + b * numbers(converter.convert(other))
    np.testing.assert_allclose(numbers(both), expected, atol=1e-4)


@given(st.sampled_from([(12, 12), (12, 11), (12, 3), (9, 9), (9, 5), (9, 1)]), st.integers(0, 1000))
def test_parseval(sizes: tuple[int, int], seed: int) -> None:
    size, keep = sizes
    converter, y = Fourier(y=spec(size, 1), keep=keep), picture(seed, size, 1)
    coefficients = converter.convert(y)["frequencies"] * converter.amplitude
    kept = converter.approximate({"frequencies": coefficients / converter.amplitude})["pixels"].astype(np.float64)
    assert np.sum(coefficients.astype(np.float64) ** 2) == pytest.approx(np.sum(kept**2), rel=1e-5)
    lost = y["pixels"] - kept
    assert np.sum(kept**2) + np.sum(lost**2) == pytest.approx(np.sum(y["pixels"].astype(np.float64) ** 2), rel=1e-5)
    phase = Fourier(y=spec(size, 1), keep=keep, form="polar").convert(y)["phase"]
    np.testing.assert_allclose(np.square(phase).sum(-1), 1, atol=1e-5)


def test_means_are_means() -> None:
    y = picture(3)
    low = Downsample(y=spec(12, 3), factor=4).convert(y)["low"]
    assert low[1, 2, 0] == pytest.approx(y["pixels"][4:8, 8:12, 0].mean(), abs=1e-6)
    grey = {"pixels": np.full((12, 12, 1), 0.5, np.float32)}
    np.testing.assert_allclose(Wavelet(y=spec(12, 1), details=True).convert(grey)["approximation"],
                               np.broadcast_to([0.5, 0, 0, 0], (3, 3, 4)), atol=1e-6)  # fmt: skip
    x = np.linspace(-1, 1, 12, dtype=np.float32)
    ramp = {"pixels": np.broadcast_to(x[:, None, None], (12, 12, 1))}
    made = Wavelet(y=spec(12, 1), levels=1)
    near = made.approximate(made.convert(ramp))["pixels"]
    np.testing.assert_allclose(near[2:-3], ramp["pixels"][2:-3], atol=1e-6)  # straight lines survive but for the border


def test_shapes_follow_from_the_options() -> None:
    y = spec(28, 3)
    shapes = {
        (7, 7, 3): Downsample(y=y, factor=4), (9, 9, 3): Fourier(y=y, keep=9), (28, 28, 3): Fourier(y=y, keep=28),
        (14, 14, 3): Wavelet(y=y, levels=1), (7, 7, 12): Wavelet(y=y, levels=2, details=True),
    }  # fmt: skip
    for shape, converter in shapes.items():
        assert [field.shape for field in converter.spec.values()] == [shape]
    polar = Fourier(y=y, keep=9, form="polar").spec
    assert polar["magnitude"].shape == (9, 5, 3) and polar["phase"].shape == (9, 5, 6)


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (Downsample, {"factor": 3}, "factor is 3; pictures of 28 × 28 divide by 1, 2, 4, 7, 14, 28"),
        (Fourier, {"keep": 8}, "right is an odd number below 28, or 28"),
        (Fourier, {"keep": 29}, "keep is 29"),
        (Fourier, {"form": "complex"}, "there are cartesian and polar"),
        (Pyramid, {"factors": [2, 4]}, "falling ones"),
        (Pyramid, {"factors": []}, "falling ones"),
        (Pyramid, {"factors": [4, 3]}, "factor is 3"),
        (Wavelet, {"levels": 3}, "for pictures of 28 × 28 right is 1 to 2"),
        (Wavelet, {"levels": 0}, "levels is 0"),
    ],
)
def test_options_that_make_no_sense(make: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make(y=spec(28, 1), **options)


def test_y_that_is_no_picture() -> None:
    oblong = Field(kind="continuous", shape=(8, 9, 1))
    for y in (Spec(), Spec({"pixels": oblong}), Spec({"pitch": Field(vocabulary=9)})):
        with pytest.raises(ValueError, match=r"right is pixels \(size, size, channels\)"):
            Downsample(y=y)
    with pytest.raises(ValueError, match="the size must be even"):
        Wavelet(y=spec(9, 1))


@pytest.mark.parametrize(("make", "options"), SOME)
def test_text(make: Any, options: dict[str, Any]) -> None:
    converter = make(y=spec(12, 1), **options)
    rep = converter.convert(picture(5, 12, 1))
    again, meta = parsed(converter, text_of(converter, rep, {"title": "Träger: “a”"}))
    assert meta == {"title": "Träger: “a”"} and set(again) == set(rep)
    np.testing.assert_allclose(numbers(again), numbers(rep), atol=5.1e-5)
    assert completed(converter, again, parse_given(converter, {})) == again
    with pytest.raises(UserError, match=r"^given key: of this Y′ .* nothing can be given"):
        parse_given(converter, {"key": "G"})


@pytest.mark.parametrize(
    "text",
    ["", "7", "low: [", "low: [[[1, 2]]]", "low: [[[.nan]]]", "other: 1", "low: [[[a]]]", "low: &a [*a]", "[" * 4000],
)
def test_text_that_is_no_rep(text: str) -> None:
    with pytest.raises(UserError, match="not a Y′ of low"):
        parsed(Downsample(y=spec(4, 1), factor=4), text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3", "right is a map of the fields"),
        ("meta: 3\nlow: [[[0]]]", "with meta, a map as well"),
        ("lwo: [[[0]]]", "no field is named 'lwo'; did you mean 'low'"),
        ("0: 1", "no field is named 0. There are: low"),
        ("meta: {}", r"the file: has the fields \[\], its spec \['low'\]"),
        ("low: [[[abc]]]", "low holds what is no number"),
        ("low: [[[0], [0, 1]]]", "low holds what is no number, or rows of several lengths"),
        ("low: [[[1.0e+39], [0]], [[0], [0]]]", "no finite number"),
        ("low: [[[0]]]", r"the file: low has shape \(1, 1, 1\), its spec says \(2, 2, 1\)"),
    ],
)
def test_a_slip_in_an_edited_y_prime_is_named(text: str, said: str) -> None:
    spec = Spec({"low": Field(kind="continuous", shape=(2, 2, 1))})
    with pytest.raises(UserError, match=f"not a Y′ of low: .*{said}"):
        from_text(spec, text)
