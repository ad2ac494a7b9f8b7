"""What is selected: images, by their digests, so that a selection outlives another projection, another page and another run.

In the address a selection of a few images stands as the beginnings of their digests, one of many as a bit for each row.
"""

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pages._ui.shell import session

_KEY = "map_chosen"
_LISTED = 40  # images whose digests stand in the address; with more, bits are shorter
_PREFIX = 6  # bytes of a digest: 2.8e14 of them
MAX_LINK = 6_000  # characters in an address; browsers and proxies cut longer ones off


@dataclass(frozen=True)
class Chosen:
    """A selection.

    Attributes:
        keys: What is selected, as `keys_of` names it.
        by: Who made it: the script of a map takes over only what it has not made itself.
    """

    keys: frozenset[str] = frozenset()
    by: str = ""

    @property
    def digests(self) -> frozenset[str]:
        """The images, whichever of their copies are selected."""
        return frozenset(key.partition("#")[0] for key in self.keys)


def current() -> Chosen:
    """Return what is selected in this session."""
    found = session.recall(_KEY)
    return found if isinstance(found, Chosen) else Chosen()


def choose(keys: Sequence[str] | frozenset[str], by: str) -> Chosen:
    """Select something else from now on."""
    made = Chosen(frozenset(keys), by)
    session.remember(_KEY, made)
    return made


def keys_of(digests: Sequence[str], copies: Sequence[int] | None) -> list[str]:
    """Name each row: by its image, and by the copy where an image has several rows.

    >>> keys_of(["ab", "ab"], [0, 1]), keys_of(["ab"], None)
    (['ab#0', 'ab#1'], ['ab'])
    """
    if copies is None:
        return list(digests)
    return [f"{digest}#{copy}" for digest, copy in zip(digests, copies, strict=True)]


def mask_of(chosen: Chosen, keys: Sequence[str]) -> np.ndarray:
    """Return whether each row is selected; where a selection was made on rows of another kind, by its image alone."""
    if not chosen.keys:
        return np.zeros(len(keys), bool)
    has_copies = any("#" in key for key in list(chosen.keys)[:1])
    if keys and has_copies == ("#" in keys[0]):
        return np.fromiter(map(chosen.keys.__contains__, keys), bool, len(keys))
    digests = chosen.digests
    return np.fromiter((key.partition("#")[0] in digests for key in keys), bool, len(keys))


def to_bits(mask: np.ndarray) -> str:
    """Write a selection as the script of a map does: a bit a row, in base64."""
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode("ascii")


def from_bits(text: object, n_rows: int) -> np.ndarray | None:
    """Read what `to_bits` wrote; None where it is something else."""
    try:
        content = base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(content) != -(-n_rows // 8):
        return None
    return np.unpackbits(np.frombuffer(content, np.uint8), count=n_rows, bitorder="little").astype(bool)


def to_link(mask: np.ndarray, keys: Sequence[str]) -> str:
    """Write a selection for an address; empty where nothing is selected, or where it would be too long."""
    rows = np.flatnonzero(mask)
    if not len(rows):
        return ""
    if len(rows) <= _LISTED and "#" not in keys[0]:
        prefixes = b"".join(bytes.fromhex(keys[row])[:_PREFIX] for row in rows.tolist())
        return "a" + _text(prefixes)
    packed = zlib.compress(np.packbits(mask, bitorder="little").tobytes(), 9)
    words = "b" + _text(len(keys).to_bytes(4, "little") + _check(keys) + packed)
    return words if len(words) <= MAX_LINK else ""


def from_link(text: str, keys: Sequence[str]) -> frozenset[str]:
    """Read what `to_link` wrote. Images that are not here are left out, and so is what is no selection."""
    try:
        content = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)) if len(text) <= MAX_LINK else b""
        if text[:1] == "a":
            asked = {content[at : at + _PREFIX].hex() for at in range(0, len(content), _PREFIX)}
            return frozenset(key for key in keys if key[: 2 * _PREFIX] in asked)
        if text[:1] == "b":
            return _from_packed(content, keys)
    except (binascii.Error, ValueError, zlib.error):
        pass
    return frozenset()


def _from_packed(content: bytes, keys: Sequence[str]) -> frozenset[str]:
    """Read bits. Images that came in since stand behind those that the bits are of."""
    n_rows = int.from_bytes(content[:4], "little")
    if not 0 < n_rows <= len(keys) or content[4:8] != _check(keys[:n_rows]):
        return frozenset()
    packed = zlib.decompressobj().decompress(content[8:], -(-n_rows // 8))
    mask = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")[:n_rows]
    return frozenset(keys[row] for row in np.flatnonzero(mask).tolist())


def _check(keys: Sequence[str]) -> bytes:
    return zlib.crc32("\n".join(keys).encode()).to_bytes(4, "little")


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
