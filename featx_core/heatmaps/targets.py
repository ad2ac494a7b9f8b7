"""Targets of heatmaps: each is data, and selects the one number of a network's output to differentiate."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from featx_core.base.wording import score_words
from featx_core.heatmaps.layers import HeatmapError
from featx_core.measures.softmax import softmax

if TYPE_CHECKING:
    import tensorflow as tf

    from featx_core.images.image_set import ImageRecord

SAME_FEATURES = 1e-3
"""Two unit vectors closer than this count as one: the gradient of their similarity would be rounding noise."""


@dataclass(frozen=True)
class Target(ABC):
    """One number per image, such as the score of a class, whose gradient is asked for.

    Outputs are either the features at the tap, one flat row per image, or the logits of the classifier.
    """

    kind: ClassVar[str]
    of_classes: ClassVar[bool] = False
    """Whether the outputs are the classifier's logits; else they are the features."""
    has_slope: ClassVar[bool] = False
    """Whether there is a `slope`."""

    @abstractmethod
    def score(self, outputs: tf.Tensor, reference: tf.Tensor | None = None) -> tf.Tensor:
        """Return the number to differentiate.

        Args:
            outputs: float32 `(n_images, n_outputs)`.
            reference: float32 `(n_outputs,)`, the outputs for the target's own image, where it has one.

        Returns:
            float32 `(n_images,)`.
        """

    @abstractmethod
    def title(self, outputs: np.ndarray, classes: tuple[str, ...] | None = None) -> str:
        """Name the target for one image, whose outputs are `(n_outputs,)`, so that it can follow "Grad-CAM for"."""

    def slope(self, outputs: np.ndarray) -> np.ndarray:
        """Return the gradient of `score` with respect to the outputs of one image: `(n_outputs,)`, of the same shape.

        Raises:
            NotImplementedError: If there is none in closed form, see `has_slope`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no slope in closed form.")

    def check(self, n_outputs: int) -> None:
        """Raise HeatmapError if the target does not exist among this many outputs."""
        index = getattr(self, "index", None)
        if index is not None and index >= n_outputs:
            noun = "class" if self.of_classes else "feature"
            raise HeatmapError(f"There is no {noun} {index}: this network gives {n_outputs}, numbered from 0.")

    def flat_reason(self, outputs: np.ndarray, reference: np.ndarray | None = None) -> str:
        """Say why the target cannot change on one image, or give the empty string."""
        return ""

    def to_json(self) -> str:
        """Write the target as canonical JSON: equal targets give equal text, fit for a key."""
        values = {item.name: getattr(self, item.name) for item in dataclasses.fields(self) if item.compare}
        return json.dumps({"target": self.kind, **values}, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class OwnFeaturesTarget(Target):
    """All features of the image at once, each weighted by its value: what makes the features what they are.

    The number is the dot product of the features with themselves held constant (scaled to a largest value of 1, so that
    tiny features do not vanish). Its gradient points along that of the squared length.
    """

    kind: ClassVar[str] = "own_features"
    has_slope: ClassVar[bool] = True

    def score(self, outputs: tf.Tensor, reference: tf.Tensor | None = None) -> tf.Tensor:
        """Return the dot product with the features themselves, held constant. See `Target.score`."""
        import tensorflow as tf

        return tf.reduce_sum(outputs * tf.stop_gradient(_scaled(outputs)), axis=1)

    def slope(self, outputs: np.ndarray) -> np.ndarray:
        """Return the features, scaled as in the score. See `Target.slope`."""
        return outputs / (np.abs(outputs).max(initial=0.0) or 1.0)

    def title(self, outputs: np.ndarray, classes: tuple[str, ...] | None = None) -> str:
        """Name the target. See `Target.title`."""
        return "this image's own features"


@dataclass(frozen=True)
class FeatureTarget(Target):
    """One feature.

    Attributes:
        index: Its number, counted from 0 in the flat row of features.
    """

    index: int
    kind: ClassVar[str] = "feature"
    has_slope: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_index(self.index, "FeatureTarget")

    def score(self, outputs: tf.Tensor, reference: tf.Tensor | None = None) -> tf.Tensor:
        """Return the feature. See `Target.score`."""
        return outputs[:, self.index]

    def slope(self, outputs: np.ndarray) -> np.ndarray:
        """Return 1 for the feature, 0 for all others. See `Target.slope`."""
        return _one_of(outputs, self.index)

    def title(self, outputs: np.ndarray, classes: tuple[str, ...] | None = None) -> str:
        """Name the target. See `Target.title`."""
        return f"feature {self.index}"


@dataclass(frozen=True)
class ClassTarget(Target):
    """The score of one class before the softmax (its logit).

    Attributes:
        index: The class by its number, counted from 0. None: for each image a class of its own, by `rank`.
        rank: 1 for the class that scores highest on the image, 2 for the next, and so on. 1 where there is an index.
    """

    index: int | None = None
    rank: int = 1
    kind: ClassVar[str] = "class"
    of_classes: ClassVar[bool] = True
    has_slope: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.index is not None:
            _check_index(self.index, "ClassTarget")
            object.__setattr__(self, "rank", 1)
        if not isinstance(self.rank, int) or isinstance(self.rank, bool) or self.rank < 1:
            raise HeatmapError(f"`rank` of ClassTarget must be a whole number from 1. Received: {self.rank!r}.")

    def check(self, n_outputs: int) -> None:
        """Raise HeatmapError if there are fewer classes. See `Target.check`."""
        super().check(n_outputs)
        if self.rank > n_outputs:
            raise HeatmapError(f"There is no class of rank {self.rank}: this network tells {n_outputs} classes apart.")

    def score(self, outputs: tf.Tensor, reference: tf.Tensor | None = None) -> tf.Tensor:
        """Return the logit. See `Target.score`."""
        import tensorflow as tf

        if self.index is not None:
            return outputs[:, self.index]
        return tf.math.top_k(outputs, self.rank).values[:, self.rank - 1]

    def slope(self, outputs: np.ndarray) -> np.ndarray:
        """Return 1 for the class, 0 for all others. See `Target.slope`."""
        return _one_of(outputs, self._found_in(outputs))

    def title(self, outputs: np.ndarray, classes: tuple[str, ...] | None = None) -> str:
        """Name the class with its softmax, such as "tabby, 0.71". See `Target.title`."""
        index = self._found_in(outputs)
        name = classes[index] if classes else f"class {index}"
        return f"{name}, {score_words(float(softmax(outputs)[index]))}"

    def _found_in(self, outputs: np.ndarray) -> int:
        return int(np.argsort(-outputs, kind="stable")[self.rank - 1]) if self.index is None else self.index


@dataclass(frozen=True)
class SimilarityTarget(Target):
    """How alike the features are to those of another image: the cosine of the angle between the two.

    Attributes:
        image: The other image: a record, or uint8 `(height, width, 3)` RGB. Not part of the JSON form.
        name: What to call it. Defaults to the record's name.
        digest: SHA-256 of its bytes, or of shape and values for an array. Worked out where not given.
    """

    image: ImageRecord | np.ndarray = field(compare=False, repr=False)
    name: str = ""
    digest: str = ""
    kind: ClassVar[str] = "similarity"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or getattr(self.image, "name", "another image"))
        object.__setattr__(self, "digest", self.digest or _digest(self.image))

    def score(self, outputs: tf.Tensor, reference: tf.Tensor | None = None) -> tf.Tensor:
        """Return the cosine; its gradient is 0 where both are the same. See `Target.score`."""
        import tensorflow as tf

        if reference is None:
            raise ValueError("`reference` must hold the features of the other image. Received: None.")
        own = tf.math.l2_normalize(outputs / _peak(outputs), axis=1)
        other = tf.math.l2_normalize(_scaled(reference[tf.newaxis]), axis=1)
        differs = tf.norm(tf.stop_gradient(own) - other, axis=1) > SAME_FEATURES
        return tf.reduce_sum(own * other, axis=1) * tf.cast(differs, own.dtype)

    def title(self, outputs: np.ndarray, classes: tuple[str, ...] | None = None) -> str:
        """Name the other image. See `Target.title`."""
        return f"similarity to {self.name}"

    def flat_reason(self, outputs: np.ndarray, reference: np.ndarray | None = None) -> str:
        """Say that the two images look the same to the network, where they do."""
        if reference is None or np.linalg.norm(_unit(outputs) - _unit(reference)) > SAME_FEATURES:
            return ""
        return "Flat: both images have the same features, so no position makes them more similar."


TARGETS: Mapping[str, type[Target]] = MappingProxyType(
    {target.kind: target for target in (OwnFeaturesTarget, ClassTarget, FeatureTarget, SimilarityTarget)}
)


def target_from_json(text: str, find_image: Callable[[str], ImageRecord] | None = None) -> Target:
    """Read any target from its JSON form.

    Args:
        text: What `Target.to_json` wrote.
        find_image: Gives the image of a digest; needed for a similarity.

    Raises:
        HeatmapError: If the text is no such form.
    """
    try:
        fields = json.loads(text)
        target = TARGETS[fields.pop("target")]
        if target is SimilarityTarget:
            fields["image"] = _found(find_image, fields["digest"])
        return target(**fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, HeatmapError):
            raise
        raise HeatmapError(
            f"A target must be JSON with `target` one of {', '.join(TARGETS)}. Received: {text!r}."
        ) from None


def _found(find_image: Callable[[str], ImageRecord] | None, digest: str) -> ImageRecord:
    if find_image is None:
        raise HeatmapError(
            "A similarity needs `find_image`, which gives the other image by its digest. Received: None."
        )
    try:
        return find_image(digest)
    except LookupError:
        raise HeatmapError("The other image is no longer in this workspace. Pick another one.") from None


def _check_index(index: Any, name: str) -> None:
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise HeatmapError(f"`index` of {name} must be a whole number from 0. Received: {index!r}.")


def _one_of(outputs: np.ndarray, index: int) -> np.ndarray:
    slope = np.zeros_like(outputs)
    slope[index] = 1
    return slope


def _digest(image: ImageRecord | np.ndarray) -> str:
    if isinstance(image, np.ndarray):
        return hashlib.sha256(str(image.shape).encode() + np.ascontiguousarray(image).tobytes()).hexdigest()
    return image.digest


def _unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector.astype(np.float64))
    return vector / length if length else vector


def _peak(rows: tf.Tensor) -> tf.Tensor:
    """Return the largest absolute value of each row, held constant, and 1 for a row of zeros."""
    import tensorflow as tf

    peak = tf.stop_gradient(tf.reduce_max(tf.abs(rows), axis=1, keepdims=True))
    return tf.where(peak > 0, peak, tf.ones_like(peak))


def _scaled(rows: tf.Tensor) -> tf.Tensor:
    return rows / _peak(rows)
