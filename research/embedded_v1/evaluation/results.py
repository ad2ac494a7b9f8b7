"""All scores of one descriptor, with what the intervals of their differences need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from research.embedded_v1.evaluation.scores import Outcome, bootstrap, evaluate_task
from research.embedded_v1.evaluation.tasks import Describe, Suites, source_of


@dataclass(frozen=True)
class Result:
    """What one descriptor achieved.

    Args:
        scores: In percent, by key of the suite.
        draws: The same for each bootstrap draw, float64 `(n_draws,)`.
        measures: In percent, by key of the suite, then "task: measure" where the suite has several tasks.
        n_dimensions: Of the features.
    """

    scores: Mapping[str, float]
    draws: Mapping[str, np.ndarray]
    measures: Mapping[str, Mapping[str, float]]
    n_dimensions: int

    def mean(self, keys: Sequence[str]) -> float:
        """Average the scores of some suites."""
        return float(np.mean([self.scores[key] for key in keys]))

    def mean_draws(self, keys: Sequence[str]) -> np.ndarray:
        """Average the draws of some suites."""
        return np.mean([self.draws[key] for key in keys], axis=0)


def describe_all(describe: Describe, suites: Suites) -> dict[str, np.ndarray]:
    """Compute the features of every picture, once for tasks that share pictures; by name of the task."""
    sources = {source_of(task).name: source_of(task) for suite in suites.values() for task in suite.tasks}
    images = {id(source.images): source.images for source in sources.values()}
    features = {key: describe(pictures) for key, pictures in images.items()}
    return {name: features[id(source.images)] for name, source in sources.items()}


def measure(features: Mapping[str, np.ndarray], suites: Suites, seed: int, n_dimensions: int | None = None) -> Result:
    """Score the features of one descriptor.

    Args:
        features: As `describe_all` gives them. Not modified.
        suites: What is asked.
        seed: Of the bootstrap.
        n_dimensions: At most so many principal components; None leaves the features as they are.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # many small problems: threads would only wait for each other
        outcomes = {
            key: {
                source_of(task).name: evaluate_task(features[source_of(task).name], task, n_dimensions)
                for task in suite.tasks
            }
            for key, suite in suites.items()
        }
    return Result(
        scores={key: float(np.mean([o.score for o in parts.values()])) for key, parts in outcomes.items()},
        draws={key: np.mean([bootstrap(o, seed) for o in parts.values()], axis=0) for key, parts in outcomes.items()},
        measures={key: _measures(parts) for key, parts in outcomes.items()},
        n_dimensions=next(iter(features.values())).shape[1],
    )


def average(results: Sequence[Result]) -> Result:
    """Average descriptors that differ by their seed alone."""
    first = results[0]
    return Result(
        scores={key: float(np.mean([r.scores[key] for r in results])) for key in first.scores},
        draws={key: np.mean([r.draws[key] for r in results], axis=0) for key in first.draws},
        measures={
            key: {name: float(np.mean([r.measures[key][name] for r in results])) for name in named}
            for key, named in first.measures.items()
        },
        n_dimensions=first.n_dimensions,
    )


def _measures(parts: Mapping[str, Outcome]) -> dict[str, float]:
    if len(parts) == 1:
        return dict(next(iter(parts.values())).measures)
    return {f"{name}: {measure}": value for name, o in parts.items() for measure, value in o.measures.items()}
