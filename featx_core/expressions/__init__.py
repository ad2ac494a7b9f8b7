"""A small language for functions of one row of numbers: read by our own walk, computed by NumPy or by Keras."""

from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.expression import Expression, apply_steps
from featx_core.expressions.function import Function
from featx_core.expressions.functions import FUNCTIONS
from featx_core.expressions.shapes import Shape, words

__all__ = ["FUNCTIONS", "Expression", "ExpressionError", "Function", "Shape", "apply_steps", "words"]
