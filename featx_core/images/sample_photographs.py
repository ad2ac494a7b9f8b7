"""Real photographs that come with installed packages, each with its author, licence and source."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from PIL import Image

CLOSER_VIEWS = ((0.86, -0.05, 0.03), (0.76, 0.05, -0.03), (0.66, -0.03, -0.05), (0.58, 0.0, 0.0))
"""Size, shift to the right and shift down of each closer view, in shares of the photograph."""


class SampleMissingError(Exception):
    """A package that the samples come with is not installed."""


@dataclass(frozen=True)
class Photograph:
    """One photograph in an installed package.

    Attributes:
        label: What it shows.
        package: What `pip install` calls the package.
        path: Where it lies among the files of the package.
        author: Who took it or gave it, as the package says.
        terms: Its licence, as the package says.
        source: Where the package has it from.
        middle: Where the thing is that it shows, in shares of width and height.
    """

    label: str
    package: str
    path: str
    author: str
    terms: str
    source: str
    middle: tuple[float, float] = (0.5, 0.5)

    @property
    def credit(self) -> str:
        """Whom to thank, in one line."""
        return f"{self.label}: {self.author}, {self.terms}, {self.source}"

    def read(self) -> bytes:
        """Read the file from its package; nothing is imported and nothing downloaded.

        Raises:
            SampleMissingError: If the package, or the file in it, is not there.
        """
        try:
            return Path(str(distribution(self.package).locate_file(self.path))).read_bytes()
        except (PackageNotFoundError, OSError):
            raise SampleMissingError(
                f"The photograph of {self.label} comes with the package `{self.package}`, which is not installed. "
                f"Install it with `pip install {self.package}`, or try another sample set."
            ) from None


def _photo(label: str, name: str, author: str, terms: str, source: str, *middle: float) -> Photograph:
    package, folder = (
        ("scikit-learn", "sklearn/datasets/images") if terms == "CC BY 2.0" else ("scikit-image", "skimage/data")
    )
    x, y = middle or (0.5, 0.5)
    return Photograph(label, package, f"{folder}/{name}", author, terms, source, (x, y))


PHOTOGRAPHS: tuple[Photograph, ...] = (
    _photo("cat", "chelsea.png", "Stefan van der Walt", "CC0", "scikit-image", 0.45, 0.5),
    _photo("coffee", "coffee.png", "Rachel Michetti, courtesy of Pikolo Espresso Bar", "CC0", "scikit-image", 0.5, 0.45),
    _photo(
        "motorcycle",
        "motorcycle_left.png",
        "D. Scharstein et al., Middlebury stereo benchmark",
        "no licence stated",
        "vision.middlebury.edu/stereo/data/scenes2014",
        0.55,
        0.6,
    ),
    _photo("photographer", "camera.png", "Lav Varshney", "CC0", "scikit-image", 0.48, 0.4),
    _photo(
        "flower", "flower.jpg", "vultilion (danielbuechele as scikit-learn has it)", "CC BY 2.0",
        "flickr.com/photos/vultilion/6056698931", 0.42, 0.5,
    ),
    _photo("temple", "china.jpg", "danielbuechele", "CC BY 2.0", "flickr.com/photos/danielbuechele/6061409035", 0.33, 0.5),
    _photo("rocket", "rocket.jpg", "SpaceX", "public domain", "flickr.com/photos/spacexphotos/16511594820", 0.5, 0.55),
    _photo("astronaut", "astronaut.png", "NASA", "public domain", "flic.kr/p/r9qvLn", 0.47, 0.5),
    _photo("galaxies", "hubble_deep_field.jpg", "NASA", "public domain", "hubblesite.org/newscenter/archive/releases/2012/37"),
    _photo(
        "coins", "coins.png", "Brooklyn Museum Collection", "no known copyright restrictions",
        "brooklynmuseum.org/opencollection/archives/image/51611",
    ),
    _photo("brick wall", "brick.png", "CC0Textures", "CC0", "cc0textures.com/view.php?tex=Bricks25"),
    _photo("grass", "grass.png", "linolafett", "CC0", "deviantart.com/linolafett/art/Grass-01-434853879"),
    _photo("gravel", "gravel.png", "CC0Textures", "CC0", "cc0textures.com/view.php?tex=Gravel04"),
)  # fmt: skip
"""In the order in which they are shown. Authors, licences and sources are those of `skimage.data` 0.26 and of scikit-learn."""

N_PHOTOGRAPHS = len(PHOTOGRAPHS) * (1 + len(CLOSER_VIEWS))


def photographs() -> Iterator[tuple[str, bytes]]:
    """Give each photograph as it is, then closer views of it, as `("label/name", bytes of the file)`.

    Raises:
        SampleMissingError: At once, if one is not there.
    """
    files = [photograph.read() for photograph in PHOTOGRAPHS]
    return _with_views(files)


def _with_views(files: list[bytes]) -> Iterator[tuple[str, bytes]]:
    for photograph, content in zip(PHOTOGRAPHS, files, strict=True):
        yield f"{photograph.label}/{photograph.label}{Path(photograph.path).suffix}", content
    for photograph, content in zip(PHOTOGRAPHS, files, strict=True):
        with Image.open(io.BytesIO(content)) as whole:
            for number, view in enumerate(CLOSER_VIEWS, start=1):
                name = f"{photograph.label}/{photograph.label}-closer-{number}.jpg"
                yield name, _closer(whole, photograph.middle, *view)


def _closer(whole: Image.Image, middle: tuple[float, float], share: float, right: float, down: float) -> bytes:
    width, height = round(share * whole.width), round(share * whole.height)
    left = _within((middle[0] + right) * whole.width - width / 2, whole.width - width)
    top = _within((middle[1] + down) * whole.height - height / 2, whole.height - height)
    out = io.BytesIO()
    colors = whole.info.get("icc_profile")
    whole.crop((left, top, left + width, top + height)).save(out, "JPEG", quality=92, icc_profile=colors)
    return out.getvalue()


def _within(place: float, limit: int) -> int:
    return min(max(round(place), 0), limit)
