"""The map as it is printed."""

import re

import numpy as np

from featx_core.base.palette import CATEGORICAL, SYMBOLS
from featx_core.maps.projection import project
from featx_core.offline.still import HEIGHT, WIDTH, still

CORNERS = np.float32([[-3, -1], [3, 1], [-3, 1], [3, -1]])
"""PCA leaves them where they are, but for a mirror."""


def test_numbers_stand_where_points_of_that_value_do():
    projection = project(CORNERS, "pca")
    drawing = still(projection, ["a"] * 4, "Corners")
    marks = np.float64(re.findall(r"translate\(([\d.]+) ([\d.]+)\) scale", drawing)[:4])
    numbers = {
        float(n): float(x)
        for x, n in re.findall(r'<text x="([\d.]+)" y="\d+" text-anchor="middle">(-?[\d.]+)<', drawing)
    }
    per_unit = (numbers[2] - numbers[0]) / 2
    np.testing.assert_allclose(marks[:, 0], numbers[0] + projection.coordinates[:, 0] * per_unit, atol=0.1)
    np.testing.assert_allclose(marks[:, 1], HEIGHT / 2 - projection.coordinates[:, 1] * per_unit, atol=0.1)
    assert numbers[0] == WIDTH / 2
    assert all(title in drawing for title in projection.axis_titles)


def test_labels_of_one_colour_differ_in_their_marks():
    n_labels = len(CATEGORICAL) * len(SYMBOLS)
    vectors = np.random.default_rng(0).normal(size=(n_labels, 2)).astype("float32")
    drawing = still(project(vectors, "pca"), [f"{number:03}" for number in range(n_labels)], "Many")
    drawn = re.findall(r'<path d="([^"]+)" transform="[^"]+" (fill="[^>]+)/>', drawing.split("</svg><ul")[0])
    assert len(set(drawn)) == n_labels
