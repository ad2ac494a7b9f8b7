"""A cache of recently built extractors: from what is kept of their networks where that will do, else by Keras."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from featx_core.base import loading
from featx_core.base.progress import Stages
from featx_core.methods.registry import build, class_names
from featx_core.networks.engines.openvino_engine import EngineError
from featx_core.networks.kept import record
from featx_core.networks.kept.extractor import KeptExtractor
from featx_core.networks.kept.shipped import find_shipped
from featx_core.networks.kept.taking import take_kept
from featx_core.specs.networks import has_gradients

if TYPE_CHECKING:
    from featx_core.base.progress import StageCallback
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace

LOADING = "Loading TensorFlow"
LOADING_SECONDS = 120.0
GETTING_WEIGHTS = "Loading the weights"
BUILDING = "Building the network"
BUILDING_SECONDS = 120.0
DOWNLOAD_SECONDS = 180.0  # three tries of 30 s without a byte, and the check of a large file
MAX_EXTRACTORS = 2
MAX_REMEMBERED = 8


class Extractors:
    """Builds extractors and keeps the last ones."""

    def __init__(self) -> None:
        self._built: OrderedDict[str, Extractor] = OrderedDict()
        self._ready: dict[str, Extractor] = {}  # at most one, which nobody has asked for yet
        self._by_keras: OrderedDict[str, tuple[Spec, str]] = OrderedDict()

    def built_by_keras(self) -> list[tuple[Spec, str]]:
        """List the specs whose networks Keras built of late, the last one first, each with the file of its workspace."""
        return list(reversed(self._by_keras.values()))

    def take_kept(self) -> None:
        """Make the graphs of those ready that were converted since they were built, so that no job waits for it."""
        for extractor in self._built.values():
            take_kept(extractor)

    def has(self, spec: Spec) -> bool:
        """Return whether the extractor of a spec is one of the last that were built."""
        return spec.digest in self._built or spec.digest in self._ready

    def find(self, spec: Spec, workspace: Workspace, report: StageCallback) -> Extractor:
        """Return the extractor of a spec: one of the last that were built, or a new one.

        Args:
            spec: Any way to extract features.
            workspace: Where weights that the user brought are kept.
            report: Told of the stages, and of bytes while weights are downloaded.
        """
        extractor = self._built.pop(spec.digest, None) or self._ready.pop(spec.digest, None)
        while len(self._built) >= MAX_EXTRACTORS:
            self._built.popitem(last=False)
        if extractor is None:
            extractor = _kept(spec) or self._build(spec, workspace, report)
        if isinstance(extractor, KeptExtractor):
            extractor.build_by = lambda: _build(spec, workspace, report)
        self._built[spec.digest] = extractor
        return extractor

    def prepare(self, spec: Spec) -> Extractor:
        """Have the extractor of a spec stand ready before anybody asks for it, beside those that were used, and the only such.

        Args:
            spec: One that is built without a workspace and without a download.
        """
        if not self.has(spec):
            self._ready.clear()
            self._ready[spec.digest] = _kept(spec) or _build(spec, None, Stages())
        return self._built.get(spec.digest) or self._ready[spec.digest]

    def prepare_kept(self, spec: Spec) -> None:
        """Have the extractor of a spec, with its last map, stand ready where its network was kept. Needs no Keras."""
        if self.has(spec) or not record.is_kept(spec):
            return
        kept = _kept(spec)
        if kept is not None and kept.map_engine is not None:
            self._ready = {spec.digest: kept}

    def renew(self, spec: Spec) -> None:
        """Take what is kept of a network by now in place of the one that Keras built."""
        kept = _kept(spec)
        if kept is not None:
            (self._built if spec.digest in self._built else self._ready)[spec.digest] = kept

    def _build(self, spec: Spec, workspace: Workspace, report: StageCallback) -> Extractor:
        extractor = _build(spec, workspace, report)
        if not has_gradients(spec):
            return extractor
        self._by_keras[spec.digest] = spec, workspace.path
        while len(self._by_keras) > MAX_REMEMBERED:
            self._by_keras.popitem(last=False)
        return extractor


def _kept(spec: Spec) -> KeptExtractor | None:
    """Return the extractor of a spec whose network is kept, or can be drawn."""
    found = record.find(spec) or find_shipped(spec)
    if found is None:
        return None
    try:
        return KeptExtractor(spec, found, class_names(spec))
    except EngineError:  # built by Keras, it is converted again where that pays
        record.forget(spec)
        return None


def await_keras(report: StageCallback) -> None:
    """Wait until Keras is loaded, where it is being loaded aside. It is a stage of its own, and can be cancelled."""
    if loading.is_pending():
        report.stage(LOADING, limit_seconds=LOADING_SECONDS)
        loading.wait(lambda: report(0, 0))


def _build(spec: Spec, workspace: Workspace | None, report: StageCallback) -> Extractor:
    """Build an extractor. The first byte of a download begins a stage of its own, the last one ends it."""
    if has_gradients(spec):
        await_keras(report)
    report.stage(BUILDING, limit_seconds=BUILDING_SECONDS)
    is_downloading = False

    def on_bytes(done: int, total: int) -> None:
        nonlocal is_downloading
        if not is_downloading:
            report.stage(GETTING_WEIGHTS, limit_seconds=DOWNLOAD_SECONDS)
            is_downloading = True
        report(done, total)
        if total and done >= total:
            report.stage(BUILDING, limit_seconds=BUILDING_SECONDS)
            is_downloading = False

    return build(spec, workspace, on_progress=on_bytes)
