"""Which pictures are most like this one? Its nearest neighbours by the angle between features."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

import featx_core as fx

workspace = fx.Workspace.open(":memory:")
workspace.add(fx.SAMPLES["shapes"].make())
images = workspace.images()
features = fx.extract(images, fx.build(fx.Pretrained("embedded_v1")))


def picture(row):
    """Return a picture, small and square."""
    return np.asarray(Image.open(io.BytesIO(images[row].thumbnail())).convert("RGB").resize((96, 96)))


rows = []
for query in [images.labels.index(label) for label in dict.fromkeys(images.labels)][:5]:
    near = fx.nearest(features.vectors, query, n_neighbors=6)
    rows.append(np.hstack([picture(query), *(picture(each.row) for each in near)]))
Image.fromarray(np.vstack(rows)).save(Path(__file__).with_suffix(".webp"), quality=80)
