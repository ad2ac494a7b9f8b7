"""Ray, where it is installed: imported here alone, silenced, and in the version that featx was tried with."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INSTALL = 'pip install "ray[data]==2.60.*"'
VERSION = "2.60"
HERE = "local"
"""Instead of an address: a cluster of this machine alone, for as long as the command runs."""

N_RETRIES = 4
"""So many times is an actor that dies started again, and a chunk that was lost done again, also for want of memory."""

_ROOT = Path(__file__).resolve().parents[2]
OBJECT_STORE_BYTES = 1024**3
"""Of a cluster of this machine: decoded images on their way to the network."""


class ClusterError(RuntimeError):
    """Ray that is missing or another than is needed, or a cluster that cannot do the work; in plain words."""


def check_ray() -> None:
    """Refuse where Ray is missing or another version. Does not import it.

    Raises:
        ClusterError: With the line that installs it.
    """
    try:
        found = importlib.metadata.version("ray")
    except importlib.metadata.PackageNotFoundError:
        raise ClusterError(f"Work on many machines needs Ray, which is not installed: {INSTALL}") from None
    if found.rpartition(".")[0] != VERSION:
        raise ClusterError(f"Work on many machines needs Ray {VERSION}. Ray {found} is installed: {INSTALL}")


def load_ray() -> Any:
    """Import Ray with its part for data, silenced: by itself it tells its makers of each start, over the network and unasked.

    Raises:
        ClusterError: As `check_ray` raises it; and if a part of it is missing.
    """
    check_ray()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_task_oom_retries", str(N_RETRIES))  # by itself it would try without end
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ClusterError(f"Ray is installed without its part for data: {INSTALL}") from error
    return ray


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to a cluster; gives the module `ray`, and leaves the cluster at the end. A connection that is there is used.

    Args:
        address: "local" for this machine alone, "auto" for the cluster that runs on it, or `host:port`.

    Raises:
        ClusterError: If there is no such cluster.
    """
    ray = load_ray()
    if ray.is_initialized():
        yield ray
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "include_dashboard": False}
    if address == HERE:
        make_findable()
        options |= {"object_store_memory": OBJECT_STORE_BYTES}
    _start(ray, address, options)
    _quieten(ray)
    try:
        yield ray
    finally:
        ray.shutdown()


def _start(ray: Any, address: str, options: dict[str, Any]) -> None:
    for is_last in (False, True):
        try:
            ray.init(address=address, **options)
            return
        except Exception as error:  # whatever its parts raise, a plain `Exception` among it
            ray.shutdown()
            if address == HERE and not is_last:  # a busy machine may take longer than the 30 s that Ray waits
                continue
            what = "could not be started on this machine" if address == HERE else f"does not answer at {address}"
            raise ClusterError(f"Ray {what}.") from error


def make_findable() -> None:
    """Have processes of a cluster of this machine find this featx, installed or not."""
    paths = [str(_ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))


def _quieten(ray: Any) -> None:
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = context.enable_auto_log_stats = False
    context.max_consecutive_actor_init_deaths = 0
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
