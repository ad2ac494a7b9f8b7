"""The first results of a worker that has just started, against the time that loading TensorFlow alone takes it."""

import tempfile
import time
from pathlib import Path

import featx_core as fx
from featx_core.heatmaps.targets import ClassTarget
from featx_core.images.samples import SAMPLES
from featx_core.methods.defaults import sample_spec
from featx_core.predictions.classifiers import classifier_of, has_classifier
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.studies.predictions import PredictionsStudy
from featx_core.tasks.requests import ExtractJob, Request, StudyJob
from featx_core.worker.supervisor import Supervisor
from tests.benchmarks.measuring import Outcome, at_most

N_HEATMAPS = 4
PATIENCE = 600.0


def first_result(*, quick: bool) -> list[Outcome]:
    """From the start of the worker to features, heatmaps and names of the sample photographs, before TensorFlow is there."""
    found = [_measured() for _ in range(1 if quick else 5)]
    title = f"a fresh worker: features, {N_HEATMAPS} heatmaps and names of the sample photographs"
    return [at_most(f"{title} / TensorFlow loaded, seconds", [first / loaded for first, loaded in found], 0.5)]


def _measured() -> tuple[float, float]:
    """Seconds to the results, and seconds until TensorFlow is loaded in a worker that has nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = fx.Workspace.open(Path(folder) / "photographs.featx")
        workspace.add(list(SAMPLES["photographs"].make()))
        first = _seconds(lambda supervisor: _do_all(supervisor, workspace))
        workspace.close()
        return first, _seconds(_wait_for_tensorflow)


def _seconds(work) -> float:
    supervisor, started = Supervisor(), time.perf_counter()
    supervisor.start()
    work(supervisor)
    seconds = time.perf_counter() - started
    supervisor.stop()
    return seconds


def _do_all(supervisor: Supervisor, workspace: fx.Workspace) -> None:
    spec = sample_spec()
    _do(supervisor, workspace, ExtractJob(spec))
    images = list(workspace.images())[:N_HEATMAPS]
    if not has_classifier(spec):
        _study(supervisor, workspace, [HeatmapStudy(spec, image.digest, "eigen_cam") for image in images])
        return
    classifier, target = classifier_of(spec), ClassTarget().to_json()
    _study(
        supervisor, workspace, [HeatmapStudy(classifier, image.digest, "grad_cam", None, target) for image in images]
    )
    _study(supervisor, workspace, [PredictionsStudy(spec)])


def _study(supervisor: Supervisor, workspace: fx.Workspace, studies: list) -> None:
    _do(supervisor, workspace, StudyJob(tuple(studies), tuple(study.key(workspace) for study in studies)))


def _do(supervisor: Supervisor, workspace: fx.Workspace, request: Request) -> None:
    parameters = request.to_parameters()
    job = supervisor.submit(
        request.task, workspace_path=workspace.path, parameters=parameters, title="", owner="benchmark"
    )
    ended = supervisor.wait(job.key, PATIENCE)
    if ended is None or ended.state != "done":
        raise RuntimeError(f"The job ended badly: {ended}.")


def _wait_for_tensorflow(supervisor: Supervisor) -> None:
    while not supervisor.facts:
        time.sleep(0.02)
