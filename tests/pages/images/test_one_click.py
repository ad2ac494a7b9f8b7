"""One click on "Try with photographs": images, features and results come by themselves."""

import threading

import pytest

from featx_core.images import sample_photographs
from featx_core.images.samples import SAMPLES, SampleSet
from featx_core.methods import defaults
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks.requests import ExtractJob
from featx_core.worker.jobs import JobRefusedError
from pages._ui.images import one_click
from pages._ui.shell import imports, library
from tests.toys.app.visiting import nodes

SPEC = Pretrained("embedded_v1", image_size=(64, 64))
N_IMAGES = 6


@pytest.fixture(autouse=True)
def small(monkeypatch, make_png):
    """A few small images in place of the photographs, and a quick network."""
    files = [
        (f"{label}/{label}{number}.png", make_png(number + 10 * len(label)))
        for number in range(3)
        for label in ("cat", "coffee")
    ]
    few = SampleSet("Photographs", "Few", "cat: somebody\ncoffee: somebody else", N_IMAGES, lambda: iter(files))
    monkeypatch.setattr(one_click, "SAMPLES", {**SAMPLES, "photographs": few})
    monkeypatch.setattr(one_click, "sample_spec", lambda: SPEC)
    return files


@pytest.fixture
def gate(monkeypatch, small):
    """Lets the images in one by one only once it is open."""
    opened = threading.Event()

    def make():
        for number, file in enumerate(small):
            if number == 2:
                opened.wait(60)
            yield file

    few = SampleSet("Photographs", "Few", "", N_IMAGES, make)
    monkeypatch.setattr(one_click, "SAMPLES", {**SAMPLES, "photographs": few})
    yield opened
    opened.set()


def is_done(visitor):
    return visitor.workspace.ledger.runs() and not imports.current(visitor.workspace)


def pictures(visitor):
    return [node for node in nodes(visitor.tab.main) if type(node).__name__ == "Image"]


@pytest.mark.slow
def test_one_click_leads_to_the_map_and_the_heatmaps(visit, worker):
    visitor = visit().press("Try with photographs")
    assert visitor.tab.title[0].value == "Extract"
    visitor.until(lambda visitor: visitor.tab.metric)
    assert {metric.label: metric.value for metric in visitor.tab.metric}["Shape"] == f"({N_IMAGES}, 256)"
    assert len(visitor.tab.get("plotly_chart")) >= 1
    visitor.until(lambda visitor: len(pictures(visitor)) == 4)
    assert visitor.workspace.title == "Photographs"
    assert visitor.workspace.images().labels.count("cat") == 3
    assert worker.submitted[0] == ExtractJob.task
    assert "heatmap" in worker.submitted
    assert "coffee: somebody else" in visitor.open("images").words.replace("\\", "")
    assert visitor.has_no_fault


@pytest.mark.slow
def test_meanwhile_the_page_says_where_one_is_and_a_reload_changes_nothing(visit, gate):
    visitor = visit().press("Try with photographs")
    steps = [f"**{words}**" for words in ("Bring in photographs", "Extract features")]
    assert steps[0] in visitor.words
    assert f"of {N_IMAGES} images" in visitor.words
    again = visit(visitor.token).open("extract")
    assert steps[0] in again.words
    gate.set()
    again.until(lambda visitor: visitor.tab.metric)
    assert len(again.workspace.images()) == N_IMAGES
    assert again.has_no_fault


def test_leaving_the_page_stops_nothing(visit, gate):
    visitor = visit().press("Try with photographs").open("map")
    gate.set()
    visitor.until(is_done)
    assert visitor.workspace.ledger.runs()[0].spec == SPEC
    assert visit(visitor.token).open("extract").tab.metric


def test_the_extraction_says_where_one_is_and_is_found_again_after_a_reload(visit, worker):
    worker.holds = True
    visitor = visit().press("Try with photographs").until(lambda _: worker.submitted)
    again = visit(visitor.token).open("extract").until(lambda visitor: "**Extract features**" in visitor.words)
    assert "Cancel" in again.buttons
    (job,) = worker.jobs()
    worker.finish(job.key)
    worker.holds = False
    again.until(lambda visitor: visitor.tab.metric)
    assert "**Extract features**" not in again.words


def test_cancel_stops_the_intake_and_nothing_is_extracted(visit, gate, worker):
    visitor = visit().press("Try with photographs").press("Cancel")
    gate.set()
    visitor.until(lambda visitor: imports.current(visitor.workspace) is None)
    assert worker.submitted == []
    assert len(visitor.workspace.images()) < N_IMAGES
    assert visitor.open("images").has_no_fault


def test_cancel_stops_the_extraction(visit, worker):
    worker.holds = True
    visitor = visit().press("Try with photographs").until(lambda visitor: "**Extract features**" in visitor.words)
    button = next(button for button in visitor.tab.main.button if button.label == "Cancel")
    button.click().run()
    assert "Cancelled. Finished results are kept." in visitor.words
    assert visitor.workspace.ledger.runs() == []


def test_a_full_queue_is_said_and_the_images_are_kept(visit, gate, worker, monkeypatch):
    def refuse(*_, **__):
        raise JobRefusedError("The server is busy; your files are kept.")

    monkeypatch.setattr(worker, "submit", refuse)
    visitor = visit().press("Try with photographs")
    gate.set()
    visitor.until(lambda visitor: "The server is busy; your files are kept." in visitor.words.replace("\\", ""))
    assert len(visitor.workspace.images()) == N_IMAGES


def test_a_missing_package_is_one_sentence_and_the_page_stays(visit, monkeypatch):
    lost = sample_photographs.Photograph("cat", "no-such-package", "cat.png", "", "", "")
    monkeypatch.setattr(sample_photographs, "PHOTOGRAPHS", (lost,))
    monkeypatch.setattr(one_click, "SAMPLES", SAMPLES)
    visitor = visit().press("Try with photographs")
    (warning,) = visitor.tab.warning
    assert "pip install no-such-package" in warning.value.replace("\\", "")
    assert visitor.tab.title[0].value == "featx"
    assert len(library.open_workspace(visitor.token).images()) == 0


def test_lite0_runs_where_it_is_installed(monkeypatch):
    monkeypatch.setattr(defaults, "is_here", lambda row: True)
    assert defaults.sample_spec() == Pretrained("efficientnet_lite0")
    assert defaults.default_spec() == Pretrained("mobilenet_v2")
    monkeypatch.setattr(defaults, "is_here", lambda row: False)
    assert defaults.sample_spec() == Pretrained("embedded_v1")
