"""What each column is taken for: numbers of rows and of classes are no features, and whoever knows better says so."""

import io

import numpy as np
import pandas as pd
import pytest

from featx_core.measures.probes import linear_probe
from featx_core.tables.reading import read_vectors
from tests.toys.files.table_files import csv, npy, parquet
from tests.toys.files.tables_of_noise import CODES, FRAME, NOISE, SHUFFLED, WORDS, N, is_clean, roles, with_column


def both(frame, **options):
    return [("t.csv", csv(frame, **options)), ("t.parquet", parquet(frame))]


def test_on_noise_a_probe_is_at_chance_whatever_numbers_rows_and_classes(tmp_path):
    frame = FRAME.assign(uid=SHUFFLED + 5000, class_id=CODES, label=WORDS)
    frame.to_csv(tmp_path / "once.csv")
    pd.read_csv(tmp_path / "once.csv").to_csv(tmp_path / "twice.csv")
    for name in ("once.csv", "twice.csv"):
        read = read_vectors(tmp_path / name)
        assert is_clean(read)
        assert linear_probe(read.values, read.labels).interval.value < 0.45
    leaky = np.column_stack([read.values, CODES])
    assert linear_probe(leaky, read.labels).interval.value > 0.9  # it would have shown


def test_the_index_of_a_data_frame_is_left_out_with_a_note():
    labelled = FRAME.assign(label=WORDS)
    read = read_vectors(("t.csv", csv(labelled)))
    assert is_clean(read)
    assert read.notes == ("1 column left out (row numbers): column 1.",)
    assert read.names is None
    again = pd.read_csv(io.BytesIO(csv(pd.read_csv(io.BytesIO(csv(labelled))))))
    assert is_clean(read_vectors(("t.csv", csv(again))))
    polars = with_column("index", range(N), 0).assign(label=WORDS)
    for file in both(polars, index=False):
        assert is_clean(read_vectors(file))
    stacked = pd.concat([labelled[:60], labelled[60:].reset_index(drop=True)])
    for file in both(stacked):
        assert is_clean(read_vectors(file))


def test_an_index_in_another_order_names_the_rows():
    shuffled = FRAME.assign(label=WORDS).set_index(SHUFFLED)
    for file in both(shuffled):
        read = read_vectors(file)
        assert is_clean(read)
        assert read.names[:2] == tuple(map(str, SHUFFLED[:2]))
    named = FRAME.assign(label=WORDS, file=[f"{row}.png" for row in range(N)]).set_index(SHUFFLED)
    assert read_vectors(("t.csv", csv(named))).names[0] == "0.png"


def test_two_levels_of_an_index_and_the_row_names_of_r():
    two = FRAME.assign(label=WORDS).set_index([pd.Index(CODES), pd.Index(range(N))])
    for file in both(two):
        assert is_clean(read_vectors(file))
    lines = csv(FRAME.assign(label=WORDS).set_index(np.arange(1, N + 1))).split(b"\n", 1)
    assert is_clean(read_vectors(("t.csv", lines[0][1:] + b"\n" + lines[1])))


@pytest.mark.parametrize(
    "name", ["id", "uid", "sample_id", "ImageID", "Class Number", "objectid", "pk", "No.", "#", "S.No", "x_ray"]
)
def test_numbers_that_count_the_rows_are_no_features_wherever_they_stand(name):
    for at in (0, 7, 16):
        for file in both(with_column(name, range(500, 500 + N), at).assign(kind=WORDS), index=False):
            assert is_clean(read_vectors(file))


