"""What the language reads, and how it refuses all else."""

import ast
import builtins
import contextlib
import pickle
import re
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featx_core.expressions import parsing
from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.expression import Expression
from featx_core.expressions.functions import FUNCTIONS
from tests.toys.expression_corpus import HOSTILE, drawn, expressions, fragments, noise

SHAPES = ((16, 17, 3), (5,))
BOUND = 0.05  # seconds, row 40 of what must hold when things go wrong
ROWS = {shape: np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32) for shape in SHAPES}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("x**2", "x ** 2"),
        ("  ( x )  ", "x"),
        ("+x", "x"),
        ("1+2*x", "1 + 2 * x"),
        ("(1+2)*x", "(1 + 2) * x"),
        ("1-(2-x)", "1 - (2 - x)"),
        ("(1-2)-x", "1 - 2 - x"),
        ("-x**2", "-x ** 2"),
        ("(-x)**2", "(-x) ** 2"),
        ("(-2)**2*x", "(-2) ** 2 * x"),
        ("x**-1", "x ** -1"),
        ("x - -2", "x - -2"),
        ("--x", "--x"),
        ("0<x<=1", "(0 < x) * (x <= 1)"),
        ("(x<1)<2", "(x < 1) < 2"),
        ("1.50*x", "1.5 * x"),
        ("1e3*x", "1000 * x"),
        ("x*1e30", "x * 1e+30"),
        ("pi*x", "3.141592653589793 * x"),
        ("histogram(x)", "histogram(x, 16)"),
        ("blur(x,.5)", "blur(x, 0.5)"),
        ("max(x,0)", "max(x, 0)"),
        ("(x+1)**2", "(x + 1) ** 2"),
    ],
)
def test_the_plain_form_means_the_same(text, plain):
    assert Expression(text).plain == plain
    assert Expression(plain).plain == plain
    assert Expression(plain).tree == Expression(text).tree


@given(expressions)
@settings(max_examples=200, deadline=None)
def test_the_plain_form_is_read_back_as_the_same_tree(text):
    try:
        tree = Expression(text).tree
    except ExpressionError:
        return
    assert Expression(Expression(text).plain).tree == tree


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_the_language_is_refused_in_one_sentence(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ExpressionError) as caught:
            Expression(text)
    error = caught.value
    assert 1 <= error.column <= len(text) + 1
    assert re.fullmatch(r"[^\n]{5,200}\.", error.sentence)
    assert str(error).startswith(f"Column {error.column}: ")
    assert "Traceback" not in str(error)


@pytest.mark.parametrize(
    ("text", "column", "sentence"),
    [
        ("x + sobell(x)", 5, "There is no `sobell`. The nearest name is `sobel`."),
        ("gray(x)", 1, "There is no `gray`. The nearest name is `grayscale`."),
        ("x * y", 5, "There is no `y`. The nearest name is `x`."),
        ("x + sobel", 5, "`sobel` is a function: write `sobel(x)`."),
        ("x % 2", 3, "`%` cannot be used here"),
        ("x // 2", 3, "There is no `//`. Write `floor(x / 2)`."),
        ("x if x else 1", 3, "Write `where(condition, a, b)`."),
        ("x = 2", 3, "Use == to compare."),
        ("2x", 2, "A * is missing after `2`: write `2 * x`."),
        ("x +  ", 4, "The expression is incomplete at the end."),
        ("(x + (x)", 1, "This bracket is never closed."),
        ("x) + 1", 2, "This closing bracket has no opening one."),
        (" x x", 4, "An operator or a comma is missing"),
        ("x(2)", 1, "`x` is not a function. A * is missing before the bracket."),
        ("1 + x ** x", 10, "An exponent must be a number"),
        ("x ** 17", 6, "An exponent must be from -16 to 16."),
        ("1e999 * x", 1, "This number is too large: the limit is 3.4e38."),
        ("x / 1e-99", 5, "This number is too small"),
        ("blur(x, 99)", 9, "`sigma` of `blur` must be a number from 0.3 to 32."),
        ("histogram(x, 2.5)", 14, "`bins` of `histogram` must be a whole number from 2 to 256."),
        ("clip(x)", 1, "`clip` takes 3 values: `clip(x, low, high)`. Received 1."),
        ("blur(x, 1, 2)", 1, "`blur` takes 1 or 2 values"),
        ("pick(x)", 1, "`pick` takes 2 values"),
        ("3 + 4", 1, "The expression does not contain x"),
        ("", 1, "The expression is empty"),
        ("x" * 301, 301, "The expression has 301 characters; the limit is 300."),
        ("(" * 21 + "x" + ")" * 21, 21, "Brackets are nested deeper than 20."),
        ("-" * 20 + "x", 21, "Operations are nested deeper than 20."),
        ("x" + " + x" * 61, 1, "There are more than 60 operations."),
        ("(x, x)", 1, "Commas and empty brackets are allowed in function calls only."),
    ],
)
def test_errors_name_the_place_and_the_fix(text, column, sentence):
    with pytest.raises(ExpressionError) as caught:
        Expression(text)
    assert sentence in caught.value.sentence
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("text", "shape", "column", "sentence"),
    [
        ("sobel(x)", (10,), 1, "`sobel` needs an image or a feature map; here x is a vector of 10 values."),
        ("1 + sobel(mean(x))", (8, 8, 3), 5, "`sobel` needs an image or a feature map; here mean(x) is one number."),
        ("hog(x)", (8, 16, 3), 1, "`hog` needs at least 16 x 16; here x is an image of 8 x 16 x 3."),
        ("grayscale(x)", (4, 4, 8), 1, "needs an image with 1 or 3 channels; here x is a map of 4 x 4 x 8"),
        ("pool(x, 9)", (8, 8, 3), 1, "`pool` by 9 x 9 needs at least that size"),
        ("pick(x, 3)", (8, 8, 3), 1, "`pick` can pick number 0 to 2"),
        ("mean(2) + x", (4,), 1, "`mean` needs a vector, an image or a feature map; here 2 is one number."),
        ("x + histogram(x, 4)", (8, 8, 3), 3, "`+` needs values of compatible shapes"),
        ("grayscale(x) * histogram(x, 4)", (8, 8, 3), 14, "an image of 8 x 8 x 1 and a vector of 12 values"),
    ],
)
def test_what_does_not_fit_says_why(text, shape, column, sentence):
    with pytest.raises(ExpressionError) as caught:
        Expression(text).output_shape(shape)
    assert sentence in caught.value.sentence
    assert caught.value.column == column


