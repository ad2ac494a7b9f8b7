"""What Python's `zipfile`, and the libraries that unpack for it, raise for archives that are damaged or lie."""

import contextlib
import struct
import zipfile
import zlib

_UNPACKING: tuple[type[Exception], ...] = (zlib.error,)
with contextlib.suppress(ImportError):  # Python can be built without it
    import lzma

    _UNPACKING += (lzma.LZMAError,)

ZIP_FAULTS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    OSError,
    EOFError,
    RuntimeError,  # what is encrypted; and unknown methods
    OverflowError,
    ValueError,  # a place before the begin of the file; with it, UnicodeError
    struct.error,
    *_UNPACKING,
)
"""What featx itself raises is among them as a `ValueError`: it is let through before."""
