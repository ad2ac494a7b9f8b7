"""The worker's memory over many jobs: two hundred extractions with networks of several kinds, one after the other.

A worker is replaced between two jobs when it holds more than `Limits.idle_bytes`, or after so many jobs: here it is not, so
that what it keeps is seen.
"""

import itertools
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

import featx_core as fx
from featx_core.tasks.requests import ExtractJob
from featx_core.worker import Limits, Supervisor
from featx_core.worker.jobs import Job
from tests.benchmarks.measuring import Outcome, at_most, photograph

N_JOBS = 200
N_IMAGES = 4
WARM_UP = 60  # jobs after which all networks were used twice, and what stays of each is there
PERIOD = 30  # jobs after which the mix begins again: the level is the median over one
SIZE = (320, 240)
PATIENCE = 600.0  # seconds a job
BACKBONES = ("mobilenet_v2", "embedded_v1", "resnet50", "efficientnet_v2b0", "mobilenet_v3_small")
SIDES = (96, 128, 160)  # another size is another network


def soak(*, quick: bool) -> list[Outcome]:
    """Run the jobs, and look at what the worker holds after each."""
    n_jobs, warm_up = (60, 0) if quick else (N_JOBS, WARM_UP)
    with tempfile.TemporaryDirectory() as home:
        held, n_failed, n_workers = _run(Path(home) / "soak.featx", n_jobs)
    before, after = (statistics.median(part) for part in (held[warm_up : warm_up + PERIOD], held[-PERIOD:]))
    title = f"{n_jobs} extractions with {len(BACKBONES)} backbones at {len(SIDES)} sizes"
    return [
        at_most(f"{title}: growth of the worker after {warm_up}", [after - before], 100, " MB"),
        at_most(f"{title}: jobs that failed", [n_failed], 0),
        at_most(f"{title}: workers that were needed", [n_workers], 1),
        Outcome(f"{title}: the worker's memory", f"{before:.0f} MB, then {after:.0f} MB, at most {max(held):.0f} MB"),
    ]


def _run(path: Path, n_jobs: int) -> tuple[list[float], int, int]:
    """Return the megabytes that the worker held after each job, how many jobs failed, and how many workers there were."""
    workspace = fx.Workspace.open(path)
    workspace.add((f"{number}.jpg", photograph(SIZE, number)) for number in range(N_IMAGES))
    supervisor = Supervisor(Limits(worker_jobs=10 * n_jobs, idle_bytes=Limits.worker_bytes))
    supervisor.start()
    held, failed, workers = [], 0, set()
    try:
        for spec in itertools.islice(_specs(), n_jobs):
            job = _done(supervisor, spec, str(path))
            workers.add(supervisor.worker_pid)
            failed += job is None or job.state != "done"
            held.append(psutil.Process(supervisor.worker_pid).memory_info().rss / 1e6)
            workspace.vectors.remove(spec.digest)  # so that the next job with this network computes anew
    finally:
        supervisor.stop()
        workspace.close()
    return held, failed, len(workers)


def _specs() -> Iterator[fx.Pretrained]:
    """Mix backbones, sizes and pooling without end, in the same order every time."""
    for seed, (side, backbone) in enumerate(itertools.cycle(itertools.product(SIDES, BACKBONES))):
        weights = "embedded" if backbone == "embedded_v1" else "random"
        pooling = ("avg", "max")[seed % 2]
        yield fx.Pretrained(backbone=backbone, weights=weights, image_size=(side, side), pooling=pooling)


def _done(supervisor: Supervisor, spec: fx.Pretrained, path: str) -> Job | None:
    asked = ExtractJob(spec)
    parameters = asked.to_parameters()
    job = supervisor.submit(asked.task, workspace_path=path, parameters=parameters, title=spec.title, owner="soak")
    return supervisor.wait(job.key, PATIENCE)
