"""featx_core: see what neural networks see in your images."""

from featx_core.augmentation import AUGMENTATIONS
from featx_core.augmentation.effects import Effects, augmentation_effects
from featx_core.augmentation.stability import Stability, neighbor_stability
from featx_core.backbones import BACKBONES
from featx_core.comparison import Comparison, compare
from featx_core.duplicates import duplicate_groups
from featx_core.extraction import extract
from featx_core.features import Features, load_features
from featx_core.heatmaps import HEATMAPS, explain
from featx_core.image_set import ImageRecord, ImageSet
from featx_core.intake import IntakeReport
from featx_core.keras_setup import load_keras
from featx_core.layer_sweep import Sweep, sweep_layers
from featx_core.methods import (
    METHODS,
    Augmented,
    CustomSequential,
    FineTuned,
    LambdaTransform,
    Pretrained,
    VectorTable,
    build,
    spec_from_json,
    train,
)
from featx_core.neighbors import movers, nearest
from featx_core.probes import knn_accuracy, linear_probe
from featx_core.progress import Cancelled
from featx_core.projection import PROJECTIONS, project
from featx_core.samples import SAMPLES
from featx_core.sequential import layer
from featx_core.similarity import linear_cka, neighbor_overlap, rsa
from featx_core.table_files import TableError, read_vectors
from featx_core.tables import Vectors
from featx_core.vector_sets import add_vectors, remove_vectors, vector_sets
from featx_core.workspace import Workspace

__all__ = [
    "AUGMENTATIONS",
    "BACKBONES",
    "HEATMAPS",
    "METHODS",
    "PROJECTIONS",
    "SAMPLES",
    "Augmented",
    "Cancelled",
    "Comparison",
    "CustomSequential",
    "Effects",
    "Features",
    "FineTuned",
    "ImageRecord",
    "ImageSet",
    "IntakeReport",
    "LambdaTransform",
    "Pretrained",
    "Stability",
    "Sweep",
    "TableError",
    "VectorTable",
    "Vectors",
    "Workspace",
    "add_vectors",
    "augmentation_effects",
    "build",
    "compare",
    "duplicate_groups",
    "explain",
    "extract",
    "knn_accuracy",
    "layer",
    "linear_cka",
    "linear_probe",
    "load_features",
    "load_keras",
    "movers",
    "nearest",
    "neighbor_overlap",
    "neighbor_stability",
    "project",
    "read_vectors",
    "remove_vectors",
    "rsa",
    "spec_from_json",
    "sweep_layers",
    "train",
    "vector_sets",
]
