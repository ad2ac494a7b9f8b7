"""The bars are the ratios, the trails join images to their copies."""

import numpy as np
import pytest

from featx_core.extraction.features import Features
from featx_core.figures.augmentation import OWN, effects_figure, trail_points, with_trails
from featx_core.figures.maps import map_figure
from featx_core.maps.projection import project
from featx_core.robustness.effects import Effect, Effects
from featx_core.specs.augmented import Augmented
from tests.toys.augmented_toys import Means

FOUND = Effects(
    (
        Effect("rotation", 20.0, 0.9, 0.8, 1.1, (0.8, 1.0)),
        Effect("blur", 1.0, 0.4, 0.3, 0.45, (0.4, 0.4)),
        Effect("horizontal_flip", 0.5, 0.1, 0.0, 0.2, (0.0, 0.2)),
    ),
    ("a.png", "b.png"),
    ("aa", "bb"),
    0.7,
    3,
    0,
)


def test_bars_are_ratios_with_their_intervals() -> None:
    bars = effects_figure(FOUND).data[0]
    assert list(bars.x) == [0.9, 0.4, 0.1]
    assert list(bars.y) == ["Rotation, 20 degrees", "Blur, 1 px", "Horizontal flip"]
    np.testing.assert_allclose(bars.error_x.array, [0.2, 0.05, 0.1])
    np.testing.assert_allclose(bars.error_x.arrayminus, [0.1, 0.1, 0.1])


def test_the_one_that_moves_most_is_on_top_and_the_runs_own_stand_out() -> None:
    figure = effects_figure(FOUND, own={"blur"}, dark=True)
    assert list(figure.layout.yaxis.categoryarray) == ["Horizontal flip", "Blur, 1 px", "Rotation, 20 degrees"]
    assert {trace.name: list(trace.y) for trace in figure.data}[OWN] == ["Blur, 1 px"]
    assert len(figure.data) == 2


@pytest.fixture
def copies() -> Features:
    values = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    names = tuple(name for name in ("a", "b") for _ in range(3))
    spec = Augmented(Means(), n_copies=3, gives="copies")
    return Features(values, names, (None,) * 6, names, spec, copies=(0, 1, 2) * 2)


@pytest.mark.parametrize("n_components", [2, 3])
def test_trails_go_from_the_first_copy_to_the_others(copies: Features, n_components: int) -> None:
    projection = project(copies.vectors, "pca", n_components=n_components)
    points = trail_points(projection, 3).reshape(-1, 3, n_components)
    places = projection.coordinates
    np.testing.assert_array_equal(points[:, 0], places[[0, 0, 3, 3]])
    np.testing.assert_array_equal(points[:, 1], places[[1, 2, 4, 5]])
    assert np.isnan(points[:, 2]).all()
    figure = with_trails(map_figure(projection, names=copies.row_names), projection, copies)
    assert figure.data[0].mode == "lines"
    assert figure.data[0].hoverinfo == "skip"
    assert figure.data[1].mode == "markers"
    assert list(figure.data[1].customdata) == list(range(6))


def test_without_the_original_trails_begin_in_the_middle(copies: Features) -> None:
    projection = project(copies.vectors, "pca")
    points = trail_points(projection, 3, from_first=False).reshape(-1, 3, 2)
    np.testing.assert_allclose(points[:3, 0], np.tile(projection.coordinates[:3].mean(axis=0), (3, 1)), rtol=1e-5)
    np.testing.assert_array_equal(points[:, 1], projection.coordinates)


def test_rows_that_are_not_on_the_map_have_no_trail(copies: Features) -> None:
    values = copies.vectors.copy()
    values[[0, 4]] = np.nan
    projection = project(values, "pca")
    points = trail_points(projection, 3).reshape(-1, 3, 2)
    place = dict(zip(projection.rows.tolist(), projection.coordinates, strict=True))
    np.testing.assert_array_equal(points[:, :2], [[place[3], place[5]]])


def test_features_without_copies_have_no_trails(copies: Features) -> None:
    means = copies.per_image()
    projection = project(means.vectors, "pca")
    assert len(with_trails(map_figure(projection, names=means.names), projection, means).data) == 1
