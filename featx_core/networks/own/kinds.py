"""Files that are no `.keras` model, recognized by their first bytes, and the way from each to one that works."""

from __future__ import annotations

from featx_core.networks.saved.kinds import N_HEAD_BYTES

__all__ = ["N_HEAD_BYTES", "why_not_model"]

_SAVE = "`model.save('name.keras')`"
_KINDS: tuple[tuple[bytes, str], ...] = (
    (
        b"\x89HDF\r\n\x1a\n",
        f"is an HDF5 file (.h5). If it holds a whole model, load it in Keras and save it as one file with {_SAVE}. If it "
        "holds weights only, choose their backbone under Pretrained, and there “Your own file”.",
    ),
    (
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
        "is a file of PyTorch, which holds weights or a program and no model that Keras can read. Extract the features where "
        "it runs, and bring in the table.",
    ),
)
_ONNX_MAKERS = (b"pytorch", b"onnx", b"keras")
"""What stands near the begin of such files, which have no mark of their own."""

_MEMBERS: tuple[tuple[str, str], ...] = (
    (
        "saved_model.pb",
        f"is a SavedModel of TensorFlow, which is a program. Load the model where it was made and save it with {_SAVE}.",
    ),
    (
        "data.pkl",
        "is a file of PyTorch, which is a program. Extract the features where it runs, and bring in the table.",
    ),
)


def why_not_model(head: bytes) -> str | None:
    r"""Say what a file is instead of a `.keras` model, and what to do, in words that follow its name.

    Args:
        head: The first `N_HEAD_BYTES` bytes of the file.

    Returns:
        The words, or None where the file is a zip, as a `.keras` file is.

    >>> why_not_model(b"PK\x03\x04"), why_not_model(b"nonsense").split(".")[0]
    (None, 'is no model of Keras, or is damaged')
    """
    if head.startswith(b"PK\x03\x04"):
        return None
    for start, words in _KINDS:
        if head.startswith(start):
            return words
    if head.startswith(b"\x08") and any(maker in head[:64] for maker in _ONNX_MAKERS):
        return (
            "is a model in ONNX, which featx does not read. Extract the features where it runs, and bring in the table."
        )
    if head[4:8] == b"TFL3":
        return (
            f"is a model of TensorFlow Lite, which has no gradients. Save the one that it was made from with {_SAVE}."
        )
    return f"is no model of Keras, or is damaged. Save one as a file with {_SAVE}."


def why_not_members(names: list[str]) -> str | None:
    """Say what a zip is instead of a `.keras` model, by the names in it; None where it may be one.

    >>> why_not_members(["archive/data.pkl"]).split(",")[0]
    'is a file of PyTorch'
    """
    if {"config.json", "metadata.json", "model.weights.h5"} <= set(names):
        return None
    for end, words in _MEMBERS:
        if any(name.rpartition("/")[2] == end for name in names):
            return words
    return f"is a zip, but no model of Keras. Save one as a file with {_SAVE}."
