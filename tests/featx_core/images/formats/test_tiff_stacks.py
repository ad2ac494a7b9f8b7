"""Stacks of ImageJ and OME, written by tifffile and by hand: their channels are found in bounded time."""

import io
import time

import numpy as np
import pytest
import tifffile

from featx_core.images.decoding import ImageError, inspect
from featx_core.images.formats.tiff import read_page
from featx_core.images.formats.tiff_stacks import channel_pages
from tests.toys.files.tiff_files import tiff


def planes(*shape):
    """Return planes of constant value: 1, 2, 3, ... in the order of the axes."""
    return np.broadcast_to(
        np.arange(1, np.prod(shape) + 1, dtype=np.uint8).reshape(*shape, 1, 1), (*shape, 20, 30)
    ).copy()


def written(values, axes, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, values, metadata={"axes": f"{axes}YX"}, photometric="minisblack", **options)
    return out.getvalue()


def found(content):
    """Return the value of each page that was found: that of its first pixel."""
    pages = channel_pages(content, read_page(content))
    return [content[page.tags[273].at] if page.tags[273].n_bytes == 1 else first_value(content, page) for page in pages]


def first_value(content, page):
    start = int.from_bytes(content[page.tags[273].at : page.tags[273].at + page.tags[273].n_bytes], "little")
    return content[start]


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [((3,), "C", [1, 2, 3]), ((4, 2), "ZC", [1, 2]), ((2, 3, 2), "TZC", [1, 2])],
)
def test_channels_of_imagej_change_fastest(shape, axes, expected):
    assert found(written(planes(*shape), axes, imagej=True)) == expected


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ((3,), "C", [1, 2, 3]),
        ((4, 2), "ZC", [1, 2]),
        ((2, 4), "CZ", [1, 5]),
        ((3, 2, 2), "CTZ", [1, 5, 9]),
        ((2, 3, 2), "TCZ", [1, 3, 5]),
    ],
)
def test_channels_of_ome_lie_as_their_order_says(shape, axes, expected):
    assert found(written(planes(*shape), axes, ome=True)) == expected


def described(description, n_pages=4):
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        for number in range(n_pages):
            text = description if number == 0 else None
            file.write(planes(n_pages)[number], photometric="minisblack", description=text, metadata=None)
    return out.getvalue()


def ome(body, order="XYCZT", sizes='SizeC="2" SizeZ="2" SizeT="1"'):
    return f'<OME><Image><Pixels DimensionOrder="{order}" {sizes}>{body}</Pixels></Image></OME>'


def test_planes_that_ome_lists_lie_where_it_says():
    listed = "".join(
        f'<TiffData IFD="{at}" FirstC="{c}" FirstZ="{z}"/>' for at, c, z in [(0, 1, 1), (1, 0, 1), (2, 1, 0), (3, 0, 0)]
    )
    assert found(described(ome(listed))) == [4, 3]
    assert found(described(ome('<TiffData IFD="2" PlaneCount="2"/>'))) == [3, 4]


@pytest.mark.parametrize(
    "description",
    [
        "",
        "a stack with channels=2",
        "ImageJ=1.53\nimages=4\nslices=4\n",
        "ImageJ=1.53\nchannels=9\n",  # more than there are pages
        "ImageJ=1.53\nchannels=99999999\n",
        ome('<TiffData IFD="0"/>'),  # the second channel is not listed
        ome('<TiffData IFD="77"/><TiffData IFD="78" FirstC="1"/>'),
        ome('<TiffData><UUID FileName="a.tif"/></TiffData><TiffData FirstC="1"><UUID FileName="b.tif"/></TiffData>'),
        ome("", order="XYCZ"),
        ome("", sizes='SizeC="1" SizeZ="4" SizeT="1"'),
        ome("", sizes='SizeC="-2"'),
        "<OME>",
    ],
)
def test_what_does_not_say_so_has_no_channels_in_its_pages(description):
    assert found(described(description)) == []


def test_pages_of_another_size_are_no_channels():
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(np.zeros((20, 30), np.uint8), description="ImageJ=1.53\nchannels=2\n", metadata=None)
        file.write(np.zeros((30, 20), np.uint8), metadata=None)
    assert found(out.getvalue()) == []


@pytest.mark.parametrize(
    "description", [b"<Pixels " * 120_000, b"<TiffData IFD=" * 70_000, b'<UUID FileName="a" ' * 50_000, b"a=" * 500_000]
)
def test_a_description_of_a_megabyte_takes_no_longer_than_its_length(description):
    text = b'<OME><Pixels DimensionOrder="XYCZT" SizeC="2">' + description
    content = tiff(np.zeros((20, 30), np.uint8), extra=[(270, 7, text)]).replace(b"\x0e\x01\x07\0", b"\x0e\x01\x02\0")
    start = time.process_time()
    assert found(content) == []
    assert time.process_time() - start < 1


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_an_image_of_two_channels_written_row_by_row_is_named_with_advice(kind):
    values = np.ones((40, 50, 2), kind)
    tifffile.imwrite(out := io.BytesIO(), values)
    with pytest.raises(
        ImageError, match=r"^holds an image of 2 channels as 40 pages, one a row: write it by tifffile with"
    ):
        inspect(out.getvalue())
    tifffile.imwrite(out := io.BytesIO(), values, photometric="minisblack", planarconfig="contig")
    assert inspect(out.getvalue()).notes[0] == "channel 1 of 2 shown as green, 2 as magenta"
