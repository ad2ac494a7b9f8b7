"""A damaged member ends no reader of archives, whatever it was packed by: each says so in its own words."""

import io
import random
import zipfile

import numpy as np
import pytest

from featx_core.networks.hub.preset_files import read_preset
from featx_core.networks.own.container import open_container, weights_of
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.onnx.files import put_together
from featx_core.networks.weights_loading import WeightsError
from featx_core.tables.layout import TableError
from featx_core.tables.reading import read_vectors
from tests.toys.files.model_files import small_model
from tests.toys.files.onnx_files import small
from tests.toys.files.table_files import npy

CONFIG = b'{"class_name": "A", "config": {}}'


def members_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


READERS = {
    "a model": (
        members_of(small_model()),
        lambda content: (open_container(content), weights_of(content)),
        ModelFileError,
    ),
    "a model in ONNX": ({"m.onnx": small().SerializeToString()}, put_together, ModelFileError),
    "a preset": (
        {"config.json": CONFIG, "model.weights.h5": b"\x89HDF\r\n\x1a\n" + random.Random(0).randbytes(500)},
        lambda content: read_preset(content, "p"),
        WeightsError,
    ),
    "a table": (
        {"X.npy": npy(np.random.default_rng(0).normal(size=(9, 9)))},
        lambda c: read_vectors(("t.npz", c)),
        TableError,
    ),
}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("kind", READERS)
def test_damage_anywhere_is_said_in_words(kind, method):
    members, read, fault = READERS[kind]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    whole, chance, refused = out.getvalue(), random.Random(1), 0
    read(whole)
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        content = bytearray(whole)
        content[at : at + 8] = chance.randbytes(8)
        try:
            read(bytes(content))
        except fault:
            refused += 1
    assert refused > 10
