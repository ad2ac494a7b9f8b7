"""Files that are no model that featx reads, recognized by their first bytes, and the way from each to one that works."""

from __future__ import annotations

from featx_core.networks.saved.kinds import N_HEAD_BYTES

__all__ = ["N_HEAD_BYTES", "is_onnx", "why_not_model"]

_SAVE = "`model.save('name.keras')`"
_KINDS: tuple[tuple[bytes, str], ...] = (
    (
        b"\x89HDF\r\n\x1a\n",
        f"is an HDF5 file (.h5). If it holds a whole model, load it in Keras and save it as one file with {_SAVE}. If it "
        "holds weights only, choose their backbone under Pretrained, and there “Your own file”.",
    ),
    (
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
        "is a file of PyTorch, which holds weights or a program. Where it runs, export the model with "
        "`torch.onnx.export(model, image, 'name.onnx')`, and bring in that.",
    ),
)
_FIRST_ONNX, _LAST_ONNX = 3, 30
"""Versions of the format, which files in ONNX begin with. They have no mark of their own."""

_ONNX_TAGS = frozenset(b"\x12\x1a\x22\x28\x32\x3a\x42")
"""What can come next: who wrote it, the network, the version of the operators."""

_MEMBERS: tuple[tuple[str, str], ...] = (
    (
        "saved_model.pb",
        f"is a SavedModel of TensorFlow, which is a program. Load the model where it was made and save it with {_SAVE}.",
    ),
    (
        "data.pkl",
        "is a file of PyTorch, which is a program. Where it runs, export the model with "
        "`torch.onnx.export(model, image, 'name.onnx')`, and bring in that.",
    ),
)


def why_not_model(head: bytes) -> str | None:
    r"""Say what a file is instead of a `.keras` model, and what to do, in words that follow its name.

    Args:
        head: The first `N_HEAD_BYTES` bytes of the file.

    Returns:
        The words, or None where the file is a zip, as a `.keras` file is.

    >>> why_not_model(b"PK\x03\x04"), why_not_model(b"nonsense").split(".")[0]
    (None, 'is no model of Keras or ONNX, or is damaged')
    """
    if head.startswith(b"PK\x03\x04"):
        return None
    for start, words in _KINDS:
        if head.startswith(start):
            return words
    if head[4:8] == b"TFL3":
        return (
            f"is a model of TensorFlow Lite, which has no gradients. Save the one that it was made from with {_SAVE}."
        )
    return f"is no model of Keras or ONNX, or is damaged. In Keras, save one as a file with {_SAVE}."


def is_onnx(head: bytes) -> bool:
    r"""Whether a file begins as a model in ONNX does.

    >>> is_onnx(b"\x08\x0a\x12\x07pytorch"), is_onnx(b"PK\x03\x04")
    (True, False)
    """
    return len(head) > 2 and head[0] == 8 and _FIRST_ONNX <= head[1] <= _LAST_ONNX and head[2] in _ONNX_TAGS


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
    return f"is a zip, but no model of Keras or ONNX. In Keras, save one as a file with {_SAVE}."
