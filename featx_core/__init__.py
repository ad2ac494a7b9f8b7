"""featx_core: see what neural networks see in your images."""

from featx_core.backbones import BACKBONES
from featx_core.extraction import extract
from featx_core.features import Features, load_features
from featx_core.heatmaps import HEATMAPS, explain
from featx_core.image_set import ImageRecord, ImageSet
from featx_core.intake import IntakeReport
from featx_core.methods import METHODS, Pretrained, build, spec_from_json
from featx_core.progress import Cancelled
from featx_core.projection import PROJECTIONS, project
from featx_core.samples import SAMPLES
from featx_core.workspace import Workspace

__all__ = [
    "BACKBONES",
    "HEATMAPS",
    "METHODS",
    "PROJECTIONS",
    "SAMPLES",
    "Cancelled",
    "Features",
    "ImageRecord",
    "ImageSet",
    "IntakeReport",
    "Pretrained",
    "Workspace",
    "build",
    "explain",
    "extract",
    "load_features",
    "project",
    "spec_from_json",
]
