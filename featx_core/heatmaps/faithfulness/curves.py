"""Deletion and insertion curves: a score as an image loses, or gains, its pixels in a given order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STEPS = 20
"""Parts that pixels are hidden or shown in."""

SHARES = np.linspace(0.0, 1.0, STEPS + 1)
"""Of the pixels, at each point of a curve."""

BLUR = 1 / 12
"""Of the side of an image: the radius of the blur that insertion begins with."""

Scoring = Callable[[np.ndarray], np.ndarray]


def order_of(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the numbers of the pixels of a map, `(height * width,)`, the highest first. Equal ones come in random order."""
    mixed = np.random.default_rng(seed).permutation(values.size)
    return np.asarray(mixed[np.argsort(-values.ravel()[mixed], kind="stable")])


class Walks:
    """Deletion and insertion of one image, in any number of orders.

    Deletion hides pixels in order behind the mean colour of the image. Insertion shows them in order on a strongly blurred
    version of it. What all orders begin and end with is scored once, and of each order both in one pass.

    Args:
        fitted: As the network receives it, uint8 `(height, width, 3)`. Not modified.
        score: From such images, `(n_images, height, width, 3)`, to one number each.
    """

    def __init__(self, fitted: np.ndarray, score: Scoring) -> None:
        color = fitted.reshape(-1, 3).mean(axis=0).round().astype(np.uint8)
        self._fitted, self._score = fitted, score
        self._hidden, self._blurred = np.broadcast_to(color, fitted.shape), blurred(fitted)
        self._ends = score(np.stack([fitted, self._hidden, self._blurred]))

    def curves(self, order: np.ndarray) -> np.ndarray:
        """Follow the score.

        Args:
            order: Of the pixels, from `order_of`.

        Returns:
            float64 `(2, STEPS + 1)`: the score at each of `SHARES`, of deletion and of insertion.
        """
        ways = ((self._fitted, self._hidden), (self._blurred, self._fitted))
        between = self._score(np.concatenate([_between(start, end, order) for start, end in ways])).reshape(2, -1)
        whole, hidden, vague = self._ends
        starts, ends = np.array([[whole], [vague]]), np.array([[hidden], [whole]])
        return np.hstack([starts, between, ends])


def area(curves: np.ndarray) -> np.ndarray:
    """Return the areas under curves, `(..., STEPS + 1)`, by the trapezoidal rule: the mean height.

    >>> float(area(np.ones(STEPS + 1))), round(float(area(np.linspace(0, 1, STEPS + 1))), 3)
    (1.0, 0.5)
    """
    return np.asarray(np.trapezoid(curves, SHARES, axis=-1))


def blurred(fitted: np.ndarray) -> np.ndarray:
    """Blur an image until only its large patches of colour are left: uint8 of the same shape."""
    from PIL import Image, ImageFilter

    radius = BLUR * max(fitted.shape[:2])
    return np.asarray(Image.fromarray(fitted).filter(ImageFilter.GaussianBlur(radius)))


def _between(start: np.ndarray, end: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Go from one image to the other, without either: uint8 `(STEPS - 1, height, width, 3)`."""
    changed = np.repeat(start[np.newaxis].reshape(1, -1, 3), STEPS - 1, axis=0)
    goal = end.reshape(-1, 3)
    for step, share in enumerate(SHARES[1:-1]):
        pixels = order[: round(share * len(order))]
        changed[step, pixels] = goal[pixels]
    return changed.reshape(STEPS - 1, *start.shape)
