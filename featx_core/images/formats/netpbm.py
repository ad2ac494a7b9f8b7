"""PBM, PGM, PPM and PFM, read with numpy. Many textbook data sets use them.

Pillow reads them pixel by pixel in Python unless their largest value is 255 or 65 535: 22 seconds for a file of 25 MB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from featx_core.images.formats.errors import ImageError

_NAMES = {1: "PBM", 2: "PGM", 3: "PPM", 4: "PBM", 5: "PGM", 6: "PPM"}
_START = re.compile(rb"P(?:[1-6]|F|f)(?=[\s#])")
_TOKEN = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])*([+\-.0-9eE]{1,20})(?=[\s#])")
_COMMENT = re.compile(rb"#[^\r\n]*")
_MAX_HEADER_BYTES = 65_536
_SPACE = b" \t\r\n\v\f"
DAMAGED = "is damaged: its pixels cannot be read"
ENDS_EARLY = "the file ends early"


@dataclass(frozen=True)
class NetpbmHeader:
    """What a file says of its pixels.

    Attributes:
        kind: The letter or digit behind the P.
        width: In pixels.
        height: In pixels.
        largest: The value of white; for PFM its scale, negative where the least byte comes first.
        start: Where the pixels begin.
    """

    kind: str
    width: int
    height: int
    largest: float
    start: int

    @property
    def format(self) -> str:
        """The name of the format."""
        return "PFM" if self.kind in "Ff" else _NAMES[int(self.kind)]

    @property
    def n_channels(self) -> int:
        """3 for colour, 1 for grey."""
        return 3 if self.kind in "36F" else 1


def is_netpbm(content: bytes) -> bool:
    r"""Return whether a file begins like a PBM, PGM, PPM or PFM.

    >>> is_netpbm(b"P5\n# made by hand\n4 4\n255\n"), is_netpbm(b"P5 is how this text begins")
    (True, False)
    """
    if not _START.match(content):
        return False
    first = _TOKEN.match(content[:_MAX_HEADER_BYTES], 2)
    return first is not None and first[1].isdigit()


def read_header(content: bytes) -> NetpbmHeader:
    """Read what stands before the pixels.

    Raises:
        ImageError: If it is cut or damaged.
    """
    kind, at, numbers = chr(content[1]), 2, []
    for _ in range(2 if kind in "14" else 3):
        token = _TOKEN.match(content[:_MAX_HEADER_BYTES], at)
        if token is None:
            raise ImageError(ENDS_EARLY if len(content) < 40 else DAMAGED)
        numbers.append(token[1])
        at = token.end()
    try:
        width, height = int(numbers[0]), int(numbers[1])
        largest = float(numbers[2]) if len(numbers) > 2 else 1.0
    except ValueError:
        raise ImageError(DAMAGED) from None
    is_sound = (
        np.isfinite(largest) and largest != 0 if kind in "Ff" else 0 < largest < 65536 and largest == int(largest)
    )
    if not is_sound:
        raise ImageError(DAMAGED)
    return NetpbmHeader(kind, width, height, largest, _start_of_pixels(content, at))


def _start_of_pixels(content: bytes, at: int) -> int:
    """Pass the one white space behind the header, or the comment or line end of two bytes that some programs write."""
    if content[at : at + 1] == b"#":
        return content.find(b"\n", at) + 1 or len(content)
    return at + (2 if content[at : at + 2] == b"\r\n" else 1)


def frame_count(content: bytes, header: NetpbmHeader) -> int:
    """Count the images of a file, all of which have the size of the first."""
    n_row_values = (header.width + 7) // 8 if header.kind == "4" else header.width * header.n_channels
    n_value_bytes = 4 if header.kind in "Ff" else 1 if header.largest < 256 else 2
    end = header.start + header.height * n_row_values * n_value_bytes
    if header.kind in "123" or not content[end : end + 10].lstrip().startswith(content[:2]):
        return 1
    return max(2, len(content) // end)


def read_values(content: bytes, header: NetpbmHeader) -> np.ndarray:
    """Read the pixels of the first image.

    Returns:
        uint8, uint16 or float32, `(height, width)` or `(height, width, 3)`; bits are 0 for black and 1 for white.

    Raises:
        ImageError: If they are cut or damaged.
    """
    shape = (header.height, header.width, 3)[: 3 if header.n_channels == 3 else 2]
    n_values = header.height * header.width * header.n_channels
    if header.kind in "123":
        return _plain(content[header.start :], header, n_values).reshape(shape)
    if header.kind == "4":
        n_bytes = (header.width + 7) // 8
        rows = _raw(content, header, np.dtype(np.uint8), header.height * n_bytes).reshape(header.height, n_bytes)
        return 1 - np.unpackbits(rows, axis=1)[:, : header.width]
    if header.kind in "Ff":
        order = "<" if header.largest < 0 else ">"
        return _raw(content, header, np.dtype(order + "f4"), n_values).reshape(shape)[::-1].astype(np.float32)
    if header.largest < 256:
        return _raw(content, header, np.dtype(np.uint8), n_values).reshape(shape)
    return _raw(content, header, np.dtype(">u2"), n_values).reshape(shape).astype(np.uint16)


def _raw(content: bytes, header: NetpbmHeader, kind: np.dtype, n_values: int) -> np.ndarray:
    if len(content) < header.start + n_values * kind.itemsize:
        raise ImageError(ENDS_EARLY)
    return np.frombuffer(content, kind, n_values, header.start)


def _plain(written: bytes, header: NetpbmHeader, n_values: int) -> np.ndarray:
    """Read pixels that are written as decimal numbers, or as digits 0 and 1 that need no space between them."""
    text = _COMMENT.sub(b" ", written)
    numbers = _digits(text, n_values) if header.kind == "1" else _numbers(text, n_values)
    if numbers is None or numbers.max(initial=0) > header.largest:
        raise ImageError(DAMAGED)
    if numbers.size < n_values:
        raise ImageError(ENDS_EARLY)
    return numbers.astype(np.uint8 if header.largest < 256 else np.uint16)


def _digits(text: bytes, n_values: int) -> np.ndarray | None:
    digits = np.frombuffer(text.translate(None, _SPACE), np.uint8)[:n_values] - ord("0")
    return 1 - digits if digits.max(initial=0) <= 1 else None


def _numbers(text: bytes, n_values: int) -> np.ndarray | None:
    if text.translate(None, _SPACE + b"0123456789"):
        return None
    return np.fromstring(text.decode("ascii"), np.int64, sep=" ")[:n_values]
