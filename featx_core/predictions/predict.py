"""From images to the classes that a network names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from featx_core.backbones.registry import BACKBONES
from featx_core.extraction.extract import extract
from featx_core.images.image_set import ImageSet
from featx_core.measures.softmax import softmax
from featx_core.methods.registry import build
from featx_core.networks.origins import has_head, read_head
from featx_core.predictions.classifiers import classifier_of
from featx_core.predictions.predictions import N_BEST, Predictions
from featx_core.specs.pretrained import Pretrained

if TYPE_CHECKING:
    from featx_core.base.progress import ProgressCallback
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace

ROWS_AT_A_TIME = 1_000  # logits of so many images: 8 MB


def predict_classes(
    images: ImageSet,
    spec: Spec,
    *,
    workspace: Workspace | None = None,
    make: Callable[[Pretrained], Extractor] | None = None,
    on_progress: ProgressCallback | None = None,
) -> Predictions:
    """Name the three best ImageNet classes of each image.

    Where a workspace holds the averaged last features of the same network, and these and the classifier come from one file
    (EfficientNet-Lite), the network does not run: its last layer is computed from them. Other images go through the network
    in batches, and with a workspace their logits are kept, so that they are computed once. Equal files are named once.

    Args:
        images: Of any sizes. Not modified.
        spec: Whose network names them: ImageNet weights, tapped anywhere, such as `Pretrained("efficientnet_lite0")`.
        workspace: Where features and logits are looked up and logits are kept. None keeps nothing.
        make: Gives the extractor of a classifier where the network must run. None builds it.
        on_progress: Called with images done and images in all. What is finished before it raises `Cancelled` stays kept.

    Returns:
        Classes and scores by image digest. Images that could not be read are left out and named in `skipped`.

    Raises:
        NoClassifierError: If the network names no ImageNet classes.
        WeightsError: If its weights cannot be had.

    Example:
        >>> predictions = fx.predict_classes(images, fx.Pretrained("efficientnet_lite0"))  # doctest: +SKIP
        >>> predictions.best(images[0].digest).words  # doctest: +SKIP
        'tabby cat, 0.71'
    """
    classifier = classifier_of(spec)
    different = ImageSet({record.digest: record for record in images}.values())
    found = {} if workspace is None else _kept(different.digests, classifier, workspace)
    missing = ImageSet(record for record in different if record.digest not in found)
    skipped: tuple[tuple[str, str], ...] = ()
    if len(missing):
        extractor = make(classifier) if make is not None else build(classifier, workspace)
        logits = extract(missing, extractor, workspace=workspace, is_listed=False, on_progress=on_progress)
        found |= _best(logits.digests, logits.values)
        skipped = tuple((name, reason) for name, reason in logits.details["skipped"])
    elif on_progress is not None:
        on_progress(len(different), len(different))
    return _gathered(BACKBONES[classifier.backbone].title, different.digests, found, skipped)


def needs_network(images: ImageSet, spec: Spec, workspace: Workspace) -> bool:
    """Whether a network must run to name some of the images; else it takes about a second. Raises as `predict_classes` does."""
    classifier = classifier_of(spec)
    kept = workspace.vectors.stored(classifier.digest)
    if has_head(BACKBONES[classifier.backbone]):
        kept |= workspace.vectors.stored(_features_of(classifier).digest)
    return not set(images.digests) <= kept


def _features_of(classifier: Pretrained) -> Pretrained:
    """Return the spec of what goes into the last layer."""
    return Pretrained(classifier.backbone, fit=classifier.fit, precision=classifier.precision)


_Best = tuple[np.ndarray, np.ndarray]
"""Numbers and scores of the best classes of one image."""


def _kept(digests: Sequence[str], classifier: Pretrained, workspace: Workspace) -> dict[str, _Best]:
    """Name the images whose logits are kept, or whose features are and lead to the same logits."""
    features = _features_of(classifier)
    found = _loaded(digests, classifier, workspace, lambda logits: logits)
    left = [digest for digest in digests if digest not in found]
    if not set(left) & workspace.vectors.stored(features.digest):
        return found
    head = read_head(BACKBONES[classifier.backbone])
    if head is None:
        return found
    kernel, bias = head
    return found | _loaded(left, features, workspace, lambda values: values @ kernel + bias)


def _loaded(
    digests: Sequence[str], spec: Spec, workspace: Workspace, to_logits: Callable[[np.ndarray], np.ndarray]
) -> dict[str, _Best]:
    found: dict[str, _Best] = {}
    for start in range(0, len(digests), ROWS_AT_A_TIME):
        rows = workspace.vectors.load(spec.digest, digests[start : start + ROWS_AT_A_TIME])
        if rows:
            found |= _best(list(rows), to_logits(np.stack(list(rows.values()))))
    return found


def _best(digests: Sequence[str], logits: np.ndarray) -> dict[str, _Best]:
    found: dict[str, _Best] = {}
    for start in range(0, len(digests), ROWS_AT_A_TIME):
        part = slice(start, start + ROWS_AT_A_TIME)
        scores = softmax(logits[part])
        several = np.argpartition(-scores, N_BEST, axis=1)[:, :N_BEST]
        ranked = np.argsort(-np.take_along_axis(scores, several, axis=1), axis=1)
        order = np.take_along_axis(several, ranked, axis=1)
        best = np.take_along_axis(scores, order, axis=1)
        found |= dict(
            zip(digests[part], zip(order.astype(np.int32), best.astype(np.float32), strict=True), strict=True)
        )
    return found


def _gathered(
    network: str, digests: Sequence[str], found: Mapping[str, _Best], skipped: tuple[tuple[str, str], ...]
) -> Predictions:
    named = tuple(digest for digest in digests if digest in found)
    classes = np.array([found[digest][0] for digest in named], np.int32).reshape(-1, N_BEST)
    scores = np.array([found[digest][1] for digest in named], np.float32).reshape(-1, N_BEST)
    return Predictions(network, named, classes, scores, skipped)
