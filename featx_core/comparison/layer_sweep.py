"""The layer sweep: which stage of one network serves these images best, in one pass over them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.wording import counted
from featx_core.comparison.panel import Panel, choose_panel
from featx_core.comparison.verdicts import ALPHA, too_little
from featx_core.images.decoding import ImageError
from featx_core.images.duplicates import duplicate_groups
from featx_core.measures.neighbors import effective_dimension
from featx_core.measures.paired_tests import holm, paired_test
from featx_core.measures.probes import N_TRAININGS, linear_probe
from featx_core.measures.similarity import MIN_IMAGES, linear_cka

if TYPE_CHECKING:
    import pandas as pd

    from featx_core.architecture.layers import LayerInfo
    from featx_core.base.progress import ProgressCallback
    from featx_core.images.image_set import ImageRecord, ImageSet
    from featx_core.networks.extractor import Extractor

TOP = "top"
DECODING_THREADS = 2
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
    labels: Sequence[str | None] | None = None,
    groups: Sequence[Any] | np.ndarray | None = None,
    on_progress: ProgressCallback | None = None,
) -> Sweep:
    """Score every stage of a network, and how far it is from the last layer.

    All stages are tapped in one pass over the images; maps are averaged over their places.

    Args:
        images: The images. Not modified.
        extractor: As `build` gave it; where it is tapped itself does not matter.
        labels: One an image, None where it has none. None: those of the images.
        groups: The group of each image, which stays in one fold. None: the near-duplicates among `images`.
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
    panel = choose_panel([images.digests[i] for i in kept], [labels[i] for i in kept], np.asarray(groups)[kept])
    rows, correct = [], []
    for position, (layer, features) in enumerate(zip(layers, vectors, strict=True)):
        report_from = functools.partial(_later, report, len(images) + position * N_TRAININGS)
        row, right = _score(layer, features, vectors[-1], panel, report_from)
        rows.append(row)
        correct.append(right)
    report(total, total)
    rows[-1]["stage"] = TOP
    notes = [f"{counted(len(images) - len(kept), 'image')} could not be read."] if len(kept) < len(images) else []
    facts = {"n_images": len(panel.rows), "n_probed": len(panel.probed), "has_labels": panel.has_labels}
    return Sweep(_table(rows), _verdict(rows, correct, panel), (*notes, *panel.notes), facts)


def stages_of(extractor: Extractor) -> list[LayerInfo]:
    """List the layers to tap: the last one of each resolution, and the last of all."""
    last = extractor.layers[-1]
    return [layer for layer in extractor.layers if layer.stage and layer.index != last.index] + [last]


def tap_stages(
    images: ImageSet,
    extractor: Extractor,
    layers: Sequence[LayerInfo],
    *,
    on_progress: ProgressCallback | None = None,
) -> tuple[list[int], list[np.ndarray]]:
    """Compute the features of several layers in one pass over the images, maps averaged over their places.

    Args:
        images: The images. Not modified.
        extractor: Network and preprocessing.
        layers: Which layers.
        on_progress: Called with images done and images in all.

    Returns:
        The rows of the images that could be read, and for each layer float32 `(n_read, n_features)`.
    """
    run = _compiled(extractor, layers)
    size = extractor.batch_size
    kept: list[int] = []
    parts: list[list[np.ndarray]] = []
    with ThreadPoolExecutor(DECODING_THREADS) as pool:
        starts = list(range(0, len(images), size))
        ahead = [
            pool.map(lambda image: _fitted(extractor, image), images[start : start + size]) for start in starts[:2]
        ]
        for number, start in enumerate(starts):
            fitted = list(ahead[number])
            if number + 2 < len(starts):
                later = starts[number + 2]
                ahead.append(pool.map(lambda image: _fitted(extractor, image), images[later : later + size]))
            read = {start + row: picture for row, picture in enumerate(fitted) if picture is not None}
            if read:
                parts.append(run(extractor.preprocess(np.stack(list(read.values())))))
                kept += read
            if on_progress is not None:
                on_progress(min(start + size, len(images)), len(images))
    return kept, [np.concatenate(each) for each in zip(*parts, strict=True)]


def _later(report: ProgressCallback, before: int, done: int, total: int) -> None:
    report(before + done, total)


def _fitted(extractor: Extractor, image: ImageRecord) -> np.ndarray | None:
    try:
        return extractor.fit_image(image.pixels(at_least=extractor.image_size))
    except (ImageError, KeyError):
        return None


def _compiled(extractor: Extractor, layers: Sequence[LayerInfo]) -> Callable[[np.ndarray], list[np.ndarray]]:
    """One graph from preprocessed images to the pooled outputs of all layers; nothing else leaves it."""
    import tensorflow as tf

    from featx_core.base.keras_setup import load_keras
    from featx_core.networks.engines.engine import forward_pass

    network = extractor.network
    model = load_keras().Model(network.input, [network.layers[layer.index].output for layer in layers])
    run = forward_pass(model)

    def forward(batch: Any) -> list[Any]:
        outputs = run(batch)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return [tf.reduce_mean(each, axis=list(range(1, len(each.shape) - 1))) for each in outputs]

    graph = tf.function(forward, autograph=False)
    traced = graph.get_concrete_function(tf.TensorSpec((None, *model.input.shape[1:]), tf.float32))
    return lambda batch: [each.numpy() for each in traced(tf.constant(batch))]


def _score(
    layer: LayerInfo, features: np.ndarray, last: np.ndarray, panel: Panel, report: ProgressCallback
) -> tuple[dict[str, Any], np.ndarray | None]:
    single = panel.rows[panel.representatives]
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
    if not panel.has_labels:
        return row, None
    labelled = features[panel.rows[panel.probed]]
    score = linear_probe(
        labelled, panel.codes.tolist(), groups=panel.probed_groups, folds=panel.folds, on_progress=report
    )
    row |= {"probe": score.interval.value, "probe_low": score.interval.low, "probe_high": score.interval.high}
    return row, score.correct


def _verdict(rows: Sequence[Mapping[str, Any]], correct: Sequence[np.ndarray | None], panel: Panel) -> str:
    """Compare the top with the other stages: paired tests, corrected for their number."""
    if not panel.has_labels:
        return ""
    problem = too_little(panel.codes, panel.probed_groups)
    if problem or len(rows) < 2:
        return problem or ""
    top = np.asarray(correct[-1])
    p_values = holm([paired_test(np.asarray(right) - top, panel.probed_groups) for right in correct[:-1]])
    best = max(range(len(rows) - 1), key=lambda i: (rows[i]["probe"], -i))
    images = counted(len(panel.probed), "image")
    name = str(rows[best]["stage"]).replace("stage", "Stage ")
    if rows[best]["probe"] > rows[-1]["probe"] and p_values[best] < ALPHA:
        return f"{name} serves your labels better than the top with {images}."
    behind = all(p < ALPHA and row["probe"] < rows[-1]["probe"] for p, row in zip(p_values, rows, strict=False))
    if behind:
        return f"The top serves your labels better than every earlier stage with {images}."
    if rows[best]["probe"] > rows[-1]["probe"]:
        return f"{name} scores highest, with no real difference to the top with {images}."
    return f"The top scores highest; not every earlier stage is really behind it with {images}."


def _table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    columns = {name: [row[name] if name in ALWAYS else row.get(name) for row in rows] for name in COLUMNS}
    return pd.DataFrame({name: pd.Series(values, dtype=COLUMNS[name]) for name, values in columns.items()})
