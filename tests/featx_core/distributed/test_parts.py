"""The folder that many processes write into: every image once, whatever happened."""

import json
import resource
import signal

import pyarrow.parquet as pq
import pytest

import featx_core as fx
from featx_core.base.files.whole_file import PART_SUFFIX
from featx_core.distributed.parts import PartsError, look_through, settle
from tests.toys.part_examples import SPEC, write_parts


def paths_in(folder):
    return sorted(path for part in folder.glob("part-*.parquet") for path in pq.read_table(part)["path"].to_pylist())


def skipped(folder):
    table = pq.read_table(folder / "skipped.parquet").to_pydict()
    return dict(zip(table["path"], table["reason"], strict=True))


def test_a_part_has_plain_columns_and_says_what_made_it(tmp_path):
    (written,) = write_parts(tmp_path, ["a/1.jpg", "b/2.jpg"], left_out=[("a/x.jpg", "is empty")])
    schema = pq.read_schema(written)
    assert str(schema.field("features").type) == "fixed_size_list<element: float>[4]"
    assert [schema.field(name).type.equals("string") for name in ("path", "label", "sha256")] == [True] * 3
    facts = {name.decode(): text.decode() for name, text in schema.metadata.items()}
    assert facts["featx.spec"] == SPEC.to_json()
    assert json.loads(facts["featx.feature_shape"]) == [4]
    assert json.loads(facts["featx.left_out"]) == [["a/x.jpg", "is empty"]]


def test_images_that_two_runs_did_are_there_once(tmp_path):
    write_parts(tmp_path, ["1", "2", "3"], ["3", "4"], ["2", "1"])
    assert paths_in(tmp_path) == ["1", "1", "2", "2", "3", "3", "4"]
    held = settle(tmp_path, SPEC)
    assert paths_in(tmp_path) == sorted(held.paths) == ["1", "2", "3", "4"]
    assert fx.read_vectors(tmp_path).values.shape == (4, 4)


def test_what_was_left_out_is_named_until_it_has_features(tmp_path):
    write_parts(tmp_path, ["1"], left_out=[("2", "is damaged"), ("3", "does not exist")])
    assert settle(tmp_path, SPEC).left_out == {"2": "is damaged", "3": "does not exist"}
    write_parts(tmp_path, ["2"])
    assert settle(tmp_path, SPEC).left_out == {"3": "does not exist"}
    assert skipped(tmp_path) == {"3": "does not exist"}


def test_a_damaged_part_is_moved_aside_so_that_its_images_are_done_again(tmp_path):
    first, _ = write_parts(tmp_path, ["1", "2"], ["3"])
    first.write_bytes(first.read_bytes()[:200])
    held = look_through(tmp_path, SPEC)
    assert (held.paths, held.n_damaged) == ({"3"}, 1)
    assert first.with_suffix(".damaged").exists()


def test_half_a_file_of_a_process_that_was_killed_does_not_count(tmp_path):
    (written,) = write_parts(tmp_path, ["1"])
    half = tmp_path / f"part-0.parquet.abc{PART_SUFFIX}"
    half.write_bytes(written.read_bytes()[:100])
    assert settle(tmp_path, SPEC).paths == {"1"}
    assert not half.exists()


def test_a_file_that_cannot_grow_leaves_what_was_there(tmp_path):
    write_parts(tmp_path, ["1"])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_parts(tmp_path, ["2"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert paths_in(tmp_path) == ["1"]
    assert not list(tmp_path.glob(f"*{PART_SUFFIX}"))


def test_another_spec_is_refused(tmp_path):
    write_parts(tmp_path, ["1"])
    with pytest.raises(PartsError, match=r"features of another spec\. Name another folder"):
        look_through(tmp_path, fx.Pretrained("resnet50"))
