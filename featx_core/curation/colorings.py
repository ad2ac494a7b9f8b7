"""Clusters as what a map can be coloured by, and what to call them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from featx_core.curation.clusters import METHODS, Clusters
from featx_core.extraction.colorings import RunColoring

MIN_SHARE = 0.5
"""Share of a cluster's images that must have one predicted class for the cluster to be called so."""


def cluster_words(number: int) -> str:
    """Call a cluster by its number from 0, as people count: from 1."""
    return f"cluster {number + 1}"


def cluster_coloring(found: Clusters, method: str, digests: Sequence[str]) -> RunColoring:
    """Tell the cluster of each image.

    Args:
        found: Clusters of some or all of the images.
        method: A key of `METHODS`, the one that they were found by.
        digests: Of the image that each row belongs to.

    Returns:
        "cluster 1" and so on, the largest first; None where an image is in no cluster.
    """
    numbers = dict(zip(found.digests, found.numbers, strict=True))
    words = [cluster_words(number) for number in range(len(found.sizes))]
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
