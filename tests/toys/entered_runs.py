"""Runs that are entered by hand, and a report that remembers."""

import io

import numpy as np
from PIL import Image

import featx_core as fx
from featx_core.base.progress import Cancelled


class Told:
    """A report that remembers its stages, and may cancel at one."""

    def __init__(self, cancel_at=None):
        self.stages, self.cancel_at = [], cancel_at
        self.needs_reset, self.needs_fresh_worker = True, False

    def stage(self, name, *, limit_seconds=None):
        self.stages.append(name)
        if name == self.cancel_at:
            raise Cancelled

    def __call__(self, done, total):
        assert 0 <= done <= total


def picture(seed):
    out = io.BytesIO()
    coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8))
    coarse.resize((40, 40), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def enter_run(workspace, backbone, n_features=8, images=None, **fields):
    """Enter a run with features that know the label."""
    spec = fx.Pretrained(backbone=backbone, weights="random", **fields)
    rng = np.random.default_rng(len(backbone))
    images = workspace.images() if images is None else images
    shift = {"cat": 0.0, "dog": 2.0}
    rows = {image.digest: (rng.normal(size=n_features) + shift[image.label]).astype(np.float32) for image in images}
    workspace.vectors.save(spec.digest, rows)
    workspace.ledger.save(spec, {"ms_per_image": 3.0, "n_parameters": 99})
    return spec.digest


def enter_table(workspace, names, labels, shift=2.0, seed=0, title="Table"):
    """Enter rows of numbers that know the label."""
    values = np.random.default_rng(seed).normal(size=(len(names), 5))
    values += shift * np.array([label == "cat" for label in labels])[:, None]
    return fx.add_vectors(workspace, fx.Vectors(values.astype(np.float32), names, labels), title=title)


def filled_workspace():
    """Twenty-four images of two labels, without runs."""
    workspace = fx.Workspace.open(":memory:")
    workspace.add([(f"{'cat' if i % 2 else 'dog'}/{i}.png", picture(i)) for i in range(24)])
    return workspace
