"""Heatmaps on real architectures."""

import numpy as np
import pytest

from featx_core.heatmaps.explain import explain, explain_many
from featx_core.heatmaps.layers import choose_layer
from featx_core.heatmaps.methods import HEATMAPS
from featx_core.heatmaps.observation import observer
from featx_core.heatmaps.targets import ClassTarget
from featx_core.methods import registry as methods
from featx_core.specs.pretrained import Pretrained


def photograph(height=150, width=220):
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(rows / 9 + k) * np.cos(columns / (5 + 4 * k)) for k in range(3)]
    return np.rint(127.5 + 127.5 * np.stack(waves, axis=-1)).astype(np.uint8)


@pytest.mark.thorough
@pytest.mark.slow
def test_every_stage_of_a_network_can_be_looked_at():
    extractor = methods.build(Pretrained(backbone="mobilenet_v2", weights="random", image_size=(64, 64)))
    stages = [info for info in extractor.layers if info.stage]
    assert len(stages) >= 4
    for info in stages:
        for heatmaps in explain_many(
            [photograph()], extractor, [name for name in HEATMAPS if not HEATMAPS[name].rolls], layer=info.stage
        ).values():
            assert heatmaps[0].grid.shape == info.output_shape[:2]
            assert heatmaps[0].grid.max() == 1


@pytest.mark.slow
@pytest.mark.thorough
def test_a_class_of_a_real_classifier():
    spec = Pretrained(backbone="mobilenet_v2", weights="random", classifier=True, pooling=None)
    extractor = methods.build(spec)
    image = photograph()
    logits = extractor(extractor.fit_image(image)[np.newaxis])[0]
    best = int(np.argmax(logits))
    heatmap = explain(image, extractor, "grad_cam", target=ClassTarget(best))
    layer = choose_layer(extractor, None, of_classes=True)
    activations = observer(extractor, layer)(extractor.fit_image(image)[np.newaxis])[0].activations
    weights = extractor.network.layers[-1].get_weights()[0][:, best]
    expected = np.maximum(activations @ weights, 0)
    np.testing.assert_allclose(heatmap.grid, expected / expected.max(), atol=1e-3)
    assert heatmap.title.startswith(f"Grad-CAM for {extractor.classes[best]}, ")
