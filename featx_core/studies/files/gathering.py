"""What a session's page shows, gathered from a workspace: kept results, and those that are computed for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.curation.clusters import METHODS
from featx_core.curation.colorings import cluster_coloring
from featx_core.extraction.features import Features
from featx_core.learning.labels_seen import labels_caution
from featx_core.maps.caption import map_caption
from featx_core.maps.registry import PROJECTIONS
from featx_core.offline import drawn, map_page
from featx_core.offline.drawn import Column
from featx_core.studies.clusters import ClustersStudy
from featx_core.studies.label_errors import LabelErrorsStudy
from featx_core.studies.maps.map import MapStudy
from featx_core.studies.maps.quality import QualityStudy
from featx_core.studies.outliers import OutliersStudy

if TYPE_CHECKING:
    from featx_core.curation.clusters import Clusters
    from featx_core.images.image_set import ImageRecord, ImageSet
    from featx_core.studies.work import Work
    from featx_core.workspace.runs import Run
    from featx_core.workspace.workspace import Workspace

MAX_LISTED = 12
MAX_CLUSTERS = 50  # of k-means: as many as the app finds
Finding = tuple[str, list[tuple["ImageRecord", str]], str]


def map_of(work: Work, run: Run, name: str) -> tuple[map_page.Sheet, list[str | None], list[str]]:
    """Lay out a run and put together what its map shows.

    Returns:
        The map; the label of each of its points; what else to say of it.
    """
    features = work.features(run.digest)
    per_image = features.copies is not None
    projection = work.fetch(MapStudy(run.digest, name, per_image=per_image))
    features = features.per_image()
    rows, records = projection.rows, work.images().matching(features.names, features.digests)
    columns = {"color": Column("Label", features.labels)}
    for method, found in kept_clusters(work.workspace, run):
        title = f"Clusters ({METHODS[method]})"
        names = [
            None if each is None else str(each) for each in cluster_coloring(found, method, features.digests).values
        ]
        columns[f"column {method} {len(found.sizes)}"] = Column(title, names)
    if any(records):
        brightness = np.array([np.nan if record is None else record.brightness for record in records], np.float32)
        columns["column brightness"] = Column("Brightness (0 to 100)", brightness)
    packs = {"names": drawn.names_pack([features.row_names[row] for row in rows])}
    packs |= {key: drawn.column_pack(column, rows) for key, column in columns.items()}
    sheet = map_page.Sheet(
        f"{PROJECTIONS[name].title} of {run.title}",
        map_caption(projection),
        projection,
        [features.digests[row] for row in rows],
        [records[row] for row in rows],
        packs,
        {key: column.title for key, column in columns.items()},
    )
    return sheet, [features.labels[row] for row in rows], _cautions(run, features, work.workspace)


def _cautions(run: Run, features: Features, workspace: Workspace) -> list[str]:
    words = [labels_caution(run.spec, features.digests, workspace)]
    if "random" in run.spec.badge:
        words.append("This network has random weights: it was not trained.")
    return words


def kept_clusters(workspace: Workspace, run: Run) -> list[tuple[str, Clusters]]:
    """Return the clusters of a run that the workspace keeps, by their method."""
    asked = [("hdbscan", 0), *(("k_means", n_clusters) for n_clusters in range(2, MAX_CLUSTERS + 1))]
    studies = [(method, ClustersStudy(run.digest, method, n_clusters)) for method, n_clusters in asked]
    found = [(method, study.find(workspace)) for method, study in studies]
    return [(method, clusters) for method, clusters in found if clusters is not None and clusters.sizes]


def findings_of(workspace: Workspace, run: Run, images: ImageSet) -> list[Finding]:
    """Return the lists of images worth a look that the workspace keeps."""
    makers: Sequence[Callable[[], Finding | None]] = (
        lambda: _label_errors(workspace, run, images),
        lambda: _outliers(workspace, run, images),
        lambda: _quality(workspace, images),
    )
    return [found for make in makers if (found := make()) is not None]


def _label_errors(workspace: Workspace, run: Run, images: ImageSet) -> Finding | None:
    found = LabelErrorsStudy(run.digest).find(workspace)
    if found is None:
        return None
    known = images.by_digest(found.digests)
    words = zip(found.digests, found.labels, found.offered, found.margins, strict=True)
    lines = [(known[d], f"{own} → {other}, {margin:.2f}") for d, own, other, margin in words if d in known][:MAX_LISTED]
    reading = "Each image was scored by a linear probe trained without it. Hard images are listed, too."
    return f"Likely label errors by {run.title}: {len(found.digests)} of {found.n_images}", lines, reading


def _outliers(workspace: Workspace, run: Run, images: ImageSet) -> Finding | None:
    found = OutliersStudy(run.digest).find(workspace)
    if found is None:
        return None
    known = images.by_digest(found.digests)
    pairs = [(d, distance) for d, distance in zip(found.digests, found.distances, strict=True) if d in known]
    lines = [(known[digest], f"{distance:.2f}") for digest, distance in pairs[: min(found.n_beyond, MAX_LISTED)]]
    reading = (
        f"Farther out than any point of structureless data (beyond {found.limit:.2f}). A rare image is an outlier, too."
    )
    return f"Outliers by {run.title}: {found.n_beyond}", lines, reading


def _quality(workspace: Workspace, images: ImageSet) -> Finding | None:
    found = QualityStudy().find(workspace)
    if found is None:
        return None
    known = images.by_digest(found.digests)
    told = zip(found.digests, found.problems, found.scores, strict=True)
    lines = [(known[d], f"{problem}, {score:.1f}") for d, problem, score in told if d in known][:MAX_LISTED]
    reading = "The number is the distance from the median of the set in robust standard deviations."
    return f"Unusual images: {len(found.digests)} of {found.n_images}", lines, reading
