"""What the worker can do, by name. Importing this imports no TensorFlow; running it does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from featx_core.worker.augmentation_tasks import measure_effects, measure_stability, show_copies
from featx_core.worker.comparison_tasks import compare_runs, sweep
from featx_core.worker.export_tasks import export_network
from featx_core.worker.extraction_tasks import extract_features, fetch_weights, outline
from featx_core.worker.heatmap_tasks import draw_feature_maps, explain_images
from featx_core.worker.keras_state import reset, warm_up
from featx_core.worker.kernel_tasks import read_kernels
from featx_core.worker.process import LightTask, Task
from featx_core.worker.projection_tasks import project_features

__all__ = ["LIGHT_TASKS", "TASKS", "reset", "warm_up"]

TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "extract": extract_features,
        "project": project_features,
        "explain": explain_images,
        "feature_maps": draw_feature_maps,
        "kernels": read_kernels,
        "compare": compare_runs,
        "sweep": sweep,
        "augmentation_effects": measure_effects,
        "stability": measure_stability,
        "fetch_weights": fetch_weights,
        "export_network": export_network,
    }
)
"""Jobs: they run one at a time."""

LIGHT_TASKS: Mapping[str, LightTask] = MappingProxyType({"outline": outline, "copies": show_copies})
"""Questions that take about a second: they are answered between the steps of a running job."""
