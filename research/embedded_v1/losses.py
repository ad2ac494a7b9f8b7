"""What the embedded backbone is trained on: contrast between scenes, classes of shapes and textures, masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras import KerasTensor as Tensor

TEMPERATURE = 0.2
_NEVER = -1e9


def decoupled_contrastive(first: Tensor, second: Tensor, is_same: Tensor) -> Tensor:
    """Decoupled InfoNCE (Yeh et al. 2021, arXiv:2110.06848): the positive pair is not in the denominator.

    Args:
        first: `(n, d)`, one view of each scene, of unit length.
        second: `(n, d)`, the other.
        is_same: bool `(n, n)`, pairs of scenes that are no negatives of each other. The diagonal is True.

    Returns:
        The mean over views, a number.
    """
    from keras import ops

    both = ops.concatenate([first, second], axis=0)
    similarity = ops.matmul(both, ops.transpose(both)) / TEMPERATURE
    excluded = ops.tile(is_same, (2, 2))
    negatives = ops.logsumexp(ops.where(excluded, _NEVER, similarity), axis=-1)
    positive = ops.sum(first * second, axis=-1) / TEMPERATURE
    return ops.mean(negatives - ops.concatenate([positive, positive], axis=0))


def same_scene_or_class(shapes: Tensor, textures: Tensor) -> Tensor:
    """Which pairs are alike: the same shape, or the same texture where there is no shape. bool `(n, n)`.

    Args:
        shapes: int `(n,)`, below 0 where there is none.
        textures: int `(n,)`, likewise.
    """
    from keras import ops

    has_shape, has_texture = shapes >= 0, textures >= 0
    alike = (shapes[:, None] == shapes[None]) & has_shape[:, None]
    bare = ~has_shape & has_texture
    alike = alike | ((textures[:, None] == textures[None]) & bare[:, None] & bare[None])
    return alike | ops.cast(ops.eye(ops.shape(shapes)[0]), "bool")


def weighted_cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Cross entropy, averaged by weight. Labels below 0 have no weight.

    Args:
        logits: `(n, n_classes)`.
        labels: int `(n,)`.
        weights: `(n,)`, from 0.
    """
    from keras import losses, ops

    weights = weights * ops.cast(labels >= 0, "float32")
    each = losses.sparse_categorical_crossentropy(ops.maximum(labels, 0), logits, from_logits=True)
    return ops.sum(each * weights) / ops.maximum(ops.sum(weights), 1.0)


def mask_cross_entropy(logits: Tensor, cover: Tensor) -> Tensor:
    """Binary cross entropy of a coarse mask.

    Args:
        logits: `(n, side / 8, side / 8, 1)`.
        cover: `(n, side, side)`, 0 to 1.
    """
    from keras import ops

    target = ops.average_pool(ops.expand_dims(cover, -1), 8, strides=8)
    each = ops.maximum(logits, 0.0) - logits * target + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.mean(each)
