"""Which pictures are alike to a network? A map of photographs, each drawn at its place."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

import featx_core as fx

SIZE, SIDE = (900, 600), 70  # pixels

workspace = fx.Workspace.open(":memory:")
workspace.add(fx.SAMPLES["photographs"].make())
images = workspace.images()
asking = ("motorcycle", "flower", "temple")  # their licences ask for more than a figure can say
images = images.select([n for n, label in zip(images.names, images.labels, strict=True) if label not in asking])
features = fx.extract(images, fx.build(fx.Pretrained("efficientnet_lite0")))
places = fx.project(features.vectors, "pca").coordinates

places = (places - places.min(axis=0)) / np.ptp(places, axis=0)  # 0 to 1
figure = Image.new("RGB", SIZE, "white")
for image, (x, y) in zip(images, places, strict=True):
    picture = Image.open(io.BytesIO(image.thumbnail())).convert("RGB")
    picture.thumbnail((SIDE, SIDE))
    figure.paste(picture, (round(x * (SIZE[0] - SIDE)), round((1 - y) * (SIZE[1] - SIDE))))
figure.save(Path(__file__).with_suffix(".webp"), quality=80)
