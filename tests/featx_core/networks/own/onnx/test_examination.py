"""What is said of a model in ONNX after it was run on made-up images."""

import numpy as np
import pytest

from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.onnx.examination import examine
from featx_core.networks.own.onnx.files import put_together
from tests.toys.files.model_files import N_FILTERS, SIDE
from tests.toys.files.onnx_files import constant, model, node, small, tokens


def looked_at(made):
    return examine(put_together(made.SerializeToString()))


def test_all_facts_are_found():
    assert looked_at(small()) == {
        "format": "onnx",
        "saved_by": "PyTorch 2.14.1",
        "input_shape": [SIDE, SIDE, 3],
        "outputs": [{"name": "flatten", "shape": [N_FILTERS], "n_classes": 0, "needs_names": False}],
        "n_parameters": 28 * N_FILTERS,
        "n_layers": 4,
        "batch": 0,
        "scaling": [],
        "expects": "",
        "ratios": {},
        "divergences": {},
    }


def test_a_batch_that_cannot_be_freed_and_a_row_that_may_be_of_classes_are_said():
    facts = looked_at(tokens())
    assert facts["batch"] == 1
    assert facts["outputs"] == [{"name": "head", "shape": [2], "n_classes": 2, "needs_names": True}]


@pytest.mark.parametrize(("factor", "expects"), [(1 / 255, "none"), (2.0, "unit"), (1e4, "")])
def test_scaling_within_the_model_says_what_it_was_trained_on(factor, expects):
    nodes = [
        node("Mul", "x factor", "m"),
        node("Sub", "m half", "s"),
        node("Relu", "s", "r"),
        node("GlobalAveragePool", "r", "g"),
        node("Flatten", "g", "f"),
        node("Softmax", "f", "y"),
    ]
    facts = looked_at(model(nodes, [constant("factor", factor), constant("half", np.full((1, 3, 1, 1), 0.5))]))
    assert (facts["scaling"], facts["expects"]) == (["arithmetic"], expects)
    assert facts["outputs"][0]["n_classes"] == 3
    assert not facts["outputs"][0]["needs_names"]


def test_weights_that_are_no_numbers_are_named_even_where_the_output_hides_them():
    nodes = [node("Mul", "x weight", "z"), node("Relu", "z", "y")]
    with pytest.raises(ModelFileError, match=r"^holds weights that are NaN, in layer `mul`\.$"):
        looked_at(model(nodes, [constant("weight", np.nan)]))


def test_values_that_are_not_finite_are_refused():
    nodes = [node("Div", "x zero", "y")]
    with pytest.raises(ModelFileError, match="not finite for made-up images"):
        looked_at(model(nodes, [constant("zero", 0.0)]))
