"""Small sets: the second run of a network in the app's worker, once it was converted while nothing was to do."""

import os
import tempfile
import time
from pathlib import Path

import featx_core as fx
from featx_core.networks.kept import record
from featx_core.tasks.requests import ExtractJob
from featx_core.worker import Limits, Supervisor
from tests.benchmarks.measuring import Outcome, at_least
from tests.benchmarks.pipeline import Course

BACKBONE = "mobilenet_v2"
N_IMAGES = (64, 256)
N_REPEATS = 5
PATIENCE = 600.0  # seconds a job, and until the network is converted


def small_sets(*, quick: bool) -> list[Outcome]:
    """Measure sets of few images against the practical limit of `pipeline`, by turns."""
    return [
        outcome for n_images in N_IMAGES[: 1 if quick else 2] for outcome in _of(n_images, 2 if quick else N_REPEATS)
    ]


def _of(n_images: int, n_repeats: int) -> list[Outcome]:
    course = Course(BACKBONE, "0.3 megapixels", n_images)
    with tempfile.TemporaryDirectory() as home:
        os.environ["FEATX_HOME"] = home  # the worker finds nothing that the peers prepared
        path = Path(home) / "small.featx"
        workspace = fx.Workspace.open(path)
        workspace.add([str(course.pictures)])
        supervisor = Supervisor(Limits())
        supervisor.start()
        try:
            engines, shares = [_run(supervisor, workspace, path)[0]], []
            _await_converted()
            for _ in range(n_repeats):
                engine, seconds = _run(supervisor, workspace, path)
                engines.append(engine)
                shares.append(n_images * (course.bare_loop() + course.bare_decode()) / seconds)
        finally:
            supervisor.stop()
            workspace.close()
    title = f"{n_images} images of 0.3 megapixels, {BACKBONE}, from the second run on"
    return [
        Outcome(f"{title}: engines, first and then", ", ".join(dict.fromkeys(engines))),
        at_least(f"{title}: share of the practical limit", shares, 0.85),
    ]


def _run(supervisor: Supervisor, workspace: fx.Workspace, path: Path) -> tuple[str, float]:
    """Return what computed, and how many seconds the extraction took."""
    asked = ExtractJob(_SPEC)
    job = supervisor.submit(
        asked.task, workspace_path=str(path), parameters=asked.to_parameters(), title="small", owner="small"
    )
    found = supervisor.wait(job.key, PATIENCE)
    if found is None or found.state != "done" or found.result is None:
        raise SystemExit(f"not what was to be measured: {found}")
    supervisor.forget(job.key)
    workspace.vectors.remove(_SPEC.digest)
    details = found.result["details"]
    return str(details["engine"]), float(details["seconds"])


def _await_converted() -> None:
    end = time.monotonic() + PATIENCE
    while not record.is_kept(_SPEC):
        if time.monotonic() > end:
            raise SystemExit("the network was not converted")
        time.sleep(0.5)


_SPEC = fx.Pretrained(BACKBONE, weights="random")
