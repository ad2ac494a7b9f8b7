"""Runs with real Ray that tests share. Actors import this as well."""

import contextlib
import os
import threading
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq

import featx_core as fx
from featx_core.base.files import whole_file
from featx_core.distributed import pipeline, ray_here
from tests.toys.part_examples import SPEC

NODE = {"num_cpus": 1, "object_store_memory": 200 * 1024**2}
COMPUTES = "Compute)"
FROZEN = "frozen"
"""A file beside the folder of parts: the number of the process that stands still."""


@contextlib.contextmanager
def cluster_of_two():
    """Run a cluster of two machines of one core each, on this one."""
    from ray.cluster_utils import Cluster

    ray_here.make_findable()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        cluster = Cluster(initialize_head=True, head_node_args=NODE)
    except Exception:  # a busy machine may take longer than the 30 s that Ray waits
        cluster = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        cluster.add_node(**NODE)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        cluster.shutdown()


class Following:
    """Does something once, as soon as the first chunk is done."""

    def __init__(self, then=lambda: None):
        self._then = then

    def stage(self, name, *, limit_seconds=None):
        """Look away."""

    def __call__(self, done, total):
        then, self._then = self._then, lambda: None
        then()


def run(photos, folder, address, then=lambda: None, spec=SPEC, **options):
    """Extract the images of a folder, or of several sources."""
    given = [str(photos)] if isinstance(photos, Path) else photos
    return fx.extract_images(given, spec, folder, address=address, on_progress=Following(then), **options)


def rows_of(folder):
    """All rows of a folder: path to vector; no path twice."""
    tables = [pq.read_table(part) for part in Path(folder).glob("part-*.parquet")]
    paths = [path for table in tables for path in table["path"].to_pylist()]
    assert len(paths) == len(set(paths))
    return dict(zip(paths, (row for table in tables for row in table["features"].to_pylist()), strict=True))


def computing(among=None):
    """The processes of actors that hold the network."""
    found = []
    for process in psutil.process_iter() if among is None else among:
        with contextlib.suppress(psutil.Error):
            if any("ray::" in part and COMPUTES in part for part in process.cmdline()):
                found.append(process)
    return found


class FreezingCompute(pipeline._Compute):
    """An actor. The first one to write a part stands still for ever between its bytes and its name."""

    def __call__(self, batch):
        flag = Path(self._writer._order.folder).with_name(FROZEN)
        with contextlib.suppress(FileExistsError):
            flag.touch(exist_ok=False)
            whole_file._force_to_disk = lambda part: _stand_still(part, flag)
        return super().__call__(batch)


def _stand_still(part, flag):
    flag.write_text(f"{os.getpid()} {part}", encoding="utf-8")
    time.sleep(600)


@contextlib.contextmanager
def meanwhile(does):
    """Call something again and again, from another thread, while a block runs."""
    over = threading.Event()

    def repeat():
        while not over.wait(0.02):
            does()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
