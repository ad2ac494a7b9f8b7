"""Taking images and runs out, and bringing them back within ten seconds."""

from pathlib import Path

import numpy as np
import pytest

import featx_core as fx
from featx_core.specs.pretrained import Pretrained
from featx_core.workspace import removals
from featx_core.workspace.workspace import Workspace

SPECS = [Pretrained(weights="random", seed=seed) for seed in range(3)]


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """Six images of two labels, with vectors of three runs."""
    for spec in SPECS:
        workspace.vectors.save(spec.digest, {digest: np.ones(3, np.float32) for digest in workspace.images().digests})
        workspace.ledger.save(spec, {"seconds": 1.0})
    return workspace


def counted(workspace: Workspace) -> dict[str, int]:
    tables = ("contents", "images", "vectors", "runs", "extractors", "removed_images", "removed_runs")
    return {table: workspace._store.value(f"SELECT count(*) FROM {table}") for table in tables}


def test_images_that_are_taken_out_are_gone_and_come_back_as_they_were(filled: Workspace) -> None:
    before = list(filled.images())
    key = filled.removals.take_images([before[1].name, before[4].name, "unknown"])
    assert filled.images().names == [before[row].name for row in (0, 2, 3, 5)]
    assert filled.size()[0] == 4
    assert filled.removals.undo(key) == 2
    assert list(filled.images()) == before
    assert [image.read() for image in filled.images()] == [image.read() for image in before]
    assert filled.vectors.stored(SPECS[0].digest) == {image.digest for image in before}
    assert filled.removals.undo(key) == 0


def test_a_removal_that_is_finished_leaves_nothing_behind(filled: Workspace) -> None:
    names = filled.images().names
    filled.removals.finish(filled.removals.take_images(names[:2]))
    other = Workspace.open(":memory:")
    other.add([(f"{name}.png", filled.images()[row].read()) for row, name in enumerate(names[2:])])
    assert counted(filled) == {
        "contents": 4,
        "images": 4,
        "vectors": 12,
        "runs": 3,
        "extractors": 3,
        "removed_images": 0,
        "removed_runs": 0,
    }


def test_a_file_that_another_image_shares_stays(make_png) -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1)), ("b.png", make_png(1))])
    workspace.removals.finish(workspace.removals.take_images(["a.png"]))
    assert workspace.images()[0].read() == make_png(1)


def test_removing_for_good_spares_what_can_still_be_brought_back(make_png) -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1)), ("b.png", make_png(1)), ("c.png", make_png(2))])
    key = workspace.removals.take_images(["a.png"])
    workspace.remove(["b.png", "c.png"])
    assert workspace.removals.undo(key) == 1
    assert workspace.images()[0].read() == make_png(1)


def test_runs_that_are_taken_out_come_back_with_number_and_vectors(filled: Workspace) -> None:
    before = filled.ledger.runs()
    key = filled.removals.take_runs([SPECS[1].digest])
    assert [run.spec for run in filled.ledger.runs()] == [run.spec for run in before if run.spec != SPECS[1]]
    assert filled.removals.undo(key) == 1
    assert filled.ledger.runs() == before
    assert len(filled.vectors.stored(SPECS[1].digest)) == 6


def test_a_run_that_is_finished_takes_its_vectors_along(filled: Workspace) -> None:
    filled.removals.finish(filled.removals.take_runs([SPECS[1].digest]))
    assert filled.vectors.stored(SPECS[1].digest) == set()
    assert len(filled.vectors.stored(SPECS[0].digest)) == 6
    assert counted(filled)["extractors"] == 2


def test_a_run_that_was_made_again_keeps_its_vectors(filled: Workspace) -> None:
    key = filled.removals.take_runs([SPECS[1].digest])
    filled.ledger.save(SPECS[1], {"seconds": 2.0})
    filled.removals.finish(key)
    assert len(filled.vectors.stored(SPECS[1].digest)) == 6
    again = filled.ledger.find(SPECS[1].digest)
    assert again is not None
    assert again.details == {"seconds": 2.0}


def test_what_came_in_meanwhile_keeps_its_name_and_its_place(make_png) -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("a.png", make_png(1)), ("b.png", make_png(2))])
    key = workspace.removals.take_images(["a.png", "b.png"])
    workspace.add([("b.png", make_png(3)), ("c.png", make_png(4))])
    assert workspace.removals.undo(key) == 1
    by_name = {image.name: image.read() for image in workspace.images()}
    assert by_name == {"a.png": make_png(1), "b.png": make_png(3), "c.png": make_png(4)}


def test_removals_that_nobody_can_undo_any_more_end_with_the_next_one(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = filled.images().names
    filled.removals.take_images(names[:1])
    monkeypatch.setattr(removals.time, "time", lambda: 10**10)
    key = filled.removals.take_images(names[1:2])
    assert counted(filled)["removed_images"] == 1
    assert filled.removals.undo(key) == 1


def test_a_removal_is_final_after_the_file_is_opened_again_later(
    tmp_path: Path, make_png, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(tmp_path / "a.featx")
    workspace.add([("a.png", make_png(1)), ("b.png", make_png(2))])
    key = workspace.removals.take_images(["a.png"])
    other = Workspace.open(tmp_path / "a.featx")
    assert other.removals.undo(key) == 1
    workspace.removals.take_images(["a.png"])
    monkeypatch.setattr(removals.time, "time", lambda: 10**10)
    assert counted(Workspace.open(tmp_path / "a.featx", check=False))["removed_images"] == 1
    assert counted(Workspace.open(tmp_path / "a.featx"))["contents"] == 1


def test_removing_many_images_takes_no_time_for_each_row_of_vectors() -> None:
    """Each file that goes is looked for among all vectors: that needs an index."""
    workspace = Workspace.open(":memory:")
    plan = workspace._store.rows("EXPLAIN QUERY PLAN SELECT 1 FROM vectors WHERE content_id = 1")
    assert "USING COVERING INDEX vectors_by_content" in plan[0][-1]


def test_numbers_of_a_removed_set_go_unless_another_run_needs_them(workspace: Workspace) -> None:
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    first, second = (fx.add_vectors(workspace, fx.Vectors(values, None, (None,) * 4), title=title) for title in "ab")
    made_from = fx.LambdaTransform(source=first.spec)
    workspace.ledger.save(made_from, {})
    weights = workspace.put_artefact("w.h5", b"weights")
    assert set(workspace.artefacts().values()) == {"a.npz", "w.h5"}  # the same numbers are kept once
    workspace.removals.finish(workspace.removals.take_runs([second.digest]))
    workspace.removals.finish(workspace.removals.take_runs([first.digest]))
    assert first.spec.source.removeprefix("file:") in workspace.artefacts()
    workspace.removals.finish(workspace.removals.take_runs([made_from.digest]))
    assert list(workspace.artefacts()) == [weights]


def test_numbers_of_a_removed_set_are_there_until_it_can_no_longer_come_back(workspace: Workspace) -> None:
    run = fx.add_vectors(workspace, fx.Vectors(np.eye(3, dtype=np.float32), None, (None,) * 3), title="a")
    key = workspace.removals.take_runs([run.digest])
    assert len(workspace.artefacts()) == 1
    assert workspace.removals.undo(key) == 1
    assert fx.load_features(workspace, run.digest).vectors.tolist() == np.eye(3).tolist()
    workspace.removals.finish(workspace.removals.take_runs([run.digest]))
    assert workspace.artefacts() == {}
