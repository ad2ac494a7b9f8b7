"""The code of formulas: expressions in the words of NumPy, for one row at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from featx_core.expressions.expression import Expression
from featx_core.expressions.nodes import COMPARISONS, INPUT, NEGATIVE, NUMBER, POWER, Node

CALLS: Mapping[str, str] = MappingProxyType(
    {
        **{name: f"np.{name}({{0}})" for name in ("abs", "exp", "log", "sqrt", "sign", "floor", "sin", "cos", "tanh")},
        **{name: f"np.{name}({{0}})" for name in ("mean", "sum", "std")},
        "sigmoid": "expit({0})",
        "relu": "np.maximum({0}, 0)",
        "clip": "np.minimum(np.maximum({0}, {1}), {2})",
        "where": "np.where({0} != 0, {1}, {2})",
        "norm": "np.linalg.norm(np.ravel({0}))",
        "flatten": "np.ravel({0})",
        "channel_mean": "np.mean({0}, axis=(0, 1))",
        "channel_max": "np.max({0}, axis=(0, 1))",
        "pick": "{0}[..., {1} : {1} + 1]",
    }
)
"""How NumPy or SciPy writes a function. All others are helpers of the same name."""

HELPERS: Mapping[str, str] = MappingProxyType(
    {
        "standardize": '''\
def standardize(x):
    """Scale to mean 0 and standard deviation 1; what is constant becomes 0."""
    return (x - np.mean(x)) / (np.std(x) or 1)
''',
        "normalize": '''\
def normalize(x):
    """Scale to length 1; zeros stay as they are."""
    return x / (np.linalg.norm(np.ravel(x)) or 1)
''',
        "rescale": '''\
def rescale(x):
    """Bring to 0..1; what is constant becomes 0."""
    return (x - np.min(x)) / (np.max(x) - np.min(x) or 1)
''',
        "softmax": '''\
def softmax(x):
    """Return shares that add up to 1, in the proportions of exp(x)."""
    powers = np.exp(x - np.max(x))
    return powers / np.sum(powers)
''',
        "histogram": '''\
def histogram(x, n_bins):
    """Return the share of values in each of equal bins over 0..1, for each channel."""
    columns = x.reshape(-1, x.shape[-1] if x.ndim > 1 else 1).T
    numbers = np.clip(np.floor(columns * np.float32(n_bins)), 0, n_bins - 1)
    return np.concatenate([[np.mean(row == k) for k in range(n_bins)] for row in numbers])
''',
        "grayscale": '''\
def grayscale(x):
    """Return the brightness of each pixel (ITU-R BT.601)."""
    return x if x.shape[-1] == 1 else 0.299 * x[..., :1] + 0.587 * x[..., 1:2] + 0.114 * x[..., 2:3]
''',
        "sobel": '''\
def sobel(x):
    """Return the strength of edges, for each channel."""
    channels = np.moveaxis(x, -1, 0)  # one by one: sobel also smooths along all other axes
    return np.stack([np.hypot(ndimage.sobel(each, axis=0), ndimage.sobel(each, axis=1)) for each in channels], axis=-1)
''',
        "laplacian": '''\
def laplacian(x):
    """Return the difference between each pixel and its four neighbours."""
    return np.stack([ndimage.laplace(x[..., k]) for k in range(x.shape[-1])], axis=-1)
''',
        "blur": '''\
def blur(x, sigma):
    """Blur by a Gaussian of so many pixels."""
    return ndimage.gaussian_filter(x, (sigma, sigma, 0), mode="reflect", truncate=4.0)
''',
        "fft_magnitude": '''\
def fft_magnitude(x):
    """Return the magnitude of each spatial frequency, the lowest in the centre."""
    return np.abs(np.fft.fftshift(np.fft.fft2(x, axes=(0, 1)), axes=(0, 1))) / (x.shape[0] * x.shape[1])
''',
        "pool": '''\
def pool(x, k):
    """Return the mean of each square of k x k pixels."""
    height, width = x.shape[0] // k, x.shape[1] // k
    return x[: height * k, : width * k].reshape(height, k, width, k, -1).mean(axis=(1, 3))
''',
        "hog": '''\
def hog(x):
    """Return histograms of oriented gradients (Dalal & Triggs 2005): cells of 8 pixels, 9 directions, blocks of 2 x 2."""
    height, width = x.shape[0] // 8 * 8, x.shape[1] // 8 * 8
    edged = np.pad(x, ((1, 1), (1, 1), (0, 0)), mode="edge")
    down, across = edged[2:, 1:-1] - edged[:-2, 1:-1], edged[1:-1, 2:] - edged[1:-1, :-2]
    best = np.argmax(across**2 + down**2, axis=-1)[..., np.newaxis]  # the channel with the longest gradient
    across = np.take_along_axis(across, best, axis=-1)[:height, :width, 0]
    down = np.take_along_axis(down, best, axis=-1)[:height, :width, 0]
    angle, cells = np.arctan2(down, across) * 9 / np.pi, []
    for k in range(9):  # each pixel votes for the two nearest directions
        distance = np.abs((angle - (k + 0.5)) - 9 * np.round((angle - (k + 0.5)) / 9))
        votes = np.hypot(across, down) * np.maximum(1 - distance, 0)
        cells.append(_cell_shares(height) @ votes @ _cell_shares(width).T)
    cells = np.stack(cells, axis=-1)
    corners = [cells[i : i + height // 8 - 1, j : j + width // 8 - 1] for i in (0, 1) for j in (0, 1)]
    blocks = np.concatenate(corners, axis=-1)
    blocks = blocks / np.sqrt(np.sum(blocks**2, axis=-1, keepdims=True) + 1e-10)
    blocks = np.minimum(blocks, 0.2)
    return np.ravel(blocks / np.sqrt(np.sum(blocks**2, axis=-1, keepdims=True) + 1e-10))


def _cell_shares(n_pixels):
    """Return the share of each pixel in each cell along one side, linear between the middles of the cells."""
    middles = (np.arange(n_pixels // 8) + 0.5) * 8
    return np.maximum(0, 1 - np.abs(np.arange(n_pixels) + 0.5 - middles[:, np.newaxis]) / 8).astype("float32")
''',
    }
)
"""Functions that NumPy has under no name, by their names in the language."""

_NEEDS = {"ndimage": "from scipy import ndimage", "expit": "from scipy.special import expit"}


def transforming(expressions: Sequence[str], name: str) -> str:
    """Write the function that applies formulas to one row, and the helpers that it needs.

    Args:
        expressions: As a spec holds them.
        name: What to call the function.
    """
    trees = [Expression(text).tree for text in expressions]
    helpers = [HELPERS[each] for each in HELPERS if any(each in _names(tree) for tree in trees)]
    steps = "".join(f"    x = {_written(tree)}\n" for tree in trees)
    body = f'''\
def {name}(x):
    """Compute {" then ".join(text.replace(chr(34), "") for text in expressions)} of one row."""
{steps}    return np.atleast_1d(x).astype("float32")
'''
    return "\n\n".join([*helpers, body])


def imports_of(code: str) -> str:
    """Return the imports beside NumPy that a code needs."""
    return "".join(f"{line}\n" for word, line in _NEEDS.items() if f"{word}." in code or f"{word}(" in code)


def _names(node: Node) -> set[str]:
    return {node.name}.union(*map(_names, node.inputs))


def _written(node: Node) -> str:
    if node.name == INPUT:
        return "x"
    if node.name == NUMBER:
        return _number(node.parameters[0])
    inside = [_written(each) for each in node.inputs]
    if node.name == "where" and node.inputs[0].name in COMPARISONS:
        inside[0] = inside[0].removeprefix("np.float32(").removesuffix(")")
        return f"np.where({', '.join(inside)})"
    if node.name in COMPARISONS:
        return f"np.float32({inside[0]} {node.name} {inside[1]})"
    if node.name == NEGATIVE:
        return f"-{_bracketed(node.inputs[0])}"
    if node.name == POWER:
        return f"{_bracketed(node.inputs[0])} ** {_number(node.parameters[0])}"
    if node.name in ("+", "-", "*", "/"):
        return f"{_bracketed(node.inputs[0])} {node.name} {_bracketed(node.inputs[1])}"
    if node.name in ("min", "max"):
        return f"np.{node.name}{'imum' if len(inside) == 2 else ''}({', '.join(inside)})"
    if node.name == "pick":
        inside = [_bracketed(node.inputs[0])]
    given = [*inside, *map(_number, node.parameters)]
    return CALLS[node.name].format(*given) if node.name in CALLS else f"{node.name}({', '.join(given)})"


def _bracketed(node: Node) -> str:
    is_plain = node.name == INPUT or (node.name == NUMBER and node.parameters[0] >= 0) or node.name[0].isalpha()
    is_plain = is_plain and node.name not in (NEGATIVE, "pick") and not (node.name == NUMBER and node.parameters[0] < 0)
    return _written(node) if is_plain else f"({_written(node)})"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
