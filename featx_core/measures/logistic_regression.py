"""Multinomial logistic regression, solved exactly and fast where there are about as many features as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-4
"""Length of the gradient of the mean loss at which training ends; scikit-learn's default is as much for its largest entry."""

SCORES_TOLERANCE = 1e-5
"""Its largest entry where probabilities are asked for."""

MAX_STEPS = 50
MAX_INNER_STEPS = 200
MAX_HALVINGS = 20
N_RESCALINGS = 5
SLACK = 1e-6
"""Part of the loss that may be lost to rounding in float32."""


@dataclass(frozen=True, eq=False)
class _Point:
    """Weights and intercepts, or a step between two of them; the weights as a mix of the training rows.

    Attributes:
        values: All in one array, as sums of small arrays cost by the call: float32 `(n_labels * (2 * n_rows + 1),)`. Labels
            come before rows, as sums over labels are then many times faster.
        shape: `(n_labels, n_rows)`.
    """

    values: np.ndarray
    shape: tuple[int, int]

    @property
    def mix(self) -> np.ndarray:
        """How much of each training row is in the weights of each label, `(n_labels, n_rows)`."""
        return self.values[: self.shape[0] * self.shape[1]].reshape(self.shape)

    @property
    def logits(self) -> np.ndarray:
        """What these weights give for each training row, without intercepts, of the same shape."""
        size = self.shape[0] * self.shape[1]
        return self.values[size : 2 * size].reshape(self.shape)

    @property
    def intercepts(self) -> np.ndarray:
        """`(n_labels, 1)`."""
        return self.values[-self.shape[0] :, np.newaxis]

    def dot(self, other: _Point) -> float:
        """Inner product as of the weights themselves."""
        return float(np.vdot(self.mix, other.logits)) + float(np.vdot(self.intercepts, other.intercepts))

    def plus(self, scale: float, other: _Point) -> _Point:
        """This and so much of another; a Python float keeps float32."""
        return _Point(self.values + scale * other.values, self.shape)


def predict_along(
    rows: np.ndarray, codes: np.ndarray, others: np.ndarray, regularizations: Sequence[float]
) -> np.ndarray:
    """Train with each regularization and predict the labels of other rows, as scikit-learn's `LogisticRegression` does.

    Weights that minimize C times the sum of the losses plus half their squared length; the intercepts are free. They are
    a mix of the training rows, so that a step costs one product with the rows' inner products, however many features
    there are. Newton's method with conjugate gradients, for each C from the solution for the one before, rescaled.
    `docs/decisions/logistic_regression.md` says why this solver.

    Args:
        rows: To train on, float32 `(n_rows, n_features)`, not much longer than 1. Not modified.
        codes: The label of each, whole numbers `(n_rows,)`, at least two different ones.
        others: Rows to predict, float32 `(n_others, n_features)`.
        regularizations: Values of C. Ascending ones are quickest.

    Returns:
        For each C the most likely of `codes` for each other row, `(n_regularizations, n_others)`.

    Reference:
        Komarek and Moore, "Making logistic regression a core data mining tool with TR-IRLS", ICDM 2005: Newton's method
        with truncated conjugate gradients; here in the span of the rows.
    """
    labels, targets = np.unique(codes, return_inverse=True)
    problem = _Problem(rows, targets, len(labels))
    at, answers = problem.start(), []
    for regularization in regularizations:
        at = problem.solve(regularization, at)
        logits = (at.mix @ rows) @ others.T + at.intercepts
        answers.append(labels[np.argmax(logits, axis=0)])
    return np.array(answers)


