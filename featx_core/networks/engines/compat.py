"""Private parts of OpenVINO that featx depends on, in one place. Checked with OpenVINO 2026.4."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

_PATCHING = threading.Lock()


def graph_iterator(graph: Any) -> Any:
    """Wrap a TensorFlow graph for OpenVINO's converter. It must live until the conversion is done."""
    from openvino.frontend.tensorflow.graph_iterator import GraphIteratorTFGraph

    return GraphIteratorTFGraph(graph, True)


@contextlib.contextmanager
def variables_by_name(graph: Any) -> Iterator[None]:
    """Let the converter look variables up. By itself it searches all of them for each: most of its time on large networks."""
    from openvino.frontend.tensorflow.node_decoder import TFGraphNodeDecoder

    outside = {inner.name: outer for outer, inner in graph.captures}
    by_handle = {id(variable.handle): variable for variable in graph.variables}
    with _PATCHING:
        search = TFGraphNodeDecoder.get_variable

        def find(operation: Any) -> Any:
            if operation.graph is not graph:
                return search(operation)
            captured = outside.get(operation.outputs[0].name)
            if captured is None or captured.dtype.name != "resource":
                return captured
            variable = by_handle.get(id(captured))
            return None if variable is None else variable.read_value_no_copy()

        TFGraphNodeDecoder.get_variable = staticmethod(find)
        try:
            yield
        finally:
            TFGraphNodeDecoder.get_variable = staticmethod(search)
