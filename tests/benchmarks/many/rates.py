"""Ray beside the plain command, on the same files: `python -m tests.benchmarks.many.rates [IMAGES] [REPEATS] [BACKBONE]`.

All peers take turns, each as a command of its own, with the graph of the network on disk. Each does a few images and many: what
the difference takes is the rate, the rest is overhead. Both are told by the clock and by the processors' time of all processes
of the command, which says more on a machine that does other work as well. Two machines are two nodes of one core each here.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow.parquet as pq

import featx_core as fx
from featx_core.networks.engines import graph_cache
from featx_core.networks.engines.conversion import prepare
from featx_core.networks.engines.engine import TensorFlowEngine
from tests.benchmarks.measuring import SIZES, Outcome, at_least, at_most, machine, photograph, spread

COMPUTES = "_Compute"


@dataclass(frozen=True)
class Taken:
    """What a command took.

    Attributes:
        seconds: By the clock.
        spent: Seconds of the processors, all of its processes.
        peak: The largest memory of its own (not shared with others) of a process with the network, in GB.
    """

    seconds: float
    spent: float
    peak: float


class Course:
    """A set of files, a network and the commands that extract its features."""

    def __init__(self, home: Path, counts: tuple[int, int], backbone: str) -> None:
        os.environ["FEATX_HOME"] = str(home / "home")
        self.home, self.n_bytes = home, 0.0
        self.photos = home / "photos"
        for count in counts:
            (self.photos / f"{count:06}").mkdir(parents=True)
            for number in range(count):
                (self.photos / f"{count:06}" / f"{number}.jpg").write_bytes(photograph(SIZES["0.3 megapixels"], number))
        is_random = backbone not in ("embedded_v1", "efficientnet_lite0")
        spec = fx.Pretrained(backbone, weights="random") if is_random else fx.Pretrained(backbone)
        self.spec = home / "spec.json"
        self.spec.write_text(spec.to_json(), encoding="utf-8")
        self.title = spec.title
        extractor = fx.build(spec)
        engine = TensorFlowEngine(extractor.model)
        batch = extractor.preprocess(extractor.fit_image(_pixels())[None])
        key = graph_cache.graph_key(extractor.model) or ""
        prepare(key, engine, batch, engine(batch))
        graph_cache.write_facts(
            key, {"ratio": 2.0}
        )  # as a first run leaves it: OpenVINO is used from the first batch on

    def plain(self, n_images: int) -> Taken:
        """The plain command."""
        output = self.home / "plain.parquet"
        images = [str(self.photos / f"{n_images:06}")]
        taken = self._run(["extract", *images, "--spec", str(self.spec), "-o", str(output)], os.getpid())
        output.unlink()
        return taken

    def ray(self, n_images: int, n_actors: int, address: str | None = None) -> Taken:
        """The command with Ray."""
        folder = self.home / "parts"
        where = ["--ray"] if address is None else ["--ray", address]
        images = ["--images", str(self.photos / f"{n_images:06}")]
        more = ["--spec", str(self.spec), *images, "-o", str(folder), "--actors", str(n_actors)]
        taken = self._run(["extract", *where, *more], os.getpid())
        parts = list(folder.glob("part-*"))
        if sum(pq.read_metadata(part).num_rows for part in parts) != n_images:
            raise SystemExit("images are missing")
        self.n_bytes = sum(part.stat().st_size for part in parts) / n_images
        shutil.rmtree(folder)
        return taken

    def _run(self, arguments: list[str], root: int) -> Taken:
        before = _spent(root, {})
        spent, peaks, over = dict[int, float](), [0.0], threading.Event()
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "featx_core", *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )

        def watch() -> None:
            while not over.wait(0.4):
                _spent(root, spent)
                of_network = _actors() or ([psutil.Process(process.pid)] if "--ray" not in arguments else [])
                for each in of_network:
                    with contextlib.suppress(psutil.Error):
                        peaks[0] = max(peaks[0], each.memory_full_info().uss / 1e9)

        watcher = threading.Thread(target=watch)
        watcher.start()
        said = process.stderr.read() if process.stderr is not None else ""
        seconds = time.perf_counter() - begun
        over.set()
        watcher.join()
        if process.wait():
            raise SystemExit(said)
        taken = Taken(seconds, sum(spent.values()) - sum(before.get(pid, 0) for pid in spent), peaks[0])
        print(" ".join(arguments[1:3] + arguments[-2:]), taken, flush=True)
        return taken


def rates(n_images: int, n_repeats: int, backbone: str) -> list[Outcome]:
    """Let the peers take turns."""
    n_few = n_images // 4
    with tempfile.TemporaryDirectory() as home:
        course = Course(Path(home), (n_few, n_images), backbone)
        rounds: list[dict[str, tuple[Taken, Taken]]] = []
        for _ in range(n_repeats):
            found = {
                "plain": (course.plain(n_few), course.plain(n_images)),
                "one": (course.ray(n_few, 1), course.ray(n_images, 1)),
                "two": (course.ray(n_few, 2), course.ray(n_images, 2)),
            }
            with two_machines() as address:
                found["nodes"] = course.ray(n_few, 2, address), course.ray(n_images, 2, address)
            rounds.append(found)
            print(found, machine(), flush=True)
    title = f"{course.title}, {n_few} and {n_images} JPEGs of 0.3 megapixels"
    n_more = n_images - n_few

    def of(peer: str, what: str) -> list[float]:
        """Seconds of each image more."""
        return [(getattr(many, what) - getattr(few, what)) / n_more for few, many in (each[peer] for each in rounds)]

    def ratios(first: str, second: str, what: str) -> list[float]:
        return [above / below for above, below in zip(of(second, what), of(first, what), strict=True)]

    def overhead(what: str) -> list[float]:
        each = [each["one"] for each in rounds]
        return [getattr(few, what) - n_few * one for (few, _), one in zip(each, of("one", what), strict=True)]

    peaks = [each["one"][1].peak / each["plain"][1].peak for each in rounds]
    outcomes = [
        Outcome(
            f"{title}: {peer}, milliseconds an image, by the clock / of the processors",
            f"{1000 * statistics.median(of(peer, 'seconds')):.1f} / {1000 * statistics.median(of(peer, 'spent')):.1f}",
        )
        for peer in rounds[0]
    ]
    for what, word in (("seconds", "by the clock"), ("spent", "of the processors")):
        outcomes += [
            at_least(f"{title}: Ray with one actor / plain command, {word}", ratios("one", "plain", what), 0.85),
            at_least(f"{title}: Ray with two actors / with one, {word}", ratios("two", "one", what), 0.95),
            at_least(f"{title}: two nodes / one actor, {word}", ratios("nodes", "one", what), 0.95),
            at_most(f"{title}: overhead of the command, {word}", overhead(what), 25, " s"),
        ]
    return [
        *outcomes,
        at_most(f"{title}: own memory of an actor / of the plain command", peaks, 1.2),
        Outcome(f"{title}: own memory of an actor", spread([each["one"][1].peak for each in rounds], " GB")),
        Outcome(f"{title}: bytes an image in parts", f"{course.n_bytes:.0f}"),
    ]


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


def _pixels() -> object:
    from featx_core.images.decoding import decode

    return decode(photograph(SIZES["0.3 megapixels"], 0))


if __name__ == "__main__":
    given = sys.argv[1:]
    n_images, n_repeats = (int(given[at]) if len(given) > at else usual for at, usual in enumerate((3552, 3)))
    for outcome in rates(n_images, n_repeats, given[2] if len(given) > 2 else "efficientnet_lite0"):
        print(outcome)
    print(machine())
