"""What several runs have in common, and what they are called."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.comparison.tables import CHANCE, COLORS
from featx_core.studies.rows.compared import compared_rows, find_runs, name_runs
from tests.toys.entered_runs import enter_run, enter_table, filled_workspace


@pytest.fixture
def filled():
    return filled_workspace()


def test_runs_are_found_once_in_the_order_of_their_digests(filled):
    digests = [enter_run(filled, backbone) for backbone in ("mobilenet_v2", "resnet50", "vgg16")]
    assert [run.digest for run in find_runs(filled, [*digests, digests[0]])] == sorted(digests)


@pytest.mark.parametrize("digests", [(), ("0" * 64,)])
def test_a_run_that_is_gone_is_told(filled, digests):
    with pytest.raises(ValueError, match=r"no longer in the workspace\. Pick the runs to compare again"):
        find_runs(filled, digests)


def test_runs_are_called_by_what_tells_them_apart(filled):
    digests = [
        enter_run(filled, "mobilenet_v2"),
        enter_run(filled, "resnet50"),
        enter_run(filled, "resnet50", layer="stage3"),
        enter_run(filled, "vgg16"),
        enter_run(filled, "vgg16", seed=7),
        enter_run(filled, "vgg16", seed=7, fit="pad"),
    ]
    names = name_runs([filled.ledger.find(digest) for digest in digests])
    assert list(names.values()) == digests
    assert list(names)[:4] == [
        "MobileNetV2",
        "ResNet50, last layer",
        "ResNet50, stage3",
        "VGG16, random weights, untrained (seed 0)",
    ]
    assert list(names)[4:] == ["VGG16, last layer, average (run 5)", "VGG16, last layer, average (run 6)"]
    filled.ledger.rename(digests[5], "Padded")
    assert "Padded" in name_runs([filled.ledger.find(digest) for digest in digests])


def test_no_run_is_called_what_a_baseline_is_called(filled):
    runs = [enter_table(filled, ("a",), (None,), title=title, seed=seed) for seed, title in enumerate((COLORS, CHANCE))]
    assert not {COLORS, CHANCE} & set(name_runs(runs))


def test_an_image_without_a_label_takes_that_of_its_row(filled):
    filled.set_labels({"3.png": None})
    run = filled.ledger.find(enter_run(filled, "mobilenet_v2", images=[im for im in filled.images() if im.label]))
    table = enter_table(filled, tuple(f"{i}.png" for i in range(24)), ("owl",) * 24)
    rows = compared_rows(filled, [table]).rows
    assert [label for label, name in zip(rows.labels, rows.names, strict=True) if name in ("3.png", "4.png")] == [
        "owl",
        "dog",
    ]
    assert len(compared_rows(filled, [table, run]).rows) == 23


def test_rows_that_are_no_images_come_after_the_images(filled):
    table = enter_table(filled, ("stranger", "5.png", "2.png"), ("cat", None, None))
    found = compared_rows(filled, [table])
    assert found.rows.names == ("2.png", "5.png", "stranger")
    assert found.images is None
    assert np.array_equal(found.rows.labels, ("dog", "cat", "cat"))
    assert found.n_left_out == 0


def test_images_without_features_are_counted(filled):
    few = filled.ledger.find(enter_run(filled, "mobilenet_v2", images=fx.ImageSet(filled.images()[:10])))
    found = compared_rows(filled, [few])
    assert found.images.names == filled.images()[:10].names
    assert found.n_left_out == 14
