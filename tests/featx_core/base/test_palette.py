import itertools
import random

import numpy as np
import pytest

from featx_core.base.labels import OTHER
from featx_core.base.palette import (
    CATEGORICAL,
    DARK_GROUND,
    LIGHT_GROUND,
    NO_LABEL,
    NO_LABEL_COLOR,
    SEQUENTIAL_SCALES,
    SYMBOLS,
    class_style,
    label_styles,
    run_color,
)

# How linear RGB looks to people who lack one kind of cone: Machado, Oliveira and Fernandes, IEEE TVCG 15 (2009), severity 1.
SIGHT = {
    "full": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def linear(color):
    channels = np.array([int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(color, ground):
    low, high = sorted(float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (color, ground))
    return (high + 0.05) / (low + 0.05)


def oklab(color, sight):
    seen = np.clip(np.asarray(SIGHT[sight]) @ linear(color), 0, 1)
    return np.asarray(TO_OKLAB) @ np.cbrt(np.asarray(TO_CONES) @ seen)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("color", [*CATEGORICAL, NO_LABEL_COLOR])
def test_colors_stand_out_on_both_grounds(color):
    assert contrast(color, LIGHT_GROUND) >= 2.2
    assert contrast(color, DARK_GROUND) >= 3


@pytest.mark.parametrize("sight", SIGHT)
def test_colors_differ_for_everybody(sight):
    pairs = itertools.combinations([*CATEGORICAL, NO_LABEL_COLOR], 2)
    nearest = min(np.linalg.norm(oklab(first, sight) - oklab(second, sight)) for first, second in pairs)
    assert nearest > 0.074


def test_styles_do_not_depend_on_order_or_number_of_images():
    labels = ["dog", "cat", "item 10", "item 2", "", None, "Äpfel"]
    shuffled = random.Random(0).choices(labels, k=500)
    assert label_styles(shuffled) == label_styles(labels)
    assert list(label_styles(shuffled)) == list(label_styles(labels))


def test_labels_are_in_reading_order_with_no_label_last():
    assert list(label_styles(["item 10", None, "Item 2", "cat", "2²", "7"])) == [
        "2²",
        "7",
        "cat",
        "Item 2",
        "item 10",
        None,
    ]


def test_missing_labels_are_grey_and_take_no_color():
    styles = label_styles([None, "", "a"])
    assert styles[None] == styles[""] == NO_LABEL
    assert styles["a"] == (CATEGORICAL[0], SYMBOLS[0])


def test_the_ninth_class_has_another_symbol():
    styles = label_styles(f"class {number}" for number in range(1, 65))
    assert len(set(styles.values())) == 64
    assert {styles[f"class {number}"].symbol for number in range(1, 9)} == {"circle"}
    assert styles["class 9"] == (CATEGORICAL[0], "diamond")
    assert class_style(64) == class_style(0)


def test_symbols_are_drawn_in_two_and_three_dimensions():
    import plotly.graph_objects as go

    for symbol in SYMBOLS:
        assert go.Scatter3d(marker_symbol=symbol).marker.symbol == symbol
        assert go.Scattergl(marker_symbol=symbol).marker.symbol == symbol


def test_runs_take_the_colors_in_turn():
    assert [run_color(index) for index in range(9)] == [*CATEGORICAL, CATEGORICAL[0]]


@pytest.mark.parametrize("scale", SEQUENTIAL_SCALES)
def test_sequential_scales_rise_in_lightness(scale):
    from plotly.colors import get_colorscale

    lightness = [oklab(color, "full")[0] for _, color in get_colorscale(scale)]
    assert all(np.diff(lightness) > 0)


def test_other_classes_are_grey_and_come_last_but_for_no_label():
    styles = label_styles(["tabby", OTHER, None, "zebra"])
    assert list(styles) == ["tabby", "zebra", OTHER, None]
    assert styles[OTHER].color == styles[None].color == NO_LABEL_COLOR
    assert styles[OTHER].symbol != styles[None].symbol
    assert styles["zebra"] == label_styles(["tabby", "zebra"])["zebra"]
