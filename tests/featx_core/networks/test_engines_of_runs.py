"""Which engine a whole run uses."""

import threading

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.extraction.extract import extract
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.engines import choice, openvino_engine
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.extractor import Extractor
from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.workspace import Workspace
from tests.toys import engine_toys

pytestmark = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")


TENSORFLOW, OPENVINO = "TensorFlow, float32", "OpenVINO, float32"


@pytest.fixture(autouse=True)
def always_faster(monkeypatch):
    """On a toy, speed is chance: OpenVINO wins whatever was measured."""
    monkeypatch.setattr(choice, "MIN_GAIN", 0.0)


def wait_for_graph(conversion):
    """Wait until there is a graph, or the conversion failed."""
    while not conversion.is_converted and not conversion.is_done:
        conversion._converted.wait(0.01)


class _Gate:
    """Holds a conversion until it is opened."""

    def __init__(self, monkeypatch):
        self.event = threading.Event()
        convert = openvino_engine.convert
        monkeypatch.setattr(openvino_engine, "convert", lambda graph: (self.event.wait(60), convert(graph))[1])
        monkeypatch.setattr(choice, "PAYS_FROM", 0.0)


@pytest.fixture
def many(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([(f"{i}.png", make_png(i)) for i in range(30)])
    return workspace


def extractor():
    network = engine_toys.tiny_model()
    spec = Pretrained("vgg16", weights="random")  # only its digest counts here
    return Extractor(spec, network, network.output, tap=2, preprocessing=PREPROCESSING["tf"], batch_size=2)


@pytest.mark.slow
def test_a_run_that_changes_engines_gives_rows_of_one_engine_alone(many, monkeypatch):
    gate = _Gate(monkeypatch)
    one = extractor()

    def on_progress(done, total):
        seen.append((done, total))
        if done >= 8 and one.engines._converting is not None:
            gate.event.set()
            wait_for_graph(one.engines._converting)

    seen: list[tuple[int, int]] = []
    changed = extract(many.images(), one, workspace=many, on_progress=on_progress)
    assert changed.details["engine"] == OPENVINO
    assert "TensorFlow began" in changed.details["notes"][0]
    assert (changed.details["n_computed"], changed.details["n_reused"]) == (30, 0)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (30, 30)
    assert {total for _, total in seen} == {30}
    from_disk = extract(many.images(), extractor())
    assert from_disk.details["engine"] == OPENVINO
    assert from_disk.details["notes"] == []
    np.testing.assert_array_equal(changed.values, from_disk.values)
    stored = many.vectors.load(changed.spec.digest, many.images().digests)
    np.testing.assert_array_equal(np.stack([stored[digest] for digest in many.images().digests]), changed.values)
    by_tensorflow = np.concatenate([TensorFlowEngine(one.model)(one.preprocess(_fitted(many, one)))])
    assert openvino_engine.disagreement(changed.values, by_tensorflow) < 1e-5
    again = extract(many.images(), extractor(), workspace=many).details
    assert (again["n_computed"], again["engine"], again["notes"]) == (0, OPENVINO, [])


def _fitted(workspace, extractor):
    return np.stack([extractor.fit_image(record.pixels()) for record in workspace.images()])


@pytest.mark.slow
def test_a_run_that_ends_before_its_conversion_says_so_and_leaves_it_to_the_next(many, monkeypatch):
    gate = _Gate(monkeypatch)
    one = extractor()
    first = extract(many.images(), one)
    assert first.details["engine"] == TENSORFLOW
    assert first.details["notes"] == [
        "OpenVINO was still being prepared when the last image was processed; the next run can use it."
    ]
    gate.event.set()
    one.engines._converting._thread.join(60)
    assert extract(many.images(), one).details["engine"] == OPENVINO


@pytest.mark.slow
def test_a_cancelled_run_stops_at_once_while_a_graph_is_converted(many, monkeypatch):
    gate = _Gate(monkeypatch)
    one = extractor()

    def stop(done, total):
        if one.engines._converting is not None:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(many.images(), one, workspace=many, on_progress=stop)
    assert not one.engines._converting.is_done
    n_kept = len(many.vectors.stored(one.spec.digest))
    assert 0 < n_kept < 30
    gate.event.set()
    one.engines._converting._thread.join(60)
    rest = extract(many.images(), one, workspace=many)
    assert rest.details["n_reused"] == n_kept
    assert len(rest) == 30
