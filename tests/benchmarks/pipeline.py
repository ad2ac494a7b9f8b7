"""How near extraction comes to what the machine can do, from JPEG files in a workspace to stored vectors.

The graph for OpenVINO is on disk, and with it how much faster it is: the quicker engine is used. All peers take turns in each
repeat, and each ratio is the median over the repeats. The practical limit is a bare OpenVINO loop on ready tensors plus a bare
decode-and-fit on all cores, the two times added.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

import featx_core as fx
from featx_core.base.keras_setup import load_keras
from featx_core.images.decoding import decode
from featx_core.networks.engines import graph_cache
from featx_core.networks.engines.choice import MIN_GAIN
from featx_core.networks.engines.conversion import N_TRIALS, prepare
from featx_core.networks.engines.engine import Engine, TensorFlowEngine
from tests.benchmarks.measuring import SIZES, Outcome, at_least, at_most, photograph, seconds_of, spread

BATCH = 32
N_NEW = 10
QUICK_BACKBONE = "mobilenet_v2"


def pipeline(backbone: str, *, quick: bool) -> list[Outcome]:
    """Measure one backbone against all peers, on files of both sizes."""
    if backbone not in fx.BACKBONES:
        return [Outcome(f"{backbone}, JPEG files to stored vectors", "not in this featx")]
    return [
        outcome for size in SIZES for outcome in Course(backbone, size, 32 if quick else 96).ratios(2 if quick else 5)
    ]


def again(*, quick: bool) -> list[Outcome]:
    """Measure what is saved where rows are kept already: the same run again, and a few new images among many."""
    course = Course(QUICK_BACKBONE, "0.3 megapixels", 100 if quick else 1000)
    repeated, added = [], []
    for _ in range(2 if quick else 5):
        first = course.featx()
        repeated.append(course.extract() / first)
        added.append(course.new_among_many() / course.new_alone())
    n_images = len(course.files)
    return [
        at_most(f"the same run again, {n_images} images, share of its time", repeated, 0.02),
        at_most(f"{N_NEW} new among {n_images} images / {N_NEW} alone", added, 1.3),
    ]


class Course:
    """One backbone, one size of files, and all peers. Every peer gives seconds an image."""

    def __init__(self, backbone: str, size: str, n_images: int) -> None:
        self._home = tempfile.TemporaryDirectory()
        os.environ["FEATX_HOME"] = self._home.name
        self.title = f"{fx.BACKBONES[backbone].title}, {size}"
        self.files = [photograph(SIZES[size], number) for number in range(n_images)]
        self.extractor = fx.build(fx.Pretrained(backbone, weights="random"))
        self.pictures = _written(self.files, Path(self._home.name) / "pictures")
        self.workspace = fx.Workspace.open(Path(self._home.name) / "benchmark.featx")
        self.workspace.add([str(self.pictures)])
        self.tensors = self.extractor.preprocess(np.stack([self._fit(content) for content in self.files[:BATCH]]))
        tensorflow = TensorFlowEngine(self.extractor.model)
        key = graph_cache.graph_key(self.extractor.model) or ""
        self.openvino = prepare(key, tensorflow, self.tensors[:8], tensorflow(self.tensors[:8]))
        ratio = _ratio(tensorflow, self.openvino, self.tensors)
        graph_cache.write_facts(
            key, {"ratio": ratio}
        )  # as a first run leaves it: the quicker engine is used from now on
        self.engine = self.openvino if ratio >= MIN_GAIN else tensorflow
        self.few = list(self.pictures.iterdir())[: 12 if fx.BACKBONES[backbone].n_parameters < 5e6 else 4]
        self.some = _written(self.files[:BATCH], Path(self._home.name) / "some")

    def ratios(self, n_repeats: int) -> list[Outcome]:
        """Let all peers take turns."""
        peers: dict[str, Callable[[], float]] = {
            "featx": self.featx,
            "loop": self.bare_loop,
            "decode": self.bare_decode,
            "dataset": self.dataset,
            "tutorial": self.tutorial,
        }
        for warm_up in peers.values():
            warm_up()
        rounds = [{name: peer() for name, peer in peers.items()} for _ in range(n_repeats)]
        is_quickest = "MobileNetV2" in self.title

        def found(ratio: Callable[[dict[str, float]], float]) -> list[float]:
            return [ratio(each) for each in rounds]

        return [
            Outcome(f"{self.title}: engine", self.engine.title),
            Outcome(f"{self.title}: images a second", spread(found(lambda t: 1 / t["featx"]))),
            Outcome(f"{self.title}: the bare loop alone", spread(found(lambda t: 1 / t["loop"]))),
            Outcome(f"{self.title}: the bare decode and fit alone", spread(found(lambda t: 1 / t["decode"]))),
            at_least(
                f"{self.title}: share of the practical limit",
                found(lambda t: (t["loop"] + t["decode"]) / t["featx"]),
                0.85,
            ),
            at_least(
                f"{self.title}: times the loop of tutorials",
                found(lambda t: t["tutorial"] / t["featx"]),
                10 if is_quickest else 1,
            ),
            at_least(
                f"{self.title}: times image_dataset_from_directory + predict",
                found(lambda t: t["dataset"] / t["featx"]),
                2 if is_quickest else 1,
            ),
        ]

    def featx(self) -> float:
        """All images, nothing kept."""
        self.workspace.vectors.remove(self.extractor.spec.digest)
        return self.extract()

    def extract(self) -> float:
        """All images, as the worker does it."""
        images = self.workspace.images()
        started = time.perf_counter()
        features = fx.extract(images, self.extractor, workspace=self.workspace)
        seconds = time.perf_counter() - started
        if features.details["engine"] != self.engine.title or len(features) != len(images):
            raise SystemExit(f"not what was to be measured: {features.details}")
        return seconds / len(images)

    def new_among_many(self) -> float:
        """A few images more, in the workspace with all others."""
        return self._with_new(self.workspace)

    def new_alone(self) -> float:
        """The same images in a workspace of their own, a file as well."""
        workspace = fx.Workspace.open(Path(self._home.name) / f"{time.perf_counter_ns()}.featx")
        seconds = self._with_new(workspace)
        workspace.close()
        return seconds

    def _with_new(self, workspace: fx.Workspace) -> float:
        before = set(workspace.images().names)
        stamp = str(time.perf_counter_ns()).encode()
        workspace.add([(f"new{i}.jpg", self.files[i] + stamp) for i in range(N_NEW)])
        seconds = seconds_of(lambda: fx.extract(workspace.images(), self.extractor, workspace=workspace))
        workspace.remove([name for name in workspace.images().names if name not in before])
        return seconds

    def bare_loop(self) -> float:
        """OpenVINO on tensors that are ready."""
        starts = range(0, len(self.files), BATCH)
        lengths = [min(BATCH, len(self.files) - start) for start in starts]
        return seconds_of(lambda: [self.openvino(self.tensors[:n]) for n in lengths]) / len(self.files)

    def bare_decode(self) -> float:
        """Decode and fit on all cores, and let the images go."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return seconds_of(lambda: [None for _ in pool.map(self._fit, self.files)]) / len(self.files)

    def _fit(self, content: bytes) -> np.ndarray:
        return self.extractor.fit_image(decode(content, at_least=self.extractor.image_size))

    def dataset(self) -> float:
        """Keras's own way for many files, on one batch of them."""
        utils = load_keras().utils

        def run() -> None:
            size = self.extractor.image_size
            options = {"labels": None, "image_size": size, "batch_size": BATCH, "shuffle": False, "verbose": False}
            self.extractor.model.predict(utils.image_dataset_from_directory(self.some, **options), verbose=0)

        return seconds_of(run) / min(BATCH, len(self.files))

    def tutorial(self) -> float:
        """One image at a time, as tutorials do."""

        def run() -> None:
            for path in self.few:
                picture = Image.open(path).convert("RGB").resize(self.extractor.image_size[::-1])
                self.extractor.model.predict(self.extractor.preprocess(np.asarray(picture)[np.newaxis]), verbose=0)

        return seconds_of(run) / len(self.few)


def _written(files: Sequence[bytes], folder: Path) -> Path:
    folder.mkdir()
    for number, content in enumerate(files):
        (folder / f"{number:05}.jpg").write_bytes(content)
    return folder


def _ratio(tensorflow: Engine, openvino: Engine, batch: np.ndarray) -> float:
    """Measure how many times as fast OpenVINO is, by the best of a few batches each; the first ones compile."""
    for engine in (tensorflow, openvino):
        engine(batch)
    times = [
        [seconds_of(lambda engine=engine: engine(batch)) for _ in range(N_TRIALS)] for engine in (tensorflow, openvino)
    ]
    return min(times[0]) / min(times[1])
