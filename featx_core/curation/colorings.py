"""Clusters as what a map can be coloured by, and what to call them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from featx_core.curation.cluster_names import cluster_names
from featx_core.curation.clusters import METHODS, Clusters
from featx_core.extraction.colorings import RunColoring

MIN_SHARE = 0.5
"""Share of a cluster's images that must have one predicted class for the cluster to be called so."""


def cluster_coloring(
    found: Clusters, method: str, digests: Sequence[str], kept: Mapping[str, str] = MappingProxyType({})
) -> RunColoring:
    """Tell the cluster of each image.

    Args:
        found: Clusters of some or all of the images.
        method: A key of `METHODS`, the one that they were found by.
        digests: Of the image that each row belongs to.
        kept: Names that users gave, as `kept_names` gives them.

    Returns:
        The name of its cluster, or "cluster 1" and so on, the largest first; None where an image is in no cluster.
    """
    numbers = dict(zip(found.digests, found.numbers, strict=True))
    words = cluster_names(found, kept)
    each = (numbers.get(digest, -1) for digest in digests)
    return RunColoring(f"Cluster ({METHODS[method]})", tuple(words[number] if number >= 0 else None for number in each))


def suggested_name(digests: Sequence[str], classes: Mapping[str, str]) -> str:
    """Name a cluster by the predicted class of at least half of its images; empty where there is none.

    Args:
        digests: Of the images of the cluster.
        classes: Predicted class by digest; images without one count for no class.

    >>> suggested_name(["a", "b", "c"], {"a": "tabby", "b": "tabby", "c": "daisy"})
    'tabby'
    """
    counts = Counter(classes[digest] for digest in digests if digest in classes)
    if not counts:
        return ""
    name, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return name if count >= MIN_SHARE * len(digests) else ""
