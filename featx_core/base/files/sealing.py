"""Results that only this machine may have written: a workspace that came from elsewhere cannot smuggle one in.

Scripts that users run, and pages that run scripts, are kept in a workspace like any other result, and a workspace may be a
file from anyone. They carry a seal, made with a key that never leaves this machine.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from featx_core.base.files.folders import data_folder

KEY_BYTES = 32
_KEY = "key"


def seal(content: bytes) -> bytes:
    """Put a seal before some bytes."""
    return seal_of(content) + content


def unseal(content: bytes) -> bytes:
    """Return the bytes behind a seal.

    Raises:
        ValueError: If they were sealed elsewhere, or not at all.
    """
    mark, rest = content[:KEY_BYTES], content[KEY_BYTES:]
    if not is_seal(mark, rest):
        raise ValueError("This was written on another machine, or is damaged. It is made again.")
    return rest


def seal_of(content: bytes) -> bytes:
    """Return the seal of some bytes, to be kept beside them: 32 bytes."""
    return hmac.digest(_key(data_folder("seal")), content, hashlib.sha256)


def is_seal(mark: bytes, content: bytes) -> bool:
    """Return whether this machine has sealed these bytes so."""
    return hmac.compare_digest(mark, seal_of(content))


@functools.lru_cache(maxsize=4)
def _key(folder: Path) -> bytes:
    """Return the key of this machine, made when there is none. Two processes that make one at once agree on the first."""
    path = folder / _KEY
    for _ in range(2):
        if path.is_file() and len(key := path.read_bytes()) == KEY_BYTES:
            return key
        made = folder / f"{_KEY}.{secrets.token_hex(4)}"
        made.touch(mode=0o600)
        made.write_bytes(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if not path.is_file():
                made.replace(path)
        made.unlink(missing_ok=True)
    return path.read_bytes()
