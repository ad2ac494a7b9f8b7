"""Errors in expressions, with their position."""

from __future__ import annotations

from typing import Any

_SHOWN = 60  # characters around the column


class ExpressionError(ValueError):
    """An expression that is not valid, or does not apply here: one plain sentence with the column.

    Attributes:
        sentence: What is wrong, without the column.
        column: Where, counted from 1; just past the end where something is missing there.
        text: The expression.
    """

    def __init__(self, sentence: str, column: int = 1, text: str = "") -> None:
        super().__init__(f"Column {column}: {sentence[:1].lower()}{sentence[1:]}")
        self.sentence = sentence
        self.column = column
        self.text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.sentence, self.column, self.text)

    def pointer(self) -> str:
        """Show the text, or the part of it around the column, over a caret.

        >>> print(ExpressionError("There is no `y`.", 5, "x + y").pointer())
        x + y
            ^
        """
        start = max(0, min(self.column - 1 - _SHOWN // 2, len(self.text) - _SHOWN))
        part = "".join(letter if letter.isprintable() else " " for letter in self.text[start : start + _SHOWN])
        return f"{part}\n{' ' * (self.column - 1 - start)}^"
