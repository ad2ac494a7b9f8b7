"""Commands to measure, and what they take: by the clock, of the processors, in memory."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow.parquet as pq

import featx_core as fx
from featx_core.images.decoding import decode
from featx_core.networks.engines import graph_cache
from featx_core.networks.engines.conversion import prepare
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.tasks.requests import ExtractJob
from featx_core.worker import Supervisor
from tests.benchmarks.measuring import SIZES, photograph

COMPUTES = "_Compute"
PATIENCE = 600.0  # seconds a job of the worker


@dataclass(frozen=True)
class Taken:
    """What a command took.

    Attributes:
        seconds: By the clock.
        spent: Seconds of the processors, all of its processes.
        own: The most memory that a process with the network had for itself (USS), in GB.
        resident: The most that it had with what others share (RSS), in GB.
    """

    seconds: float
    spent: float
    own: float
    resident: float


class Course:
    """A set of files, a network and the commands that extract its features.

    Args:
        home: An empty folder.
        counts: How many images the commands are run with.
        backbone: A name of `BACKBONES`; those without weights at hand get random ones.
    """

    def __init__(self, home: Path, counts: tuple[int, ...], backbone: str) -> None:
        os.environ["FEATX_HOME"] = str(home / "home")
        self._home, self.n_bytes = home, 0.0
        for count in counts:
            folder = self._photos(count)
            folder.mkdir(parents=True)
            for number in range(count):
                (folder / f"{number}.jpg").write_bytes(photograph(SIZES["0.3 megapixels"], number))
        is_random = backbone not in ("embedded_v1", "efficientnet_lite0")
        self._spec = fx.Pretrained(backbone, weights="random") if is_random else fx.Pretrained(backbone)
        self._file = home / "spec.json"
        self._file.write_text(self._spec.to_json(), encoding="utf-8")
        self.title = self._spec.title
        _keep_graph(self._spec)

    def plain(self, n_images: int) -> Taken:
        """The plain command."""
        output = self._home / "plain.parquet"
        taken = _run(["extract", str(self._photos(n_images)), "--spec", str(self._file), "-o", str(output)])
        output.unlink()
        return taken

    def ray(self, n_images: int, n_actors: int, address: str | None = None) -> Taken:
        """The command with Ray."""
        folder = self._home / "parts"
        where = ["--ray"] if address is None else ["--ray", address]
        images = ["--images", str(self._photos(n_images)), "--actors", str(n_actors)]
        taken = _run(["extract", *where, "--spec", str(self._file), *images, "-o", str(folder)])
        parts = list(folder.glob("part-*"))
        if sum(pq.read_metadata(part).num_rows for part in parts) != n_images:
            raise SystemExit("images are missing")
        self.n_bytes = sum(part.stat().st_size for part in parts) / n_images
        shutil.rmtree(folder)
        return taken

    def worker(self, n_images: int) -> Taken:
        """The app's worker: a job of its own process."""
        path, asked = self._home / "worker.featx", ExtractJob(self._spec)
        with contextlib.closing(fx.Workspace.open(path)) as workspace:
            workspace.add([self._photos(n_images)])
        supervisor = Supervisor()
        supervisor.start()
        try:
            with _watched(
                os.getpid(), lambda: [psutil.Process(pid)] if (pid := supervisor.worker_pid) else []
            ) as result:
                job = supervisor.submit(
                    asked.task, workspace_path=str(path), parameters=asked.to_parameters(), title="", owner=""
                )
                found = supervisor.wait(job.key, PATIENCE)
        finally:
            supervisor.stop()
        path.unlink()
        if found is None or found.state != "done":
            raise SystemExit(f"the worker failed: {found}")
        return result()

    def _photos(self, n_images: int) -> Path:
        return self._home / "photos" / f"{n_images:06}"


@contextlib.contextmanager
def two_machines() -> Iterator[str]:
    """Run a cluster of two nodes of one core each; gives its address."""
    from ray.cluster_utils import Cluster

    from featx_core.distributed.ray_here import make_findable

    make_findable()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    node = {"num_cpus": 1, "object_store_memory": 512 * 1024**2}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    try:
        cluster.add_node(**node)
        cluster.wait_for_nodes()
        yield cluster.address
    finally:
        cluster.shutdown()


def _keep_graph(spec: fx.Pretrained) -> None:
    """Leave the graph of a network on disk, as a first run leaves it: all peers use OpenVINO from the first batch on."""
    extractor = fx.build(spec)
    engine = TensorFlowEngine(extractor.model)
    pixels = decode(photograph(SIZES["0.3 megapixels"], 0))
    batch = extractor.preprocess(extractor.fit_image(pixels)[None])
    key = graph_cache.graph_key(extractor.model) or ""
    prepare(key, engine, batch, engine(batch))
    graph_cache.write_facts(key, {"ratio": 2.0})


def _run(arguments: list[str]) -> Taken:
    command = [sys.executable, "-m", "featx_core", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        of_network = _actors if "--ray" in arguments else lambda: [psutil.Process(process.pid)]
        with _watched(os.getpid(), of_network) as result:
            said = process.stderr.read() if process.stderr is not None else ""
    if process.returncode:
        raise SystemExit(said)
    return result()


@contextlib.contextmanager
def _watched(root: int, of_network: Callable[[], list[psutil.Process]]) -> Iterator[Callable[[], Taken]]:
    """Watch what a block takes; gives what tells it afterwards."""
    before, spent = _spent(root, {}), dict[int, float]()
    own, resident, over = [0.0], [0.0], threading.Event()
    begun, seconds = time.perf_counter(), [0.0]

    def watch() -> None:
        while not over.wait(0.2):
            _spent(root, spent)
            with contextlib.suppress(psutil.Error):
                for each in of_network():
                    memory = each.memory_full_info()
                    own.append(memory.uss / 1e9)
                    resident.append(memory.rss / 1e9)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: Taken(
            seconds[0], sum(spent.values()) - sum(before.get(pid, 0) for pid in spent), max(own), max(resident)
        )
    finally:
        seconds[0] = time.perf_counter() - begun
        over.set()
        watcher.join()


def _actors() -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any("ray::" in part and COMPUTES in part for part in process.info["cmdline"] or ()):
            found.append(process)
    return found


def _spent(root: int, known: dict[int, float]) -> dict[int, float]:
    """Note the processors' time of all that a process began, also of what has ended since."""
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(root).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                known[process.pid] = times.user + times.system
    return known
