"""All kinds of studies by name, and reading them from messages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from featx_core.specs.fields import from_fields, to_fields
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
from featx_core.studies.model_file import ModelFileStudy
from featx_core.studies.models.own_model import OwnModelStudy
from featx_core.studies.outliers import OutliersStudy
from featx_core.studies.predictions import PredictionsStudy
from featx_core.studies.rows.duplicates import DuplicatesStudy
from featx_core.studies.similarity import SimilarityStudy
from featx_core.studies.sketches import SketchesStudy
from featx_core.studies.study import Study

STUDIES: Mapping[str, type[Study[Any]]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            MapStudy,
            HeatmapStudy,
            FaithfulnessStudy,
            FeatureMapsStudy,
            KernelsStudy,
            EffectsStudy,
            StabilityStudy,
            ComparisonStudy,
            SweepStudy,
            ModelFileStudy,
            OwnModelStudy,
            SketchesStudy,
            DuplicatesStudy,
            PredictionsStudy,
            OutliersStudy,
            LabelErrorsStudy,
            ClustersStudy,
            QualityStudy,
            SimilarityStudy,
            PlacedMapStudy,
            SharedColorsStudy,
            RecipeStudy,
            ReportStudy,
        )
    }
)


def study_to_json(study: Study[Any]) -> dict[str, Any]:
    """Write a study as JSON values: its kind and its fields."""
    return {"kind": study.kind, **to_fields(study)}


def study_from_json(values: Mapping[str, Any]) -> Study[Any]:
    """Read what `study_to_json` wrote.

    Raises:
        ValueError: If there is no such kind, or a spec among the fields cannot be read.
    """
    fields = dict(values)
    kind = fields.pop("kind", None)
    if kind not in STUDIES:
        raise ValueError(f"There is no study {kind!r}. The studies are: {', '.join(STUDIES)}.")
    return from_fields(STUDIES[kind], fields)
