"""The network within what stands around it."""

from featx_core import Augmented, LambdaTransform, OwnModel, Pretrained
from featx_core.specs.networks import has_gradients, network_of

ONNX = OwnModel("file:" + "0" * 64, "mine", (32, 32), "unit", format="onnx")


def test_copies_and_formulas_run_the_network_of_their_source():
    for inner, expected in ((ONNX, False), (Pretrained("vgg16"), True)):
        around = LambdaTransform(("x * 2",), Augmented(LambdaTransform(source=inner), n_copies=2))
        assert network_of(around) == inner
        assert has_gradients(around) is has_gradients(inner) is expected


def test_formulas_of_pixels_are_networks_of_keras():
    assert has_gradients(LambdaTransform())
