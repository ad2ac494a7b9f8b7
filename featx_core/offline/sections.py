"""The parts of a session's page, from what was found."""

from __future__ import annotations

import importlib.metadata
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.architecture.rows import describe_row, layer
from featx_core.base.palette import label_styles
from featx_core.base.wording import counted
from featx_core.comparison.verdicts import headline, measured_sentence
from featx_core.curation.clusters import METHODS, STABLE
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.images.intake_report import ALREADY_HERE
from featx_core.offline import map_page
from featx_core.offline.markup import Section, paragraphs, pictures, table, text, webp
from featx_core.offline.still import still

if TYPE_CHECKING:
    from featx_core.comparison.tables import Comparison
    from featx_core.curation.clusters import Clusters
    from featx_core.heatmaps.overlay import Heatmap
    from featx_core.images.image_set import ImageRecord, ImageSet
    from featx_core.images.intake_report import IntakeReport
    from featx_core.specs.spec import Spec
    from featx_core.workspace.runs import Run

MAX_LINES = 30
MAX_LABELS = 60
OVERLAY_SIDE = 320  # pixels
_VERSIONED = ("keras", "tensorflow", "openvino", "numpy", "pillow", "scikit-learn")

Thumbnails = Mapping[str, bytes]
"""Small WebP by the digest of the image."""


def images_section(images: ImageSet, intake: IntakeReport | None) -> Section:
    """Say what was brought in and what was left out."""
    labels = Counter(images.labels)
    n_labels = len([label for label in labels if label])
    parts = [f"<p>{text(counted(len(images), 'image'))}, {text(counted(n_labels, 'label'))}.</p>"]
    if n_labels:
        shown = list(label_styles(images.labels))[:MAX_LABELS]
        parts.append(table(("Label", "Images"), [(label or "no label", labels[label]) for label in shown], (1,)))
    if intake is not None:
        parts += _left_out([line for line in intake.skipped if line[1] != ALREADY_HERE], intake.converted)
    return Section("images", "Images", "\n".join(parts))


def gallery_section(images: ImageSet, thumbnails: Thumbnails) -> Section:
    """Show the images, small."""
    known = [image for image in images if image.digest in thumbnails]
    parts = [pictures([(thumbnails[image.digest], image.name, image.label or image.name) for image in known])]
    if len(known) < len(images):
        parts.append(f'<p class="quiet">{len(known)} of {len(images)} images are shown, chosen by chance.</p>')
    return Section("gallery", "All images", "\n".join(parts))


def _left_out(skipped: Sequence[tuple[str, str]], converted: Sequence[tuple[str, str]]) -> list[str]:
    parts = []
    for title, lines in (("Left out of the last import", skipped), ("Converted in the last import", converted)):
        if lines:
            parts.append(f"<h3>{title}: {counted(len(lines), 'file')}</h3>")
            parts.append(table(("File", "Why"), lines[:MAX_LINES]))
            if len(lines) > MAX_LINES:
                parts.append(f'<p class="quiet">And {len(lines) - MAX_LINES} more.</p>')
    return parts


def runs_section(runs: Sequence[Run]) -> Section:
    """List the runs with their shapes and settings."""
    rows = [
        (
            run.title,
            run.spec.badge,
            " x ".join(map(str, run.details.get("feature_shape") or ())),
            run.details.get("n_images", ""),
            run.details.get("engine", ""),
            f"{run.details['seconds']:.3g} s" if run.details.get("seconds") else "",
        )
        for run in runs
    ]
    body = table(("Run", "Weights", "Features", "Images", "Computed by", "Time"), rows, (3, 5))
    body += table(("Run", "Settings"), [(run.title, settings_of(run.spec)) for run in runs])
    notes = [note for run in runs for note in run.details.get("notes", [])]
    return Section("runs", "Runs", body + "".join(paragraphs(note, "caveat") for note in dict.fromkeys(notes)))


def settings_of(spec: Spec) -> str:
    """Write the fields of a spec that are set, those of its base behind its name.

    >>> from featx_core.specs.augmented import Augmented
    >>> from featx_core.specs.custom_sequential import CustomSequential
    >>> from featx_core.specs.pretrained import Pretrained
    >>> settings_of(Augmented(Pretrained("vgg16", layer="stage3"), n_copies=2)).split("; ")[:3]
    ['base.backbone: vgg16', 'base.classifier: no', 'base.fit: crop']
    >>> settings_of(CustomSequential((layer("Conv2D"), layer("Flatten")))).split("; ")[5]
    'layers: Conv2D 32 of 3 x 3, Flatten'
    """
    return "; ".join(f"{name}: {value}" for name, value in _flat(json.loads(spec.to_json())))


