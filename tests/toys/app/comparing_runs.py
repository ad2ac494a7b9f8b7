"""Runs to compare on the Compare page, and what it shows."""

import json

import numpy as np
from streamlit.typing import PlotlyState

from featx_core.specs.pretrained import Pretrained
from tests.toys.app.visiting import element

LABELS = ["cat", "dog"] * 20


STRONG = Pretrained(backbone="mobilenet_v2", weights="random")


WEAK = Pretrained(backbone="mobilenet_v3_small", weights="random")


NOISE = Pretrained(backbone="efficientnet_b0", weights="random")


TITLES = {"MobileNetV2": STRONG, "MobileNetV3Small": WEAK, "EfficientNetB0": NOISE}


def spaces(n_images):
    """Return a space that tells the labels apart, one that does so a little, and noise."""
    rng = np.random.default_rng(0)
    shift = np.where(np.arange(n_images) % 2, 1.0, -1.0)[:, None]
    return {
        STRONG: rng.normal(size=(n_images, 6)) + 8 * shift,
        WEAK: rng.normal(size=(n_images, 5)) + 0.25 * shift,
        NOISE: rng.normal(size=(n_images, 4)),
    }


def shown(visitor):
    """Draw the page until nothing is computed any more."""
    return visitor.open("compare").run()


def figure(visitor, key):
    return json.loads(element(visitor, key).proto.spec)


def keys(visitor):
    return {node.key for node in visitor.tab.get("plotly_chart")}


def text(visitor):
    markdown = [
        node.value
        for node in (
            *visitor.tab.main.header,
            *visitor.tab.main.subheader,
            *visitor.tab.main.markdown,
            *visitor.tab.main.caption,
        )
    ]
    return "\n".join(markdown).replace("\\", "")


def verdict(visitor):
    return str(visitor.tab.main.header[0].value).replace("\\", "")


def opened(visitor, *names):
    for name in names:
        visitor.tab.session_state[name] = True
    return visitor.run()


def select(visitor, key, marks):
    visitor.tab.session_state[key] = PlotlyState(
        {"selection": {"points": [{"customdata": mark} for mark in marks], "point_indices": [], "box": [], "lasso": []}}
    )
    return visitor.run()


def key_like(visitor, beginning):
    found = [key for key in keys(visitor) if key.startswith(beginning)]
    assert len(found) == 1, keys(visitor)
    return found[0]


def download(visitor, label, key=None):
    found = [
        node for node in visitor.tab.main.get("download_button") if node.label == label and key in (None, node.key)
    ]
    assert len(found) == 1, [(node.label, node.key) for node in visitor.tab.main.get("download_button")]
    return found[0]
