"""Vectors without any image, and beside images: bring a table in, look at it on every page, take it out."""

import io
import re

import numpy as np
import pandas as pd
import pytest

import featx_core as fx
from featx_core.tables import reading
from pages._ui.images.vectors import vector_files
from pages._ui.shell import writing
from tests.toys.app.visiting import element, tiles

pytestmark = pytest.mark.slow

LABELS = ("cat", "dog") * 15


NAMES = tuple(f"item {row}" for row in range(30))


def csv(rows=30, sep=","):
    values = np.random.default_rng(0).normal(size=(rows, 3)) + 4 * np.array([[row % 2] for row in range(rows)])
    lines = [sep.join([f"item {row}", LABELS[row], *map(str, values[row])]) for row in range(rows)]
    return "\n".join([sep.join(["file", "kind", "a", "b", "c"]), *lines]).encode()


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def upload(visitor, *files):
    visitor.tab.file_uploader[0].set_value([(name, content, "application/octet-stream") for name, content in files])
    return visitor.run()


def field(visitor, start):
    """The widget of the form whose key starts so."""
    found = [w for w in (*visitor.tab.selectbox, *visitor.tab.checkbox, *visitor.tab.text_input) if w.key]
    return next(widget for widget in found if widget.key.startswith(start))


def role(visitor, column):
    """The select box of a column's role."""
    found = [box for box in visitor.tab.selectbox if box.key.startswith("role_") and box.key.endswith(f"_{column}")]
    assert len(found) == 1, [box.key for box in visitor.tab.selectbox]
    return found[0]


def roles(visitor):
    """What the columns that are shown are taken for."""
    boxes = [box for box in visitor.tab.selectbox if box.key.startswith("role_")]
    return {box.label.replace("\\", ""): box.value for box in boxes}


def rows_of_noise(n_columns=3, **columns):
    """A table of sixty rows of noise with other columns beside, and without an index."""
    noise = np.random.default_rng(0).normal(size=(60, n_columns)).round(3)
    return pd.DataFrame(noise, columns=[f"f{at}" for at in range(n_columns)]).assign(**columns)


def test_a_table_is_shown_before_it_comes_in(visit):
    visitor = upload(visit(), ("embeddings.csv", csv()))
    assert "Vectors from embeddings.csv" in visitor.words.replace("\\", "")
    assert "30 rows of 3 numbers, 2 labels." in visitor.words.replace("\\", "")
    assert roles(visitor) == {"file": "name", "kind": "label", "a": "feature", "b": "feature", "c": "feature"}
    assert visitor.tab.dataframe[0].value["name"].tolist() == list(NAMES[:5])
    assert visitor.workspace.ledger.runs() == []
    visitor.press("Import these vectors")
    assert "embeddings is in: 30 rows of 3 numbers, 2 labels." in visitor.words.replace("\\", "")
    run = visitor.workspace.ledger.runs()[0]
    assert fx.load_features(visitor.workspace, run.digest).names == NAMES
    assert "1 set of vectors" in [caption.value for caption in visitor.tab.sidebar.caption]
    visitor.tab.button(key="close_vectors").click().run()
    assert "is in:" not in visitor.words
    assert visitor.has_no_fault


def test_name_title_and_columns_can_be_changed(visit):
    visitor = upload(visit(), ("t.csv", b"file;kind;x;y\nowl;bird;1;2\ncat;pet;3;4"))
    role(visitor, "kind").set_value("name")
    visitor.run()
    assert roles(visitor) == {"file": "left out", "kind": "name", "x": "feature", "y": "feature"}
    field(visitor, "title_").set_value("Two animals")
    visitor.run().press("Import these vectors")
    run = visitor.workspace.ledger.runs()[0]
    features = fx.load_features(visitor.workspace, run.digest)
    assert (run.title, features.names, features.labels) == ("Two animals", ("bird", "pet"), (None, None))


def test_numbers_of_rows_and_classes_are_shown_and_can_be_made_features(visit):
    table = rows_of_noise(class_id=np.arange(60) % 3, species=[*"uvw"] * 20)
    visitor = upload(visit(), ("t.csv", table.to_csv().encode()))
    assert roles(visitor)["column 1"] == roles(visitor)["class_id"] == "left out"
    words = visitor.words.replace("\\", "")
    assert "60 rows of 3 numbers, 3 labels." in words
    assert "1 column left out (row numbers): column 1." in words
    assert role(visitor, "column 1").help.replace("\\", "") == "Holds numbers (row numbers)."
    role(visitor, "class_id").set_value("feature")
    visitor.run()
    assert "60 rows of 4 numbers, 3 labels." in visitor.words.replace("\\", "")
    role(visitor, "class_id").set_value("label")
    visitor.run()
    assert roles(visitor)["species"] == "left out"
    visitor.press("Import these vectors")
    features = fx.load_features(visitor.workspace, visitor.workspace.ledger.runs()[0].digest)
    np.testing.assert_array_equal(features.vectors, table[["f0", "f1", "f2"]].to_numpy(np.float32))
    assert features.labels == ("0", "1", "2") * 20
    assert visitor.has_no_fault


