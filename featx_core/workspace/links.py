"""Images whose files stay where they are: where, how large, how old, and whether they are still the same.

A workspace is a file that may come from anyone. What it says of files of this machine counts only where this machine wrote it:
each link carries a seal over all that it says, and no file of a link without one is touched, not even to see whether it is
there. What is read has to have the digest of the image, so that no link gives away another file.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

from featx_core.base.files.sealing import is_seal, seal_of
from featx_core.images.decoding import MAX_IMAGE_BYTES, ImageError
from featx_core.images.found_files import open_file
from featx_core.workspace.kept_files import is_whole, note_change
from featx_core.workspace.store import Store

DAMAGED = "is damaged in this workspace: its bytes have changed"
FOREIGN = "stays in a folder of another computer: add its folder here"
GONE = "is no longer where it was: add its folder again, or remove the image"
CHANGED = "was changed since it was added: add its folder again"
UNREADABLE = "may not be read by this app where it stays"
"""Why the bytes of an image are not to be had, in words that can follow its name."""

_LINK = (
    "SELECT digest, path, n_bytes, modified, seal FROM links JOIN contents ON contents.id = links.content_id"
    " WHERE {where} = ?"
)


@dataclass(frozen=True)
class Link:
    """Where the file of an image stays.

    Attributes:
        digest: SHA-256 of its bytes when it was added.
        path: As the system has it, whole.
        n_bytes: Its size then.
        modified: When it was changed last then, in nanoseconds since the epoch.
    """

    digest: str
    path: bytes
    n_bytes: int
    modified: int

    @classmethod
    def to(cls, file: Path, digest: str, n_bytes: int, modified: int) -> Link:
        """Make a link to a file of this machine."""
        return cls(digest, os.fsencode(file.absolute()), n_bytes, modified)

    @property
    def seal(self) -> bytes:
        """The seal of this machine over all of it."""
        return seal_of(self._sealed)

    def has_seal(self, mark: bytes) -> bool:
        """Return whether this machine has sealed it."""
        return is_seal(mark, self._sealed)

    @property
    def is_fresh(self) -> bool:
        """Whether a file of its size and time stands there. Its bytes are not read."""
        try:
            found = _stat(self.path)
        except (OSError, ValueError):
            return False
        return stat.S_ISREG(found.st_mode) and (found.st_size, found.st_mtime_ns) == (self.n_bytes, self.modified)

    def read(self) -> bytes:
        """Read as many bytes as it had. The caller checks the digest.

        Raises:
            ImageError: If it is gone, has another size, or may not be read.
        """
        try:
            with open_file(Path(os.fsdecode(self.path))) as file:
                content = file.read(min(self.n_bytes, MAX_IMAGE_BYTES) + 1)
        except PermissionError:
            raise ImageError(UNREADABLE) from None
        except (ImageError, OSError, ValueError):
            raise ImageError(GONE) from None
        if len(content) != self.n_bytes:
            raise ImageError(CHANGED)
        return content

    @property
    def _sealed(self) -> bytes:
        return f"linked file\n{self.digest}\n{self.n_bytes}\n{self.modified}\n".encode() + self.path


def _stat(path: bytes) -> os.stat_result:
    return os.stat(path)


def content_of(store: Store, digest: str) -> bytes:
    """Fetch the bytes of an image, from the workspace or from where its file stays.

    Raises:
        KeyError: If the workspace knows no such image.
        ImageError: If they have changed, or the file is gone, or of another machine.
    """
    content = store.value("SELECT bytes FROM contents WHERE digest = ?", (digest,))
    if content is None:
        raise KeyError(f"The workspace holds no image of digest {digest!r}.")
    link = None if content else link_of(store, digest)
    if link is not None:
        content = link.read()
    if not is_whole(content, digest):
        raise ImageError(DAMAGED if link is None else CHANGED)
    return bytes(content)


def link_of(store: Store, digest: str) -> Link | None:
    """Fetch the link of an image; None for one whose bytes are in the workspace.

    Raises:
        ImageError: If it was not made on this machine.
    """
    rows = store.rows(_LINK.format(where="digest"), (digest,))
    link = _checked(rows[0]) if rows else None
    if rows and link is None:
        raise ImageError(FOREIGN)
    return link


def is_unchanged(store: Store, file: Path, newest: int) -> bool:
    """Tell without reading it whether a file is linked, and is of the size and time that it had.

    Args:
        store: The file of the workspace.
        file: Of this machine.
        newest: The id up to which an image counts.
    """
    rows = store.rows(
        _LINK.format(where="path") + " AND EXISTS"
        " (SELECT 1 FROM images WHERE images.content_id = links.content_id AND images.id <= ?)",
        (os.fsencode(file.absolute()), newest),
    )
    link = _checked(rows[0]) if rows else None
    return link is not None and link.is_fresh


def keep_link(connection: sqlite3.Connection, link: Link) -> None:
    """Let the bytes of an image stay in its file, unless they are in the workspace or in another file that is still there."""
    held = connection.execute("SELECT length(bytes) FROM contents WHERE digest = ?", (link.digest,)).fetchone()
    rows = connection.execute(_LINK.format(where="digest"), (link.digest,)).fetchall()
    before = _checked(rows[0]) if rows else None
    if held[0] or (before is not None and before.is_fresh):
        return
    connection.execute(
        "INSERT OR REPLACE INTO links (content_id, path, n_bytes, modified, seal)"
        " SELECT id, ?, ?, ?, ? FROM contents WHERE digest = ?",
        (link.path, link.n_bytes, link.modified, link.seal, link.digest),
    )


def keep_bytes(connection: sqlite3.Connection, digest: str, content: bytes) -> None:
    """Keep the bytes of an image that was linked before."""
    of = "(SELECT id FROM contents WHERE digest = ?)"
    if connection.execute(f"DELETE FROM links WHERE content_id = {of}", (digest,)).rowcount:
        connection.execute("UPDATE contents SET bytes = ? WHERE digest = ?", (content, digest))
        note_change(connection)


def break_seals(store: Store) -> None:
    """Make all links those of another machine: for a file that anyone has brought to a server that anyone may reach."""
    with store.transaction() as connection:
        connection.execute("UPDATE links SET seal = x''")


def _checked(row: tuple[str, bytes, int, int, bytes]) -> Link | None:
    """Return a link that this machine made."""
    *facts, mark = row
    link = Link(*facts)  # type: ignore[arg-type]
    return link if link.has_seal(mark) else None
