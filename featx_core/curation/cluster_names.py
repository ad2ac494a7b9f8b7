"""What users call the clusters of their images: kept in the workspace, each name by an image of its cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from featx_core.curation.clusters import Clusters

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

MAX_NAME = 80  # characters


def cluster_words(number: int) -> str:
    """Call a cluster by its number from 0, as people count: from 1."""
    return f"cluster {number + 1}"


def cluster_names(found: Clusters, kept: Mapping[str, str]) -> list[str]:
    """Name each cluster.

    Args:
        found: The clusters.
        kept: Names by the digest of an image, as `kept_names` gives them. A cluster that holds none of these images is called
            by its number; one that holds several by the name of the most typical one, or of any other.

    Returns:
        A name for each, the largest cluster first.
    """
    holders = dict(zip(found.digests, found.numbers, strict=True))
    names: dict[int, str] = {}
    for digest in (*(digest for typical in found.typical for digest in typical if digest in kept), *kept):
        names.setdefault(holders.get(digest, -1), kept[digest])
    return [names.get(number, cluster_words(number)) for number in range(len(found.sizes))]


def kept_names(workspace: Workspace, run: str, method: str, n_clusters: int) -> dict[str, str]:
    """Return the names that users gave to the clusters of a run, by the digest of an image of each.

    Args:
        workspace: Where they are kept.
        run: The digest of the run.
        method: A key of `featx_core.curation.clusters.METHODS`.
        n_clusters: As asked; 0 where the method finds the number.
    """
    try:
        found = json.loads(workspace.fact(_fact(run, method, n_clusters)) or "{}")
    except (ValueError, RecursionError):  # the file was edited
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {str(digest): name[:MAX_NAME] for digest, name in pairs if isinstance(name, str) and name.strip()}


def rename_cluster(
    workspace: Workspace, run: str, method: str, n_clusters: int, found: Clusters, number: int, name: str
) -> None:
    """Give a cluster another name; an empty one takes its name away.

    Raises:
        ValueError: If there is no cluster of this number.
    """
    if not 0 <= number < len(found.sizes):
        raise ValueError(f"`number` must be from 0 to {len(found.sizes) - 1}. Received: {number}.")
    inside = {digest for digest, other in zip(found.digests, found.numbers, strict=True) if other == number}
    kept = {
        digest: other
        for digest, other in kept_names(workspace, run, method, n_clusters).items()
        if digest not in inside
    }
    if name.strip() and name.strip() != cluster_words(number):
        kept[found.typical[number][0]] = name.strip()[:MAX_NAME]
    workspace.set_fact(_fact(run, method, n_clusters), json.dumps(kept))


def _fact(run: str, method: str, n_clusters: int) -> str:
    return f"cluster_names:{run[:16]}:{method}:{n_clusters}"
