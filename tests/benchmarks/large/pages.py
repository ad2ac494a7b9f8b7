"""How long the app's pages take over a large workspace: opening it, each page, the gallery, a search, a sort.

    python -m tests.benchmarks.large.pages 100000
    python -m tests.benchmarks.large.pages --file large.featx
    python -m tests.benchmarks.large.pages 100000 --profile images

Without a file it writes a workspace of as many small images, whose digests, labels and vectors are made up: what is listed is
what counts here. Times are the processor's, of the whole run of a page in the server, the median of five.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import hashlib
import io
import os
import pstats
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import featx_core as fx
from featx_core.maps.projection import project
from featx_core.studies.maps.map import MapStudy

PAGES = ("images", "extract", "map", "heatmaps", "compare", "report")
N_FEATURES, N_CLASSES = 256, 8  # as many features as the network gives
SPEC = fx.Pretrained("embedded_v1", image_size=(48, 48))


def resident() -> float:
    """The resident size of this process in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def peak() -> float:
    """The largest resident size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def made_up(path: Path, n_images: int) -> None:
    """Write a workspace whose images are all of one look, with a run over them."""
    out = io.BytesIO()
    Image.new("RGB", (80, 80), "teal").save(out, "WEBP")
    workspace = fx.Workspace.open(path)
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(n_images)]
    with workspace._store.transaction() as connection:
        connection.executemany(
            "INSERT INTO contents (digest, bytes, thumbnail) VALUES (?, ?, ?)",
            ((digest, bytes(3_000), out.getvalue()) for digest in digests),
        )
        connection.executemany(
            "INSERT INTO images (content_id, name, label, width, height, format, brightness, notes, path)"
            " VALUES (?, ?, ?, 80, 80, 'JPEG', ?, '[]', ?)",
            (
                (i + 1, f"{i:06d}.jpg", f"class {i % N_CLASSES}", i % 100, f"set/class {i % N_CLASSES}/{i:06d}.jpg")
                for i in range(n_images)
            ),
        )
    workspace.set_fact("intake_after", "0")
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(N_CLASSES, N_FEATURES)).astype(np.float32)
    vectors = centres[np.arange(n_images) % N_CLASSES] + rng.normal(size=(n_images, N_FEATURES)).astype(np.float32)
    workspace.vectors.save(SPEC.digest, dict(zip(digests, vectors, strict=True)))
    workspace.ledger.save(SPEC, {"feature_shape": [N_FEATURES], "n_images": n_images, "seconds": 1.0, "batch_size": 64})
    study = MapStudy(SPEC.digest, "pca")
    workspace.put_result(study.key(workspace), project(vectors, "pca", n_components=2, seed=0).to_bytes())
    workspace.close()


def median(work: Callable[[], object], n_times: int = 5) -> float:
    """The median of the processor's seconds."""
    found = []
    for _ in range(n_times):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return statistics.median(found)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n_images", type=int, nargs="?", default=10_000)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--profile", choices=PAGES)
    parser.add_argument("--write", type=Path, help="write the workspace there, and end")
    asked = parser.parse_args()
    if asked.write is not None:
        made_up(asked.write, asked.n_images)
        return
    with tempfile.TemporaryDirectory() as home:
        os.environ["FEATX_HOME"] = home
        _measure(asked)


