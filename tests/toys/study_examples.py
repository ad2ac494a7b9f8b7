"""An example of each kind of study, with a result."""

import dataclasses
import io
import json
import zipfile

import numpy as np

import featx_core as fx
from featx_core.comparison.layer_sweep import Sweep
from featx_core.curation.clusters import Clusters
from featx_core.curation.label_errors import LabelErrors
from featx_core.curation.outliers import Outliers
from featx_core.curation.quality import Quality
from featx_core.heatmaps.faithfulness.faithfulness import CENTRE, RANDOM, Faithfulness
from featx_core.heatmaps.feature_maps import FeatureMaps
from featx_core.heatmaps.kernels import Kernels
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.shared.coloring import SharedColors
from featx_core.images.duplicates import sketch
from featx_core.images.fitting import Cells, Placement
from featx_core.offline.report import Report
from featx_core.predictions.predictions import Predictions
from featx_core.recipes.recipe import CheckedRecipe
from featx_core.robustness.effects import Effect, Effects
from featx_core.robustness.stability import Stability
from featx_core.studies.clusters import ClustersStudy
from featx_core.studies.comparisons.comparison import ComparisonStudy
from featx_core.studies.comparisons.kernels import KernelsStudy
from featx_core.studies.comparisons.sweep import SweepStudy
from featx_core.studies.effects import EffectsStudy
from featx_core.studies.explanations.faithfulness import FaithfulnessStudy
from featx_core.studies.feature_maps import FeatureMapsStudy
from featx_core.studies.files.recipe import RecipeStudy
from featx_core.studies.files.report import ReportStudy
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.studies.label_errors import LabelErrorsStudy
from featx_core.studies.layers.shared_colors import SharedColorsStudy
from featx_core.studies.maps.map import MapStudy
from featx_core.studies.maps.placed_map import PlacedMapStudy
from featx_core.studies.maps.quality import QualityStudy
from featx_core.studies.maps.stability import StabilityStudy
from featx_core.studies.model_file import ModelFile, ModelFileStudy
from featx_core.studies.models.own_model import OwnModelStudy
from featx_core.studies.outliers import OutliersStudy
from featx_core.studies.predictions import PredictionsStudy
from featx_core.studies.rows.duplicates import Duplicates, DuplicatesStudy
from featx_core.studies.similarity import SimilarityStudy
from featx_core.studies.sketches import SketchesStudy
from tests.toys.entered_runs import enter_run, filled_workspace
from tests.toys.files.model_files import SMALL_FACTS
from tests.toys.studying import SMALL

ONE, OTHER = (fx.Pretrained(name, weights="random") for name in ("mobilenet_v2", "resnet50"))

RUN, OTHER_RUN = ONE.digest, OTHER.digest

NOTES = ("One note, with an ü.",)

RNG = np.random.default_rng(0)


@dataclasses.dataclass(frozen=True)
class Example:
    """A study, another value for each of its fields, a result, and what its key depends on besides the fields."""

    study: object
    others: dict
    result: object
    depends_on: frozenset = frozenset()


def an_archive(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, name)
    return out.getvalue()


def a_file():
    return ModelFile(an_archive("config.json", "model.weights.h5", "metadata.json"))


def a_sweep():
    rows = [{"layer": "a", "stage": "top", "shape": "3", "index": 0, "n_features": 3, "cka_to_last": 1.0, "probe": 0.1}]
    return Sweep.from_json(
        json.dumps({"table": rows, "verdict": "It does.", "notes": list(NOTES), "facts": {"has_labels": True}})
    )


def a_comparison():
    shift = np.array([0.0, 9.0] * 15)[:, None]
    spaces = {"a": RNG.normal(size=(30, 4)) + shift, "b": RNG.normal(size=(30, 3))}
    return fx.compare(spaces, ["cat", "dog"] * 15)


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


WORKSPACE = filled_workspace()