def _flat(fields: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif name not in ("method", "version") and value not in (None, "", []):
            yield f"{before}{name}", _shown(name, value)


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "layers":
        kinds = [(kind, layer(kind, **dict(values))) for kind, values in value]
        return ", ".join(f"{kind} {describe_row(row)}".strip() for kind, row in kinds)
    return json.dumps(value) if isinstance(value, list) else str(value)


def map_section(sheet: map_page.Sheet, labels: Sequence[str | None], cautions: Sequence[str]) -> Section:
    """Hold the place of the map that moves, and its drawing for print."""
    parts = [
        f"<p>{text(sheet.title)}</p>",
        f'<div class="map-box">{map_page.body(sheet)}</div>',
        still(sheet.projection, labels, sheet.title),
        '<p class="quiet on-screen">Drag to move, scroll to zoom, point at an image to see it.</p>',
        *(paragraphs(words, "caveat") for words in (sheet.caption, *cautions) if words),
    ]
    return Section("map", "Map", "\n".join(parts))


def heatmaps_section(run: Run, drawn: Sequence[tuple[ImageRecord, Heatmap]], name: str) -> Section:
    """Show heatmaps of chosen images, over the images."""
    shown = [
        (
            webp(heatmap.overlay(image, longest_side=OVERLAY_SIDE)),
            f"{heatmap.title} over {image.name}",
            _said(image, heatmap),
        )
        for image, heatmap in drawn
    ]
    words = f"{HEATMAPS[name].title} of {run.title}."
    parts = [f"<p>{text(words)}</p>", pictures(shown, is_large=True)]
    parts += [paragraphs(each, "caveat") for each in (HEATMAPS[name].caption, HEATMAPS[name].scale)]
    return Section("heatmaps", "Heatmaps", "\n".join(parts))


def _said(image: ImageRecord, heatmap: Heatmap) -> str:
    return ". ".join(each for each in (image.label or image.name, heatmap.note) if each)


def comparison_section(comparison: Comparison) -> Section:
    """Show the verdict and the table of a comparison."""
    rows = comparison.table.to_dict(orient="records")
    first, rest = headline(comparison.verdict)
    parts = [f'<p class="verdict">{text(first)}</p>', paragraphs(rest)]
    titles, cells, numbers = (
        ["Network", "Features"],
        [[str(row["extractor"]), _whole(row["n_features"])] for row in rows],
        [1],
    )
    if comparison.has_labels:
        parts.append(f"<p>{text(measured_sentence(rows))}</p>")
        titles, numbers = ["Network", "Linear probe", "k-NN accuracy", "Features"], [3]
        cells = [
            [str(row["extractor"]), _score(row, "probe"), _score(row, "knn"), _whole(row["n_features"])] for row in rows
        ]
    parts.append(table(titles, cells, numbers))
    if comparison.has_labels:
        parts.append(
            '<p class="quiet">Shares of images with the right label; brackets are 95 % intervals. Chance: always the most '
            "frequent label.</p>"
        )
    parts += [paragraphs(note, "caveat") for note in comparison.notes]
    return Section("comparison", "Comparison", "\n".join(parts))


def _score(row: Mapping[Any, Any], measure: str) -> str:
    value, low, high = (float(str(row[f"{measure}{end}"])) for end in ("", "_low", "_high"))
    if np.isnan(value):
        return ""
    return f"{value:.3f}" if np.isnan(low) else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _whole(value: object) -> str:
    return "" if str(value) in ("nan", "<NA>", "None") else str(value)


def clusters_section(found: Clusters, method: str, run: Run, images: ImageSet, thumbnails: Thumbnails) -> Section:
    """Show the clusters of a run with their most typical images."""
    by_digest = {image.digest: image for image in images}
    parts = [f"<p>{text(METHODS[method])} on {text(run.title)}: {text(counted(len(found.sizes), 'cluster'))}.</p>"]
    for place, size in enumerate(found.sizes):
        stable = "stable" if found.is_stable[place] else "unstable"
        parts.append(
            f"<h3>Cluster {place + 1}: {counted(size, 'image')}, {stable} ({found.stabilities[place]:.2f})</h3>"
        )
        typical = [by_digest[digest] for digest in found.typical[place] if digest in by_digest and digest in thumbnails]
        parts.append(pictures([(thumbnails[image.digest], image.name, image.label or image.name) for image in typical]))
    n_without = found.numbers.count(-1)
    parts.append(
        f'<p class="caveat">{counted(n_without, "image")} in no cluster. Stable: found again in resamples (Jaccard index at '
        f"least {STABLE}). Clusters are those of the features, not of meaning.</p>"
    )
    return Section("clusters", "Clusters", "\n".join(parts))


def findings_section(
    found: Sequence[tuple[str, Sequence[tuple[ImageRecord, str]], str]], thumbnails: Thumbnails
) -> Section:
    """Show lists of images that are worth a look.

    Args:
        found: For each list its title, its images with what is said of each, and how to read it.
        thumbnails: Of the images.
    """
    parts = []
    for title, lines, reading in found:
        parts.append(f"<h3>{text(title)}</h3>")
        shown = [(thumbnails[image.digest], image.name, words) for image, words in lines if image.digest in thumbnails]
        parts += [pictures(shown) if shown else "", paragraphs(reading, "caveat")]
    return Section("findings", "Worth a look", "\n".join(parts))


def versions_section(runs: Sequence[Run], images_digest: str) -> Section:
    """List versions and digests, by which results are known again."""
    versions = []
    for name in _VERSIONED:
        try:
            versions.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    digests = [("Images, in their order", images_digest), *((run.title, run.digest) for run in runs)]
    body = table(("Library", "Version"), versions) + table(("SHA-256 of", "Digest"), digests)
    return Section("versions", "Versions and digests", body)