def test_of_a_wide_table_only_what_is_no_plain_feature_is_shown(visit):
    table = rows_of_noise(600, kind=[*"uvw"] * 20, uid=np.random.default_rng(0).permutation(60))
    visitor = upload(visit(), ("t.csv", table.to_csv(index=False).encode()))
    assert roles(visitor) == {"kind": "label", "uid": "name"}
    assert "How each column is used (600 others as features)" in visitor.words
    others = visitor.tab.multiselect[0]
    others.set_value(["f7"])
    visitor.run()
    role(visitor, "f7").set_value("left out")
    visitor.run()
    assert "60 rows of 599 numbers, 3 labels." in visitor.words.replace("\\", "")
    assert visitor.has_no_fault


def test_columns_that_can_have_one_role_cannot_be_changed(visit):
    out = io.BytesIO()
    np.savez(out, X=np.eye(3), y=np.array([{}, 1, 2], dtype=object), when=np.zeros(3, "M8[D]"))
    visitor = upload(visit(), ("t.npz", out.getvalue()))
    assert roles(visitor) == {"X": "feature", "y": "left out", "when": "left out"}
    assert [role(visitor, name).disabled for name in ("X", "y", "when")] == [False, True, True]
    assert "Python objects, which featx never unpacks" in visitor.words


def test_an_impossible_choice_is_said_and_can_be_taken_back(visit):
    visitor = upload(visit(), ("t.csv", b"x;y\n1;2\n3;4"))
    for column in ("x", "y"):
        role(visitor, column).set_value("left out")
    visitor.run()
    assert "has no column of numbers" in visitor.tab.warning[0].value.replace("\\", "")
    role(visitor, "x").set_value("feature")
    visitor.run()
    assert not visitor.tab.warning
    assert "2 rows of 1 number." in visitor.words.replace("\\", "")


def test_several_arrays_without_telling_names_have_to_be_told_apart(visit):
    out = io.BytesIO()
    np.savez(out, first=np.arange(12).reshape(4, 3), second=np.ones((4, 2)))
    visitor = upload(visit(), ("t.npz", out.getvalue()))
    assert "Several arrays could hold the features. Choose one." in visitor.tab.info[0].value
    assert element(visitor, f"in_{field(visitor, 'array_').key.removeprefix('array_')}").disabled
    field(visitor, "array_").set_value("second")
    visitor.run()
    assert not visitor.tab.info
    assert roles(visitor) == {"first": "left out", "second": "feature"}
    visitor.press("Import these vectors")
    assert (
        fx.load_features(visitor.workspace, visitor.workspace.ledger.runs()[0].digest).vectors.tolist() == [[1, 1]] * 4
    )


def test_a_header_can_be_made_a_row_and_the_columns_are_judged_anew(visit):
    visitor = upload(visit(), ("t.csv", b"0,1,2\n3,4,9\n5,6,1\n7,8,1"))
    assert (field(visitor, "header_").value, list(roles(visitor))) == (True, ["0", "1", "2"])
    field(visitor, "header_").uncheck()
    visitor.run()
    assert list(roles(visitor)) == ["column 1", "column 2", "column 3"]
    assert "4 rows of 3 numbers" in visitor.words.replace("\\", "")
    assert visitor.has_no_fault


def test_a_bad_row_is_named_and_the_good_ones_come_in_on_request(visit):
    visitor = upload(visit(), ("t.csv", csv(6) + b"\nitem 6,cat,1,owl,3"))
    warning = visitor.tab.warning[0].value.replace("\\", "")
    assert warning == (
        "t.csv has rows that cannot be read, 1 of 7 rows: row 8 has “owl” in column “b”, which is not a number."
    )
    assert element(visitor, f"in_{field(visitor, 'good_').key.removeprefix('good_')}").disabled
    field(visitor, "good_").check().run()
    assert not visitor.tab.warning
    visitor.press("Import these vectors")
    assert "1 row that cannot be read left out" in visitor.words.replace("\\", "")
    assert visitor.workspace.ledger.runs()[0].details["n_images"] == 6


