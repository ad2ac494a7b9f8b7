"""Make the pictures of the first page, in about two minutes: `python -m research.first_page`."""

from pathlib import Path

from PIL import Image

from research.first_page import draw
from research.first_page.measure import Results, measure

FOLDER = Path(__file__).resolve().parents[2] / "pages" / "_ui" / "images" / "first_page"


def main() -> None:
    """Measure and draw."""
    results = measure()
    print(results.comparison.verdict)
    write(results, FOLDER)


def write(results: Results, folder: Path) -> None:
    """Write one picture a theme, WebP with a clear ground around it."""
    for name, shade in draw.SHADES.items():
        _save(draw.heatmaps(results.explained), folder / f"heatmap-{name}.webp")
        _save(draw.photographs(results.images, results.projection, shade), folder / f"map-{name}.webp")
        _save(draw.verdict(results.comparison, shade), folder / f"verdict-{name}.webp")


def _save(picture: Image.Image, path: Path) -> None:
    picture.save(path, "WEBP", quality=82, method=6)


if __name__ == "__main__":
    main()
