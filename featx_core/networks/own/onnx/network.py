"""A network in ONNX as OpenVINO runs it: its layers, and an engine for what each of them gives."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.architecture.layers import LayerInfo
from featx_core.base.files.file_names import shown_text
from featx_core.images.fitting import Cells
from featx_core.networks.engines.openvino_engine import (
    IMAGES_AT_ONCE,
    EngineError,
    OpenVinoEngine,
    core,
    is_available,
    load_openvino,
    version,
)
from featx_core.networks.own.allowed import MAX_SHOWN
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.limits import CHANNELS, MAX_VALUES_A_LAYER
from featx_core.networks.own.onnx.differences import check_differences
from featx_core.networks.own.onnx.graph import FLOAT, FLOAT16, OnnxGraph, Value
from featx_core.networks.own.onnx.layouts import FIRST, LAST, TOKENS, Shape, axes_of_images, layouts_of
from featx_core.networks.own.onnx.listing import View, list_steps
from featx_core.networks.own.onnx.places import places_of
from featx_core.networks.own.onnx.reading import read_onnx
from featx_core.networks.own.onnx.writing import ending_with, write_onnx
from featx_core.networks.places import Place, cells_at

SQUASHING = frozenset({"Softmax", "Sigmoid"})
_UNREADABLE = (
    "cannot be read by OpenVINO {version}, which runs models in ONNX: its steps do not fit together, or it does not know one "
    "of them. Export the model with another `opset_version`."
)
_MISSING = "is a model in ONNX, which OpenVINO runs. Install it with `pip install openvino`."


@dataclass(frozen=True)
class Part:
    """What gives one layer of a network.

    Attributes:
        graph: Its steps.
        view: How the layer's output is made of what they give.
        is_channels_first: Whether its images have their channels before height and width.
        batch: How many images it takes at once; 0 for any number.
    """

    graph: OnnxGraph
    view: View
    is_channels_first: bool
    batch: int


class OnnxNetwork:
    """A network from images to one of its outputs.

    Args:
        content: A file in ONNX.
        size: Height and width of the images.
        output: Which of its outputs it ends with.
        batch: How many images it takes at once; 0 for any number.

    Attributes:
        graph: What computes that output.
        layers: Its layers.

    Raises:
        ModelFileError: If it cannot be run on such images as ONNX says, or is too large. The message can follow the name of
            the file.
    """

    def __init__(self, content: bytes, size: tuple[int, int], output: int = 0, batch: int = 0) -> None:
        whole = read_onnx(content)
        self.graph = ending_with(whole, [whole.outputs[output].name])
        self._size, self._batch = size, batch
        self._image = image_shape(whole, size)
        self._shapes = shapes = self._measure()
        _check_sizes(self.graph, shapes)
        check_differences(self.graph, shapes)
        layouts = layouts_of(self.graph, shapes)
        self._listed = list_steps(self.graph, shapes, layouts)
        self.layers: tuple[LayerInfo, ...] = tuple(listed.info for listed in self._listed)
        self._places = places_of(self.graph, shapes, layouts)
        self._end = self._listed[-1].view

    def engine(self, index: int, pooling: str | None = None) -> OpenVinoEngine:
        """Make what gives a layer: maps as `(n_images, height, width, n_channels)`, from images of the same form.

        Args:
            index: Of the layer.
            pooling: "avg" or "max" over the map, "flatten" into one row, or None.

        Raises:
            EngineError: If OpenVINO cannot run it.
        """
        return self._engine(self._listed[index].view, pooling)

    def class_engine(self) -> OpenVinoEngine:
        """Make what gives the scores of the classes before a softmax or sigmoid, one row per image."""
        last = next(node for node in reversed(self.graph.nodes) if self._end.value in node.outputs)
        value = last.inputs[0] if last.kind in SQUASHING else self._end.value
        return self._engine(View(value, "", ()), None)

    def scaling_engine(self, value: str) -> OpenVinoEngine:
        """Make what gives a value near the input, as one row per image."""
        return self._engine(View(value, "", ()), None)

    def cells(self, index: int) -> Cells | None:
        """Return where the cells of a layer lie; None where its rows and columns are not those of the image."""
        place = self._places.get(self._listed[index].view.value)
        return cells_at(place, self._size) if isinstance(place, Place) else None

    def before(self, index: int) -> frozenset[int]:
        """Return the indices of the layers that a layer is computed from, its own included."""
        return self._listed[index].before

    def part(self, index: int) -> Part:
        """Return the part of the network that a layer is computed by."""
        view = self._listed[index].view
        graph = ending_with(self.graph, [view.value])
        end = Value(view.value, graph.inputs[0].kind, (self._batch or None, *self._shapes[view.value][1:]))
        return Part(dataclasses.replace(graph, outputs=(end,)), view, self.is_channels_first, self._batch)

    @property
    def is_channels_first(self) -> bool:
        """Whether its images have their channels before height and width."""
        return axes_of_images((1, *self._image)) == FIRST

    def _read(self, names: list[str], batch: int) -> Any:
        """Have OpenVINO read the part that gives some values, for images of the size; -1 images are any number."""
        if not is_available():
            raise ModelFileError(_MISSING)
        try:
            model = core().read_model(write_onnx(ending_with(self.graph, names)))
            model.reshape({model.input(0): [batch, *self._image]})
        except MemoryError:
            raise
        except Exception as error:  # its reader raises whatever its parts raise
            raise ModelFileError(_UNREADABLE.format(version=version())) from error
        return model

    def _measure(self) -> dict[str, Shape]:
        """Return the shapes of all values for one image, where they are fixed."""
        model = self._read([self.graph.outputs[0].name], 1)
        shapes: dict[str, Shape] = {}
        for operation in model.get_ops():
            for output in operation.outputs():
                shape = output.get_partial_shape()
                if shape.is_static:
                    shapes |= dict.fromkeys(output.get_names(), tuple(shape.to_shape()))
        return shapes

    def _engine(self, view: View, pooling: str | None) -> OpenVinoEngine:
        openvino = load_openvino()
        from openvino import opset13 as ops

        batch = self._batch or -1
        model = self._read([view.value], batch)
        images = ops.parameter([batch, *self._size, self._channels], np.float32, name="images")
        old = model.get_parameters()[0]
        given = ops.transpose(images, np.array([0, 3, 1, 2])) if self.is_channels_first else images
        old.output(0).replace(ops.convert(given, old.get_element_type().to_string()).output(0))
        found = _seen(ops, model.get_results()[0].input_value(0), view)
        found = ops.convert(_pooled(ops, found, pooling, view.shape), "f32")
        return OpenVinoEngine.of_network(openvino.Model([found], [images]), at_once=self._batch or IMAGES_AT_ONCE)

    @property
    def _channels(self) -> int:
        return self._image[0] if self.is_channels_first else self._image[2]


def image_shape(graph: OnnxGraph, size: tuple[int, int]) -> tuple[int, int, int]:
    """Return the shape of one image as a network takes it, for a height and width."""
    height, width, channels = input_of(graph)
    side = height or size[0], width or size[1]
    return (channels, *side) if _is_channels_first(graph) else (*side, channels)


def input_of(graph: OnnxGraph) -> tuple[int | None, int | None, int]:
    """Return height, width and channels of the input, None where any number goes.

    Raises:
        ModelFileError: If it takes something else than one image.
    """
    if len(graph.inputs) != 1:
        raise ModelFileError(f"takes {len(graph.inputs)} inputs. featx gives a network one image.")
    value = graph.inputs[0]
    if value.kind not in (FLOAT, FLOAT16):
        raise ModelFileError("takes images in whole numbers or float64. Export it for images in float32.")
    dims = value.dims
    if dims is None or len(dims) != 4 or not ({dims[1], dims[3]} & set(CHANNELS)):
        sides = " x ".join("any" if side is None else str(side) for side in (dims or ())[1:])
        raise ModelFileError(f"takes an input of shape {sides or 'unknown'}, no image of 1 or 3 channels.")
    if _is_channels_first(graph):
        return dims[2], dims[3], int(dims[1] or 0)
    return dims[1], dims[2], int(dims[3] or 0)


def _is_channels_first(graph: OnnxGraph) -> bool:
    dims = graph.inputs[0].dims or ()
    return axes_of_images(tuple(side or 0 for side in dims)) == FIRST


def _check_sizes(graph: OnnxGraph, shapes: dict[str, Shape]) -> None:
    end = graph.outputs[0].name
    for node in graph.nodes:
        for name in node.outputs:
            if math.prod(shapes.get(name, ())) > MAX_VALUES_A_LAYER:
                shown = shown_text(node.name, MAX_SHOWN)
                raise ModelFileError(
                    f"is too large: layer `{shown}` gives {math.prod(shapes[name]):.2g} values an image."
                )
    if end not in shapes or shapes[end][:1] != (1,):
        raise ModelFileError("gives an output of no fixed shape, or not one for each image.")


def _seen(ops: Any, output: Any, view: View) -> Any:
    """Bring a value to the form that its layer has."""
    if view.axes == FIRST:
        return ops.transpose(output, np.array([0, 2, 3, 1]))
    if view.axes == LAST:
        return output
    if view.axes == TOKENS and view.grid is not None:
        if view.only_first:
            return ops.gather(output, np.array(0), np.array(1))
        if view.n_first:
            ends = (np.array([each]) for each in (view.n_first, np.iinfo(np.int64).max, 1, 1))
            output = ops.slice(output, *ends)
        return ops.reshape(output, np.array([0, *view.shape]), special_zero=True)
    return output if view.axes else ops.reshape(output, np.array([0, -1]), special_zero=True)


def _pooled(ops: Any, output: Any, pooling: str | None, shape: Shape) -> Any:
    if pooling is None:
        return output
    if pooling == "flatten":
        return ops.reshape(output, np.array([0, math.prod(shape)]), special_zero=True)
    reduce = ops.reduce_mean if pooling == "avg" else ops.reduce_max
    return reduce(output, np.array([1, 2]))


__all__ = ["EngineError", "OnnxNetwork", "image_shape", "input_of"]
