"""The study of reports: a session as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from featx_core.base.files.digests import digest_of
from featx_core.base.wording import counted
from featx_core.images.decoding import ImageError
from featx_core.maps.trust import draw_rows
from featx_core.offline import sections
from featx_core.offline.markup import Section, paragraphs
from featx_core.offline.report import Report, write_report
from featx_core.offline.thumbnails import shrunk
from featx_core.studies.comparisons.comparison import ComparisonStudy
from featx_core.studies.files.gathering import findings_of, kept_clusters, map_of
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.studies.study import Study
from featx_core.studies.work import Storable, Work
from featx_core.workspace.store import WorkspaceError
from featx_core.workspace.workspace import image_set_key

if TYPE_CHECKING:
    from featx_core.images.image_set import ImageSet
    from featx_core.offline.map_page import Sheet
    from featx_core.workspace.runs import Run
    from featx_core.workspace.workspace import Workspace

PARTS = ("images", "runs", "map", "heatmaps", "comparison", "clusters", "findings", "gallery", "versions")
"""What a report may hold, in this order."""

MAX_THUMBNAILS = 500
THUMBNAIL_SIDE = 112  # pixels
MAX_HEATMAPS = 12
MAX_RUNS = 12
MAX_TITLE, MAX_WORDS = 200, 20_000  # characters
PICTURES, WRITING = "Drawing pictures", "Writing the page"


@dataclass(frozen=True)
class ReportStudy(Study[Report]):
    """A session as one page.

    Attributes:
        title_text: The heading; empty for the title of the workspace.
        words: What the user says of it; an empty line begins another paragraph.
        parts: Which of `PARTS`.
        runs: Digests of the runs that are listed and compared; empty for the newest ones.
        map_run: The run of the map, of the heatmaps, clusters and findings; empty for the newest.
        map_name: The projection: a key of `PROJECTIONS`.
        heatmap_name: The kind of heatmap: a key of `HEATMAPS`.
        heatmap_images: Digests of the images that it is drawn over.
    """

    kind: ClassVar[str] = "report"
    result: ClassVar[type[Storable]] = Report

    title_text: str = ""
    words: str = ""
    parts: tuple[str, ...] = PARTS
    runs: tuple[str, ...] = ()
    map_run: str = ""
    map_name: str = "pca"
    heatmap_name: str = "eigen_cam"
    heatmap_images: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.parts) - set(PARTS))
        if unknown:
            raise ValueError(f"`parts` must be of {', '.join(PARTS)}. Received: {unknown[0]!r}.")
        for name, limit in (("title_text", MAX_TITLE), ("words", MAX_WORDS)):
            if len(getattr(self, name)) > limit:
                raise ValueError(f"`{name}` may have {limit} characters. Received: {len(getattr(self, name))}.")
        if len(self.heatmap_images) > MAX_HEATMAPS:
            raise ValueError(f"At most {MAX_HEATMAPS} heatmaps are shown. Received: {len(self.heatmap_images)} images.")

    def title(self, workspace: Workspace) -> str:
        """The workspace."""
        return f"Report on {workspace.title}"[:MAX_TITLE]

    def depends_on(self, workspace: Workspace) -> Any:
        """The images with labels, the runs, and which findings are kept."""
        return workspace.once(("report", self.map_run), lambda: self._depends_on(workspace))

    def _depends_on(self, workspace: Workspace) -> Any:
        images, runs = workspace.images(), workspace.ledger.runs()
        main = self._main(runs)
        kept = [] if main is None else [method for method, _ in kept_clusters(workspace, main)]
        found = [] if main is None else [title for title, _, _ in findings_of(workspace, main, images)]
        details = [[run.digest, run.title, run.details.get("engine"), run.details.get("seconds")] for run in runs]
        names = images.once("digest of names", lambda: digest_of(images.names), of_labels=False)
        return [workspace.title, image_set_key(images), names, digest_of(images.labels), details, kept, found]

    def empty_parts(self, workspace: Workspace) -> dict[str, str]:
        """Say which of the parts asked for will be missing, and why."""
        asked = {*self.parts}
        found = workspace.once(
            ("empty parts", self.map_run, self.runs, bool(self.heatmap_images)), lambda: self._empty_parts(workspace)
        )
        return {part: reason for part, reason in found.items() if part in asked}

    def _empty_parts(self, workspace: Workspace) -> dict[str, str]:
        images, runs = workspace.images(), self._chosen(workspace.ledger.runs())
        main = self._main(runs)
        reasons: dict[str, str] = {} if len(images) else dict.fromkeys(("images", "gallery"), "no images")
        if main is None:
            return reasons | dict.fromkeys(("runs", "map", "heatmaps", "comparison", "clusters", "findings"), "no runs")
        if not main.spec.takes_images:
            reasons["heatmaps"] = "its run has no network"
        elif not self.heatmap_images:
            reasons["heatmaps"] = "no images chosen"
        if len(runs) < 2:
            reasons["comparison"] = "needs two runs"
        if not kept_clusters(workspace, main):
            reasons["clusters"] = "none found yet"
        if not findings_of(workspace, main, images):
            reasons["findings"] = "no list made yet"
        return reasons

    def compute(self, work: Work) -> Report:
        """Gather and write it."""
        workspace, images = work.workspace, work.images()
        workspace.drop_results(self.kind)  # another one takes its place
        runs = self._chosen(workspace.ledger.runs())
        main = self._main(runs)
        parts, sheet = self._sections(work, images, runs, main)
        work.report.stage(WRITING)
        summary = ", ".join(
            [counted(len(images), "image"), counted(len({each for each in images.labels if each}), "label")]
        )
        summary = f"{summary}, {counted(len(runs), 'run')}"
        return Report(write_report(self.title_text or workspace.title, self.words, summary, parts, sheet, workspace))

    def _chosen(self, runs: list[Run]) -> list[Run]:
        return [run for run in runs if not self.runs or run.digest in self.runs][:MAX_RUNS]

    def _main(self, runs: list[Run]) -> Run | None:
        return next((run for run in runs if run.digest == self.map_run), runs[0] if runs else None)

    def _sections(
        self, work: Work, images: ImageSet, runs: list[Run], main: Run | None
    ) -> tuple[list[Section], Sheet | None]:
        thumbnails = _thumbnails(work, images)
        found: list[Section] = []
        sheet: Sheet | None = None
        if "images" in self.parts and len(images):
            found.append(sections.images_section(images, work.workspace.last_intake()))
        if "runs" in self.parts and runs:
            found.append(sections.runs_section(runs))
        if "map" in self.parts and main is not None:
            try:
                sheet, labels, cautions = map_of(work, main, self.map_name)
                found.append(sections.map_section(sheet, labels, cautions))
            except ValueError as error:
                found.append(_impossible("map", "Map", error))
        found += self._heatmaps(work, main)
        if "comparison" in self.parts and len(runs) > 1:
            try:
                comparison = work.fetch(ComparisonStudy(tuple(run.digest for run in runs)))
                found.append(sections.comparison_section(comparison))
            except ValueError as error:
                found.append(_impossible("comparison", "Comparison", error))
        if main is not None:
            found += self._kept(work.workspace, main, images, thumbnails)
        if "gallery" in self.parts and len(images):
            found.append(sections.gallery_section(images, thumbnails))
        if "versions" in self.parts:
            found.append(sections.versions_section(runs, image_set_key(images)))
        return found, sheet

    def _heatmaps(self, work: Work, main: Run | None) -> Iterator[Section]:
        if "heatmaps" not in self.parts or main is None or not self.heatmap_images or not main.spec.takes_images:
            return
        studies = [HeatmapStudy(main.spec, digest, self.heatmap_name) for digest in self.heatmap_images]
        try:
            shown = [(work.image(study.image), work.fetch(study)) for study in studies]
            yield sections.heatmaps_section(main, shown, self.heatmap_name)
        except (ValueError, ImageError) as error:
            yield _impossible("heatmaps", "Heatmaps", error)

    def _kept(
        self, workspace: Workspace, main: Run, images: ImageSet, thumbnails: sections.Thumbnails
    ) -> Iterator[Section]:
        if "clusters" in self.parts:
            for method, clusters in kept_clusters(workspace, main)[:1]:
                yield sections.clusters_section(clusters, method, main, images, thumbnails)
        if "findings" in self.parts and (found := findings_of(workspace, main, images)):
            yield sections.findings_section(found, thumbnails)


def _impossible(name: str, title: str, error: Exception) -> Section:
    return Section(name, title, paragraphs(str(error), "caveat"))


def _thumbnails(work: Work, images: ImageSet) -> dict[str, bytes]:
    """Draw small pictures, of a seeded sample where there are very many."""
    work.report.stage(PICTURES)
    rows = draw_rows(len(images), MAX_THUMBNAILS, 0)
    digests = list(dict.fromkeys(images[int(row)].digest for row in rows))

    def draw(digest: str) -> bytes | None:
        try:
            return shrunk(work.workspace.thumbnail(digest), THUMBNAIL_SIDE)
        except (KeyError, WorkspaceError):
            return None

    found: dict[str, bytes] = {}
    with ThreadPoolExecutor(2) as pool:
        for number, (digest, content) in enumerate(zip(digests, pool.map(draw, digests), strict=True), start=1):
            work.report(number, len(digests))
            if content is not None:
                found[digest] = content
    return found