@pytest.mark.parametrize(("text", "caret"), [("x + y", "x + y\n    ^"), ("x +", "x +\n   ^")])
def test_the_pointer_stands_under_the_column(text, caret):
    with pytest.raises(ExpressionError) as caught:
        Expression(text)
    assert caught.value.pointer() == caret


def test_the_pointer_of_a_long_text_shows_the_part_around_it():
    with pytest.raises(ExpressionError) as caught:
        Expression("x + " * 40 + "y" + " + x" * 10)
    part, caret = caught.value.pointer().split("\n")
    assert part[len(caret) - 1] == "y"
    assert len(part) <= 60


def test_errors_survive_the_way_between_processes():
    error = ExpressionError("There is no `y`.", 5, "x + y")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.column, again.text) == (str(error), 5, "x + y")


def test_a_sum_of_many_terms_is_not_deep():
    assert Expression("x" + " + x" * 60).apply(np.ones((1, 2))).tolist() == [[61, 61]]
    assert Expression("x" + " * x" * 60).apply(np.ones((1, 2))).tolist() == [[1, 1]]


def test_nothing_is_run_while_a_text_is_read(monkeypatch):
    def refuse(*args, **options):
        raise AssertionError("something was run")

    for name in ("eval", "exec", "compile", "__import__", "open"):
        if name not in ("compile", "__import__"):  # the parser itself needs these
            monkeypatch.setattr(builtins, name, refuse)
    for text in HOSTILE:
        with pytest.raises(ExpressionError):
            parsing.parse(text)


def test_the_parser_of_python_sees_tokens_of_the_language_only(monkeypatch):
    seen = []
    parse = ast.parse
    monkeypatch.setattr(parsing.ast, "parse", lambda text, mode: seen.append(text) or parse(text, mode=mode))
    for text in HOSTILE:
        with pytest.raises(ExpressionError):
            parsing.parse(text)
    assert seen
    words = {word for text in seen for word in re.findall(r"[A-Za-z_]\w*", re.sub(r"\d\S*", "", text))}
    assert words <= {"x", "pi", *FUNCTIONS}
    assert all(re.fullmatch(r"[\w .,+\-*/()<>=!]*", text, re.ASCII) for text in seen)


def tried(text):
    """Read a text and apply it to a few rows; give how long that took."""
    started = time.perf_counter()
    with contextlib.suppress(ExpressionError):
        expression = Expression(text)
        for shape in SHAPES:
            with contextlib.suppress(ExpressionError):
                found = expression.output_shape(shape)
                values = expression.apply(ROWS[shape])
                assert values.shape == (2, *found)
                assert values.dtype == np.float32
    return time.perf_counter() - started


TEXTS = st.one_of(fragments, noise, expressions)


@pytest.mark.slow
@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_no_text_raises_anything_but_the_expression_error(text):
    tried(text)


@pytest.mark.thorough
@pytest.mark.slow
def test_a_hundred_thousand_texts_raise_nothing_else_and_none_takes_long():
    """Those that took long are tried again alone: the machine may have been busy with something else."""
    slow = [text for text in map(drawn, range(100_000)) if tried(text) > BOUND]
    assert [text for text in slow if min(tried(text) for _ in range(5)) > BOUND] == []
