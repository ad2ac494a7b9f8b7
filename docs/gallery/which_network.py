"""Which network tells the labels apart best? Accuracy of a linear probe with 95 % intervals, as bars."""

import itertools
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import featx_core as fx

workspace = fx.Workspace.open(":memory:")
workspace.add(itertools.islice(fx.SAMPLES["regions"].make(), 120))
images = workspace.images()
specs = {
    "Embedded v1": fx.Pretrained("embedded_v1"),
    "its untrained twin": fx.Pretrained("embedded_v1", weights="random"),
    "brightness": fx.LambdaTransform(("histogram(grayscale(x), 16)",)),
}
spaces = {name: fx.extract(images, fx.build(spec)) for name, spec in specs.items()}
comparison = fx.compare(spaces, images.labels, images=images)

rows = comparison.table.to_dict(orient="records")
figure = Image.new("RGB", (760, 44 * len(rows) + 20), "white")
draw, font = ImageDraw.Draw(figure), ImageFont.load_default(16)
for place, row in enumerate(rows):
    top = 44 * place + 20
    draw.text((10, top + 3), row["extractor"], "#31333f", font)
    draw.rectangle(
        (190, top, 190 + 540 * row["probe"], top + 26), "#0561be" if row["kind"] == "extractor" else "#b8bcc6"
    )
    if row["probe_low"] == row["probe_low"]:  # chance has no interval
        draw.line((190 + 540 * row["probe_low"], top + 13, 190 + 540 * row["probe_high"], top + 13), "#31333f", 3)
figure.save(Path(__file__).with_suffix(".webp"), quality=80)
