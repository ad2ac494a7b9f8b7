"""Small sets: the second run of a network and those after it, in a notebook and in the app's worker.

Each network is converted while nothing is to do after its first run. The practical limit is that of `pipeline`: a bare loop of
OpenVINO on ready tensors plus a bare decode and fit on all cores, the two times added (each of them keeps all cores busy: work
beside each other is no quicker); all by turns. The app's worker makes way for other programs, which the limit does not: it is
given the priority of the limit, or on a busy machine one would measure the other programs.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

import featx_core as fx
from featx_core.base.files.folders import data_folder
from featx_core.base.other_process import environment
from featx_core.images.decoding import decode
from featx_core.networks.engines.engine import TensorFlowEngine
from featx_core.networks.engines.openvino_engine import OpenVinoEngine
from featx_core.networks.kept import record
from featx_core.networks.kept.extractor import KeptExtractor
from featx_core.tasks.requests import ExtractJob
from featx_core.worker import Limits, Supervisor
from tests.benchmarks.measuring import SIZES, Outcome, at_least, photograph, seconds_of

BACKBONES = (
    "embedded_v1",
    "mobilenet_v2",
    "efficientnet_lite0",
    "efficientnet_b0",
    "resnet50",
    "densenet121",
    "convnext_tiny",
)
REPEATS = {64: 5, 256: 1}  # by the number of images
QUICK_REPEATS = {64: 2}
BAR = 0.85
PATIENCE = 600.0  # seconds a job, and until a network is converted


def small_sets(*backbones: str, quick: bool) -> list[Outcome]:
    """Measure sets of few images in both places.

    Args:
        backbones: Which; without any, all of `BACKBONES`.
        quick: Whether fewer repeats do.
    """
    return [
        outcome for backbone in backbones or BACKBONES for outcome in _of(backbone, QUICK_REPEATS if quick else REPEATS)
    ]


def _of(backbone: str, repeats: dict[int, int]) -> list[Outcome]:
    spec = fx.Pretrained(backbone, weights="" if backbone == "embedded_v1" else "random")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        files = [photograph(SIZES["0.3 megapixels"], number) for number in range(max(repeats))]
        paths = {n_images: _workspace(Path(folder), files[:n_images]) for n_images in repeats}
        places = [stack.enter_context(place(spec, Path(folder))) for place in (_notebook, _worker)]
        engines = [[place.run(paths[min(paths)])[0]] for place in places]
        for place in places:
            place.await_converted()
        limit = _Limit(spec, Path(folder) / "app", files)
        found = []
        for n_images, n_repeats in repeats.items():
            shares: list[list[float]] = [[] for _ in places]
            for _ in range(n_repeats):
                for each, place, names in zip(shares, places, engines, strict=True):
                    engine, seconds = place.run(paths[n_images])
                    names.append(engine)
                    each.append(limit.seconds(n_images) / seconds)
            for each, place in zip(shares, places, strict=True):
                title = f"{n_images} images of 0.3 megapixels, {backbone}, {place.title}, from the second run on"
                found.append(at_least(f"{title}: share of the practical limit", each, BAR))
    for names, place in zip(engines, places, strict=True):
        title = f"{backbone}, {place.title}: engines, first and then"
        found.append(Outcome(title, ", ".join(dict.fromkeys(names))))
    return found


def _workspace(folder: Path, files: list[bytes]) -> Path:
    path = folder / f"{len(files)}.featx"
    workspace = fx.Workspace.open(path)
    workspace.add([(f"{number}.jpg", content) for number, content in enumerate(files)])
    workspace.close()
    return path


class _Limit:
    """The practical limit, with the graph that the app kept; where it kept none, TensorFlow is quicker here."""

    def __init__(self, spec: fx.Pretrained, home: Path, files: list[bytes]) -> None:
        with _home(home):
            kept = record.find(spec)
        self._files = files
        self._extractor = fx.build(spec) if kept is None else KeptExtractor(spec, kept, None)
        self._engine = TensorFlowEngine(self._extractor.model) if kept is None else OpenVinoEngine(kept.graph)
        size = self._extractor.batch_size
        self._tensors = self._extractor.preprocess(np.stack([self._fit(content) for content in files[:size]]))
        self.seconds(2 * len(self._tensors))

    def seconds(self, n_images: int) -> float:
        """Decode and fit so many images on all cores, and run the network on as many ready tensors."""
        size = len(self._tensors)
        lengths = [min(size, n_images - start) for start in range(0, n_images, size)]
        loop = seconds_of(lambda: [self._engine(self._tensors[:length]) for length in lengths])
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return loop + seconds_of(lambda: [None for _ in pool.map(self._fit, self._files[:n_images])])

    def _fit(self, content: bytes) -> np.ndarray:
        return self._extractor.fit_image(decode(content, at_least=self._extractor.image_size))


class _Notebook:
    """A process at Python's prompt that keeps an extractor and extracts when it is told to."""

    title = "in a notebook"

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, path: Path) -> tuple[str, float]:
        """Return what computed, and how many seconds the extraction took."""
        engine, seconds = self._ask(str(path))
        return str(engine), float(seconds)

    def await_converted(self) -> None:
        """Wait until the engine of the next run is ready."""
        _await(lambda: self._ask("")[0])

    def _ask(self, line: str) -> list[str | float | bool]:
        if self._process.stdin is None or self._process.stdout is None:
            raise SystemExit("the notebook has no pipes")
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return list(json.loads(self._process.stdout.readline()))


