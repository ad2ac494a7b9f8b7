"""The pages with the real worker process behind them, once from samples to heatmaps."""

import pytest

from featx_core.worker.supervisor import Supervisor
from pages._ui.heatmaps.pickers import FIRST_METHODS
from pages._ui.shell import jobs
from tests.toys.app.map_packs import maps_of
from tests.toys.app.visiting import element, nodes


@pytest.fixture
def supervisor(worker, monkeypatch):
    made = Supervisor()
    made.start()
    monkeypatch.setattr(jobs, "supervisor", lambda: made)
    yield made
    made.stop()


def pictures(visitor):
    return [node for node in nodes(visitor.tab.main) if type(node).__name__ == "Image"]


@pytest.mark.slow
@pytest.mark.thorough
def test_from_images_to_heatmaps(visit, supervisor, shelve, make_png):
    visitor = visit(shelve([(f"{label}/{label}{i}.png", make_png(i + ord(label))) for i in range(4) for label in "ab"]))
    visitor.open("extract").until(lambda visitor: visitor.tab.code)
    element(visitor, "side_Embedded v1").set_value(64).run()
    visitor.until(lambda visitor: visitor.tab.code)
    visitor.tab.button(key="run").click().run()
    visitor.until(lambda visitor: visitor.tab.metric)
    assert {metric.label: metric.value for metric in visitor.tab.metric}["Shape"] == "(8, 256)"
    visitor.until(lambda visitor: len(pictures(visitor)) == 4)
    element(visitor.open("map"), "projection").set_value("tsne").run()
    visitor.until(maps_of)
    visitor.open("heatmaps").until(lambda visitor: len(pictures(visitor)) == 3 * (1 + len(FIRST_METHODS)))
    assert visitor.has_no_fault
    assert not jobs.supervisor().jobs(owner=visitor.token)[0].message
