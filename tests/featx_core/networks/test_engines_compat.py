"""The private parts of OpenVINO that featx touches are where it expects them."""

import pytest

from featx_core.networks.engines.compat import graph_iterator, variables_by_name
from featx_core.networks.engines.engine import TensorFlowEngine
from tests.toys import engine_toys

decoder = pytest.importorskip("openvino.frontend.tensorflow.node_decoder")


def test_variables_are_looked_up_by_name_and_found_as_openvino_finds_them():
    function = TensorFlowEngine(engine_toys.tiny_model()).graph()
    search = decoder.TFGraphNodeDecoder.get_variable
    operations = [each for each in function.graph.get_operations() if each.type == "Placeholder"]
    expected = [search(operation) for operation in operations]
    with variables_by_name(function.graph):
        assert decoder.TFGraphNodeDecoder.get_variable is not search
        found = [decoder.TFGraphNodeDecoder.get_variable(operation) for operation in operations]
    assert decoder.TFGraphNodeDecoder.get_variable is search
    assert [getattr(each, "shape", None) for each in found] == [getattr(each, "shape", None) for each in expected]
    assert graph_iterator(function.graph) is not None
