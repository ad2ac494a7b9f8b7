"""The names of studies of augmentation in their workspace. Free of TensorFlow: the server computes them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featx_core.robustness.effects import EFFECTS_VERSION
from featx_core.robustness.stability import MILD, STABILITY_VERSION
from featx_core.worker.keys import digest_of

if TYPE_CHECKING:
    from featx_core.augmentation.transforms import Transforms
    from featx_core.images.image_set import ImageSet
    from featx_core.specs.spec import Spec


def effects_key(spec: Spec, images: ImageSet, transforms: Transforms, n_copies: int, seed: int) -> str:
    """Name what each transform alone does to the features of these images, whatever their order and names."""
    asked = [list(each) for each in transforms]
    return "effects:" + digest_of(EFFECTS_VERSION, spec.digest, _contents(images), asked, n_copies, seed)


def stability_key(spec: Spec, images: ImageSet) -> str:
    """Name the stability of neighbours of one extractor on these images, whatever their order and names."""
    asked = [list(each) for each in MILD]
    return "stability:" + digest_of(STABILITY_VERSION, spec.digest, _contents(images), asked)


def _contents(images: ImageSet) -> list[str]:
    return sorted(set(images.digests))
