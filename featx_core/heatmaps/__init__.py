"""Where a network sees something in an image: heatmaps, feature maps, and the targets that they explain."""

from featx_core.heatmaps.explain import explain, explain_many
from featx_core.heatmaps.feature_maps import FeatureMaps, Mosaic, feature_maps
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.methods import HEATMAPS, HeatmapMethod
from featx_core.heatmaps.overlay import Heatmap
from featx_core.heatmaps.targets import (
    TARGETS,
    ClassTarget,
    FeatureTarget,
    OwnFeaturesTarget,
    SimilarityTarget,
    Target,
    target_from_json,
)

__all__ = [
    "HEATMAPS",
    "TARGETS",
    "ClassTarget",
    "FeatureMaps",
    "FeatureTarget",
    "Heatmap",
    "HeatmapError",
    "HeatmapMethod",
    "Mosaic",
    "OwnFeaturesTarget",
    "SimilarityTarget",
    "Target",
    "explain",
    "explain_many",
    "feature_maps",
    "target_from_json",
]
