"""Channels that lie as pages of one stack, as ImageJ and OME say in the description of the first page."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from featx_core.images.formats.tiff import BLACK_IS_ZERO, WHITE_IS_ZERO, TiffPage, read_page
from featx_core.images.formats.tiff_structure import directories, text

_DESCRIPTION = 270
_MAX_BYTES = 1_000_000  # of a description: that of OME names each page
_MAX_PAGES = 10_000
_MAX_CHANNELS = 64
_SIZE = 12  # digits
_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b([^<>]*)>")
_TIFF_DATA = re.compile(r"<(?:\w+:)?TiffData\b([^<>]*)>")
_FILE_NAME = re.compile(r"<(?:\w+:)?UUID\b[^<>]*\bFileName\s*=\s*[\"']([^\"']*)[\"']")
_ATTRIBUTE = re.compile(r"\b(\w+)\s*=\s*[\"']([^\"']*)[\"']")
_SHAPE = re.compile(r"\{\"shape\": \[(\d{1,6}), (\d{1,6}), 2\]")  # as tifffile notes the array that it wrote
_N_CHANNELS_OF_ROWS = 2
_LINE = re.compile(r"^(\w+)=(\d{1,9})\s*$", re.M)


def channel_pages(content: bytes, page: TiffPage) -> tuple[TiffPage, ...]:
    """Find the pages that are the channels of one picture: the first slice at the first time.

    Args:
        content: The file.
        page: Its first page.

    Returns:
        One page a channel; none where the file does not say that its pages are channels, or they are not alike.
    """
    if page.n_channels != 1 or page.depth > 1 or page.photometric not in (None, WHITE_IS_ZERO, BLACK_IS_ZERO):
        return ()
    description = text(content, page.tags.get(_DESCRIPTION), _MAX_BYTES)
    indices = _of_imagej(description) if description.startswith("ImageJ=") else _of_ome(description)
    if not 2 <= len(indices) <= _MAX_CHANNELS or max(indices) >= _MAX_PAGES:
        return ()
    starts = list(itertools.islice(directories(content), max(indices) + 1))
    if len(starts) <= max(indices):
        return ()
    pages = tuple(read_page(content, starts[index]) for index in indices)
    return pages if len({_form(one) for one in pages}) == 1 else ()


def why_sliver(content: bytes, page: TiffPage) -> str | None:
    """Say of a page of two pixels in width that it is one row of an image of two channels, where tifffile wrote it so.

    Returns:
        Words that can follow the name of the file, with advice; None for other pages.
    """
    if (page.width, page.n_channels) != (_N_CHANNELS_OF_ROWS, 1):
        return None
    found = _SHAPE.match(text(content, page.tags.get(_DESCRIPTION)))
    if found is None or int(found[2]) != page.height:
        return None
    return (
        f"holds an image of 2 channels as {found[1]} pages, one a row: write it by tifffile with "
        '`photometric="minisblack", planarconfig="contig"`'
    )


def _form(page: TiffPage) -> tuple[object, ...]:
    return page.width, page.height, page.bits, page.formats, page.photometric, page.depth, page.turn


def _of_imagej(description: str) -> range:
    """Return where the channels lie: they change fastest."""
    sizes = {name: int(size) for name, size in _LINE.findall(description)}
    return range(sizes.get("channels", 1))


def _of_ome(description: str) -> list[int]:
    """Return where the channels of the first image lie, by its order of dimensions and its own list of pages."""
    found = _PIXELS.search(description) if "<" in description[:1] else None
    if found is None:
        return []
    order_and_sizes = dict(_ATTRIBUTE.findall(found[1]))
    order = order_and_sizes.get("DimensionOrder", "XYCZT")[2:]
    sizes = {axis: _whole(order_and_sizes, f"Size{axis}", 1) for axis in "CZT"}
    if sorted(order) != ["C", "T", "Z"] or not 2 <= sizes["C"] <= _MAX_CHANNELS:
        return []
    end = description.find("Pixels>", found.end())
    listed = description[found.end() : end if end > 0 else len(description)]
    if len(set(_FILE_NAME.findall(listed))) > 1:  # some channels lie in other files
        return []
    steps = _steps(order, sizes)
    spans = [_span(dict(_ATTRIBUTE.findall(one)), steps, sizes) for one in _TIFF_DATA.findall(listed)]
    return _found(spans or [(0, 0, sizes["C"] * sizes["Z"] * sizes["T"])], [c * steps["C"] for c in range(sizes["C"])])


def _steps(order: str, sizes: Mapping[str, int]) -> dict[str, int]:
    """Return how many planes lie from one of an axis to its next.

    >>> _steps("ZCT", {"C": 2, "Z": 3, "T": 1})
    {'Z': 1, 'C': 3, 'T': 6}
    """
    return dict(
        zip(order, itertools.accumulate((sizes[axis] for axis in order[:2]), int.__mul__, initial=1), strict=True)
    )


def _span(listed: Mapping[str, str], steps: Mapping[str, int], sizes: Mapping[str, int]) -> tuple[int, int, int]:
    """Return where in the file some planes begin, which the first of them is, and how many they are."""
    first = sum(_whole(listed, f"First{axis}", 0) * steps[axis] for axis in "CZT")
    everything = sizes["C"] * sizes["Z"] * sizes["T"]
    return _whole(listed, "IFD", 0), first, _whole(listed, "PlaneCount", 1 if "IFD" in listed else everything)


def _found(spans: list[tuple[int, int, int]], planes: list[int]) -> list[int]:
    """Return the places of planes in the file; none where one of them is not listed."""
    places = [
        next((at + plane - first for at, first, n_planes in spans if first <= plane < first + n_planes), None)
        for plane in planes
    ]
    return [place for place in places if place is not None] if None not in places else []


def _whole(attributes: Mapping[str, str], name: str, usual: int) -> int:
    """Read a whole number, 0 or more; the usual one where there is none."""
    given = attributes.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < _SIZE else usual
