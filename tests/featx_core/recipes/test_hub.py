"""Scripts of networks of KerasHub: the code gives what the flat graph gives, at each kind of tap."""

import keras
import numpy as np
import pytest

import featx_core as fx
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.networks.extractor import Extractor
from featx_core.networks.hub.graph import build, made_from
from featx_core.recipes.checking import Steps, check_recipe
from featx_core.recipes.hub import constructing, hub_code
from featx_core.recipes.networks import why_not
from featx_core.recipes.recipe import RecipeError
from featx_core.recipes.writing import write_recipe
from tests.toys.hub.networks import CONFIGS, SIDE, fill, images, row

TAPS = ("patches", "patches_1", "class_token", "register_tokens", "pooled")


def test_new_layers_behind_such_a_network_are_refused_and_the_rest_is_not():
    spec = fx.Pretrained("dinov2_small", weights="random")
    assert why_not(fx.Augmented(spec)) == ""
    assert "New layers behind DINOv2-S/14 cannot be written as code" in why_not(fx.FineTuned(spec))


def extractor_at(network, name):
    names = [layer.name for layer in network.layers]
    output = network.get_layer(name).output
    spec = fx.Pretrained("dinov2_small", weights="random")  # only its being one counts here
    return Extractor(spec, network, output, tap=names.index(name), preprocessing=PREPROCESSING["unit"])


@pytest.mark.parametrize("name", CONFIGS)
def test_the_code_gives_what_the_graph_gives(name):
    keras_hub = pytest.importorskip("keras_hub")
    network = fill(build(row(name), (SIDE, SIDE)))
    told = {"keras": keras, "keras_hub": keras_hub, "np": np, "SIZE": (SIDE, SIDE)}
    exec(constructing(network), told)
    told["network"].set_weights(made_from(network).get_weights())
    batch = images()
    taps = [each for each in TAPS if each in [layer.name for layer in network.layers]]
    assert len(taps) >= 2
    for tap in taps:
        extractor = extractor_at(network, tap)
        exec(hub_code(extractor, "{}"), told)
        np.testing.assert_allclose(told["model"](batch), extractor.model(batch), rtol=1e-5, atol=1e-5, err_msg=tap)
    with pytest.raises(RecipeError, match="lies in the midst of a block"):
        hub_code(extractor_at(network, "row_1"), "{}")


@pytest.mark.thorough
@pytest.mark.parametrize(("layer", "pooling"), [(None, "avg"), ("class_token", None)])
def test_a_run_is_reproduced(workspace, layer, pooling):
    pytest.importorskip("keras_hub")
    spec = fx.Pretrained("dinov2_small", weights="random", image_size=(28, 28), layer=layer, pooling=pooling)
    details = fx.extract(workspace.images(), fx.build(spec), workspace=workspace).details
    recipe = write_recipe(workspace.ledger.find(spec.digest), workspace, fx.build)
    checked = check_recipe(recipe, details["engine"], Steps())
    assert checked.is_reproduced, checked.words
    assert "import keras_hub\n" in checked.script
    assert "keras-hub==" in checked.script