@pytest.mark.parametrize("name", ["id", "uid", "image_id", "photoId", "guid"])
def test_identifiers_are_names_or_nothing(name):
    for file in both(with_column(name, SHUFFLED).assign(label=WORDS), index=False):
        read = read_vectors(file)
        assert is_clean(read)
        assert read.names[0] == str(SHUFFLED[0])
    beside = with_column(name, SHUFFLED).assign(label=WORDS, file=[f"{row}.png" for row in range(N)])
    read = read_vectors(("t.csv", csv(beside, index=False)))
    assert is_clean(read)
    assert (read.names[0], read.notes) == ("0.png", (f"1 column left out (identifiers): {name}.",))
    repeated = with_column(name, SHUFFLED // 4).assign(label=WORDS)
    assert is_clean(read_vectors(("t.csv", csv(repeated, index=False))))


@pytest.mark.parametrize(
    "name", ["class_id", "label", "target", "ClassIdx", "species code", "labels_encoded", "Klasse", "y"]
)
@pytest.mark.parametrize("codes", [CODES, CODES.astype(float), CODES + 1])
def test_numbers_of_classes_are_labels_however_they_are_written(name, codes):
    for file in both(with_column(name, codes, 3), index=False):
        read = read_vectors(file)
        assert is_clean(read, map(str, sorted(set(codes.astype(int)))))
        assert read.labels[0] == str(int(codes[0]))


def test_a_label_that_is_missing_is_none_and_keeps_its_row():
    gaps = np.where(np.arange(N) == 5, np.nan, CODES)
    for file in both(with_column("label", gaps), index=False):
        read = read_vectors(file)
        assert is_clean(read, ("0", "1", "2", None))
        assert read.labels[4:7] == ("0", None, "0")


def test_numbers_that_go_with_the_labels_one_to_one_are_left_out():
    shifted = with_column("z", CODES * 7.0 - 3, 5).assign(sort=WORDS)
    for file in both(shifted, index=False):
        read = read_vectors(file)
        assert is_clean(read)
        assert "1 column left out (same classes as the labels): z." in read.notes
    almost = with_column("z", np.where(np.arange(N) == 3, 9, CODES)).assign(sort=WORDS)
    assert read_vectors(("t.csv", csv(almost, index=False))).values.shape == (N, 17)


def test_two_columns_of_labels_give_one_and_no_feature():
    read = read_vectors(("t.csv", csv(FRAME.assign(class_id=CODES, label=WORDS, target=CODES * 1.0), index=False)))
    assert is_clean(read)
    assert read.notes == ("2 columns left out (other labels): class_id, target.",)


@pytest.mark.parametrize("name", ["fold", "split", "y_pred", "predicted_label", "cluster", "copy"])
def test_folds_copies_and_predictions_are_left_out(name):
    for values in (CODES, WORDS):
        assert is_clean(read_vectors(("t.csv", csv(with_column(name, values).assign(sort=WORDS), index=False))))


def test_the_only_whole_numbers_beside_fractions_are_the_labels():
    for at in (0, 16):
        read = read_vectors(("t.csv", csv(with_column("c", CODES, at), index=False)))
        assert is_clean(read, "012")
        assert read.notes == ("The labels are taken from c (the only integers with few values).",)
        assert is_clean(read_vectors(("t.csv", csv(with_column("c", CODES, at), index=False, header=False))), "012")
        assert is_clean(read_vectors(("t.npy", npy(with_column("c", CODES, at).to_numpy()))), "012")
    histograms = np.random.default_rng(0).integers(0, 9, (N, 6))
    assert read_vectors(("t.npy", npy(histograms))).values.shape == (N, 6)
    assert read_vectors(("t.npy", npy(np.column_stack([np.arange(N), NOISE])))).values.shape == (N, 16)


def test_class_numbers_beside_row_numbers_without_names():
    frame = FRAME.assign(last=CODES)
    assert is_clean(read_vectors(("t.csv", csv(frame, header=False))), "012")
    assert is_clean(read_vectors(("t.npy", npy(np.column_stack([np.arange(N), NOISE, CODES])))), "012")


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("n_classes", [2, 10, 26])
def test_class_numbers_before_or_after_pixels_without_names(n_classes, start, at_end):
    rng = np.random.default_rng(n_classes)
    pixels = np.where(rng.random((400, 64)) < 0.4, 0, rng.integers(0, 256, (400, 64)))
    classes = start + rng.integers(0, n_classes, 400)
    table = pd.DataFrame(np.column_stack([pixels, classes] if at_end else [classes, pixels]))
    files = [("t.csv", csv(table, header=header, index=False)) for header in (True, False)]
    for file in [*files, ("t.npy", npy(table.to_numpy())), ("t.csv", csv(table))]:
        read = read_vectors(file)
        np.testing.assert_array_equal(read.values, pixels)
        assert read.labels == tuple(map(str, classes))
        assert "evenly used" in read.notes[-1]


def test_counts_and_levels_without_names_stay_features():
    rng = np.random.default_rng(0)
    for values in (rng.integers(0, 10, (200, 16)), rng.poisson(3, (200, 16)), rng.integers(0, 2, (200, 16))):
        assert read_vectors(("t.csv", csv(pd.DataFrame(values), index=False))).values.shape == (200, 16)
    named = pd.DataFrame(rng.integers(0, 256, (200, 16)), columns=[f"level {at}" for at in range(16)])
    assert roles("t.csv", csv(named.assign(corners=rng.integers(0, 4, 200)), index=False), "corners") == ("feature",)


def test_identifiers_in_front_without_a_name_are_the_row_names():
    frame = with_column("first", SHUFFLED * 7, 0).assign(label=WORDS)
    read = read_vectors(("t.csv", csv(frame, header=False, index=False)))
    assert is_clean(read)
    assert read.names[0] == str(SHUFFLED[0] * 7)
    areas = pd.DataFrame(np.random.default_rng(0).permutation(90_000)[: 16 * N].reshape(N, 16))
    assert read_vectors(("t.csv", csv(areas, header=False, index=False))).values.shape == (N, 16)


def test_truths_are_labels_by_their_own_words():
    for file in both(FRAME.assign(label=CODES > 0), index=False):
        assert set(read_vectors(file).labels) == {"False", "True"}


@pytest.mark.parametrize("dtype", [bool, int, float])
def test_marks_of_classes_are_the_labels(dtype):
    for prefix, names in (
        ("class_", ("ash", "elm", "oak")),
        ("label=", ("ash", "elm", "oak")),
        ("", ("ash", "elm", "oak")),
    ):
        marks = pd.get_dummies(WORDS, dtype=dtype).rename(columns=lambda word: prefix + word)  # noqa: B023
        for file in both(pd.concat([FRAME, marks], axis=1), index=False):
            read = read_vectors(file)
            assert is_clean(read, names)
            assert read.labels == tuple(WORDS)
        for file in both(pd.concat([FRAME, marks], axis=1).assign(label=WORDS), index=False):
            assert is_clean(read_vectors(file))


def test_marks_of_something_else_stay_features():
    color = np.random.default_rng(3).integers(0, 3, N)
    marks = pd.get_dummies(color, dtype=int, prefix="color")
    read = read_vectors(("t.csv", csv(pd.concat([FRAME, marks], axis=1).assign(label=WORDS), index=False)))
    assert read.values.shape == (N, 19)


def test_a_box_before_the_embedding_is_left_out():
    frame = pd.DataFrame(
        {"bbox": list(np.zeros((N, 4))), "score": NOISE[:, 0], "embedding": list(NOISE), "category": WORDS}
    )
    for name in ("bbox", "coords"):
        for file in both(frame.rename(columns={"bbox": name, "embedding": "clip"}), index=False):
            assert is_clean(read_vectors(file))
    read = read_vectors(("t.parquet", parquet(frame)), roles={"bbox": "feature"})
    assert read.values.shape == (N, 20)
    singles = FRAME.assign(bbox=list(np.zeros((N, 4))), label=WORDS)
    assert is_clean(read_vectors(("t.parquet", parquet(singles))))
