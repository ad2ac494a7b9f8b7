"""Files that are not Keras weights, recognized by their first bytes without opening them."""

from __future__ import annotations

import re

N_HEAD_BYTES = 512
"""So many bytes from the start are enough."""

CONVERT = "In Keras, write only its weights with `model.save_weights('name.weights.h5')` and import that file instead."
BRING_VECTORS = "Extract the features where the network runs, save them as .npz or .csv, and import that table instead."
_KERAS_ONLY = f"featx reads weights of Keras only. {BRING_VECTORS}"

_HDF5 = b"\x89HDF\r\n\x1a\n"
_OLD_PYTORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_ZIP = b"PK\x03\x04"
_NAME_AT, _NAME_FROM = 26, 30  # in a zip: where the length of the first member's name lies, and its name
_MEMBERS = (  # the first member of the archive tells what it is
    (r"metadata\.json|config\.json", f"is a whole model of Keras (.keras), not a file of weights. {CONVERT}"),
    (r".*\.npy", f"is an archive of NumPy (.npz), not a file of weights. {CONVERT}"),
    (r"[^/]+/(data\.pkl|\.format_version|version|byteorder)", f"is a file of PyTorch. {_KERAS_ONLY}"),
)


def why_not_weights(head: bytes) -> str | None:
    """Say what a file is instead of weights of Keras, and what to do, in words that follow its name.

    Args:
        head: The first `N_HEAD_BYTES` bytes of the file, or all of it.

    Returns:
        The words, or None where the file may hold weights: whether it does, only reading it tells.

    >>> why_not_weights(b"PK no archive").split(".")[0]
    'is damaged or in another format: Keras weights are HDF5 files'
    """
    if head.startswith(_HDF5):
        return None
    if head.startswith(_ZIP):
        return _archive(head)
    if head.startswith(_OLD_PYTORCH):
        return f"is a file of PyTorch. {_KERAS_ONLY}"
    if re.match(rb".{7}\x00\{", head, re.DOTALL):
        return f"is a file of safetensors. {_KERAS_ONLY}"
    if head[4:8] == b"TFL3":
        return f"is a model of TensorFlow Lite. {_KERAS_ONLY}"
    return f"is damaged or in another format: Keras weights are HDF5 files. {CONVERT}"


def _archive(head: bytes) -> str:
    length = int.from_bytes(head[_NAME_AT : _NAME_AT + 2], "little")
    member = head[_NAME_FROM : _NAME_FROM + length].decode("utf-8", "replace")
    for pattern, words in _MEMBERS:
        if re.fullmatch(pattern, member):
            return words
    return f"is an archive, not a file of weights. {CONVERT}"
