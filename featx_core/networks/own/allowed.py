"""What the configuration of a `.keras` file may name: parts of Keras that compute and do nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from featx_core.base.files.file_names import shown_text

MAX_SHOWN = 60
"""Characters of a name from a file that are shown."""


def names_in(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


MODELS = frozenset({"Functional", "Sequential", "Model"})

LAYERS = names_in(
    """
    InputLayer Dense Conv1D Conv2D Conv2DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv2D MaxPooling1D
    MaxPooling2D AveragePooling1D AveragePooling2D GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D
    GlobalMaxPooling2D AdaptiveAveragePooling2D AdaptiveMaxPooling2D BatchNormalization LayerNormalization
    GroupNormalization UnitNormalization RMSNormalization Normalization Rescaling Activation ReLU LeakyReLU PReLU ELU
    Softmax Dropout SpatialDropout1D SpatialDropout2D GaussianDropout GaussianNoise AlphaDropout
    ActivityRegularization Flatten Reshape Permute RepeatVector ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D
    UpSampling1D UpSampling2D Resizing CenterCrop Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    Identity Masking MultiHeadAttention Attention AdditiveAttention GroupQueryAttention EinsumDense Embedding
    LayerScale CustomScaleLayer
    RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness RandomCrop RandomErasing
    """
)

OPERATIONS = names_in(
    """
    Absolute Abs Add Subtract Multiply Divide TrueDivide FloorDivide Power Maximum Minimum Negative Square Sqrt Rsqrt
    Exp Log Log1p Mean Max Min Sum Var Std Clip Reshape Transpose Concatenate Stack Squeeze ExpandDims GetItem Cast
    Matmul Dot Einsum Pad Flip Roll Repeat Tile Swapaxes Moveaxis Mod Relu Relu6 Sigmoid Silu Gelu Elu Selu
    Softmax LogSoftmax Softplus Softsign Tanh LeakyRelu HardSigmoid HardSilu HardTanh Normalize AveragePool
    MaxPool Conv DepthwiseConv BatchNorm Resize Reciprocal Sin Cos Split
    """
)

OTHERS = names_in(
    """
    DTypePolicy Zeros Ones Constant RandomNormal RandomUniform TruncatedNormal VarianceScaling GlorotNormal
    GlorotUniform HeNormal HeUniform LecunNormal LecunUniform Identity Orthogonal L1 L2 L1L2 OrthogonalRegularizer
    MaxNorm MinMaxNorm NonNeg UnitNorm SeedGenerator
    """
)

VALUES = frozenset({"__keras_tensor__", "__tuple__", "__slice__", "__ellipsis__", "__numpy__", "__tensor__"})
"""Forms that stand for plain values."""

DANGERS: Mapping[str, str] = MappingProxyType(
    {
        "Lambda": "uses a Lambda layer, which can run code. Replace it with a layer of Keras, such as Rescaling",
        "__lambda__": "holds a function as code. Replace it with a layer of Keras",
        "function": "refers to a function of your code. Use one of Keras by its name",
        "TFSMLayer": "uses a TFSMLayer, which loads and runs another program. Rebuild that part from layers of Keras",
        "TorchModuleWrapper": "holds a module of PyTorch, which can run code. Rebuild that part from layers of Keras",
        "JaxLayer": "holds a function of JAX as code. Rebuild that part from layers of Keras",
        "FlaxLayer": "holds a module of Flax as code. Rebuild that part from layers of Keras",
    }
)
"""Parts that are known to run code, and what to do."""


def problem_of(name: object, module: object, registered: object) -> str | None:
    """Say what is wrong with a class that a configuration names, in words that follow the name of a file; None: nothing.

    >>> problem_of("Dense", "keras.layers", None), problem_of("Dense", "os", None)
    (None, 'uses the class `Dense`, which is no part of Keras. Rebuild that part from layers of Keras')
    """
    shown = shown_text(str(name), MAX_SHOWN)
    if not isinstance(name, str):
        return "names a class by something that is no name"
    if name in DANGERS:
        return DANGERS[name]
    is_keras = isinstance(module, str) and (module == "keras" or module.startswith("keras."))
    if not is_keras or registered not in (None, name):
        return f"uses the class `{shown}`, which is no part of Keras. Rebuild that part from layers of Keras"
    if _is_allowed(name, str(module)):
        return None
    return f"uses `{shown}` of Keras, which featx does not load from files. Rebuild that part from other layers"


def _is_allowed(name: str, module: str) -> bool:
    if module.startswith("keras.src.ops."):
        return name in OPERATIONS and module.count(".") == 3
    return name in MODELS | LAYERS | OTHERS
