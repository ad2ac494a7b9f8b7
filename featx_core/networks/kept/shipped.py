"""Networks whose weights are at hand, drawn for OpenVINO without Keras: what runs in the first minute of all."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from featx_core.backbones.registry import BACKBONES
from featx_core.base.files.digests import digest_of
from featx_core.networks import efficientnet_lite, installed
from featx_core.networks.embedded.network import STAGE_WIDTHS
from featx_core.networks.embedded.weights import read_weights
from featx_core.networks.kept import record
from featx_core.networks.kept.drawing import Drawing
from featx_core.networks.kept.record import KeptNetwork, NetworkFacts
from featx_core.networks.origins import is_here
from featx_core.specs.pretrained import Pretrained

if TYPE_CHECKING:
    from featx_core.networks.engines.openvino_engine import Graph
    from featx_core.specs.spec import Spec

FACTS = Path(__file__).parent / "facts"
"""What is known of these networks: written by `tests.toys.shipped_facts`, and checked against Keras by the tests."""

_RELU6 = 6.0


def find_shipped(spec: Spec) -> KeptNetwork | None:
    """Draw the network of a spec, and keep it; None where that needs Keras.

    Args:
        spec: With the trained weights, the last layer averaged or the classifier, at the backbone's own size.
    """
    facts = shipped_facts(spec)
    if facts is None or not isinstance(spec, Pretrained) or not record.may_be_kept(spec):
        return None
    kept = KeptNetwork(facts, _DRAWN[spec.backbone](spec))
    record.keep(spec, facts, digest_of("shipped", record.RECORD_VERSION, facts_path(spec).stem), kept.graph)
    return kept


def shipped_facts(spec: Spec) -> NetworkFacts | None:
    """Return what is known of a network that can be drawn; None where it cannot, or its weights are not on this machine."""
    if not isinstance(spec, Pretrained) or spec.backbone not in _DRAWN or spec != plain(spec):
        return None
    return _read(facts_path(spec)) if is_here(BACKBONES[spec.backbone]) else None


def plain(spec: Pretrained) -> Pretrained:
    """Return the spec of the same network with all choices that change the graph left as they are by themselves."""
    if spec.classifier:
        return Pretrained(spec.backbone, pooling=None, fit=spec.fit, classifier=True)
    return Pretrained(spec.backbone, fit=spec.fit)


def facts_path(spec: Pretrained) -> Path:
    """Name the file that holds what is known of a network."""
    return FACTS / f"{spec.backbone}{'_classifier' if spec.classifier else ''}.json"


def shipped_specs() -> tuple[Pretrained, ...]:
    """List the specs that can be drawn, whether their weights are on this machine or not."""
    specs = [Pretrained(name) for name in _DRAWN]
    return (*specs, *(Pretrained(s.backbone, pooling=None, classifier=True) for s in specs if _has_classifier(s)))


@functools.cache
def _read(path: Path) -> NetworkFacts:
    return NetworkFacts.from_json(json.loads(path.read_text(encoding="utf-8")))


def _has_classifier(spec: Pretrained) -> bool:
    return BACKBONES[spec.backbone].has_classifier


def _embedded(spec: Pretrained) -> Graph:
    """Draw the embedded backbone, see `featx_core.networks.embedded.network.build`."""
    drawing = Drawing(read_weights(), spec.size)
    x = drawing.affine(drawing.image, 1 / 127.5, -1.0)
    x = drawing.rectify(drawing.convolve_centred(x, "stem_conv", strides=2))
    for number in range(2, 2 + len(STAGE_WIDTHS)):
        x = drawing.rectify(drawing.convolve_centred(x, f"stage{number}_down_conv", strides=2))
        y = drawing.rectify(drawing.convolve_centred(x, f"stage{number}_first_conv"))
        x = drawing.rectify(drawing.add(x, drawing.convolve_centred(y, f"stage{number}_second_conv")))
    x = drawing.rectify(drawing.convolve_centred(x, "features_conv"))
    return drawing.graph(drawing.average(x), x)


def _lite(spec: Pretrained) -> Graph:
    """Draw an EfficientNet-Lite, see `featx_core.networks.efficientnet_lite.build`."""
    row = BACKBONES[spec.backbone]
    tensors = installed.read_installed(row)
    arrays = efficientnet_lite.arrays_from_torch(row.title, tensors, classifier=spec.classifier)
    drawing, epsilon = Drawing(arrays, spec.size), efficientnet_lite.EPSILON
    x = drawing.convolve(drawing.image, "stem_conv", strides=2, norm="stem_bn", epsilon=epsilon)
    x = drawing.rectify(x, _RELU6)
    for block in efficientnet_lite.blocks(*efficientnet_lite.SCALES[row.title]):
        name, y = block.name, x
        if block.expansion > 1:
            y = drawing.convolve(y, f"{name}_expand_conv", norm=f"{name}_expand_bn", epsilon=epsilon)
            y = drawing.rectify(y, _RELU6)
        y = drawing.convolve_each(y, f"{name}_dwconv", strides=block.strides, norm=f"{name}_bn", epsilon=epsilon)
        y = drawing.rectify(y, _RELU6)
        y = drawing.convolve(y, f"{name}_project_conv", norm=f"{name}_project_bn", epsilon=epsilon)
        x = drawing.add(x, y) if block.has_shortcut else y
    x = drawing.rectify(drawing.convolve(x, "top_conv", norm="top_bn", epsilon=epsilon), _RELU6)
    means = drawing.average(x)
    return drawing.graph(drawing.dense(means, "predictions") if spec.classifier else means, x)


_DRAWN: Mapping[str, Callable[[Pretrained], Graph]] = MappingProxyType(
    {"embedded_v1": _embedded, "efficientnet_lite0": _lite}
)