def test_what_is_no_table_is_said_and_can_be_left_out(visit):
    visitor = upload(visit(), ("t.npy", npy(np.array([{}], dtype=object))), ("u.npy", npy(np.eye(3))))
    assert "contains Python objects, which featx never unpacks" in visitor.tab.warning[0].value
    visitor.press("Skip this file")
    assert "Vectors from u.npy" in visitor.words.replace("\\", "")
    visitor.press("Skip this file")
    assert "Try with photographs" in visitor.buttons
    assert visitor.workspace.ledger.runs() == []
    assert visitor.has_no_fault


def test_one_of_several_arrays_is_picked(visit):
    out = io.BytesIO()
    np.savez(out, X=np.zeros((3, 2)), other=np.ones((4, 5)))
    visitor = upload(visit(), ("t.npz", out.getvalue()))
    assert "3 rows of 2 numbers" in visitor.words
    field(visitor, "array_").set_value("other").run()
    assert "4 rows of 5 numbers" in visitor.words
    visitor.press("Import these vectors")
    assert visitor.workspace.ledger.runs()[0].details["n_images"] == 4


def test_images_and_tables_come_in_together_and_rows_find_their_images(visit, make_png):
    visitor = upload(
        visit(), ("t.csv", b"file,x\na,1\nstranger,2\nb,3\n"), ("a.png", make_png(1)), ("b.png", make_png(2))
    )
    visitor.until(lambda other: len(other.workspace.images()) == 2).run()  # images may have come after the last draw
    assert "2 rows belong to images of this workspace." in visitor.words.replace("\\", "")
    visitor.press("Import these vectors")
    assert "t is in: 3 rows of 1 number, 2 rows belong to images of this workspace." in visitor.words.replace("\\", "")
    assert [tile["name"] for tile in tiles(visitor)] == ["a.png", "b.png"]


def test_rows_without_names_can_be_taken_as_the_images(visit, shelve, make_png):
    visitor = visit(shelve([("a.png", make_png(1)), ("b.png", make_png(2))]))
    visitor.tab.session_state["add_more"] = True
    upload(visitor.run(), ("t.npy", npy(np.eye(2))))
    field(visitor, "images_").check().run()
    visitor.press("Import these vectors")
    run = visitor.workspace.ledger.runs()[0]
    assert fx.load_features(visitor.workspace, run.digest).digests == tuple(visitor.workspace.images().digests)


def test_a_local_table_is_taken_like_an_upload(visit, tmp_path):
    (tmp_path / "t.csv").write_bytes(csv())
    visitor = visit()
    visitor.tab.text_input[0].set_value(str(tmp_path / "t.csv")).run()
    visitor.press("Bring in")
    assert "30 rows of 3 numbers" in visitor.words


def test_no_table_is_read_by_the_page_itself(visit, monkeypatch):
    def never(*arguments, **options):
        raise AssertionError("A page has read a table itself.")

    monkeypatch.setattr(reading, "open_table", never)
    monkeypatch.setattr(reading, "read_rows", never, raising=False)
    header = ",".join(f"g{at}" for at in range(20_000))
    row = ",".join(["1.5"] * 20_000)
    visitor = upload(visit(), ("genes.csv", f"{header}\n{row}\n{row}\n".encode()))
    assert "2 rows of 20 000 numbers" in visitor.words.replace("\\", "").replace(" ", " ")
    visitor.press("Import these vectors")
    assert visitor.workspace.ledger.runs()[0].details["feature_shape"] == [20_000]
    assert visitor.has_no_fault


def test_numbers_count_towards_what_a_workspace_takes(visit, monkeypatch):
    monkeypatch.setattr(writing, "MAX_UPLOAD_BYTES", 500)
    visitor = upload(visit(), ("a.csv", csv(30)))
    visitor.press("Import these vectors")
    assert len(visitor.workspace.ledger.runs()) == 1
    visitor.tab.session_state["add_first"] = True
    upload(visitor.run(), ("b.csv", csv(29)))
    visitor.press("Import these vectors")
    said = visitor.tab.error[0].value.replace("\\", "")
    assert re.fullmatch(r"This workspace holds .* of uploads; the limit is 500 bytes\. Remove some, .*", said)
    assert len(visitor.workspace.ledger.runs()) == 1
    assert visitor.has_no_fault


def test_a_table_that_nobody_expected_is_said_and_can_be_left_out(visit, monkeypatch):
    def surprise(source, choice):
        raise RuntimeError("Looking at a file raised KeyError: 'secret'.")

    monkeypatch.setattr(vector_files.TABLE_EXAMINERS, "layout", surprise)
    visitor = upload(visit(), ("t.csv", b"x,y\n1,2\n"))
    assert re.search(r"t\\\.csv cannot be read \(ref [A-Z2-9]{4}\)", visitor.tab.warning[0].value)
    assert "secret" not in visitor.words
    visitor.press("Skip this file")
    assert "Try with samples" in visitor.buttons
    assert visitor.has_no_fault
