"""The parser: any text gives a tree of known operations or an `ExpressionError`."""

from __future__ import annotations

import ast
import difflib
import functools
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.function import Function, Parameter
from featx_core.expressions.functions import CONSTANTS, FUNCTIONS
from featx_core.expressions.nodes import COMPARISONS, INPUT, NEGATIVE, NUMBER, POWER, Node

MAX_CHARACTERS = 300
MAX_OPERATIONS = 60
MAX_DEPTH = 20
MAX_EXPONENT = 16
MAX_FLOAT32 = 3.4028234663852886e38  # of float32
MIN_FLOAT32 = 1.1754943508222875e-38  # of float32, without losing digits

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>\*\*|<=|>=|==|!=|[-+*/(),<>])|(?P<space> +)",
    re.ASCII,
)
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: POWER}
_COMPARING = dict(zip((ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq), COMPARISONS, strict=True))
_INSTEAD = {
    "if": "Write `where(condition, a, b)`.",
    "else": "Write `where(condition, a, b)`.",
    "and": "Multiply the conditions: `(x > 0) * (x < 1)`.",
    "or": "Take the larger of the conditions: `max(x < 0, x > 1)`.",
    "not": "Write `1 - (x > 0)`.",
}
_OPERATORS = "The operators are + - * / ** < <= > >= == !=."


