"""Pictures for the model card: what the embedded backbone was trained on, and what it sees beside its untrained twin.

python -m research.embedded_v1.pictures --banks banks --out featx_core/networks/embedded/pictures
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import featx_core as fx
from featx_core.heatmaps.explain import explain_many
from featx_core.images.image_set import ImageSet
from featx_core.networks.extractor import Extractor
from research.embedded_v1.generate import draw_sheets

TILE, GAP, HEAD = 84, 6, 22  # pixels
N_NEAREST = 5
QUERIES = ("temple", "trees", "lake", "sky", "petals", "leaves")
CROPS_OF_A_PLACE = 2
"""Crops of one corner, larger and smaller, show nearly the same: they are not offered as each other's neighbours."""

HEAT_SIZE = (240, 160)  # pixels, width and height: of what the network sees, too
TITLES = {"activation_energy": "activation energy", "eigen_cam": "first component"}
PAPER, INK = (255, 255, 255), (30, 30, 30)


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--banks", type=Path, help="folder of `generate`; without it no scenes are drawn")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    _save(draw_neighbors(_trained_and_not()), arguments.out / "neighbours.jpg")
    _save(draw_heatmaps(_trained_and_not(image_size=HEAT_SIZE[::-1])), arguments.out / "heatmaps.jpg")
    if arguments.banks:
        draw_sheets(arguments.banks)
        _save(Image.open(arguments.banks / "scenes.png"), arguments.out / "scenes.jpg")


def _trained_and_not(image_size: tuple[int, int] | None = None) -> list[Extractor]:
    return [
        fx.build(fx.Pretrained("embedded_v1", weights=kind, image_size=image_size)) for kind in ("embedded", "random")
    ]


def draw_neighbors(extractors: Sequence[Extractor]) -> Image.Image:
    """Draw crops of scikit-learn's two photographs, and the crops nearest to each by cosine.

    Args:
        extractors: The embedded backbone and its untrained twin.

    Returns:
        A row for each query, with a block for each extractor.
    """
    workspace = fx.Workspace.open(":memory:")
    workspace.add(list(fx.SAMPLES["regions"].make()))
    images = ImageSet(record for record in workspace.images() if record.label in QUERIES)
    places = _places(images.labels)
    queries = [images.labels.index(label) for label in QUERIES]
    tiles = [Image.fromarray(record.pixels()).resize((TILE, TILE), Image.Resampling.LANCZOS) for record in images]
    block = N_NEAREST * (TILE + GAP) + 2 * GAP
    sheet = _blank(TILE + 2 * GAP + len(extractors) * block, HEAD + len(queries) * (TILE + GAP))
    _write(sheet, GAP, "crop")
    for number, extractor in enumerate(extractors):
        left = TILE + 4 * GAP + number * block
        _write(sheet, left, f"nearest by {extractor.spec.title.split(',')[0]}, {extractor.spec.badge.split(',')[0]}")
        vectors = fx.extract(images, extractor).vectors
        for line, row in enumerate(queries):
            top = HEAD + line * (TILE + GAP)
            sheet.paste(tiles[row], (GAP, top))
            for i, near in enumerate(fx.nearest(vectors, row, n_neighbors=N_NEAREST, groups=places)):
                sheet.paste(tiles[near.row], (left + i * (TILE + GAP), top))
    return sheet


def draw_heatmaps(extractors: Sequence[Extractor]) -> Image.Image:
    """Draw heatmaps of the last layer on scikit-learn's two photographs, each scaled by itself."""
    from sklearn.datasets import load_sample_images

    width, height = HEAT_SIZE
    photos = load_sample_images().images
    columns = [("photograph", [Image.fromarray(photo) for photo in photos])]
    for extractor in extractors:
        for name in TITLES:
            maps = explain_many(photos, extractor, [name])[name]
            laid = [Image.fromarray(each.overlay(photo)) for each, photo in zip(maps, photos, strict=True)]
            columns.append((f"{TITLES[name]}, {extractor.spec.badge.split(',')[0]}", laid))
    sheet = _blank(len(columns) * (width + GAP) + GAP, HEAD + len(photos) * (height + GAP))
    for number, (words, pictures) in enumerate(columns):
        left = GAP + number * (width + GAP)
        _write(sheet, left, words)
        for line, picture in enumerate(pictures):
            sheet.paste(picture.resize(HEAT_SIZE, Image.Resampling.LANCZOS), (left, HEAD + line * (height + GAP)))
    return sheet


def _places(labels: Sequence[str | None]) -> list[str]:
    """Name the corner that each crop was taken from; the crops of a label come corner by corner."""
    counts: dict[str | None, int] = {}
    places = []
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
        places.append(f"{label} {(counts[label] - 1) // CROPS_OF_A_PLACE}")
    return places


def _blank(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), PAPER)


def _write(sheet: Image.Image, left: int, words: str) -> None:
    ImageDraw.Draw(sheet).text((left, 4), words, fill=INK, font=ImageFont.load_default(12))


def _save(picture: Image.Image, path: Path) -> None:
    picture.convert("RGB").save(path, quality=85)
    print(f"{path}: {path.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
