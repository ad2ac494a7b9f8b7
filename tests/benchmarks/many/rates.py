"""Ray beside the plain command, on the same files: `python -m tests.benchmarks.many.rates [IMAGES] [REPEATS] [BACKBONE]`.

All peers take turns, each as a command of its own, with the graph of the network on disk. A rate counts from the first chunk
(or batch) on; what a command takes besides is its overhead. Two machines are two nodes of one core each on this one.
"""

import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow.parquet as pq

import featx_core as fx
from featx_core.networks.engines import graph_cache
from featx_core.networks.engines.conversion import prepare
from featx_core.networks.engines.engine import TensorFlowEngine
from tests.benchmarks.measuring import SIZES, Outcome, at_least, at_most, machine, photograph, spread

COMPUTES = "_Compute"


class Course:
    """A set of files, a network and the commands that extract its features."""

    def __init__(self, home: Path, n_images: int, backbone: str) -> None:
        os.environ["FEATX_HOME"] = str(home / "home")
        self.home, self.n_images = home, n_images
        self.photos = home / "photos"
        self.photos.mkdir()
        for number in range(n_images):
            (self.photos / f"{number:06}.jpg").write_bytes(photograph(SIZES["0.3 megapixels"], number))
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
        self.peaks: dict[str, list[float]] = {"plain": [], "ray": []}

    def plain(self) -> dict[str, float]:
        """The plain command: seconds in all, and images a second from files to features."""
        output = self.home / "plain.parquet"
        command = ["extract", str(self.photos), "--spec", str(self.spec), "-o", str(output)]
        stages, seconds, peak = self._run(command, lambda process: [process])
        output.unlink()
        self.peaks["plain"].append(peak)
        reading = stages["Preparing the network"] - stages["Reading images"]
        return {
            "seconds": seconds,
            "rate": self.n_images / (seconds + stages["begun"] - stages["Extracting"]),
            "whole": self.n_images / (seconds + stages["begun"] - stages["Extracting"] + reading),
        }

    def ray(self, n_actors: int, address: str | None = None) -> dict[str, float]:
        """The command with Ray: seconds in all, and images a second from the first part to the last."""
        folder = self.home / "parts"
        where = ["--ray"] if address is None else ["--ray", address]
        more = ["--spec", str(self.spec), "--images", str(self.photos), "-o", str(folder), "--actors", str(n_actors)]
        _, seconds, peak = self._run(["extract", *where, *more], _actors)
        self.peaks["ray"].append(peak)
        written = sorted((part.stat().st_mtime, pq.read_metadata(part).num_rows) for part in folder.glob("part-*"))
        if sum(n_rows for _, n_rows in written) != self.n_images:
            raise SystemExit("images are missing")
        after = sum(n_rows for _, n_rows in written[n_actors:])
        lasted = written[-1][0] - written[n_actors - 1][0]
        n_bytes = sum(part.stat().st_size for part in folder.glob("part-*"))
        shutil.rmtree(folder)
        return {"seconds": seconds, "rate": after / lasted, "bytes": n_bytes / self.n_images}

    def _run(self, arguments: list[str], of: object) -> tuple[dict[str, float], float, float]:
        begun = time.time()
        process = subprocess.Popen(
            [sys.executable, "-m", "featx_core", *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        peaks = [0.0]
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.5):
                for each in of(psutil.Process(process.pid)):  # type: ignore[operator]
                    with contextlib.suppress(psutil.Error):
                        peaks[0] = max(peaks[0], each.memory_full_info().uss / 1e9)

        watcher = threading.Thread(target=watch)
        watcher.start()
        stages, said = {"begun": begun}, []
        for line in process.stderr or ():
            said.append(line)
            stages.setdefault(re.split(":", line.strip())[0], time.time())
        over.set()
        watcher.join()
        if process.wait():
            raise SystemExit("".join(said))
        return stages, time.time() - begun, peaks[0]


def rates(n_images: int, n_repeats: int, backbone: str) -> list[Outcome]:
    """Let the peers take turns."""
    with tempfile.TemporaryDirectory() as home:
        course = Course(Path(home), n_images, backbone)
        rounds = []
        for _ in range(n_repeats):
            round_ = {"plain": course.plain(), "one": course.ray(1), "two": course.ray(2)}
            with two_machines() as address:
                round_["nodes"] = course.ray(2, address)
            rounds.append(round_)
            print(json.dumps(round_), machine(), flush=True)
        peaks = [actor / plain for actor, plain in zip(course.peaks["ray"][::3], course.peaks["plain"], strict=True)]

    def found(peer: str, what: str = "rate") -> list[float]:
        return [each[peer][what] for each in rounds]

    def ratio(peer: str, other: str) -> list[float]:
        return [first / second for first, second in zip(found(peer), found(other), strict=True)]

    overhead = [each["one"]["seconds"] - n_images / each["one"]["rate"] for each in rounds]
    title = f"{course.title}, {n_images} JPEGs of 0.3 megapixels"
    return [
        Outcome(f"{title}: plain command, images a second once it extracts", spread(found("plain"))),
        Outcome(f"{title}: plain command, from files to features", spread(found("plain", "whole"))),
        Outcome(f"{title}: Ray, one actor, images a second", spread(found("one"))),
        Outcome(
            f"{title}: seconds of the commands",
            str({peer: round(statistics.median(found(peer, "seconds")), 1) for peer in rounds[0]}),
        ),
        Outcome(f"{title}: bytes an image", spread(found("one", "bytes"))),
        at_least(f"{title}: Ray with one actor / plain command", ratio("one", "plain"), 0.85),
        at_least(f"{title}: Ray with two actors / with one", ratio("two", "one"), 0.95),
        at_least(f"{title}: two nodes with an actor each / one with one", ratio("nodes", "one"), 0.95),
        at_most(f"{title}: overhead of the command", overhead, 25, " s"),
        at_most(f"{title}: own memory of an actor / of the plain command", peaks, 1.2),
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


def _actors(_process: psutil.Process) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any("ray::" in part and COMPUTES in part for part in process.info["cmdline"] or ()):
            found.append(process)
    return found


def _pixels() -> object:
    from featx_core.images.decoding import decode

    return decode(photograph(SIZES["0.3 megapixels"], 0))


if __name__ == "__main__":
    given = sys.argv[1:]
    n_images, n_repeats = (int(given[at]) if len(given) > at else usual for at, usual in enumerate((2000, 3)))
    for outcome in rates(n_images, n_repeats, given[2] if len(given) > 2 else "efficientnet_lite0"):
        print(outcome)
    print(machine())
