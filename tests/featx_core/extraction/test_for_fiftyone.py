"""The dataset of FiftyOne: its two files, as FiftyOne's importer of this type reads them."""

import io
import json
import zipfile

import numpy as np

from featx_core.extraction.features import Features
from featx_core.extraction.for_fiftyone import to_fiftyone
from featx_core.specs.pretrained import Pretrained

SPEC = Pretrained("vgg16")
VALUES = np.array([[0.1, -0.0], [1e-20, 3.0]], np.float32)


def read(features):
    with zipfile.ZipFile(io.BytesIO(to_fiftyone(features))) as file:
        return [json.loads(file.read(name)) for name in ("metadata.json", "samples.json")]


def test_each_row_is_a_sample_with_its_path_label_and_exact_features():
    paths = {"a.png": "cat/a.png"}
    metadata, told = read(Features(VALUES, ("a.png", "b.png"), ('NA"', None), ("0" * 64, "1" * 64), SPEC, paths=paths))
    assert metadata["media_type"] == "image"
    assert metadata["info"]["featx"] == SPEC.to_json()
    first, second = told["samples"]
    assert (first["filepath"], second["filepath"]) == ("cat/a.png", "b.png")
    assert first["ground_truth"] == {"_cls": "Classification", "label": 'NA"'}
    assert second["ground_truth"] is None
    np.testing.assert_array_equal(np.float32([first["features"], second["features"]]), VALUES)


def test_copies_are_samples_of_the_same_image():
    _, told = read(Features(VALUES, ("a.png",) * 2, ("x",) * 2, ("0" * 64,) * 2, SPEC, copies=(0, 1)))
    assert [(each["filepath"], each["copy"]) for each in told["samples"]] == [("a.png", 0), ("a.png", 1)]
