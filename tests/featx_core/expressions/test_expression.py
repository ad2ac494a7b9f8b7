"""What the functions compute: by hand, against SciPy and NumPy, and the same with Keras as with NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import ndimage

from featx_core import load_keras
from featx_core.expressions.backends import NUMPY, keras_backend
from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.expression import Expression, apply_steps
from featx_core.expressions.functions import FUNCTIONS
from tests.toys.expression_corpus import expressions

SHAPE = (18, 21, 3)
CALLS = {
    "clip": "clip(x, 0.2, 0.6)",
    "where": "where(x > 0.5, x, -x)",
    "histogram": "histogram(x, 7)",
    "pick": "pick(x, 1)",
    "blur": "blur(x, 1.3)",
    "pool": "pool(x, 4)",
    "log": "log(x + 0.1)",
}


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).random((3, *SHAPE)).astype(np.float32)


def applied(text, rows):
    return Expression(text).apply(np.asarray(rows, np.float32))


def with_keras(text, rows):
    return np.asarray(Expression(text).compute(keras_backend(), load_keras().ops.convert_to_tensor(rows)))


def by_channel(function, pictures):
    return np.stack(
        [np.stack([function(p[..., c].astype(np.float64)) for c in range(p.shape[-1])], -1) for p in pictures]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x ** 2", [4, 9, 0.25]),
        ("x ** 0", [1, 1, 1]),
        ("x ** -1", [-0.5, 1 / 3, 2]),
        ("-x ** 2", [-4, -9, -0.25]),
        ("1 - x / 2", [2, -0.5, 0.75]),
        ("abs(x)", [2, 3, 0.5]),
        ("sign(x)", [-1, 1, 1]),
        ("floor(x)", [-2, 3, 0]),
        ("relu(x)", [0, 3, 0.5]),
        ("clip(x, 0, 1)", [0, 1, 0.5]),
        ("x > 0.5", [0, 1, 0]),
        ("0 < x <= 0.5", [0, 0, 1]),
        ("where(x < 0, 10, x)", [10, 3, 0.5]),
        ("min(x, 0)", [-2, 0, 0]),
        ("max(x, 0)", [0, 3, 0.5]),
        ("min(x)", [-2]),
        ("max(x)", [3]),
        ("sum(x)", [1.5]),
        ("mean(x)", [0.5]),
        ("x - mean(x)", [-2.5, 2.5, 0]),
        ("std(x) ** 2", [12.5 / 3]),
        ("norm(x) ** 2", [13.25]),
        ("rescale(x)", [0, 1, 0.5]),
        ("pick(x, 1)", [3]),
        ("flatten(x)", [-2, 3, 0.5]),
        ("histogram(x, 4)", [1 / 3, 0, 1 / 3, 1 / 3]),
        ("sin(x * pi)", [0, 0, 1]),
    ],
)
def test_values_by_hand(text, expected):
    np.testing.assert_allclose(applied(text, [[-2, 3, 0.5]]), [expected], rtol=1e-6, atol=1e-6)


def test_the_square_is_exact():
    rows = np.random.default_rng(0).normal(size=(50, 10)).astype(np.float32)
    assert np.array_equal(applied("x ** 2", rows), rows * rows)
    assert np.array_equal(with_keras("x ** 2", rows), rows * rows)


def test_numbers_that_numpy_knows():
    rows = np.random.default_rng(0).normal(size=(4, 30))
    exact = rows.astype(np.float32).astype(np.float64)
    for text, expected in {
        "exp(x)": np.exp(exact),
        "log(abs(x))": np.log(np.abs(exact)),
        "sqrt(abs(x))": np.sqrt(np.abs(exact)),
        "tanh(x)": np.tanh(exact),
        "cos(x)": np.cos(exact),
        "sigmoid(x)": 1 / (1 + np.exp(-exact)),
        "abs(x) ** 1.5": np.abs(exact) ** 1.5,
        "standardize(x)": (exact - exact.mean(1, keepdims=True)) / exact.std(1, keepdims=True),
        "normalize(x)": exact / np.linalg.norm(exact, axis=1, keepdims=True),
        "softmax(x)": np.exp(exact) / np.exp(exact).sum(1, keepdims=True),
    }.items():
        np.testing.assert_allclose(applied(text, rows), expected, rtol=2e-5, atol=1e-6, err_msg=text)


def test_reductions_stay_within_a_row(pictures):
    for text in ("mean(x)", "standardize(x)", "x / norm(x)", "histogram(x, 4)", "hog(x)", "blur(x, 2)"):
        together = applied(text, pictures)
        alone = np.concatenate([applied(text, pictures[i : i + 1]) for i in range(len(pictures))])
        np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6, err_msg=text)
        assert np.array_equal(applied(text, pictures[::-1]), together[::-1]), text


def test_rows_without_contrast_stay_finite():
    rows = np.stack([np.zeros((16, 16, 3)), np.full((16, 16, 3), 7.0)])
    for text in ("standardize(x)", "normalize(x)", "rescale(x)", "hog(x)", "sobel(x)", "softmax(x)"):
        assert np.isfinite(applied(text, rows)).all(), text
    assert applied("normalize(x)", np.zeros((1, 4))).tolist() == [[0, 0, 0, 0]]
    assert applied("standardize(x)", np.full((1, 4), 7.0)).tolist() == [[0, 0, 0, 0]]


def test_numbers_that_are_none_are_left_to_be_counted():
    values = applied("1 / x + log(x)", [[0, 1], [-1, 2], [1, 2]])
    assert np.isfinite(values).all(axis=1).tolist() == [False, False, True]


def test_lengths_do_not_overflow():
    assert applied("norm(x)", [[3e30, 4e30]])[0, 0] == pytest.approx(5e30)
    np.testing.assert_allclose(applied("normalize(x)", [[3e30, 4e30]]), [[0.6, 0.8]], rtol=1e-6)


def test_the_given_rows_are_left_as_they_are(pictures):
    before = pictures.copy()
    for text in ("x", "flatten(x)", "x ** 2", "standardize(x)", "blur(x, 1)"):
        values = applied(text, pictures)
        values += 1
        assert np.array_equal(pictures, before), text


def test_no_rows_give_no_rows():
    assert applied("histogram(x, 4)", np.zeros((0, 8, 8, 3))).shape == (0, 12)
    assert applied("mean(x)", np.zeros((0, 5))).shape == (0, 1)


def test_sobel_is_the_gradient_of_scipy(pictures):
    expected = by_channel(lambda p: np.hypot(ndimage.sobel(p, 0), ndimage.sobel(p, 1)), pictures)
    np.testing.assert_allclose(applied("sobel(x)", pictures), expected, rtol=1e-4, atol=1e-5)


def test_a_step_is_four():
    step = np.zeros((1, 6, 6, 1))
    step[:, :, 3:] = 1
    assert applied("sobel(x)", step)[0, 2, :, 0].tolist() == [0, 0, 4, 4, 0, 0]


def test_laplacian_is_that_of_scipy(pictures):
    np.testing.assert_allclose(
        applied("laplacian(x)", pictures), by_channel(ndimage.laplace, pictures), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1, 2.7, 32])
def test_blur_is_that_of_scipy(pictures, sigma):
    expected = by_channel(lambda p: ndimage.gaussian_filter(p, sigma, mode="reflect", truncate=4), pictures)
    np.testing.assert_allclose(applied(f"blur(x, {sigma})", pictures), expected, rtol=1e-4, atol=1e-5)


def test_the_spectrum_is_that_of_numpy(pictures):
    expected = by_channel(lambda p: np.fft.fftshift(np.abs(np.fft.fft2(p))) / p.size, pictures)
    np.testing.assert_allclose(applied("fft_magnitude(x)", pictures), expected, rtol=1e-4, atol=1e-6)


def test_the_middle_of_the_spectrum_is_the_mean(pictures):
    middle = applied("fft_magnitude(x)", pictures)[:, SHAPE[0] // 2, SHAPE[1] // 2]
    np.testing.assert_allclose(middle, pictures.mean((1, 2)), rtol=1e-4)


def test_grayscale_is_that_of_pillow():
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(pixels).convert("L"), np.float64)
    assert np.abs(applied("grayscale(x)", pixels[np.newaxis])[0, ..., 0] - expected).max() <= 1


def test_pooling_drops_what_is_left_over(pictures):
    values = applied("pool(x, 5)", pictures)
    assert values.shape == (3, 3, 4, 3)
    np.testing.assert_allclose(values[1, 2, 3], pictures[1, 10:15, 15:20].mean((0, 1)), rtol=1e-5)


def test_channels_by_themselves(pictures):
    np.testing.assert_allclose(applied("channel_mean(x)", pictures), pictures.mean((1, 2)), rtol=1e-5)
    assert np.array_equal(applied("channel_max(x)", pictures), pictures.max((1, 2)))
    np.testing.assert_allclose(
        applied("x - channel_mean(x)", pictures), pictures - pictures.mean((1, 2), keepdims=True), atol=1e-6
    )


def test_a_histogram_counts_shares_of_each_channel(pictures):
    values = applied("histogram(x, 8)", pictures).reshape(3, 3, 8)
    for i in range(3):
        for c in range(3):
            counts, _ = np.histogram(pictures[i, ..., c], bins=8, range=(0, 1))
            np.testing.assert_allclose(values[i, c], counts / counts.sum(), atol=1e-6)
    np.testing.assert_allclose(values.sum(-1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_keras_gives_what_numpy_gives(pictures, name):
    text = CALLS.get(name, f"{name}(x)")
    ours = applied(text, pictures)
    np.testing.assert_allclose(with_keras(text, pictures), ours, rtol=1e-4, atol=1e-5)
    assert ours.shape[1:] == Expression(text).output_shape(SHAPE)
    assert ours.dtype == np.float32


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_row_says_what_people_need(name):
    row = FUNCTIONS[name]
    assert row.signature.startswith(f"{name}(")
    assert row.sentence.endswith(".")
    assert len(row.sentence) < 100
    assert row.compute.__doc__ or row.reference or row.sentence


@given(expressions)
@settings(max_examples=60, deadline=None)
def test_random_expressions_agree_where_they_are_well_conditioned(text):
    """Rounding differs between the two; where it is amplified (float32 against float64), nothing can be compared."""
    rows = np.random.default_rng(1).uniform(0.1, 0.9, (2, 16, 17, 3)).astype(np.float32)
    try:
        expression = Expression(text)
        ours = expression.apply(rows)
    except ExpressionError:
        return
    with np.errstate(all="ignore"):
        exact = np.broadcast_to(expression.compute(NUMPY, rows.astype(np.float64)), ours.shape)
        good = np.abs(ours - exact) <= 1e-5 * (1 + np.abs(exact))
    theirs = with_keras(text, rows)
    assert theirs.shape == ours.shape
    if good.all():
        np.testing.assert_allclose(theirs, exact, rtol=1e-3, atol=1e-3 * (1 + np.abs(exact).max()))


def test_steps_follow_one_another():
    steps = [Expression("x ** 2"), Expression("sum(x)"), Expression("sqrt(x)")]
    assert apply_steps(steps, np.array([[3.0, 4.0]])).tolist() == [[5.0]]


def test_gradients_stay_finite_where_a_picture_is_flat():
    import tensorflow as tf

    flat = tf.zeros((1, 16, 16, 3))
    for text in ("sobel(x)", "norm(x)", "standardize(x)", "normalize(x)", "std(x)", "hog(x)", "fft_magnitude(x)"):
        with tf.GradientTape() as tape:
            tape.watch(flat)
            value = Expression(text).compute(keras_backend(), flat)
        assert np.isfinite(tape.gradient(value, flat).numpy()).all(), text
