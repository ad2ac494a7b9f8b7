"""Texts that people, or people with bad intentions, may type."""

import random

from hypothesis import strategies as st

from featx_core.expressions.functions import FUNCTIONS

HOSTILE = (
    "__import__('os').system('true')",
    "__import__",
    "x.__class__",
    "x.__class__.__mro__[1].__subclasses__()",
    "().__class__",
    "(1).real",
    "1 .real",
    "'a' * 9",
    '"a"',
    "f'{x}'",
    "b'a'",
    "lambda x: x",
    "lambda: 0",
    "[x for x in x]",
    "{x: x}",
    "{x}",
    "[x]",
    "x[0]",
    "(x, x)",
    "x, x",
    "()",
    "x % 2",
    "x @ x",
    "x // 2",
    "x << 2",
    "x | x",
    "x & x",
    "x ^ x",
    "~x",
    "not x",
    "x and x",
    "x or x",
    "x if x else x",
    "x in x",
    "x is x",
    "x := 2",
    "(x := 2)",
    "x = 2",
    "x; x",
    "x\nx",
    "x\r",
    "x\x00",
    "x\\\n",
    "x # no",
    "await x",
    "yield x",
    "(yield)",
    "print(x)",
    "exec(x)",
    "open(x)",
    "eval",
    "None * x",
    "True * x",
    "... * x",
    "nan * x",
    "inf * x",
    "1e999 * x",
    "-1e999 * x",
    "1e300 * x",
    "1e-300 * x",
    "1j * x",
    "0x10 * x",
    "0b1 * x",
    "1_000 * x",
    "007 * x",
    "9" * 299 + "*x",
    "x ** x",
    "x ** 17",
    "x ** -17",
    "x ** 1e9",
    "x ** 2 ** 2",
    "2 ** x",
    "9**9**9**9 * x",
    "x ** (1 + 1)",
    "abs(*x)",
    "abs(**x)",
    "abs(x=x)",
    "abs",
    "abs()",
    "abs(x, x)",
    "abs(x)(x)",
    "abs(x).real",
    "(abs)(x, x)",
    "x(x)",
    "2(x)",
    "pi(x)",
    "histogram(x, 1e9)",
    "histogram(x, 2.5)",
    "histogram(x, -1)",
    "histogram(x, x)",
    "histogram(x, 2 + 2)",
    "pool(x, 0)",
    "pick(x, -1)",
    "blur(x, 0)",
    "blur(x, 1e30)",
    "\uff58",  # a wide x, which Python reads as x
    "x\u00b2",
    "\u03c0 * x",
    "x \u2212 1",
    "x\u200b",
    "x\u00a0+ 1",
    "\ud800",
    "\U0001f600",
    "e\u0301(x)",
    "(" * 150 + "x" + ")" * 150,
    "(" * 299,
    ")" * 299,
    "-" * 299 + "x",
    "-" * 60 + "x",
    "abs(" * 21 + "x" + ")" * 21,
    "x" + "+x" * 61,
    "x" + "<x" * 61,
    "x" * 301,
    " " * 300,
    "",
    "1",
    "pi",
    "mean(1)",
    "2x",
    "x x",
    "x 2",
    "x +",
    "+",
    "*x",
    "x ** ",
    "x <",
    "x <> x",
    "x ! x",
    "x, ",
    "clip(x,)",
    "clip(x, 0, 1,,)",
    "clip(,x, 0, 1)",
    "(x",
    "x)",
    ")x(",
)
"""All of these are refused. `clip(x,)` and the like lack values."""

_SIGNS = (*"()(),+-*/<._'\"[]{}:%= ", "**", "<=", "==", "!=")
_WORDS = ("x", "x", "x", "pi", "0", "1", "2", "0.5", "1e9", "16", "__import__", "if", "lambda")
_PARTS = (*FUNCTIONS, *_SIGNS, *_WORDS)
_NAMES = tuple(FUNCTIONS)
_OPERATORS = ("+", "-", "*", "/", "<", ">=", "==")
fragments = st.lists(st.sampled_from(_PARTS), max_size=60).map("".join)
"""Texts made of the parts of the language, with what is no part of it thrown in."""

noise = st.text(max_size=320)
"""Texts of any characters."""

_LETTERS = (*map(chr, range(32, 127)), "\0", "\n", "\u00b2", "\uff58", "\u2212", "\u200b", "\ud800", "\U0001f600")
_LEAVES = ("x", "x", "x", "0.5", "2", "1e3", "pi")


def drawn(seed: int) -> str:
    """Make a text that depends on a number, quickly: parts of the language, letters of any kind, or a whole expression."""
    source = random.Random(seed)
    kind = source.random()
    if kind < 0.3:
        return "".join(source.choices(_PARTS, k=source.randrange(40)))
    if kind < 0.4:
        return "".join(source.choices(_LETTERS, k=source.randrange(320)))
    text = _nested(source, source.randrange(6))
    if kind < 0.6:  # one letter is another
        place = source.randrange(len(text))
        text = text[:place] + source.choice(_LETTERS) + text[place + 1 :]
    return text


def _nested(source: random.Random, depth: int) -> str:
    if depth == 0:
        return source.choice(_LEAVES)
    inner = _nested(source, depth - 1)
    kind = source.random()
    if kind < 0.4:
        return f"({inner}){source.choice(_OPERATORS)}({_nested(source, source.randrange(depth))})"
    if kind < 0.55:
        return f"({inner}) ** {source.choice(('2', '-1', '0.5', '16', '17'))}"
    return f"{source.choice(_NAMES)}({inner}{source.choice(('', '', ', 2', ', x, 1'))})"


_numbers = st.sampled_from(["0.5", "1", "2", "3", "0.1", "pi"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
    raised = st.tuples(inner, st.sampled_from(["2", "3", "0", "-1"])).map(lambda p: f"({p[0]}) ** {p[1]}")
    names = [name for name, row in FUNCTIONS.items() if row.n_values[0] == 1]
    called = st.tuples(st.sampled_from(names), inner).map(lambda p: f"{p[0]}({p[1]}{', 1' if p[0] == 'pick' else ''})")
    clipped = inner.map(lambda text: f"clip({text}, -1, 1)")
    chosen = st.tuples(inner, inner, inner).map(lambda p: f"where({p[0]} > 0.5, {p[1]}, {p[2]})")
    return st.one_of(pair, raised, called, called, clipped, chosen, inner.map(lambda text: f"-({text})"))


expressions = st.recursive(st.one_of(st.just("x"), st.just("x"), _numbers), _grown, max_leaves=8)
"""Texts of the language; not all of them fit every shape, and a few are too long or have no x."""
