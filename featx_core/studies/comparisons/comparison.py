"""The study that compares runs on the images of the workspace."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from featx_core.base.wording import counted
from featx_core.comparison.compare import Score, compare_spaces
from featx_core.comparison.inputs import Inputs, facts_of, find_groups
from featx_core.comparison.scores import SCORES_VERSION
from featx_core.comparison.tables import COLORS, Comparison
from featx_core.extraction.features import gather
from featx_core.extraction.row_array import RowArray
from featx_core.extraction.rows import load_rows
from featx_core.learning.labels_seen import images_seen, saw_labels
from featx_core.studies.rows.compared import ComparedRows, compared_rows, find_runs, name_runs
from featx_core.studies.sketches import COMPARING, sketches_of
from featx_core.studies.study import Study
from featx_core.studies.work import Storable
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featx_core.studies.work import Work
    from featx_core.tables.rows import Rows
    from featx_core.workspace.runs import Run
    from featx_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class ComparisonStudy(Study[Comparison]):
    """Scores of several runs on the same images and labels, the similarity of their spaces, and a verdict.

    Scores of single extractors and of pairs are kept, too, so that one more run costs what is new.

    Attributes:
        runs: The digests of the runs, at least one. Their order does not count.
    """

    kind: ClassVar[str] = "comparison"
    version: ClassVar[int] = SCORES_VERSION
    result: ClassVar[type[Storable]] = Comparison

    runs: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", tuple(sorted(set(self.runs))))

    def title(self, workspace: Workspace) -> str:
        """How many runs."""
        return f"Comparing {counted(len(self.runs), 'run')}"

    def depends_on(self, workspace: Workspace) -> Any:
        """The names and times of the runs; the images, labels and rows that all of them have features of."""
        runs = find_runs(workspace, self.runs)
        names, timing = sorted(name_runs(runs).items()), [run.details.get("ms_per_image") for run in runs]
        rows = compared_rows(workspace, runs).rows
        return [names, timing, image_set_key(rows), list(rows.labels)]

    def compute(self, work: Work) -> Comparison:
        """Compute what is not kept yet and put all together."""
        runs = find_runs(work.workspace, self.runs)
        names = name_runs(runs)
        compared = compared_rows(work.workspace, runs)
        if not len(compared.rows):
            raise ValueError(
                "No image has features of all these runs. Extract again with each, then compare. Vectors are compared "
                "by name."
            )
        given = _inputs(work, {run.digest: run for run in runs}, names, compared)
        found = compare_spaces(given, keeper=_Scores(work, names), report=work.report)
        return dataclasses.replace(found, facts={**found.facts, "runs": names})


class _Scores:
    """Keeps the scores of single extractors and of pairs in the workspace, under the digests of the runs."""

    def __init__(self, work: Work, names: Mapping[str, str]) -> None:
        self._work, self._names = work, names

    def score(self, name: str, subset_digest: str, compute: Callable[[], Score]) -> Score:
        digest = self._names.get(name, COLORS)
        return self._work.remember("extractor_score", [SCORES_VERSION, digest, subset_digest], compute)

    def pair(self, names: tuple[str, str], subset_digest: str, compute: Callable[[], Score]) -> Score:
        digests = sorted(self._names[name] for name in names)
        return self._work.remember("pair_score", [SCORES_VERSION, digests, subset_digest], compute)


def _inputs(work: Work, runs: Mapping[str, Run], names: Mapping[str, str], compared: ComparedRows) -> Inputs:
    rows, images = compared.rows, compared.images
    spaces = {name: functools.partial(_vectors, work, runs[digest], rows) for name, digest in names.items()}
    sketches = None if images is None else sketches_of(work, tuple(images.digests))
    if sketches is not None:
        work.report.stage(COMPARING)
    noun = "image" if all(run.spec.takes_images for run in runs.values()) else "row"
    n_without = compared.n_left_out
    notes = (f"{counted(n_without, noun)} without features from every run left out.",) if n_without else ()
    return Inputs(
        spaces,
        rows.digests,
        rows.labels,
        find_groups(
            sketches,
            rows.digests,
            [] if sketches is not None else [load() for load in spaces.values()],
            on_progress=work.report,
        ),
        None if sketches is None else sketches.color_histograms,
        {name: facts_of(runs[digest].spec, runs[digest].details) for name, digest in names.items()},
        notes,
        "row" if images is None else "image",
        {name: images_seen(runs[d].spec, work.workspace) for name, d in names.items() if saw_labels(runs[d].spec)},
    )


def _vectors(work: Work, run: Run, rows: Rows) -> np.ndarray:
    found = RowArray(rows.digests)
    found.update(load_rows(run.spec, work.workspace, rows.digests))
    return gather(rows, found, run.spec, {}).per_image().vectors
