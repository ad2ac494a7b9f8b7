"""From pixels to features: the second stage of the work, in an actor that builds the network once."""

from __future__ import annotations

import functools
import importlib.metadata
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.faults import explain_fault
from featx_core.base.processor import set_threads
from featx_core.distributed.parts import why_not, write_part
from featx_core.extraction.extract import extract
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.images.rendering.choice import USUAL, Rendering
from featx_core.methods.extractors import Extractors
from featx_core.specs.registry import spec_from_json
from featx_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from featx_core.distributed.decoding import Decoded
    from featx_core.networks.engines.choice import Engines
    from featx_core.networks.engines.fast import FastEngines
    from featx_core.networks.extractor import Extractor

TOKEN = ".featx-run"
"""The file in the folder of a run that says which run may write into it."""

NO_ROOM = "The network does not fit into the memory of a machine. Choose a smaller network, or fewer actors (--actors)."
_VERSIONED = ("featx", "keras", "tensorflow", "openvino", "numpy", "pillow", "ray")


@dataclass(frozen=True)
class Order:
    """What an actor is made for.

    Attributes:
        spec: As JSON.
        folder: Where the parts go.
        token: What the file `TOKEN` there holds for as long as this run goes on.
        n_threads: Of the processor, for the network.
        weights: Files that the spec names, by what a workspace calls them.
    """

    spec: str
    folder: str
    token: str
    n_threads: int
    weights: Mapping[str, bytes]


@dataclass(frozen=True)
class Outcome:
    """What became of a chunk.

    Attributes:
        n_done: Images with features.
        n_left_out: Images without.
        fault: Why nothing more can be done, in a sentence; "" where all is well.
    """

    n_done: int = 0
    n_left_out: int = 0
    fault: str = ""


class Computer:
    """Builds the network of a spec once, and gives the features of decoded images.

    Args:
        spec: As JSON.
        n_threads: Of the processor.
        weights: Files that the spec names, by what a workspace calls them.

    Raises:
        SpecError, WeightsError, MemoryError: As `fx.build` raises them.
    """

    def __init__(self, spec: str, n_threads: int, weights: Mapping[str, bytes]) -> None:
        set_threads(n_threads)
        workspace = Workspace.open(":memory:")
        for name, content in weights.items():
            workspace.put_artefact(name, content)
        self.extractor: Extractor = Extractors().find(spec_from_json(spec), workspace, Silent())
        self.extractor.engines = OneRun(self.extractor.engines)  # type: ignore[assignment]

    @property
    def n_features(self) -> int:
        """The length of a vector."""
        return math.prod(int(side or 1) for side in self.extractor.output_shape[1:])

    def __call__(self, decoded: Decoded) -> tuple[list[int], np.ndarray, list[tuple[str, str]], Mapping[str, Any]]:
        """Compute the features of a chunk.

        Returns:
            Which of its images have features; float32 `(n_images, n_features)`; name and reason of the others; the details of
            the run, as `fx.extract` gives them.
        """
        if not decoded.images:
            return [], np.zeros((0, self.n_features), np.float32), [], {}
        pixels = dict(zip(decoded.digests, decoded.pixels, strict=True))
        keeper = Pixels(pixels)
        size = self.extractor.image_size
        records = [
            ImageRecord(str(at), None, digest, size[1], size[0], "", 0.0, (), keeper)
            for at, digest in enumerate(decoded.digests)
        ]
        features = extract(ImageSet(records), self.extractor)
        skipped = [(decoded.images[int(at)].name, reason) for at, reason in features.details["skipped"]]
        return [int(name) for name in features.names], features.vectors, skipped, features.details


class PartWriter:
    """An actor: computes chunks and writes each as a part. What it cannot do, it says instead of raising.

    Args:
        order: What it is made for.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._fault = (
            "" if self._is_asked() else f"{order.folder} is not the same folder on every machine. Name a shared one."
        )
        if not self._fault:
            self._fault = said(self._build)

    def compute(self, decoded: Decoded) -> Outcome:
        """Compute a chunk and write its part."""
        found = Outcome()

        def work() -> None:
            nonlocal found
            found = self._written(decoded)

        return Outcome(fault=fault) if (fault := self._fault or said(work)) else found

    def _build(self) -> None:
        self._computer = Computer(self._order.spec, self._order.n_threads, self._order.weights)

    def _written(self, decoded: Decoded) -> Outcome:
        rows, vectors, skipped, details = self._computer(decoded)
        left_out = [*decoded.left_out, *skipped]
        facts = {
            "spec": self._order.spec,
            "feature_shape": list(details.get("feature_shape", [self._computer.n_features])),
            "versions": dict(versions()),
            "engine": details.get("engine", ""),
        }
        if not self._is_asked():  # another run has begun meanwhile: what it has not seen must not appear
            return Outcome(fault="Another command has begun to write into this folder.")
        images = [decoded.images[row] for row in rows]
        digests = [decoded.digests[row] for row in rows]
        try:
            write_part(Path(self._order.folder, decoded.name), images, digests, vectors, facts, left_out)
        except OSError as error:
            return Outcome(fault=f"Features cannot be written into {self._order.folder}: {why_not(error)}.")
        return Outcome(len(images), len(left_out))

    def _is_asked(self) -> bool:
        try:
            return Path(self._order.folder, TOKEN).read_text(encoding="ascii") == self._order.token
        except OSError:
            return False


class Pixels:
    """Stands in for a workspace: gives images as the network receives them, by their digests."""

    rendering: Rendering = USUAL

    def __init__(self, pixels: Mapping[str, np.ndarray]) -> None:
        self._pixels = pixels

    def load_input(self, digest: str, size: tuple[int, int], fit: str) -> np.ndarray | None:
        """Return an image."""
        return self._pixels[digest]

    def save_input(self, digest: str, pixels: np.ndarray, fit: str) -> None:
        """Keep nothing."""

    def content(self, digest: str) -> bytes:
        """There are no files here."""
        raise KeyError(digest)

    thumbnail = content


class OneRun:
    """Lets the engines of an extractor take all chunks of an actor for one run, so that nothing is measured for each anew.

    Args:
        engines: Of the extractor.
    """

    def __init__(self, engines: Engines | FastEngines) -> None:
        self._engines = engines
        engines.begin()

    @property
    def title(self) -> str:
        """What computes now, and in which precision."""
        return self._engines.title

    @property
    def notes(self) -> Sequence[str]:
        """What happened, in plain sentences."""
        return self._engines.notes

    def begin(self) -> None:
        """A chunk begins no run."""

    def plan(self, seconds_left: float) -> None:
        """Begin a conversion where it pays; of the time left, that of this chunk is known."""
        self._engines.plan(seconds_left)

    def conclude(self) -> None:
        """A chunk ends no run."""

    end = conclude

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Run the network."""
        return self._engines(batch)


class Silent:
    """Tells nobody of the stages of a build."""

    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        """Tell nobody."""

    def __call__(self, done: int, total: int) -> None:
        """Tell nobody."""


def said(work: Callable[[], object]) -> str:
    """Do something; give the sentence on why it failed, "" where it did not."""
    try:
        work()
    except Exception as error:
        fault = explain_fault(error, "extract")
        return NO_ROOM if fault.is_out_of_memory else fault.message
    return ""


@functools.cache
def versions() -> Mapping[str, str]:
    """Name the versions of what computes."""
    found = {}
    for name in _VERSIONED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
