"""The layer sweep: scores for every stage of one network, in one pass over the images."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.wording import counted
from featx_core.comparison.differences import ALPHA, too_little
from featx_core.comparison.stages import stages_of, tap_stages
from featx_core.comparison.subset import Subset, choose_subset
from featx_core.comparison.unseen import find_unseen, unseen_notes
from featx_core.images.duplicates import duplicate_groups
from featx_core.learning.labels_seen import home_of, images_seen, saw_labels
from featx_core.measures.neighbors import effective_dimension
from featx_core.measures.paired_tests import holm, paired_test
from featx_core.measures.probes import N_TRAININGS, linear_probe, probe_interval
from featx_core.measures.similarity import MIN_IMAGES, linear_cka

if TYPE_CHECKING:
    import pandas as pd

    from featx_core.architecture.layers import LayerInfo
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageSet
    from featx_core.networks.extractor import Extractor
    from featx_core.workspace.workspace import Workspace

TOP = "top"
COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("layer", "stage", "shape"), "object"),
    **dict.fromkeys(("index", "n_features"), "Int64"),
    **dict.fromkeys(("probe", "probe_low", "probe_high", "cka_to_last", "effective_dimension"), "float64"),
}
ALWAYS = ("layer", "shape", "n_features")
"""The columns that are known of every layer."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """The stages of one network on the same images.

    Attributes:
        table: One row a stage, from input to output; the last row is the last layer. Columns: `layer` (its name), `stage`
            ("stage1", ..., "top"), `shape` (what it gives for one image, as text), `index`, `n_features` (after average
            pooling), `probe`, `probe_low`, `probe_high` (shares from 0 to 1; NaN without labels), `cka_to_last`,
            `effective_dimension`.
        verdict: In words, or "".
        notes: Sentences on what was left out.
        facts: `n_images`, `n_probed`, `has_labels`.
    """

    table: pd.DataFrame
    verdict: str
    notes: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Write it as JSON; `from_json` reads it."""
        from featx_core.comparison.tables import rows_of

        rest = {"verdict": self.verdict, "notes": list(self.notes), "facts": dict(self.facts)}
        return json.dumps({"table": rows_of(self.table), **rest})

    def to_bytes(self) -> bytes:
        """Write it as JSON, for a workspace to keep."""
        return self.to_json().encode("utf-8")

    @classmethod
    def from_bytes(cls, content: bytes) -> Sweep:
        """Read what `to_bytes` wrote. Raises as `from_json` does."""
        return cls.from_json(content)

    @classmethod
    def from_json(cls, text: str | bytes) -> Sweep:
        """Read what `to_json` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            stored = json.loads(text)
            return cls(_table(stored["table"]), stored["verdict"], tuple(stored["notes"]), stored["facts"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("This is not a stored layer sweep, or it is damaged. Sweep again.") from error


def sweep_layers(
    images: ImageSet,
    extractor: Extractor,
    *,
    labels: Sequence[Any] | None = None,
    groups: Sequence[Any] | np.ndarray | None = None,
    workspace: Workspace | None = None,
    on_progress: ProgressCallback | None = None,
) -> Sweep:
    """Score every stage of a network, and how far it is from the last layer.

    All stages are tapped in one pass over the images; maps are averaged over their places. A network that has learned from
    labels is scored on images that were not used in its training.

    Args:
        images: The images. Not modified.
        extractor: As `build` gave it; where it is tapped itself does not matter.
        labels: One an image, None where it has none. None: those of the images.
        groups: The group of each image, which stays in one fold. None: the near-duplicates among `images`.
        workspace: Where the network was trained: its records tell which images the training did not see. None: where the
            images lie. If nothing is known there, a network that learned from labels has no scores by label.
        on_progress: Called with steps done and steps in all: images, then trainings.

    Raises:
        ValueError: If no image can be read, or there are fewer than four.
    """
    layers = stages_of(extractor)
    labels = images.labels if labels is None else labels
    n_trainings = len(layers) * N_TRAININGS
    total = len(images) + n_trainings

    def report(done: int, _: int) -> None:
        if on_progress is not None:
            on_progress(min(done, total), total)

    kept, vectors = tap_stages(images, extractor, layers, on_progress=report)
    if len(kept) < MIN_IMAGES:
        raise ValueError(f"A layer sweep needs at least {MIN_IMAGES} images that can be read. Received: {len(kept)}.")
    groups = duplicate_groups(images) if groups is None else np.asarray(groups)
    subset = choose_subset([images.digests[i] for i in kept], [labels[i] for i in kept], np.asarray(groups)[kept])
    unseen = _unseen(extractor, subset, home_of(images) if workspace is None else workspace)
    rows, correct = [], []
    for position, (layer, features) in enumerate(zip(layers, vectors, strict=True)):
        report_from = functools.partial(_later, report, len(images) + position * N_TRAININGS)
        row, right = _score(layer, features, vectors[-1], subset, unseen, report_from)
        rows.append(row)
        correct.append(right)
    report(total, total)
    rows[-1]["stage"] = TOP
    notes = [f"{counted(len(images) - len(kept), 'image')} could not be read."] if len(kept) < len(images) else []
    is_limited = subset.has_labels and not unseen.all()
    learned = unseen_notes({"This network": unseen}, subset.noun) if is_limited else []
    facts = {"n_images": len(subset.rows), "n_probed": int(unseen.sum()), "has_labels": bool(unseen.any())}
    return Sweep(_table(rows), _verdict(rows, correct, subset, unseen), (*notes, *subset.notes, *learned), facts)


def _later(report: ProgressCallback, before: int, done: int, total: int) -> None:
    report(before + done, total)


def _unseen(extractor: Extractor, subset: Subset, workspace: Workspace | None) -> np.ndarray:
    """Which labelled images the network did not learn from, bool `(n_probed,)`."""
    spec = extractor.spec
    seen = {TOP: images_seen(spec, workspace)} if saw_labels(spec) else {}
    return find_unseen(subset, seen).get(TOP, np.ones(len(subset.probed), bool))


def _score(
    layer: LayerInfo,
    features: np.ndarray,
    last: np.ndarray,
    subset: Subset,
    unseen: np.ndarray,
    report: ProgressCallback,
) -> tuple[dict[str, Any], np.ndarray | None]:
    single = subset.rows[subset.representatives]
    enough = len(single) >= MIN_IMAGES
    row: dict[str, Any] = {
        "layer": layer.name,
        "stage": layer.stage,
        "shape": " x ".join(map(str, layer.output_shape)),
        "index": layer.index,
        "n_features": features.shape[1],
        "cka_to_last": linear_cka(features[single], last[single]) if enough else None,
        "effective_dimension": effective_dimension(features[single]),
    }
    if not unseen.any():
        return row, None
    labelled = features[subset.rows[subset.probed]]
    score = linear_probe(
        labelled, subset.codes.tolist(), groups=subset.probed_groups, folds=subset.folds, on_progress=report
    )
    correct = score.correct[unseen]
    interval = probe_interval(correct, subset.codes[unseen], subset.probed_groups[unseen])
    return row | {"probe": interval.value, "probe_low": interval.low, "probe_high": interval.high}, correct


def _verdict(
    rows: Sequence[Mapping[str, Any]], correct: Sequence[np.ndarray | None], subset: Subset, unseen: np.ndarray
) -> str:
    """Compare the top with the other stages: paired tests, corrected for their number."""
    if not unseen.any():
        return ""
    groups = subset.probed_groups[unseen]
    problem = too_little(subset.codes[unseen], groups)
    if problem or len(rows) < 2:
        return problem or ""
    top = np.asarray(correct[-1])
    p_values = holm([paired_test(np.asarray(right) - top, groups) for right in correct[:-1]])
    best = max(range(len(rows) - 1), key=lambda i: (rows[i]["probe"], -i))
    images = counted(int(unseen.sum()), "image")
    name = str(rows[best]["stage"]).replace("stage", "Stage ")
    if rows[best]["probe"] > rows[-1]["probe"] and p_values[best] < ALPHA:
        return f"{name} scores higher than the last stage with {images}."
    behind = all(p < ALPHA and row["probe"] < rows[-1]["probe"] for p, row in zip(p_values, rows, strict=False))
    if behind:
        return f"The last stage scores higher than every earlier stage with {images}."
    if rows[best]["probe"] > rows[-1]["probe"]:
        return f"{name} scores highest, but not significantly higher than the last stage with {images}."
    return f"The last stage scores highest, but not significantly higher than every earlier stage with {images}."


def _table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    columns = {name: [row[name] if name in ALWAYS else row.get(name) for row in rows] for name in COLUMNS}
    return pd.DataFrame({name: pd.Series(values, dtype=COLUMNS[name]) for name, values in columns.items()})
