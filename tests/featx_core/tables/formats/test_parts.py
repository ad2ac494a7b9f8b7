"""A folder of parts as vectors: all of it, an even sample of it, and what is wrong with it."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featx_core as fx
from featx_core.command.vectors import table_of
from featx_core.tables.apart.in_json import vectors_from_json, words_to_json
from featx_core.tables.formats import parts
from featx_core.tables.storing import pack, unpack
from tests.toys.part_examples import digest_of, vector_of, write_parts

FIRST, SECOND = ["/data/cat/1.jpg", "/data/dog/1.jpg"], ["/data/dog/2.jpg"]


def test_all_rows_come_in_with_names_labels_and_digests(tmp_path):
    write_parts(tmp_path / "parts", FIRST, SECOND)
    vectors = fx.read_vectors(tmp_path / "parts")
    by_name = dict(zip(vectors.names, vectors.values.tolist(), strict=True))
    assert by_name == {path.removeprefix("/data/"): vector_of(path).tolist() for path in FIRST + SECOND}
    labels = dict(zip(vectors.names, vectors.labels, strict=True))
    assert labels == {"cat/1.jpg": "cat", "dog/1.jpg": "dog", "dog/2.jpg": "dog"}
    digests = dict(zip(vectors.names, vectors.digests, strict=True))
    assert digests == {path.removeprefix("/data/"): digest_of(path) for path in FIRST + SECOND}
    assert vectors.notes == ()
    kept = unpack(pack(vectors))
    assert kept.digests == vectors.digests
    assert vectors_from_json(words_to_json(vectors), vectors.values.tobytes()).digests == vectors.digests


def test_of_many_rows_those_whose_digests_come_first(tmp_path, monkeypatch):
    paths = [f"/data/{number}.jpg" for number in range(40)]
    write_parts(tmp_path / "parts", paths[:25], paths[25:])
    monkeypatch.setattr(parts, "MAX_SAMPLED", 10)
    vectors = fx.read_vectors(tmp_path / "parts")
    assert set(vectors.digests) == set(sorted(map(digest_of, paths))[:10])
    assert vectors.notes == ("10 of 40 rows come in: an even sample by digest, of the same images in every run.",)


def test_all_rows_can_be_had_where_no_map_is_drawn(tmp_path, monkeypatch):
    paths = [f"/data/{number}.jpg" for number in range(9)]
    write_parts(tmp_path / "parts", paths[:5], paths[5:])
    monkeypatch.setattr(parts, "MAX_SAMPLED", 3)
    table = parts.read_all(tmp_path / "parts")
    assert dict(zip(table.names, table.digests, strict=True)) == {path[6:]: digest_of(path) for path in paths}
    for name, row in zip(table.names, table.values, strict=True):
        np.testing.assert_array_equal(row, vector_of(f"/data/{name}"))
    assert len(table_of(str(tmp_path / "parts")).values) == 3
    assert len(table_of(str(tmp_path / "parts"), is_whole=True).values) == 9


def test_equal_images_do_not_make_a_sample_too_large(tmp_path, monkeypatch):
    written = write_parts(tmp_path / "parts", ["/data/a.jpg"], ["/data/b.jpg"])
    same = written[0].read_bytes()
    for number in range(5):
        (tmp_path / "parts" / f"part-{number}.parquet").write_bytes(same)
    monkeypatch.setattr(parts, "MAX_SAMPLED", 3)
    assert len(fx.read_vectors(tmp_path / "parts").values) == 3


def test_rows_belong_to_images_by_digest_and_are_compared_so(tmp_path, workspace):
    image = workspace.images()[1]
    written = write_parts(tmp_path / "parts", FIRST)
    del written
    vectors = fx.read_vectors(tmp_path / "parts")
    given = fx.Vectors(vectors.values, vectors.names, (None, None), digests=(image.digest, digest_of("other")))
    features = fx.load_features(workspace, fx.add_vectors(workspace, given).digest)
    assert features.digests == given.digests
    assert features.labels == (image.label, None)


def test_the_images_that_can_be_reached(tmp_path):
    here = tmp_path / "photos" / "owl.jpg"
    here.parent.mkdir()
    here.write_bytes(b"")
    gone, far = str(tmp_path / "photos" / "gone.jpg"), "s3://bucket/a.jpg"
    write_parts(tmp_path / "parts", [str(here), gone, far])
    digests = [digest_of(path) for path in (str(here), gone, far)]
    assert parts.pictures(tmp_path / "parts", digests) == [here]
    assert parts.pictures(tmp_path / "parts", digests[1:]) == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: next(folder.glob("part-*")).write_bytes(b"PAR1 of nothing"), "holds a damaged file, part-"),
        (lambda folder: write_parts(folder, ["/x"], spec=fx.Pretrained("resnet50")), "features of several specs"),
        (
            lambda folder: (
                [path.unlink() for path in folder.glob("part-*")] and write_parts(folder, [], left_out=[("/a", "b")])
            ),
            "no image",
        ),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_sentence(tmp_path, spoil, words):
    write_parts(tmp_path / "parts", FIRST)
    spoil(tmp_path / "parts")
    with pytest.raises(fx.TableError, match=words):
        fx.read_vectors(tmp_path / "parts")


def test_a_file_that_is_no_part_is_named(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    write_parts(tmp_path / "parts", FIRST)
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "parts" / "part-x.parquet")
    with pytest.raises(fx.TableError, match=r"no part of features: part-x\.parquet"):
        fx.read_vectors(tmp_path / "parts")


def test_digests_of_a_parquet_file_of_features_are_kept(tmp_path):
    (written,) = write_parts(tmp_path / "parts", FIRST)
    vectors = fx.read_vectors(written)
    assert vectors.digests == tuple(map(digest_of, FIRST))
    np.testing.assert_array_equal(vectors.values, np.stack([vector_of(path) for path in FIRST]))
    assert "sha256" not in vectors.facts


def test_a_row_without_features_does_not_move_the_others(tmp_path):
    (written,) = write_parts(tmp_path / "parts", [*FIRST, *SECOND])
    table = pq.read_table(written)
    rows = table["features"].to_pylist()
    rows[1] = None
    table = table.set_column(3, table.schema.field("features"), [pa.array(rows, table.schema.field("features").type)])
    pq.write_table(table, written)
    vectors = fx.read_vectors(tmp_path / "parts")
    expected = {"cat/1.jpg": vector_of(FIRST[0]).tolist(), "dog/2.jpg": vector_of(SECOND[0]).tolist()}
    assert dict(zip(vectors.names, vectors.values.tolist(), strict=True)) == expected
    assert vectors.notes == ("1 row with missing or infinite values was left out.",)
