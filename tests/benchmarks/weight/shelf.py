"""A workspace of 10 000 images with three runs of 1 280 features each, made without a network.

Run as a script with the `PYTHONPATH` of any checkout of featx: `python shelf.py FILE`. It uses what all of them have.
"""

import io
import sys
from collections.abc import Iterator

import numpy as np
from PIL import Image

import featx_core as fx

N_IMAGES, N_FEATURES, N_LABELS = 10_000, 1_280, 20
BACKBONES = ("embedded_v1", "mobilenet_v2", "mobilenet_v3_small")
SIDE = 32  # pixels
_APART = 0.6  # of the middles of two labels, in standard deviations of a feature


def shelve(path: str) -> None:
    """Make the workspace."""
    workspace = fx.Workspace.open(path)
    workspace.add(_files())
    images = workspace.images()
    labels = np.array([int((label or "0").split()[-1]) for label in images.labels])
    for number, backbone in enumerate(BACKBONES):
        rng = np.random.default_rng(number)
        middles = _APART * rng.normal(size=(N_LABELS, N_FEATURES)).astype(np.float32)
        values = middles[labels] + rng.normal(size=(len(images), N_FEATURES)).astype(np.float32)
        spec = fx.Pretrained(backbone=backbone, weights="random", pooling="avg")
        workspace.vectors.save(spec.digest, dict(zip(images.digests, values, strict=True)))
        facts = {"n_images": len(images), "seconds": 60.0, "images_per_second": 166.0, "ms_per_image": 6.0}
        shape = {"feature_shape": [N_FEATURES], "n_computed": len(images), "engine": "none", "batch_size": 32}
        workspace.ledger.save(spec, {**facts, **shape, "is_saved": True})
    workspace.close()


def _files() -> Iterator[tuple[str, bytes]]:
    """Give small pictures in folders, no two of them equal."""
    rng = np.random.default_rng(0)
    for number in range(N_IMAGES):
        out = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)).save(out, "PNG", compress_level=1)
        yield f"label {number % N_LABELS:02d}/image {number:05d}.png", out.getvalue()


if __name__ == "__main__":
    shelve(sys.argv[1])
