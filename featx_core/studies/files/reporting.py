"""`fx.report`: a session as one page, from a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.base.progress import as_stages
from featx_core.methods.extractors import Extractors
from featx_core.studies.files.report import PARTS, ReportStudy
from featx_core.studies.work import Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from featx_core.base.progress import ProgressCallback, StageCallback
    from featx_core.workspace.workspace import Workspace


class _Told:
    """A report of stages for work that is done here."""

    def __init__(self, told: StageCallback) -> None:
        self._told = told
        self.needs_reset = self.needs_fresh_worker = False

    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        self._told.stage(name, limit_seconds=limit_seconds)

    def __call__(self, done: int, total: int) -> None:
        self._told(done, total)


def report(
    workspace: Workspace,
    *,
    title: str = "",
    words: str = "",
    parts: Sequence[str] | None = None,
    map_name: str = "pca",
    heatmap_images: Sequence[str] = (),
    on_progress: StageCallback | ProgressCallback | None = None,
) -> bytes:
    """Write a session as one page: an HTML file that holds all that it shows and asks nothing of any server.

    It holds the images and what was left out, the runs, a map that moves and shows pictures, heatmaps, the comparison of the
    runs, kept clusters and lists of images worth a look, and versions and digests.

    Args:
        workspace: With images and runs.
        title: The heading; empty for the title of the workspace.
        words: What to say of it; an empty line begins another paragraph.
        parts: Which of "images", "runs", "map", "heatmaps", "comparison", "clusters", "findings", "gallery",
            "versions"; None for all.
        map_name: A key of `PROJECTIONS`.
        heatmap_images: Names of images that a heatmap is drawn over, at most 12.
        on_progress: Told of stages, and of steps done and steps in all. May raise `Cancelled`.

    Returns:
        The file, UTF-8. Write it with `pathlib.Path("report.html").write_bytes(...)`.

    Raises:
        ValueError: If a part is unknown, a text too long, or there are too many images for heatmaps.
        KeyError: If there is no image of a name.
    """
    digests = tuple(workspace.images().select(heatmap_images).digests)
    chosen = PARTS if parts is None else tuple(parts)
    study = ReportStudy(title, words, chosen, map_name=map_name, heatmap_images=digests)
    return study.compute(Work(workspace, _Told(as_stages(on_progress)), Extractors())).content
