"""What a command names: folders, patterns and Parquet files of images or paths."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from featx_core.distributed.listing import ListingError, list_images
from featx_core.distributed.plan import Listed


@pytest.fixture
def photos(tmp_path):
    for name in ("cat/1.jpg", "cat/2.jpg", "dog/1.jpg", ".DS_Store"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(b"")
    return tmp_path / "photos"


def listed(*given):
    return [(image.path, image.label) for image in list_images([str(each) for each in given])]


def test_a_folder_gives_its_files_with_labels_and_absolute_paths(photos, monkeypatch):
    expected = [(f"{photos}/{name}", name[:3]) for name in ("cat/1.jpg", "cat/2.jpg", "dog/1.jpg")]
    assert listed(photos) == expected
    monkeypatch.chdir(photos.parent)
    assert listed("photos/*/*.jpg") == expected


def test_a_parquet_file_of_paths_is_read_beside_itself(tmp_path, photos):
    table = pa.table({"path": ["photos/cat/1.jpg", "/x/2.jpg", "s3://bucket/3.jpg"], "label": ["a", None, "b"]})
    parquet.write_table(table, tmp_path / "paths.parquet")
    assert listed(tmp_path / "paths.parquet") == [
        (f"{tmp_path}/photos/cat/1.jpg", "a"),
        ("/x/2.jpg", None),
        ("s3://bucket/3.jpg", "b"),
    ]


def test_a_parquet_file_of_images_is_named_by_its_rows(tmp_path):
    path = str(tmp_path / "images.parquet")
    parquet.write_table(pa.table({"image": [b"one", b"two"]}), path)
    assert list_images([path]) == [Listed(f"{path}#0", None, path, 0), Listed(f"{path}#1", None, path, 1)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nowhere", "nowhere is not there"),
        ("*.nothing", r"Nothing fits the pattern \*\.nothing"),
        ("other.parquet", "has no column of images"),
        ("broken.parquet", "is no Parquet file that can be read"),
        ("empty", "There are no images"),
    ],
)
def test_what_is_not_there_is_one_sentence(given, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "other.parquet")
    with pytest.raises(ListingError, match=words):
        list_images([given])


def test_a_file_that_changes_gets_another_mark(tmp_path, photos):
    parquet.write_table(pa.table({"path": ["photos/cat/1.jpg", "photos/gone.jpg"]}), tmp_path / "paths.parquet")
    parquet.write_table(pa.table({"image": [b"one"]}), tmp_path / "images.parquet")
    given = [str(tmp_path / "paths.parquet"), str(tmp_path / "images.parquet"), str(photos / "cat")]
    before = [image.mark for image in list_images(given)]
    assert [bool(mark) for mark in before] == [True, False, True, True, True]
    (photos / "cat/1.jpg").write_bytes(b"more")
    parquet.write_table(pa.table({"image": [b"other"]}), tmp_path / "images.parquet")
    after = [image.mark for image in list_images(given)]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, False, False, True]