def parse(text: str) -> Node:
    """Read an expression.

    Args:
        text: At most 300 characters: numbers, `x`, the operators + - * / ** < <= > >= == !=, brackets, and calls of
            functions of `FUNCTIONS`.

    Raises:
        ExpressionError: If it is anything else, with the column and, for an unknown name, the nearest known one.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(
            f"The expression has {len(text)} characters; the limit is {MAX_CHARACTERS}.", MAX_CHARACTERS + 1, text
        )
    return _Reader(text).read()


@dataclass
class _Reader:
    """Reads one text."""

    text: str
    indent: int = 0
    n_operations: int = 0

    def read(self) -> Node:
        stripped = self.text.strip(" ")
        if not stripped:
            raise self.error("The expression is empty. Write one with x, such as `x ** 2`.", 1)
        self.check_tokens()
        self.indent = self.text.index(stripped)
        try:
            tree = ast.parse(stripped, mode="eval")
        except SyntaxError as error:
            raise self.out_of_place(error.offset) from None
        except (ValueError, RecursionError, MemoryError, OverflowError):
            raise self.error("The expression is nested too deeply.", 1) from None
        node = self.convert(tree.body, 1)
        if not _has_input(node):
            raise self.error(
                "The expression does not contain x, so every row would give the same. Write one with x.", 1
            )
        return node

    def error(self, sentence: str, column: int) -> ExpressionError:
        return ExpressionError(sentence, column, self.text)

    def check_tokens(self) -> None:
        """Reject anything that no expression contains, before Python's parser sees the text."""
        depth: list[int] = []
        for match in self.tokens():
            column = match.start() + 1
            if match.lastgroup == "name":
                self.check_name(match[0], column)
            if match.lastgroup == "number" and re.match(r"[A-Za-z_]", self.text[match.end() :]):
                raise self.error(f"A * is missing after `{match[0]}`: write `{match[0]} * x`.", match.end() + 1)
            if match[0] == "(":
                depth.append(column)
                if len(depth) > MAX_DEPTH:
                    raise self.error(f"Brackets are nested deeper than {MAX_DEPTH}.", column)
            if match[0] == ")" and not depth:
                raise self.error("This closing bracket has no opening one.", column)
            if match[0] == ")":
                depth.pop()
        if depth:
            raise self.error("This bracket is never closed.", depth[-1])
        stripped = self.text.rstrip(" ")
        if stripped[-1] in "+-*/<>=,":
            raise self.error("The expression is incomplete at the end.", len(stripped) + 1)

    def tokens(self) -> Iterator[re.Match[str]]:
        place = 0
        while place < len(self.text):
            match = _TOKEN.match(self.text, place)
            if match is None:
                raise self.strange(place)
            if self.text.startswith("//", place):
                raise self.error("There is no `//`. Write `floor(x / 2)`.", place + 1)
            yield match
            place = match.end()

    def strange(self, place: int) -> ExpressionError:
        letter = self.text[place]
        if letter == "=":
            return self.error("Use == to compare.", place + 1)
        shown = f"`{letter}`" if letter.isprintable() and letter != "`" else "This character"
        return self.error(f"{shown} cannot be used here. {_OPERATORS}", place + 1)

    def check_name(self, name: str, column: int) -> None:
        if keyword.iskeyword(name):
            advice = _INSTEAD.get(name) or f"The nearest name is `{nearest(name)}`."
            raise self.error(f"`{name}` cannot be used here. {advice}", column)
        if name != INPUT and name not in CONSTANTS and name not in FUNCTIONS:
            raise self.error(f"There is no `{name}`. The nearest name is `{nearest(name)}`.", column)

    def out_of_place(self, offset: int | None) -> ExpressionError:
        column = min(max((offset or 1) + self.indent, 1), len(self.text))
        return self.error("An operator or a comma is missing or misplaced.", column)

    def column(self, node: ast.expr) -> int:
        return node.col_offset + self.indent + 1

    def sign_column(self, left: ast.expr, symbol: str) -> int:
        """Find the operator that follows its left value."""
        return self.text.find(symbol, (left.end_col_offset or 0) + self.indent) + 1

    def convert(self, node: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.error(f"Operations are nested deeper than {MAX_DEPTH}.", self.column(node))
        if isinstance(node, ast.Constant):
            return Node(NUMBER, parameters=(self.number(node),), column=self.column(node))
        if isinstance(node, ast.Name):
            return self.named(node)
        self.n_operations += len(node.ops) if isinstance(node, ast.Compare) else 1
        if self.n_operations > MAX_OPERATIONS:
            raise self.error(f"There are more than {MAX_OPERATIONS} operations.", self.column(node))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return self.signed(node, depth)
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return self.arithmetic(node, depth)
        if isinstance(node, ast.Compare) and all(type(op) in _COMPARING for op in node.ops):
            return self.comparison(node, depth)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self.call(node, node.func.id, depth)
        if isinstance(node, ast.Tuple):
            raise self.error("Commas and empty brackets are allowed in function calls only.", self.column(node))
        raise self.error(f"This cannot be used here. {_OPERATORS}", self.column(node))

    def number(self, node: ast.Constant) -> float:
        value = node.value
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.error("This is not a number.", self.column(node))
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if abs(number) > MAX_FLOAT32:
            raise self.error("This number is too large: the limit is 3.4e38.", self.column(node))
        if 0 < abs(number) < MIN_FLOAT32:
            raise self.error("This number is too small: the smallest is 1.2e-38.", self.column(node))
        return number

    def named(self, node: ast.Name) -> Node:
        if node.id in FUNCTIONS:
            signature = FUNCTIONS[node.id].signature
            raise self.error(f"`{node.id}` is a function: write `{signature}`.", self.column(node))
        if node.id in CONSTANTS:
            return Node(NUMBER, parameters=(CONSTANTS[node.id],), column=self.column(node))
        if node.id != INPUT:
            raise self.error(f"There is no `{node.id}`. The nearest name is `{nearest(node.id)}`.", self.column(node))
        return Node(INPUT, column=self.column(node))

    def signed(self, node: ast.UnaryOp, depth: int) -> Node:
        inner = self.convert(node.operand, depth + 1)
        if isinstance(node.op, ast.UAdd):
            return inner
        if inner.name == NUMBER:
            return Node(NUMBER, parameters=(-inner.parameters[0],), column=self.column(node))
        return Node(NEGATIVE, (inner,), column=self.column(node))

    def arithmetic(self, node: ast.BinOp, depth: int) -> Node:
        symbol = _ARITHMETIC[type(node.op)]
        column = self.sign_column(node.left, symbol)
        left = self.convert(node.left, depth + (not _goes_on(node)))
        right = self.convert(node.right, depth + 1)
        if symbol != POWER:
            return Node(symbol, (left, right), column=column)
        if right.name != NUMBER:
            raise self.error("An exponent must be a number, such as 2 or 0.5.", self.column(node.right))
        if abs(right.parameters[0]) > MAX_EXPONENT:
            raise self.error(f"An exponent must be from -{MAX_EXPONENT} to {MAX_EXPONENT}.", self.column(node.right))
        return Node(POWER, (left,), right.parameters, column)

    def comparison(self, node: ast.Compare, depth: int) -> Node:
        """Read `a < b`; `a < b < c` is the product of its parts."""
        sides = [node.left, *node.comparators]
        values = [self.convert(side, depth + 1) for side in sides]
        parts = []
        for index, op in enumerate(node.ops):
            symbol = _COMPARING[type(op)]
            column = self.sign_column(sides[index], symbol)
            parts.append(Node(symbol, (values[index], values[index + 1]), column=column))
        return functools.reduce(lambda left, right: Node("*", (left, right), column=right.column), parts)

    def call(self, node: ast.Call, name: str, depth: int) -> Node:
        if name not in FUNCTIONS:
            advice = "A * is missing before the bracket." if name == INPUT or name in CONSTANTS else ""
            raise self.error(
                f"`{name}` is not a function. {advice or f'The nearest is `{nearest(name)}`.'}", self.column(node)
            )
        function, given = FUNCTIONS[name], node.args
        least, most = function.n_values
        fixed = function.parameter
        if not least + (fixed is not None and fixed.default is None) <= len(given) <= most + (fixed is not None):
            raise self.error(_arity(name, function, len(given)), self.column(node))
        inputs = tuple(self.convert(value, depth + 1) for value in given[:most])
        parameters = (self.parameter(name, fixed, given[most:], depth),) if fixed is not None else ()
        return Node(name, inputs, parameters, self.column(node))

    def parameter(self, name: str, fixed: Parameter, given: list[ast.expr], depth: int) -> float:
        if not given:
            return float(fixed.default or 0)
        node = self.convert(given[0], depth + 1)
        value = node.parameters[0] if node.name == NUMBER else None
        if value is None or not fixed.low <= value <= fixed.high or (fixed.is_whole and not value.is_integer()):
            kind = "a whole number" if fixed.is_whole else "a number"
            raise self.error(
                f"`{fixed.name}` of `{name}` must be {kind} from {fixed.low:g} to {fixed.high:.7g}.",
                self.column(given[0]),
            )
        return value


def _goes_on(node: ast.BinOp) -> bool:
    """Return whether this is one more term of a sum or of a product, which is no deeper than the terms before."""
    kinds = ((ast.Add, ast.Sub), (ast.Mult, ast.Div))
    return isinstance(node.left, ast.BinOp) and any(
        isinstance(node.op, kind) and isinstance(node.left.op, kind) for kind in kinds
    )


def nearest(name: str) -> str:
    """Return the known name that is most like an unknown one; `x` for a single letter.

    >>> nearest("sobell"), nearest("y"), nearest("gray")
    ('sobel', 'x', 'grayscale')
    """
    if len(name) == 1:
        return INPUT
    known = [INPUT, *CONSTANTS, *FUNCTIONS]
    return (difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.3) or [INPUT])[0]


def _arity(name: str, function: Function, n_given: int) -> str:
    least, most = function.n_values
    fixed = function.parameter
    least, most = least + (fixed is not None and fixed.default is None), most + (fixed is not None)
    numbers = f"{least} value{'' if least == 1 else 's'}" if least == most else f"{least} or {most} values"
    return f"`{name}` takes {numbers}: `{function.signature}`. Received {n_given}."


def _has_input(node: Node) -> bool:
    return node.name == INPUT or any(map(_has_input, node.inputs))
