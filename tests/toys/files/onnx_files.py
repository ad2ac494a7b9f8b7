"""Files in ONNX, made with the library of that name: small networks that work, and parts that hostile ones are made of."""

import hashlib

import numpy as np
import pytest

from featx_core.networks.own.bringing import facts_key
from featx_core.networks.own.facts import ModelFacts
from featx_core.networks.own.onnx.examination import examine
from featx_core.networks.own.onnx.files import put_together
from tests.toys.files.model_files import N_FILTERS, SIDE, kernel

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnx.reference")

PRIVATE = "/home/someone/secret/train.py"
FREE = "anything"  # a side that any number goes for


def node(kind, inputs, outputs, *, scopes=(), domain="", name="", **settings):
    """A step, with the notes of PyTorch's exporter where it has scopes."""
    made = onnx.helper.make_node(kind, inputs.split(), outputs.split(), name=name, domain=domain, **settings)
    if scopes:
        told = {
            "pkg.torch.onnx.name_scopes": str(list(scopes)),
            "pkg.torch.onnx.stack_trace": f'File "{PRIVATE}", line 3',
        }
        onnx.helper.set_model_props(made, told)
        made.doc_string = f"made by {PRIVATE}"
    return made


def constant(name, values, dtype=np.float32):
    return onnx.numpy_helper.from_array(np.asarray(values, dtype), name)


def model(nodes, constants, dims=(1, 3, SIDE, SIDE), outputs=("y",), *, kind=None, domains=(), given=None):
    """A file from steps and constants, whose input is `x`."""
    kind = onnx.TensorProto.FLOAT if kind is None else kind
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, given) for name in outputs]
    start = [onnx.helper.make_tensor_value_info("x", kind, dims)]
    graph = onnx.helper.make_graph(nodes, "main_graph", start, ends, constants, doc_string=PRIVATE)
    opsets = [onnx.helper.make_opsetid("", 18), *(onnx.helper.make_opsetid(name, 1) for name in domains)]
    made = onnx.helper.make_model(
        graph, opset_imports=opsets, ir_version=10, producer_name="pytorch", doc_string=PRIVATE
    )
    made.producer_version = "2.14.1"
    onnx.helper.set_model_props(made, {"source": PRIVATE})
    return made


def small(dims=(1, 3, SIDE, SIDE)):
    """The network of `model_files.small_model`: a convolution and the mean over its places, channels first."""
    scopes = ("", "features", "features.look", "conv2d")
    nodes = [
        node("Conv", "x w b", "conv2d", scopes=scopes),
        node("Relu", "conv2d", "relu", scopes=("", "features", "features.relu", "relu")),
        node("GlobalAveragePool", "relu", "mean", scopes=("", "pooled", "mean")),
        node("Flatten", "mean", "y", scopes=("", "flatten")),
    ]
    weights = kernel().transpose(3, 2, 0, 1)
    return model(
        nodes, [constant("w", weights), constant("b", np.full(N_FILTERS, 0.1))], dims, given=(dims[0], N_FILTERS)
    )


def small_file(dims=(1, 3, SIDE, SIDE)):
    return small(dims).SerializeToString()


def in_two_files(made, folder, name="small.onnx"):
    """Write a model and its weights as PyTorch does: into two files."""
    data = f"{name}.data"
    options = {"save_as_external_data": True, "all_tensors_to_one_file": True, "location": data, "size_threshold": 0}
    onnx.save_model(made, folder / name, **options)
    return {name: (folder / name).read_bytes(), data: (folder / data).read_bytes()}


def tokens():
    """Patches of 8 x 8 pixels as four tokens behind a class token, normalized; the class token and a row of two scores."""
    rng = np.random.default_rng(1)
    nodes = [
        node(
            "Conv", "x w", "patches", kernel_shape=[8, 8], strides=[8, 8], scopes=("", "embed", "embed.proj", "conv2d")
        ),
        node("Reshape", "patches row", "flat", scopes=("", "embed", "flatten")),
        node("Transpose", "flat", "turned", perm=[0, 2, 1], scopes=("", "embed", "transpose")),
        node("Concat", "cls turned", "all", axis=1, scopes=("", "cat")),
        node("LayerNormalization", "all scale", "normal", scopes=("", "norm", "layer_norm")),
        node("Gather", "normal zero", "class", axis=1, scopes=("", "select")),
        node("Gemm", "class head", "y", scopes=("", "head", "linear")),
    ]
    constants = [
        constant("w", rng.normal(0, 0.2, (5, 3, 8, 8))),
        constant("row", [1, 5, 4], np.int64),
        constant("cls", rng.normal(0, 1, (1, 1, 5))),
        constant("scale", rng.uniform(0.5, 2, 5)),
        constant("zero", 0, np.int64),
        constant("head", rng.normal(0, 1, (5, 2))),
    ]
    return model(nodes, constants, (1, 3, 16, 16))


def of_one_step(kind, *, inputs="x", domain="", constants=(), outputs="y", **settings):
    """A model with a single step after its images."""
    domains = (domain,) if domain else ()
    made = model([node(kind, inputs, outputs, domain=domain, **settings)], list(constants), domains=domains)
    return made.SerializeToString()


def enter_facts(workspace, made, name="small"):
    """Put what is known of a model into a workspace, without the process of its own, which takes seconds."""
    content = put_together(made.SerializeToString())
    weights = f"file:{hashlib.sha256(content).hexdigest()}"
    facts = ModelFacts.from_json({**examine(content), "weights": weights, "name": name})
    workspace.put_result(facts_key(weights), facts.to_bytes())
    return facts


def enter(workspace, made, name="small"):
    """Put a model into a workspace, as if it had been examined there."""
    workspace.put_artefact(f"{name}.onnx", put_together(made.SerializeToString()))
    return enter_facts(workspace, made, name)


def scaled():
    """The small network with a scaling of its own before it: made for pixels of 0 to 255."""
    made = small()
    made.graph.node[0].input[0] = "scaled"
    made.graph.node.insert(0, node("Mul", "x factor", "scaled", scopes=("", "mul")))
    made.graph.initializer.append(constant("factor", 1 / 255))
    return made