EXAMPLES = {
    "map": Example(
        MapStudy(RUN, "pca"),
        {
            "run": OTHER_RUN,
            "name": "tsne",
            "n_components": 3,
            "seed": 1,
            "parameters": (("perplexity", 5), ("learning_rate", "auto")),
            "per_image": True,
        },
        fx.project(numbers(20, 5), "pca"),
        frozenset({"image"}),
    ),
    "heatmap": Example(
        HeatmapStudy(ONE, "0" * 64, "grad_cam"),
        {"spec": OTHER, "image": "1" * 64, "name": "eigen_cam", "layer": "stage2", "target": "{}"},
        Heatmap(
            numbers(4, 5),
            Cells((0.25, 0.125), (0.25, 0.2)),
            Placement((0.0, -0.125, 1.0, 1.125)),
            40,
            48,
            "Grad-CAM",
            "stage2",
            0.25,
            0.75,
            NOTES[0],
        ),
    ),
    "placed_map": Example(
        PlacedMapStudy(RUN, "pca", 4),
        {
            "run": OTHER_RUN,
            "name": "tsne",
            "n_base": 5,
            "n_components": 3,
            "seed": 1,
            "parameters": (("perplexity", 5),),
        },
        fx.project(numbers(20, 5), "pca"),
        frozenset({"image"}),
    ),
    "similarity": Example(
        SimilarityStudy(ONE, "0" * 64, "1" * 64),
        {"spec": OTHER, "image": "2" * 64, "other": "3" * 64},
        Heatmap(numbers(2, 3), Cells((0.25, 0.5), (0.5, 0.5)), Placement((0.0, 0.0, 1.0, 1.0)), 30, 20, "Parts", "top"),
    ),
    "faithfulness": Example(
        FaithfulnessStudy(ONE, ("0" * 64,), ("grad_cam",)),
        {"spec": OTHER, "images": ("1" * 64,), "names": ("eigen_cam",), "layer": "stage2", "target": "{}"},
        Faithfulness(("grad_cam", RANDOM, CENTRE), numbers(3, 2, 21), numbers(3, 2, 21), "the class ü"),
    ),
    "feature_maps": Example(
        FeatureMapsStudy(ONE, "0" * 64, "1"),
        {"spec": OTHER, "image": "1" * 64, "layer": 1},
        FeatureMaps(numbers(3, 4, 5), np.array([2, 0, 1]), numbers(3), "stage2"),
    ),
    "shared_colors": Example(
        SharedColorsStudy(ONE, ("0" * 64, "1" * 64)),
        {"spec": OTHER, "images": ("1" * 64, "0" * 64), "layer": "stage2", "hide": "low"},
        SharedColors(
            numbers(1, 2, 3, 3),
            np.array([[[True, False, True], [True, True, False]]]),
            (0.5, 0.25, 0.125),
            Cells((0.25, 0.125), (0.5, 0.25)),
            (Placement((0.0, -0.125, 1.0, 1.125)),),
            ((40, 48),),
            "stage2",
        ),
    ),
    "kernels": Example(KernelsStudy(ONE), {"spec": SMALL}, Kernels(numbers(4, 3, 3, 3), "conv2d")),
    "effects": Example(
        EffectsStudy(ONE, (("rotation", 20.0),), 2, 3),
        {"spec": OTHER, "transforms": (("rotation", 20.0), ("blur", 1.0)), "n_copies": 3, "seed": 4},
        Effects((Effect("rotation", 20.0, 0.1, 0.05, 1 / 3, (0.1, 0.2)),), ("a", "ü"), ("0", "1"), 0.7, 2, 3, NOTES),
        frozenset({"image", "image without features"}),
    ),
    "stability": Example(
        StabilityStudy(ONE),
        {"spec": OTHER},
        Stability(0.8, 0.7, 1 / 3, 20, 7, NOTES),
        frozenset({"image", "image without features"}),
    ),
    "comparison": Example(
        ComparisonStudy((RUN,)), {"runs": (RUN, OTHER_RUN)}, a_comparison(), frozenset({"image", "label", "time"})
    ),
    "sweep": Example(
        SweepStudy(ONE), {"spec": OTHER}, a_sweep(), frozenset({"image", "image without features", "label"})
    ),
    "recipe": Example(
        RecipeStudy(RUN),
        {"run": OTHER_RUN},
        CheckedRecipe("print('ü')\n", "{}", an_archive("features.py"), True, True, "Reproduced."),
        frozenset({"image"}),
    ),
    "report": Example(
        ReportStudy(),
        {
            "title_text": "A title",
            "words": "Some words.",
            "parts": ("images",),
            "runs": (RUN,),
            "map_run": OTHER_RUN,
            "map_name": "tsne",
            "heatmap_name": "grad_cam",
            "heatmap_images": ("0" * 64,),
        },
        Report(b"<!doctype html>..."),
        frozenset({"image", "image without features", "label"}),
    ),
    "model_file": Example(ModelFileStudy(ONE), {"spec": SMALL}, a_file()),
    "own_model": Example(OwnModelStudy("file:" + "0" * 64), {"weights": "file:" + "1" * 64}, SMALL_FACTS),
    "sketches": Example(
        SketchesStudy(tuple(WORKSPACE.images().digests)),
        {"images": tuple(WORKSPACE.images().digests[::-1])},
        sketch(WORKSPACE.images()),
    ),
    "duplicates": Example(
        DuplicatesStudy(),
        {},
        Duplicates((("0" * 64, "1" * 64), ("2" * 64,))),
        frozenset({"image", "image without features"}),
    ),
    "predictions": Example(
        PredictionsStudy(fx.Pretrained("efficientnet_lite0")),
        {"spec": fx.Pretrained("efficientnet_lite1")},
        Predictions(
            "EfficientNet-Lite0",
            ("0" * 64, "1" * 64),
            np.array([[281, 282, 285], [0, 1, 999]], np.int32),
            numbers(2, 3) ** 2,
            (("ü.png", "the file ends early"),),
        ),
        frozenset({"image", "image without features"}),
    ),
    "outliers": Example(
        OutliersStudy(RUN),
        {"run": OTHER_RUN},
        Outliers(("1" * 64, "0" * 64), (0.5, 0.25), 0.4, 5),
        frozenset({"image"}),
    ),
    "label_errors": Example(
        LabelErrorsStudy(RUN),
        {"run": OTHER_RUN},
        LabelErrors(("1" * 64,), ("ü",), ("dog",), (0.75,), 24),
        frozenset({"image", "label"}),
    ),
    "clusters": Example(
        ClustersStudy(RUN),
        {"run": OTHER_RUN, "method": "k_means", "n_clusters": 3, "seed": 1},
        Clusters(("0" * 64, "1" * 64), (0, -1), (0.5,), (("0" * 64,),)),
        frozenset({"image"}),
    ),
    "quality": Example(
        QualityStudy(tuple(WORKSPACE.images().digests)),
        {"images": tuple(WORKSPACE.images().digests[::-1])},
        Quality(("0" * 64,), ("dark",), (4.5,), 24),
    ),
}


def filled_with_runs():
    """Return a workspace that holds both runs."""
    made = filled_workspace()
    assert (enter_run(made, "mobilenet_v2"), enter_run(made, "resnet50")) == (RUN, OTHER_RUN)
    return made
