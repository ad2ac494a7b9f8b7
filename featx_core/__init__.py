"""featx_core: see what neural networks see in your images."""

from featx_core.architecture.rows import layer
from featx_core.augmentation.transforms import AUGMENTATIONS
from featx_core.backbones.registry import BACKBONES
from featx_core.base.progress import Cancelled
from featx_core.comparison.compare import compare
from featx_core.comparison.layer_sweep import Sweep, sweep_layers
from featx_core.comparison.tables import Comparison
from featx_core.curation.clusters import Clusters, find_clusters
from featx_core.curation.label_errors import LabelErrors, find_label_errors
from featx_core.curation.outliers import Outliers, find_outliers
from featx_core.curation.quality import Quality, image_quality
from featx_core.distributed.dataset import extract_dataset
from featx_core.distributed.extraction import extract_images
from featx_core.expressions.layer import load_keras_with_layers as load_keras
from featx_core.extraction.features import Features, load_features
from featx_core.extraction.vector_sets import add_vectors, remove_vectors, vector_sets
from featx_core.heatmaps.explain import explain
from featx_core.heatmaps.faithfulness.faithfulness import Faithfulness, measure_faithfulness
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.shared.coloring import SharedColors, shared_colors
from featx_core.heatmaps.similarity import explain_similarity
from featx_core.images.duplicates import duplicate_groups
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.images.intake_report import IntakeReport
from featx_core.images.samples import SAMPLES
from featx_core.maps.projection import project
from featx_core.maps.registry import PROJECTIONS
from featx_core.measures.neighbor_lists import neighbor_lists
from featx_core.measures.neighbors import movers, nearest
from featx_core.measures.probes import knn_accuracy, linear_probe
from featx_core.measures.similarity import linear_cka, neighbor_overlap, rsa
from featx_core.methods.registry import METHODS, build, outline, train
from featx_core.networks.hub.kept import keep_preset
from featx_core.networks.own.bringing import add_model
from featx_core.networks.own.errors import ModelFileError
from featx_core.predictions.predict import predict_classes
from featx_core.predictions.predictions import Predictions
from featx_core.recipes.offering import run_as_code
from featx_core.recipes.recipe import CheckedRecipe, RecipeError
from featx_core.robustness.effects import Effects, augmentation_effects
from featx_core.robustness.stability import Stability, neighbor_stability
from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.own_model import OwnModel
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.specs.vector_table import VectorTable
from featx_core.studies.files.reporting import report
from featx_core.tables.layout import TableError
from featx_core.tables.reading import read_vectors
from featx_core.tables.rows import Vectors
from featx_core.tasks.between_calls import extract
from featx_core.workspace.workspace import Workspace

__all__ = [
    "AUGMENTATIONS",
    "BACKBONES",
    "HEATMAPS",
    "METHODS",
    "PROJECTIONS",
    "SAMPLES",
    "Augmented",
    "Cancelled",
    "CheckedRecipe",
    "Clusters",
    "Comparison",
    "CustomSequential",
    "Effects",
    "Faithfulness",
    "Features",
    "FineTuned",
    "ImageRecord",
    "ImageSet",
    "IntakeReport",
    "LabelErrors",
    "LambdaTransform",
    "ModelFileError",
    "Outliers",
    "OwnModel",
    "Predictions",
    "Pretrained",
    "Quality",
    "RecipeError",
    "SharedColors",
    "Stability",
    "Sweep",
    "TableError",
    "VectorTable",
    "Vectors",
    "Workspace",
    "add_model",
    "add_vectors",
    "augmentation_effects",
    "build",
    "compare",
    "duplicate_groups",
    "explain",
    "explain_similarity",
    "extract",
    "extract_dataset",
    "extract_images",
    "find_clusters",
    "find_label_errors",
    "find_outliers",
    "image_quality",
    "keep_preset",
    "knn_accuracy",
    "layer",
    "linear_cka",
    "linear_probe",
    "load_features",
    "load_keras",
    "measure_faithfulness",
    "movers",
    "nearest",
    "neighbor_lists",
    "neighbor_overlap",
    "neighbor_stability",
    "outline",
    "predict_classes",
    "project",
    "read_vectors",
    "remove_vectors",
    "report",
    "rsa",
    "run_as_code",
    "shared_colors",
    "spec_from_json",
    "sweep_layers",
    "train",
    "vector_sets",
]
