"""Images as a command names them."""

import io
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featx_core.command.inputs import Images
from featx_core.command.outcome import CommandError
from featx_core.workspace.workspace import Workspace


def brought_in(images):
    workspace = Workspace.open(":memory:")
    report = workspace.add(images.sources())
    images.label(workspace)
    return workspace.images(), report


def test_folders_archives_and_patterns(tmp_path, make_png):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(make_png(1))
    (tmp_path / "b.png").write_bytes(make_png(2))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("d/3.png", make_png(3))
    given = [str(tmp_path / "a"), str(tmp_path / "*.png"), str(tmp_path / "c.zip")]
    assert len(brought_in(Images(given))[0]) == 3


def test_a_list_and_standard_input(tmp_path, make_png, monkeypatch):
    for number in (1, 2):
        (tmp_path / f"{number}.png").write_bytes(make_png(number))
    text = f"{tmp_path / '1.png'}\n\n  {tmp_path / '2.png'}\n"
    (tmp_path / "list.txt").write_text(text, encoding="utf-8")
    assert len(brought_in(Images([], str(tmp_path / "list.txt")))[0]) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert len(brought_in(Images([], "-"))[0]) == 2


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tmp_path, make_png):
    path = tmp_path / "photo[1].png"
    path.write_bytes(make_png(1))
    assert len(brought_in(Images([str(path)]))[0]) == 1


@pytest.mark.parametrize("column", ["image", "bytes"])
def test_bytes_and_labels_of_a_parquet_file(column, tmp_path, make_png):
    table = pd.DataFrame({column: [make_png(number) for number in range(3)], "label": ["owl", "jay", None]})
    table.to_parquet(tmp_path / "birds.parquet")
    images, report = brought_in(Images([str(tmp_path / "birds.parquet")]))
    assert report.skipped == []
    assert images.labels == ["owl", "jay", None]


def test_images_as_datasets_of_hugging_face_hold_them(tmp_path, make_png):
    rows = [{"path": f"{number}.png", "bytes": make_png(number)} for number in range(2)]
    pd.DataFrame({"image": rows, "label": [0, 1]}).to_parquet(tmp_path / "train.parquet")
    images, _ = brought_in(Images([str(tmp_path / "train.parquet")]))
    assert (images.names, images.labels) == (["0.png", "1.png"], ["0", "1"])


def test_paths_are_read_from_beside_the_file_and_what_is_missing_is_named(tmp_path, make_png):
    (tmp_path / "1.png").write_bytes(make_png(1))
    pd.DataFrame({"path": ["1.png", "gone.png"], "class": ["a", "b"]}).to_parquet(tmp_path / "list.parquet")
    images, report = brought_in(Images([str(tmp_path / "list.parquet")]))
    assert (images.names, images.labels) == (["1.png"], ["a"])
    assert [name for name, _ in report.skipped] == ["gone.png"]


def test_a_parquet_file_without_images_is_refused_by_its_columns(tmp_path):
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(CommandError, match=r"x\.parquet has no column of images"):
        list(Images([str(tmp_path / "x.parquet")]).sources())
    (tmp_path / "y.parquet").write_bytes(b"PAR1")
    with pytest.raises(CommandError, match=r"y\.parquet is no Parquet file"):
        list(Images([str(tmp_path / "y.parquet")]).sources())


def test_all_that_is_missing_is_counted(tmp_path):
    with pytest.raises(CommandError, match=r"a is not there, nor are 2 others\."):
        Images([str(tmp_path / name) for name in ("a", "b", "c")])


def test_a_list_may_begin_with_a_mark_and_name_what_is_gone(tmp_path, make_png):
    """Programs of Windows write the mark; a long list is not refused for one file that was moved."""
    (tmp_path / "1.png").write_bytes(make_png(1))
    lines = [str(tmp_path / name) for name in ("1.png", "gone.png", "n" * 300)]
    (tmp_path / "list.txt").write_text("\r\n".join(lines), encoding="utf-8-sig")
    images, report = brought_in(Images([], str(tmp_path / "list.txt")))
    assert images.names == ["1.png"]
    assert [reason for _, reason in report.skipped] == ["does not exist", "cannot be opened"]
    (tmp_path / "list.txt").write_text("\n".join(lines[1:]), encoding="utf-8")
    with pytest.raises(CommandError, match=r"gone\.png is not there, nor are 1 others"):
        Images([], str(tmp_path / "list.txt"))


def test_a_name_that_no_file_can_have_is_not_there():
    with pytest.raises(CommandError, match=r"^n+ is not there\.$"):
        Images(["n" * 300])


def test_odd_rows_of_a_parquet_file_are_named_with_the_reason(tmp_path, make_png):
    (tmp_path / "1.png").write_bytes(make_png(1))
    rows = [
        {"path": "1.png", "bytes": None},
        {"path": "gone.png", "bytes": None},
        {"path": "n" * 300, "bytes": None},
        None,
    ]
    table = pd.DataFrame({"image": rows, "label": [1.0, 2.0, float("nan"), 3.0]})
    table.to_parquet(tmp_path / "odd.parquet")
    images, report = brought_in(Images([str(tmp_path / "odd.parquet")]))
    assert (images.names, images.labels) == (["1.png"], ["1"])
    assert [reason for _, reason in report.skipped] == [
        "does not exist",
        "does not exist",
        "holds no image in this row",
    ]
    pd.DataFrame({"image": [1, 2]}).to_parquet(tmp_path / "numbers.parquet")
    assert (
        brought_in(Images([str(tmp_path / "numbers.parquet")]))[1].skipped[0][1] == "is no image, nor the path of one"
    )


def test_a_parquet_file_that_is_damaged_midway_ends_no_intake(tmp_path, make_png):
    first, last = tmp_path / "a.parquet", tmp_path / "b.png"
    last.write_bytes(make_png(500))
    rows = pa.table({"image": [make_png(number) for number in range(128)]})
    pq.write_table(rows, first, row_group_size=64, compression="none", use_dictionary=False)
    group = pq.ParquetFile(first).metadata.row_group(1).column(0)
    content = bytearray(first.read_bytes())
    content[group.data_page_offset : group.data_page_offset + 30] = b"\xff" * 30
    first.write_bytes(content)
    images, report = brought_in(Images([str(first), str(last)]))
    assert images.names[-1] == "b.png"
    assert len(images) == 65
    assert report.skipped == [("a.parquet", "is damaged: it could be read up to row 64")]