def label_scores(rows: np.ndarray, codes: np.ndarray, others: np.ndarray, regularization: float) -> np.ndarray:
    """Train as `predict_along` does, by scikit-learn, and return the probability of each label for other rows.

    Args:
        rows: As for `predict_along`.
        codes: As for `predict_along`.
        others: Rows to score, float32 `(n_others, n_features)`.
        regularization: A value of scikit-learn's C.

    Returns:
        float64 `(n_others, n_labels)`, a column for each number from 0 to the largest of `codes`; 0 for those that are not
        among `codes`.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(solver="newton-cg", tol=SCORES_TOLERANCE, max_iter=1_000, C=regularization)
    found = np.zeros((len(others), int(codes.max()) + 1))
    found[:, np.unique(codes)] = model.fit(rows, codes).predict_proba(others)
    return found


class _Problem:
    """Training rows and their labels, as numbers from 0."""

    def __init__(self, rows: np.ndarray, targets: np.ndarray, n_labels: int) -> None:
        self._targets, self._n_labels = targets, n_labels
        self._wanted = np.eye(n_labels, dtype=np.float32)[:, targets]
        self._products = _products(rows)

    def start(self) -> _Point:
        return _Point(np.zeros(2 * self._wanted.size + self._n_labels, np.float32), self._wanted.shape)

    def solve(self, regularization: float, at: _Point) -> _Point:
        # Two labels share one vector of weights in scikit-learn; as two opposite ones they would be penalized half.
        weight = float(regularization / 2 if self._n_labels == 2 else regularization)
        enough = TOLERANCE * weight * len(self._targets)
        at = self._rescaled(weight, at)
        for _ in range(MAX_STEPS):
            shares = _softmax(at.logits + at.intercepts)
            gradient = self._gradient(shares, weight, at)
            length = max(gradient.dot(gradient), 0.0) ** 0.5
            if length <= enough:
                break
            mean_length = TOLERANCE * length / enough
            accuracy = min(0.25, max(2 * mean_length**0.5, 0.8 * enough / length))  # no more than this step can use
            step = self._newton_step(shares, weight, gradient, accuracy)
            at = self._moved(weight, at, step, gradient.dot(step))
        return at

    def _rescaled(self, weight: float, at: _Point) -> _Point:
        """Stretch or shrink weights to where the loss is least: no product with the rows is needed, and steps are saved.

        Newton's method for the one factor; the loss is convex along it.
        """
        squares, factor = float(np.vdot(at.mix, at.logits)), 1.0
        if squares == 0:
            return at
        for _ in range(N_RESCALINGS):
            shares = _softmax(factor * at.logits + at.intercepts)
            means = (shares * at.logits).sum(axis=0)
            slope = weight * float(np.vdot(shares - self._wanted, at.logits)) + factor * squares
            bend = weight * float(np.vdot(shares, (at.logits - means) ** 2)) + squares
            factor -= slope / bend
        stretched = _Point(at.values.copy(), at.shape)
        stretched.values[: -self._n_labels] *= factor
        return stretched if self._loss(weight, stretched) < self._loss(weight, at) else at

    def _point(self, mix: np.ndarray, intercepts: np.ndarray) -> _Point:
        return _Point(np.concatenate((mix.ravel(), self._products(mix).ravel(), intercepts)), self._wanted.shape)

    def _gradient(self, shares: np.ndarray, weight: float, at: _Point) -> _Point:
        excess = weight * (shares - self._wanted)
        return self._point(at.mix + excess, excess.sum(axis=1))

    def _bent(self, shares: np.ndarray, weight: float, step: _Point) -> _Point:
        """The Hessian times a step."""
        change = shares * (step.logits + step.intercepts)
        change -= shares * change.sum(axis=0)
        change *= weight
        return self._point(step.mix + change, change.sum(axis=1))

    def _newton_step(self, shares: np.ndarray, weight: float, gradient: _Point, accuracy: float) -> _Point:
        """Conjugate gradients, until the error is this part of what it was."""
        zeros = self.start()
        step, rest = zeros, zeros.plus(-1, gradient)
        direction, left = rest, rest.dot(rest)
        enough = accuracy**2 * left
        for _ in range(MAX_INNER_STEPS):
            bent = self._bent(shares, weight, direction)
            scale = left / direction.dot(bent)
            step, rest = step.plus(scale, direction), rest.plus(-scale, bent)
            before, left = left, rest.dot(rest)
            if left <= enough:
                break
            direction = rest.plus(left / before, direction)
        return step

    def _moved(self, weight: float, at: _Point, step: _Point, slope: float) -> _Point:
        """The whole step, or the first half, quarter ... of it that lowers the loss."""
        loss, scale = self._loss(weight, at), 1.0
        for _ in range(MAX_HALVINGS):
            moved = at.plus(scale, step)
            if self._loss(weight, moved) <= loss + 1e-4 * scale * slope + SLACK * loss:
                return moved
            scale /= 2
        return at

    def _loss(self, weight: float, at: _Point) -> float:
        logits = at.logits + at.intercepts
        logits -= logits.max(axis=0)
        wrong = np.log(np.exp(logits).sum(axis=0)) - logits[self._targets, np.arange(len(self._targets))]
        return weight * float(wrong.sum(dtype=np.float64)) + float(np.vdot(at.mix, at.logits)) / 2


def _products(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Multiply by the inner products of the rows, without making them where features are few."""
    if rows.shape[1] * 2 <= len(rows):
        return lambda mix: (mix @ rows) @ rows.T
    products = rows @ rows.T
    return lambda mix: mix @ products


def _softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=0))
    return np.asarray(shares / shares.sum(axis=0))
