"""What does a network not care about? Copies of a picture, and the similarity of their features to those of the picture."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import featx_core as fx
from featx_core.augmentation.copies import augment

CHANGES = {"horizontal_flip": 0.5, "rotation": 45, "brightness": 0.5, "blur": 3, "noise": 0.2, "erasing": 0.6}

workspace = fx.Workspace.open(":memory:")
workspace.add(fx.SAMPLES["photographs"].make())
extractor = fx.build(fx.Pretrained("efficientnet_lite0"))
cat = workspace.images().select(["cat.png"])[0].fitted(extractor.image_size, "crop")

copies = [cat, *(augment(cat[None], ((name, strength),), seeds=[1])[0] for name, strength in CHANGES.items())]
vectors = extractor(np.stack(copies))
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

figure = Image.fromarray(np.hstack(copies))
draw, font = ImageDraw.Draw(figure), ImageFont.load_default(22)
for place, (name, similarity) in enumerate(zip(["as it is", *CHANGES], vectors @ vectors[0], strict=True)):
    draw.text(
        (224 * place + 8, 6),
        f"{name.replace('_', ' ')}\n{similarity:.2f}",
        "white",
        font,
        stroke_width=2,
        stroke_fill="black",
    )
figure.save(Path(__file__).with_suffix(".webp"), quality=80)
