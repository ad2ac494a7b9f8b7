"""The actor without Ray: features as a workspace has them, and sentences for what cannot be done."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import featx_core as fx
from featx_core.base import processor
from featx_core.distributed import computing
from featx_core.distributed.computing import TOKEN, OneRun, Order, Outcome, PartWriter, Silent
from featx_core.distributed.decoding import decode_chunk
from featx_core.distributed.plan import Chunk, Listed
from featx_core.methods.extractors import Extractors

SPEC = fx.Pretrained("embedded_v1")  # drawn from its weights: needs no TensorFlow
FORM = SPEC.picture_input.image_size, SPEC.picture_input.fit


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in (processor.THREADS, "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "")


@pytest.fixture
def order(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / TOKEN).write_text("abc", encoding="ascii")
    return Order(SPEC.to_json(), str(folder), "abc", 1, {})


@pytest.fixture
def chunk(tmp_path, make_png):
    for number in (0, 1):
        (tmp_path / f"{number}.png").write_bytes(make_png(number))
    (tmp_path / "same.png").write_bytes(make_png(0))
    (tmp_path / "bad.png").write_bytes(b"nothing")
    return Chunk(tuple(Listed(str(tmp_path / name)) for name in ("0.png", "1.png", "same.png", "bad.png")))


def features_of(chunk):
    workspace = fx.Workspace.open(":memory:")
    workspace.add([image.path for image in chunk.images])
    features = fx.extract(workspace.images(), Extractors().find(SPEC, workspace, Silent()), workspace=workspace)
    return dict(zip(features.digests, features.vectors, strict=True))


def test_a_part_holds_the_features_of_a_workspace(order, chunk):
    writer, decoded = PartWriter(order), decode_chunk(chunk, *FORM)
    assert writer.compute(decoded) == Outcome(3, 1)
    assert writer.compute(decoded) == Outcome(3, 1)  # as after a failure that Ray saw and the disk did not
    (written,) = Path(order.folder).glob("part-*")
    table = pq.read_table(written)
    expected = features_of(chunk)
    assert table["path"].to_pylist() == [image.path for image in chunk.images[:3]]
    for digest, row in zip(table["sha256"].to_pylist(), table["features"].to_pylist(), strict=True):
        np.testing.assert_allclose(row, expected[digest], atol=1e-5 * np.abs(expected[digest]).max())
    assert processor.threads() == 1


def test_a_folder_that_is_another_one_here_is_said_before_anything_is_built(order, chunk):
    elsewhere = Order(order.spec, order.folder, "other", 1, {})
    assert "is not the same folder on every machine" in PartWriter(elsewhere).compute(decode_chunk(chunk, *FORM)).fault


def test_a_run_that_was_overtaken_writes_nothing(order, chunk, tmp_path):
    writer = PartWriter(order)
    (tmp_path / "parts" / TOKEN).write_text("later", encoding="ascii")
    assert "Another command has begun" in writer.compute(decode_chunk(chunk, *FORM)).fault
    assert not list((tmp_path / "parts").glob("part-*"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "The network does not fit into the memory of a machine"),
        (type("ResourceExhaustedError", (Exception,), {})(), "The network does not fit into the memory of a machine"),
        (fx.TableError("The weights are gone."), "The weights are gone."),
    ],
)
def test_a_network_that_cannot_be_built_is_one_sentence(error, words, order, chunk, monkeypatch):
    def broken(*_):
        raise error

    monkeypatch.setattr(computing.Extractors, "find", broken)
    assert PartWriter(order).compute(decode_chunk(chunk, *FORM)).fault.startswith(words)


def test_a_full_disk_is_one_sentence(order, chunk, monkeypatch):
    def full(*_):
        raise OSError(28, "Error writing bytes to file. Detail: [errno 28]")

    writer = PartWriter(order)
    monkeypatch.setattr(computing, "write_part", full)
    fault = writer.compute(decode_chunk(chunk, *FORM)).fault
    assert fault == f"Features cannot be written into {order.folder}: no space left on device."


def test_all_chunks_of_an_actor_are_one_run_for_its_engine():
    """So bfloat16 is measured against float32 once, and a conversion goes on from chunk to chunk."""
    called = []

    class Engine:
        title, notes = "engine", ("a note",)

        def __getattr__(self, name):
            return lambda *_: called.append(name)

        def __call__(self, batch):
            return 2 * batch

    engines = OneRun(Engine())
    for _ in range(3):
        engines.begin()
        assert engines(3) == 6
        engines.plan(1.0)
        engines.conclude()
        engines.end()
    assert called == ["begin", "plan", "plan", "plan"]
    assert (engines.title, engines.notes) == ("engine", ("a note",))