def _measure(asked: argparse.Namespace) -> None:
    from featx_core.worker.jobs import TaskFailedError
    from pages._ui.shell import jobs, library
    from tests.toys.app import visiting
    from tests.toys.app.visiting import InlineWorker, Visitor

    visiting.PATIENCE = 600.0

    class Idle(InlineWorker):
        """Takes jobs and never does them: what the pages themselves take is measured."""

        def ask(self, *arguments: object, **options: object) -> object:
            raise TaskFailedError("The worker is away.")

    worker = Idle()
    worker.holds = True
    jobs.supervisor = lambda: worker  # type: ignore[assignment, return-value]
    token = library.new_token()
    path = library.path_of(token)
    if asked.file is not None:
        shutil.copyfile(asked.file, path)
    else:
        subprocess.run([sys.executable, "-m", __spec__.name, str(asked.n_images), "--write", str(path)], check=True)
    small = library.new_token()
    made_up(library.path_of(small), 50)
    with contextlib.redirect_stdout(
        io.StringIO()
    ):  # a server that has drawn every page before, and holds all its modules
        _walk(Visitor(small), library.open_workspace(small))
    before = resident()
    print(f"after a walk through a small workspace, the process holds {before:.0f} MB")
    started = time.process_time()
    workspace = library.open_workspace(token)
    print(f"open {time.process_time() - started:.2f} s; {path.stat().st_size / 1e6:.0f} MB", flush=True)
    started = time.process_time()
    visitor = Visitor(token)
    print(f"first page {time.process_time() - started:.2f} s, the process holds {resident():.0f} MB")
    if asked.profile:
        _profile(lambda: visitor.open(asked.profile))
        _profile(visitor.run)
        return
    _walk(visitor, workspace)
    print(f"at the end the process has grown by {resident() - before:.0f} MB, at its largest it held {peak():.0f} MB")


def _walk(visitor: object, workspace: fx.Workspace) -> None:
    """Go through all pages, and print what each takes."""
    from pages._ui.shell import runs

    for page in PAGES:
        started = time.process_time()
        visitor.open(page)
        first = time.process_time() - started
        again = median(visitor.run)
        print(f"{page:10s} first {first:.2f} s, again {again:.3f} s, the process holds {resident():.0f} MB", flush=True)
        if not visitor.has_no_fault:
            print(visitor.words[:2000])
    _use_gallery(visitor, workspace)
    print(f"the process holds {resident():.0f} MB")
    _use_map(visitor, workspace)
    print(f"the process holds {resident():.0f} MB")
    visitor.tab.session_state[runs.VIEW] = "Result"
    started = time.process_time()
    visitor.open("extract")
    print(f"a result   {time.process_time() - started:.2f} s, again {median(visitor.run):.3f} s", flush=True)


def _use_map(visitor: object, workspace: fx.Workspace) -> None:
    from pages._ui.shell.chosen import Chosen

    visitor.open("map")
    digests = workspace.images().digests
    for n_chosen in (1, 2, 1_000, len(digests)):
        visitor.tab.session_state["map_chosen"] = Chosen(frozenset(digests[:n_chosen]), f"bench:{n_chosen}")
        print(f"map with {n_chosen} selected {median(visitor.run, 3):.3f} s, {visitor.has_no_fault}", flush=True)


def _use_gallery(visitor: object, workspace: fx.Workspace) -> None:
    visitor.open("images")
    box = visitor.tab.text_input(key="search_images")
    words = iter(range(10, 60))
    print(f"search     {median(lambda: box.set_value(str(next(words))).run()):.3f} s")
    box.set_value("").run()
    for order in ("label", "added", "bright"):
        sort = visitor.tab.selectbox(key="sort_images")
        print(f"sort by {order:8s} {median(lambda: sort.set_value(order).run(), 1):.3f} s")  # noqa: B023
    show = visitor.tab.selectbox(key="show_images")
    print(f"filter     {median(lambda: show.select_index(1).run(), 1):.3f} s")
    show.select_index(0).run()
    name = workspace.images()[7].name
    print(f"label one, then the page {median(lambda: _labelled(visitor, workspace, name), 3):.3f} s")


def _labelled(visitor: object, workspace: fx.Workspace, name: str) -> None:
    workspace.set_labels({name: f"label {time.time()}"})
    visitor.run()


def _profile(work: Callable[[], object]) -> None:
    profile = cProfile.Profile(time.process_time)

    import streamlit.runtime.scriptrunner.exec_code as exec_code

    real = exec_code.exec_func_with_error_handling

    def measured(*arguments: object, **options: object) -> object:
        profile.enable()
        try:
            return real(*arguments, **options)
        finally:
            profile.disable()

    import streamlit.runtime.scriptrunner.script_runner as script_runner

    script_runner.exec_func_with_error_handling = measured
    work()
    script_runner.exec_func_with_error_handling = real
    pstats.Stats(profile).sort_stats("cumulative").print_stats(70)


if __name__ == "__main__":
    main()
