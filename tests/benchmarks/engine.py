"""How near extraction comes to what the machine can do. Run: `python -m tests.benchmarks.engine`.

From JPEG files in a workspace to stored vectors, with the graph for OpenVINO on disk, against peers in the same run: the
practical limit (a bare OpenVINO loop on ready tensors plus a bare decode-and-fit on all cores, the times added), Keras's
`image_dataset_from_directory` with `predict`, and the loop of tutorials, one image at a time. Each ratio is the median over
repeats in which all peers take turns. Nothing is asserted.
"""

import argparse
import io
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import psutil
from PIL import Image

import featx_core as fx
from featx_core import graph_cache
from featx_core.engine import TensorFlowEngine
from featx_core.engine_choice import prepare
from featx_core.images import decode
from featx_core.keras_setup import load_keras

SIZES = {"0.3 megapixels": (640, 480), "12 megapixels": (4000, 3000)}
N_TUTORIAL = 12  # images; the loop of tutorials takes too long for more
N_NEW = 10
BATCH = 32


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbones", nargs="+", default=["mobilenet_v2"], choices=list(fx.BACKBONES))
    parser.add_argument("--images", type=int, default=192, help="of each size (default: 192)")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    print(f"{platform.machine()}, {psutil.cpu_count()} cores, Python {platform.python_version()}, load {_load()}")
    with tempfile.TemporaryDirectory() as home:
        os.environ["FEATX_HOME"] = home
        for title, size in SIZES.items():
            files = [_jpeg(size, number) for number in range(asked.images)]
            print(f"\n{asked.images} JPEG files of {title}")
            _decoding(files[: max(8, asked.images // 8)], asked.repeats)
            for backbone in asked.backbones:
                with tempfile.TemporaryDirectory() as folder:
                    _Course(backbone, files, Path(folder)).run(asked.repeats)
    print(f"\nload {_load()} at the end")


class _Course:
    """One backbone, one size of files, and all peers."""

    def __init__(self, backbone: str, files: Sequence[bytes], folder: Path) -> None:
        self.files, self.folder, self.backbone = files, folder, backbone
        self.extractor = fx.build(fx.Pretrained(backbone, weights="random"))
        pictures = folder / "pictures"
        pictures.mkdir()
        for number, content in enumerate(files):
            (pictures / f"{number:05}.jpg").write_bytes(content)
        self.workspace = fx.Workspace.open(folder / "benchmark.featx")
        self.workspace.add([str(pictures)])
        model = self.extractor.model
        pictures_ready = np.stack([self._fit(content) for content in files[:BATCH]])
        self.tensors = self.extractor.preprocess(pictures_ready)
        tensorflow = TensorFlowEngine(model)
        started = time.perf_counter()
        key = graph_cache.graph_key(model) or ""
        self.openvino = prepare(key, tensorflow, self.tensors[:8], tensorflow(self.tensors[:8]))
        print(f"{backbone}: graph ready in {time.perf_counter() - started:.1f} s")

    def run(self, repeats: int) -> None:
        """Let all peers take turns, and print a row each."""
        peers: dict[str, Callable[[], float]] = {
            "featx": self._featx,
            "again": self._again,
            "loop": self._bare_loop,
            "decode": self._bare_decode,
            "dataset": self._dataset,
            "tutorial": self._tutorial,
            "new": self._new_among_many,
            "alone": self._new_alone,
        }
        for warm_up in (self._featx, self._bare_loop, self._dataset, self._tutorial):
            warm_up()
        rounds = [{name: peer() for name, peer in peers.items()} for _ in range(repeats)]
        pace = statistics.median(each["featx"] for each in rounds)
        self._row("images a second", f"{1 / pace:.1f}", "-")
        self._ratio("share of the practical limit", rounds, lambda t: (t["loop"] + t["decode"]) / t["featx"], "0.85")
        self._ratio("times the dataset with predict", rounds, lambda t: t["dataset"] / t["featx"], "2")
        self._ratio("times the loop of tutorials", rounds, lambda t: t["tutorial"] / t["featx"], "10")
        self._ratio("the same run again, share of its time", rounds, lambda t: t["again"] / t["featx"], "0.02")
        self._ratio(f"{N_NEW} new among the others / alone", rounds, lambda t: t["new"] / t["alone"], "1.3")
        self._row("bare loop, bare decode (images a second)", _paces(rounds, "loop", "decode"), "-")
        self._row("dataset, tutorial (images a second)", _paces(rounds, "dataset", "tutorial"), "-")

    def _ratio(
        self, what: str, rounds: list[dict[str, float]], ratio: Callable[[dict[str, float]], float], bar: str
    ) -> None:
        found = [ratio(each) for each in rounds]
        self._row(what, f"{statistics.median(found):.3g}  ({min(found):.3g} to {max(found):.3g})", bar)

    def _row(self, what: str, value: str, bar: str) -> None:
        print(f"  {what:<44} {value:<32} bar: {bar}", flush=True)

    def _featx(self) -> float:
        self.workspace.vectors.remove(self.extractor.spec.digest)
        return self._extract()

    def _again(self) -> float:
        return self._extract()

    def _extract(self) -> float:
        images = self.workspace.images()
        started = time.perf_counter()
        features = fx.extract(images, self.extractor, workspace=self.workspace)
        seconds = time.perf_counter() - started
        if features.details["engine"] != self.openvino.title or len(features) != len(images):
            raise SystemExit(f"not what was to be measured: {features.details}")
        return seconds / len(images)

    def _new_among_many(self) -> float:
        return self._with_new(self.workspace)

    def _new_alone(self) -> float:
        return self._with_new(fx.Workspace.open(":memory:"))

    def _with_new(self, workspace: fx.Workspace) -> float:
        """Seconds for a few images more, in a workspace with all others or with none."""
        before = set(workspace.images().names)
        stamp = str(time.perf_counter_ns()).encode()
        workspace.add([(f"new{i}.jpg", self.files[i] + stamp) for i in range(N_NEW)])
        started = time.perf_counter()
        fx.extract(workspace.images(), self.extractor, workspace=workspace)
        seconds = time.perf_counter() - started
        workspace.remove([name for name in workspace.images().names if name not in before])
        return seconds

    def _bare_loop(self) -> float:
        started = time.perf_counter()
        for start in range(0, len(self.files), BATCH):
            self.openvino(self.tensors[: min(BATCH, len(self.files) - start)])
        return (time.perf_counter() - started) / len(self.files)

    def _bare_decode(self) -> float:
        started = time.perf_counter()
        with ThreadPoolExecutor(psutil.cpu_count()) as pool:
            for _ in pool.map(self._fit, self.files):
                pass
        return (time.perf_counter() - started) / len(self.files)

    def _fit(self, content: bytes) -> np.ndarray:
        return self.extractor.fit_image(decode(content, at_least=self.extractor.image_size))

    def _dataset(self) -> float:
        utils = load_keras().utils
        started = time.perf_counter()
        batches = utils.image_dataset_from_directory(
            self.folder / "pictures",
            labels=None,
            image_size=self.extractor.image_size,
            batch_size=BATCH,
            shuffle=False,
            verbose=False,
        )
        self.extractor.model.predict(batches, verbose=0)
        return (time.perf_counter() - started) / len(self.files)

    def _tutorial(self) -> float:
        paths = sorted((self.folder / "pictures").iterdir())[:N_TUTORIAL]
        started = time.perf_counter()
        for path in paths:
            picture = Image.open(path).convert("RGB").resize(self.extractor.image_size[::-1])
            self.extractor.model.predict(self.extractor.preprocess(np.asarray(picture)[np.newaxis]), verbose=0)
        return (time.perf_counter() - started) / len(paths)


def _decoding(files: Sequence[bytes], repeats: int) -> None:
    """One thread, decode and fit, against Pillow's plain open, convert, resize."""

    def plain(content: bytes) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB").resize((224, 224)))

    def ours(content: bytes) -> np.ndarray:
        from featx_core.images import fit_image

        return fit_image(decode(content, at_least=(224, 224)), (224, 224), "crop")

    found = []
    for _ in range(repeats):
        seconds = []
        for way in (plain, ours):
            started = time.perf_counter()
            for content in files:
                way(content)
            seconds.append(time.perf_counter() - started)
        found.append(seconds[0] / seconds[1])
    print(
        f"  {'decode and fit, times plain Pillow':<44} {statistics.median(found):<32.3g} bar: 4 at 12 megapixels",
        flush=True,
    )


def _paces(rounds: list[dict[str, float]], *names: str) -> str:
    return ", ".join(f"{1 / statistics.median(each[name] for each in rounds):.1f}" for name in names)


def _jpeg(size: tuple[int, int], number: int) -> bytes:
    """A file of its own that decodes like a photograph: a smooth picture with some detail, its number behind the end."""
    return _photograph(size) + str(number).encode()


_PHOTOGRAPHS: dict[tuple[int, int], bytes] = {}


def _photograph(size: tuple[int, int]) -> bytes:
    if size not in _PHOTOGRAPHS:
        coarse = np.random.default_rng(0).integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
        out = io.BytesIO()
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
        _PHOTOGRAPHS[size] = out.getvalue()
    return _PHOTOGRAPHS[size]


def _load() -> str:
    return "unknown" if not hasattr(os, "getloadavg") else " ".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    main()
