"""What a file in ONNX may hold: operators that compute and do nothing else, and of which OpenVINO gives what ONNX says."""

from __future__ import annotations

from featx_core.base.files.file_names import shown_text
from featx_core.networks.own.allowed import MAX_SHOWN, names_in
from featx_core.networks.own.onnx.graph import Node

DOMAINS = frozenset({"", "ai.onnx"})

MOVING = names_in(
    """
    Identity Dropout Cast CastLike Constant ConstantOfShape Shape Size Gather GatherElements GatherND Slice Split
    Squeeze Unsqueeze Reshape Flatten Transpose Expand Tile Range EyeLike Where ScatterND ScatterElements OneHot
    """
)
"""Operators that move values, or compute with shapes. What they give is not listed as a layer."""

_COMPUTING = names_in(
    """
    Conv ConvTranspose Gemm MatMul Einsum MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool
    BatchNormalization InstanceNormalization GroupNormalization LayerNormalization LpNormalization RMSNormalization
    MeanVarianceNormalization LRN Softmax LogSoftmax Hardmax Relu LeakyRelu PRelu Elu Selu Celu Gelu ThresholdedRelu
    Sigmoid HardSigmoid HardSwish Mish Swish Softplus Softsign Tanh Erf Clip Add Sub Mul Div Pow Mod Neg Abs Sqrt
    Reciprocal Exp Log Floor Ceil Round Sign Sin Cos Tan Min Max Mean Sum Equal Greater GreaterOrEqual Less
    LessOrEqual Not And Or Xor ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare
    ReduceLogSumExp ReduceLogSum ArgMax ArgMin CumSum TopK Concat Pad Resize Upsample DepthToSpace SpaceToDepth
    Trilu Attention GridSample
    """
)

TEXTS = names_in(
    """
    mode coordinate_transformation_mode nearest_mode keep_aspect_ratio_policy auto_pad padding_mode equation approximate
    """
)
"""The settings that are texts. Others are left out: nothing that an operator needs is in them."""

_RESIZE = (("antialias", 0), ("exclude_outside", 0), ("keep_aspect_ratio_policy", b"stretch"))
"""Options of `Resize` whose other values OpenVINO passes over, see findings/openvino_onnx_resize_antialias.sh."""

_OF_NO_AXIS = frozenset({"ReduceL1", "ReduceL2", "ReduceLogSum"})
"""Operators that OpenVINO leaves out as a whole where they are asked to reduce no axis."""

_REASONS = {
    "Erfc": "which is no operator of ONNX: Keras writes it for exact GELU. Bring in the model as a `.keras` file",
    "If": "which decides by values on the way. Export the model without it",
    "Loop": "which repeats a network within the network. Export the model without it",
    "Scan": "which repeats a network within the network. Export the model without it",
}


def problem_of(node: Node, domain: str) -> str:
    """Say what is wrong with a step, in words that follow the name of a file; empty: nothing."""
    shown = shown_text(node.kind, MAX_SHOWN)
    if node.kind in _REASONS:
        return f"uses `{shown}`, {_REASONS[node.kind]}."
    if domain not in DOMAINS:
        return (
            f"uses `{shown}` of `{shown_text(domain, MAX_SHOWN)}`, which is no operator of ONNX. Export the model with "
            "standard operators."
        )
    if node.kind not in MOVING | _COMPUTING:
        return f"uses `{shown}`, which featx does not run. Export the model without it."
    return _option(node)


def _option(node: Node) -> str:
    if node.kind == "BatchNormalization" and node.attributes.get("training_mode", 0):
        return "was exported as it is in training, where images of a batch change each other. Export it after `model.eval()`."
    if node.kind == "Resize":
        for name, usual in _RESIZE:
            if node.attributes.get(name, usual) != usual:
                return (
                    f"uses `Resize` with `{name}`, which OpenVINO leaves out. Resize images before the model, and export it "
                    "without that step."
                )
    if node.kind in _OF_NO_AXIS and node.attributes.get("noop_with_empty_axes", 0):
        return (
            f"uses `{node.kind}` with `noop_with_empty_axes`, which OpenVINO reads in another way. Export it without."
        )
    return ""
