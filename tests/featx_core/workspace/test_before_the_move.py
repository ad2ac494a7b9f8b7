"""A workspace file that an earlier featx made, before its modules were moved into rooms: it opens, and nothing is lost."""

import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featx_core.extraction.features import load_features
from featx_core.learning.record import record_of_weights
from featx_core.workspace.workspace import Workspace

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
EXPECTED = json.loads((GOLDEN / "before_the_move.json").read_text("utf-8"))
RUNS = {run["title"]: run for run in EXPECTED["runs"]}


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    path = tmp_path_factory.mktemp("earlier") / "copy.featx"
    shutil.copy(GOLDEN / "before_the_move.featx", path)
    return Workspace.open(path)


def test_title_images_labels_and_digests_are_there(earlier: Workspace) -> None:
    images = earlier.images()
    assert earlier.title == EXPECTED["title"]
    assert images.names == EXPECTED["names"]
    assert images.labels == EXPECTED["labels"]
    assert images.digests == EXPECTED["image_digests"]


def test_every_image_can_be_read_and_has_its_thumbnail(earlier: Workspace) -> None:
    for record in earlier.images():
        assert hashlib.sha256(record.read()).hexdigest() == record.digest
        assert record.pixels().shape == (record.height, record.width, 3)
        assert Image.open(io.BytesIO(record.thumbnail())).format == "WEBP"


def test_no_run_is_missing(earlier: Workspace) -> None:
    assert {run.title: run.digest for run in earlier.ledger.runs()} == {
        title: run["digest"] for title, run in RUNS.items()
    }


@pytest.mark.parametrize("title", RUNS)
def test_vectors_are_what_they_were_bit_for_bit(earlier: Workspace, title: str) -> None:
    features = load_features(earlier, RUNS[title]["digest"])
    assert features is not None
    assert list(features.values.shape) == RUNS[title]["shape"]
    assert hashlib.sha256(np.ascontiguousarray(features.values).tobytes()).hexdigest() == RUNS[title]["sha256"]


@pytest.mark.parametrize("title", [title for title, run in RUNS.items() if run["epochs"]])
def test_trainings_have_their_curves(earlier: Workspace, title: str) -> None:
    run = earlier.ledger.find(RUNS[title]["digest"])
    weights = [name for name in run.spec.to_json().split('"') if name.startswith("file:")]
    records = [record for record in (record_of_weights(earlier, name) for name in weights) if record is not None]
    assert [len(record.history.epochs) for record in records] == [RUNS[title]["epochs"]]
