"""Extraction, with a network so small that its features are known by hand: the mean of each channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.extraction.extract import extract
from featx_core.extraction.features import load_features
from featx_core.images.fitting import fit_image
from featx_core.images.image_set import ImageRecord
from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.store import DiskFullError
from featx_core.workspace.workspace import Workspace


@dataclass
class ChannelMeans:
    """Stands in for an extractor: gives the mean red, green and blue of the fitted image."""

    fails_above: int = 10**9

    def __post_init__(self) -> None:
        self.spec = Pretrained(backbone="vgg16", weights="random")
        self.image_size = (16, 16)
        self.fit = "stretch"
        self.output_shape = (None, 3)
        self.n_parameters = 0
        self.notes = ()
        self.batch_size = 4
        self.batches: list[int] = []

    def __call__(self, images: np.ndarray, *, batch_size: int | None = None) -> np.ndarray:
        self.batches.append(len(images))
        if len(images) > self.fails_above:
            raise MemoryError
        return images.mean(axis=(1, 2)).astype(np.float32)


def expected(workspace: Workspace) -> np.ndarray:
    fitted = [fit_image(record.pixels(), (16, 16), "stretch") for record in workspace.images()]
    return np.stack([picture.mean(axis=(0, 1)) for picture in fitted]).astype(np.float32)


def test_features_are_channel_means_in_the_order_of_the_images(workspace):
    features = extract(workspace.images(), ChannelMeans())
    np.testing.assert_allclose(features.values, expected(workspace), rtol=1e-6)
    assert features.names == tuple(workspace.images().names)
    reversed_features = extract(workspace.images()[::-1], ChannelMeans())
    np.testing.assert_array_equal(reversed_features.values, features.values[::-1])


@pytest.mark.parametrize("batch_size", [1, 2, 5, 64])
def test_batch_size_changes_nothing(workspace, batch_size):
    features = extract(workspace.images(), ChannelMeans(), batch_size=batch_size)
    np.testing.assert_allclose(features.values, expected(workspace), rtol=1e-6)


def test_nothing_and_impossible_batches_are_refused(workspace):
    with pytest.raises(ValueError, match="is empty"):
        extract(workspace.images()[:0], ChannelMeans())
    with pytest.raises(ValueError, match="at least 1"):
        extract(workspace.images(), ChannelMeans(), batch_size=0)


def test_what_is_stored_is_not_computed_again(workspace, make_png):
    first = ChannelMeans()
    extract(workspace.images(), first, workspace=workspace)
    workspace.add([("new.png", make_png(99))])
    second = ChannelMeans()
    features = extract(workspace.images(), second, workspace=workspace)
    assert sum(first.batches) == 6
    assert sum(second.batches) == 1
    assert (features.details["n_reused"], features.details["n_computed"]) == (6, 1)
    np.testing.assert_allclose(features.values, expected(workspace), rtol=1e-6)


def test_equal_files_are_computed_once(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1)), ("b.png", make_png(1)), ("c.png", make_png(2))])
    extractor = ChannelMeans()
    features = extract(workspace.images(), extractor)
    assert sum(extractor.batches) == 2
    np.testing.assert_array_equal(features.values[0], features.values[1])
    assert len(features) == 3


def test_a_cancelled_run_keeps_its_rows_and_is_not_in_the_ledger(workspace):
    def stop(done: int, total: int) -> None:
        if done >= 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(workspace.images(), ChannelMeans(), workspace=workspace, on_progress=stop)
    assert len(workspace.vectors.stored(ChannelMeans().spec.digest)) == 4
    assert workspace.ledger.runs() == []
    again = ChannelMeans()
    extract(workspace.images(), again, workspace=workspace)
    assert sum(again.batches) == 2


def test_a_run_that_is_not_listed_keeps_its_rows(workspace):
    extract(workspace.images(), ChannelMeans(), workspace=workspace, is_listed=False)
    assert len(workspace.vectors.stored(ChannelMeans().spec.digest)) == 6
    assert workspace.ledger.runs() == []


def test_progress_counts_every_image(workspace):
    seen: list[tuple[int, int]] = []
    extract(workspace.images(), ChannelMeans(), on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 6), (4, 6), (6, 6)]


def test_batches_are_halved_when_memory_runs_out(workspace):
    extractor = ChannelMeans(fails_above=1)
    features = extract(workspace.images(), extractor)
    np.testing.assert_allclose(features.values, expected(workspace), rtol=1e-6)
    assert features.details["batch_size"] == 1


def test_an_image_that_never_fits_is_left_out_by_name(workspace):
    features = extract(workspace.images(), ChannelMeans(fails_above=0))
    assert len(features) == 0
    assert features.details["skipped"][0] == (workspace.images().names[0], "did not fit into memory")


def test_other_errors_stay_loud(workspace, monkeypatch):
    def broken(self: Any, images: np.ndarray, **options: Any) -> np.ndarray:
        raise RuntimeError("a bug")

    monkeypatch.setattr(ChannelMeans, "__call__", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        extract(workspace.images(), ChannelMeans())


def test_a_full_disk_costs_the_saving_not_the_result(workspace, monkeypatch):
    def full(*arguments: Any) -> None:
        raise DiskFullError("Results are not being saved: the disk is full.")

    monkeypatch.setattr(workspace.vectors, "save", full)
    features = extract(workspace.images(), ChannelMeans(), workspace=workspace)
    np.testing.assert_allclose(features.values, expected(workspace), rtol=1e-6)
    assert features.details["notes"] == ["Results are not being saved: the disk is full."]
    assert workspace.ledger.runs() == []
    assert not features.details["is_saved"]


def test_a_disk_that_is_full_for_the_ledger_alone_is_said_too(workspace, monkeypatch):
    def full(*arguments: Any) -> None:
        raise DiskFullError("Results are not being saved: the disk is full.")

    monkeypatch.setattr(workspace.ledger, "save", full)
    features = extract(workspace.images(), ChannelMeans(), workspace=workspace)
    assert features.details["notes"] == ["Results are not being saved: the disk is full."]
    assert not features.details["is_saved"]


def test_an_image_removed_meanwhile_is_named(workspace):
    images = workspace.images()
    workspace.remove([images.names[0]])
    features = extract(images, ChannelMeans())
    assert len(features) == 5
    assert features.details["skipped"] == [(images.names[0], "was removed in the meantime")]


def test_a_stored_run_comes_back_for_the_images_that_are_there(workspace):
    extracted = extract(workspace.images(), ChannelMeans(), workspace=workspace)
    run = workspace.ledger.runs()[0]
    assert run.details["n_images"] == 6
    loaded = load_features(workspace, run.digest)
    assert loaded is not None
    np.testing.assert_array_equal(loaded.values, extracted.values)
    workspace.remove([workspace.images().names[2]])
    fewer = load_features(workspace, run.digest)
    assert fewer is not None
    np.testing.assert_array_equal(fewer.values, np.delete(extracted.values, 2, axis=0))
    assert load_features(workspace, "0" * 64) is None


def test_at_most_a_few_batches_are_decoded_ahead(make_png, monkeypatch):
    workspace = Workspace.open(":memory:")
    workspace.add([(f"{i}.png", make_png(i)) for i in range(40)])
    alive: list[int] = []
    counter = SimpleNamespace(now=0)
    fitted = ImageRecord.fitted

    def counted(self: ImageRecord, size: tuple[int, int], fit: str) -> np.ndarray:
        counter.now += 1
        return fitted(self, size, fit)

    def run(self: ChannelMeans, images: np.ndarray, **options: Any) -> Sequence[Any]:
        alive.append(counter.now)
        counter.now -= len(images)
        return images.mean(axis=(1, 2)).astype(np.float32)

    monkeypatch.setattr(ImageRecord, "fitted", counted)
    monkeypatch.setattr(ChannelMeans, "__call__", run)
    extract(workspace.images(), ChannelMeans(), batch_size=4)
    assert max(alive) <= 4 * 4


def test_the_time_for_one_image_is_known_and_outlives_a_run_without_work(workspace):
    images, extractor = workspace.images(), ChannelMeans()
    first = extract(images, extractor, workspace=workspace, batch_size=2).details
    assert first["ms_per_image"] > 0
    again = extract(images, extractor, workspace=workspace).details
    assert again["n_computed"] == 0
    assert again["ms_per_image"] == first["ms_per_image"]
    assert again["n_parameters"] == 0


def test_a_linked_file_that_is_gone_is_named_and_the_others_are_computed(tmp_path, make_png):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(make_png(number))
    workspace = Workspace.open(":memory:")
    workspace.add([tmp_path], link=True)
    (tmp_path / "1.png").unlink()
    features = extract(workspace.images(), ChannelMeans(), workspace=workspace)
    assert features.names == ("0.png", "2.png")
    assert features.details["skipped"] == [
        ("1.png", "is no longer where it was: add its folder again, or remove the image")
    ]
