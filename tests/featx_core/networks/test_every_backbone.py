"""A backbone of each family, built once: against Keras's own way, its outline and OpenVINO, and under heatmaps."""

import multiprocessing

import numpy as np
import pytest

from featx_core.backbones.registry import BACKBONES
from featx_core.networks.engines.fast import USUAL_COSINE
from featx_core.networks.engines.openvino_engine import MAX_DISAGREEMENT
from tests.toys import backbone_checks

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

BUILT_OTHERWISE = ("efficientnet_v2s", "mobilenet_v3_large")
"""Whose constructor takes another way than that of the first of their family. All other siblings repeat its blocks at another
size; their facts are checked one by one in `test_backbones`."""

FIRST_OF_FAMILY = {row.family: key for key, row in reversed(BACKBONES.items()) if row.preset is None}.values()
"""Those of KerasHub have tests of their own, in `hub/`."""

EXAMINED = [key for key in BACKBONES if key in (*FIRST_OF_FAMILY, *BUILT_OTHERWISE)]
BACKBONES_A_PROCESS = 8
SECONDS = 600


@pytest.fixture(scope="module")
def examined(request):
    """Examine the backbones of this run in two processes, each replaced before memory runs out."""
    chosen = {item.callspec.params["key"] for item in request.session.items if item.fspath == request.fspath}
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=BACKBONES_A_PROCESS) as pool:
        yield {key: pool.apply_async(backbone_checks.examine, (key,)) for key in EXAMINED if key in chosen}


@pytest.mark.parametrize("key", EXAMINED)
def test_random_features_are_sane_and_those_of_keras_and_the_outline_is_what_is_built(key, examined):
    found = examined[key].get(timeout=SECONDS)
    assert found["shape"] == (4, BACKBONES[key].n_features)
    assert 1e-3 < found["deviation"] < 1e3
    assert found["differs_between_images"] > 1e-3
    assert found["differs_from_keras"] < 1e-4
    assert found["outline_is_built"]
    assert found["outline_shape"] == found["built_shape"]
    assert found["n_parameters"] == BACKBONES[key].n_parameters


@pytest.mark.parametrize("key", EXAMINED)
def test_openvino_agrees_with_tensorflow_in_both_precisions(key, examined):
    found = examined[key].get(timeout=SECONDS)
    assert found["engines_disagree"] < max(MAX_DISAGREEMENT, 5 * found["rounding"])
    assert 1 - found["cosine_of_bfloat16"] <= max(1 - USUAL_COSINE, 4 * (1 - found["cosine_of_rounding"]))


@pytest.mark.parametrize("key", EXAMINED)
def test_heatmaps_lie_on_the_photograph_and_grad_cam_of_a_feature_is_its_channel(key, examined):
    found = examined[key].get(timeout=SECONDS)["heatmaps"]
    assert found["shapes"] == {backbone_checks.photograph().shape[:2]}
    for name, grid in found["grids"].items():
        assert grid.shape == found["channel"].shape
        assert grid.max() == 1 or found["notes"][name].startswith("Flat")
    if not BACKBONES[key].normalizes_after_pooling:
        np.testing.assert_allclose(found["grids"]["grad_cam"], found["channel"] / found["channel"].max(), atol=1e-4)