def serve(spec: str) -> None:
    """Be the notebook: for each line extract from that workspace, or, where it is empty, say whether all is prepared."""
    sys.ps1 = ">>> "
    extractor = fx.build(fx.spec_from_json(spec))
    for line in sys.stdin:
        if line.strip():
            workspace = fx.Workspace.open(line.strip())
            details = fx.extract(workspace.images(), extractor).details
            workspace.close()
            print(json.dumps([details["engine"], details["seconds"]]), flush=True)
        else:
            under_way = extractor.engines._converting
            is_ready = not extractor.engines.wants_graph and (under_way is None or under_way.is_done)
            print(json.dumps([is_ready or _is_refused()]), flush=True)


def _is_refused() -> bool:
    """Whether a graph of this place was found to give other values than TensorFlow, which goes on running the network."""
    return any("failure" in path.read_text("utf-8") for path in data_folder("graphs").glob("*.json"))


class _Worker:
    """The app's worker."""

    title = "in the app"

    def __init__(self, supervisor: Supervisor, spec: fx.Pretrained, home: Path) -> None:
        self._supervisor, self._spec, self._home = supervisor, spec, home

    def run(self, path: Path) -> tuple[str, float]:
        """Return what computed, and how many seconds the extraction took."""
        asked = ExtractJob(self._spec)
        job = self._supervisor.submit(
            asked.task, workspace_path=str(path), parameters=asked.to_parameters(), title="small", owner="small"
        )
        found = self._supervisor.wait(job.key, PATIENCE)
        if found is None or found.state != "done" or found.result is None:
            raise SystemExit(f"not what was to be measured: {found}")
        self._supervisor.forget(job.key)
        workspace = fx.Workspace.open(path)
        workspace.vectors.remove(self._spec.digest)
        workspace.close()
        details = found.result["details"]
        return str(details["engine"]), float(details["seconds"])

    def await_converted(self) -> None:
        """Wait until a conversion came to an end, and until the worker, which looks every two seconds, has the graph ready."""
        graphs = self._home / "graphs"
        with _home(self._home):  # facts on a graph are written where it is no faster, too
            _await(lambda: record.is_kept(self._spec) or any(graphs.glob("*.json")))
        time.sleep(8)
        _level(self._supervisor.worker_pid)


def _level(pid: int | None) -> None:
    """Give a process the priority of this one."""
    if pid is None or sys.platform != "linux":
        return
    try:
        group = Path("/proc/self/autogroup")
        if group.exists():
            Path(f"/proc/{pid}/autogroup").write_text(group.read_text(encoding="ascii").split()[-1], encoding="ascii")
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), os.getpriority(os.PRIO_PROCESS, 0))
    except OSError as error:
        print(f"# the app's worker stays behind other programs ({error}): measure on a quiet machine", file=sys.stderr)


@contextmanager
def _notebook(spec: fx.Pretrained, folder: Path) -> Iterator[_Notebook]:
    script = f"from tests.benchmarks.scale.small_sets import serve; serve({spec.to_json()!r})"
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**environment(), "FEATX_HOME": str(folder / "notebook")},
    )
    try:
        yield _Notebook(process)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _worker(spec: fx.Pretrained, folder: Path) -> Iterator[_Worker]:
    with _home(folder / "app"):  # it finds nothing that the notebook prepared
        supervisor = Supervisor(Limits())
        supervisor.start()
        try:
            yield _Worker(supervisor, spec, folder / "app")
        finally:
            supervisor.stop()


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    before = os.environ.get("FEATX_HOME")
    os.environ["FEATX_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FEATX_HOME"]
        else:
            os.environ["FEATX_HOME"] = before


def _await(is_true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_true():
        if time.monotonic() > end:
            raise SystemExit("the network was not converted")
        time.sleep(0.5)
