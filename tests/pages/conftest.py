"""Fixtures of the tests of the pages: an inline worker, filled workspaces, a visitor."""

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner

from featx_core.heatmaps.targets import OwnFeaturesTarget
from featx_core.images.samples import SAMPLES
from featx_core.networks import installed
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.tasks.registry import TASKS
from featx_core.tasks.requests import ExtractJob, StudyJob
from featx_core.workspace.workspace import Workspace
from pages._ui.heatmaps.pickers import FIRST_METHODS
from pages._ui.shell import jobs, library, questions
from tests.toys.app.comparing_runs import LABELS, spaces
from tests.toys.app.visiting import PATIENCE, SPEC, InlineWorker, Visitor, keep_run, leave_keras_to_itself, quiet_report

A_FEW_SHAPES = [f"{label}-0{number}.png" for label in ("disc", "star", "waves") for number in (1, 2, 3, 4)]


@pytest.fixture(scope="package", autouse=True)
def long_lived_process() -> Iterator[None]:
    """Spare each run what a server does at its start, and collections of garbage, long in a process with all tests and Keras.

    Streamlit clears the session of Keras after each run where it finds it, which it never does in the server of featx.
    """
    scan, option = manifest_scanner.scan_component_manifests, "runner.postScriptGC"
    collects = st.config.get_option(option)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", functools.cache(scan))
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        st.config.set_option(option, False)
        yield
    st.config.set_option(option, collects)


@pytest.fixture(autouse=True)
def worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InlineWorker]:
    made = InlineWorker()
    monkeypatch.setattr(jobs, "supervisor", lambda: made)
    monkeypatch.setenv("KERAS_HOME", str(home / "keras"))
    monkeypatch.setattr(
        installed, "_module_folder", lambda module: None
    )  # no ImageNet weights: pages are quicker to test
    monkeypatch.setattr(questions, "PATIENCE", PATIENCE)  # a page waits for the layers, so that one run is enough
    yield made
    st.cache_data.clear()
    st.cache_resource.clear()
    with library._lock:
        for workspace in library._open.values():
            workspace.close()
        library._open.clear()


@pytest.fixture
def fresh_server() -> None:
    """Let pages run as on a server that has drawn none yet."""


@pytest.fixture(autouse=True)
def warm_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages run as on a server that has drawn one before.

    `AppTest` begins each run as a fresh server does, which goes by the folder `pages` until `st.navigation` has run; the
    guard of a page then draws it a second time, and the click that asked for the run is lost.
    """
    if "fresh_server" in request.fixturenames:
        return
    original = PagesManager.__init__

    def init(self: PagesManager, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)


@pytest.fixture
def visit() -> Callable[..., Visitor]:
    return Visitor


@pytest.fixture
def shelve() -> Callable[..., str]:
    """Put a workspace with these images on the shelf; gives its token."""

    def make(sources: list[Any]) -> str:
        token = library.new_token()
        library.open_workspace(token, make=True).add(sources)
        return token

    return make


@pytest.fixture
def shelve_features(shelve: Callable[..., str], make_png: Callable[..., bytes]) -> Callable[..., str]:
    """Put a workspace on the shelf whose images have the features that are given; gives its token."""

    def make(vectors: np.ndarray, labels: list[str] | None = None) -> str:
        labels = labels or ["cat" if row % 2 else "dog" for row in range(len(vectors))]
        token = shelve([(f"{label}/{row}.png", make_png(row)) for row, label in enumerate(labels)])
        keep_run(library.open_workspace(token), vectors)
        return token

    return make


@pytest.fixture(scope="session")
def extracted_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of 12 images in 3 classes, with features of MobileNetV2 at 64 x 64 and heatmaps, from the real tasks."""
    path = tmp_path_factory.mktemp("extracted") / "made.featx"
    workspace = Workspace.open(path)
    workspace.add((name, content) for name, content in SAMPLES["shapes"].make() if name.split("/")[1] in A_FEW_SHAPES)
    leave_keras_to_itself()
    target = OwnFeaturesTarget().to_json()
    images = workspace.images().select(A_FEW_SHAPES[::4]).digests
    heatmaps = tuple(HeatmapStudy(SPEC, image, name, None, target) for image in images for name in FIRST_METHODS)
    for asked in (ExtractJob(SPEC, batch_size=12), StudyJob(heatmaps)):
        TASKS[asked.task](workspace, asked.to_parameters(), quiet_report())
    workspace.copy_to(path.with_name("copy.featx"))
    workspace.close()
    return path.with_name("copy.featx")


@pytest.fixture
def extracted(extracted_file: Path) -> str:
    """The token of a copy of that workspace on this test's shelf."""
    token = library.new_token()
    shutil.copy(extracted_file, library.path_of(token))
    return token


@pytest.fixture
def shelve_runs(shelve, make_png):
    """Put images and features of several runs on the shelf; gives the token."""

    def make(found=None, labels=LABELS, **details):
        token = shelve(
            [(f"{label}/{row}.png" if label else f"{row}.png", make_png(row)) for row, label in enumerate(labels)]
        )
        workspace = library.open_workspace(token)
        for number, (spec, values) in enumerate((found or spaces(len(labels))).items(), start=1):
            rows = dict(zip(workspace.images().digests, values.astype(np.float32), strict=True))
            workspace.vectors.save(spec.digest, rows)
            facts = {"feature_shape": [values.shape[1]], "ms_per_image": 2.0 * number, "n_parameters": 1000 * number}
            workspace.ledger.save(spec, facts | details)
        return token

    return make
