"""Export of features for FiftyOne: a dataset of samples with labels and features, without the images."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featx_core.extraction.features import Features

SAMPLES, METADATA = "samples.json", "metadata.json"
FIELD = "features"


def to_fiftyone(features: Features) -> bytes:
    """Write features as a dataset of FiftyOne (its type `LegacyFiftyOneDataset`), a zip of `samples.json` and `metadata.json`.

    Each row is a sample: the path of its image below the folder that was brought in, its label as `ground_truth`, its
    `features`, `sha256` of the file, and for copies the number of the copy. The images stay where they are:

        fiftyone.Dataset.from_dir("unpacked", dataset_type=fiftyone.types.LegacyFiftyOneDataset, rel_dir="photos")
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(METADATA, json.dumps({"media_type": "image", "info": {"featx": features.spec.to_json()}}))
        with file.open(SAMPLES, "w") as samples:
            samples.write(b'{"samples": [')
            for number, sample in enumerate(_samples(features)):
                samples.write(b",\n" if number else b"\n")
                samples.write(json.dumps(sample).encode())
            samples.write(b"\n]}\n")
    return out.getvalue()


def _samples(features: Features) -> Iterator[dict[str, Any]]:
    rows = zip(features.names, features.labels, features.digests, features.vectors, strict=True)
    for number, (name, label, digest, vector) in enumerate(rows):
        sample: dict[str, Any] = {"filepath": features.paths.get(name, name), "_media_type": "image", "tags": []}
        sample |= {"ground_truth": label and {"_cls": "Classification", "label": label}, "sha256": digest}
        sample |= {} if features.copies is None else {"copy": int(features.copies[number])}
        yield sample | {FIELD: [float(value) for value in vector.tolist()]}
