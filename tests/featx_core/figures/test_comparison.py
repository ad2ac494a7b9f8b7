import dataclasses

import numpy as np
import pytest

from featx_core.base.palette import CATEGORICAL
from featx_core.comparison.layer_sweep import Sweep, _table
from featx_core.comparison.tables import Comparison, table_of
from featx_core.figures.comparison import pareto_front, ranking_figure, sweep_figure, trade_figure
from featx_core.figures.matrices import matrix_figure


def row(name, probe, ms, kind="extractor"):
    scores = {"probe": probe, "probe_low": probe - 0.1, "probe_high": probe + 0.05}
    scores |= {"knn": probe - 0.02, "knn_low": probe - 0.12, "knn_high": probe + 0.02}
    return {"extractor": name, "kind": kind, "ms_per_image": ms, **scores}


def a_comparison(times=(9.0, 2.0, 4.0)):
    rows = [row("slow", 0.9, times[0]), row("$quick", 0.8, times[1]), row("poor", 0.5, times[2])]
    rows += [row("colour histogram", 0.4, None, "baseline")]
    rows += [{"extractor": "chance", "kind": "baseline", "probe": 0.25, "knn": 0.25}]
    pairs = [{"first": name, "second": name, "cka": 1.0} for name in ("$quick", "poor", "slow")]
    pairs += [
        {"first": first, "second": second, "cka": value, "cka_floor_high": 0.1}
        for first, second, value in (("$quick", "poor", 0.3), ("$quick", "slow", -0.001), ("poor", "slow", 0.7))
    ]
    return Comparison(
        table_of("table", rows, has_labels=True),
        table_of("similarity", pairs, has_labels=True),
        table_of("tests", [], has_labels=True),
        "", (), {"has_labels": True},
    )  # fmt: skip


def a_sweep(has_labels=True):
    rows = [
        {"layer": "relu", "stage": "stage1", "shape": "8 x 8 x 4", "index": 1, "n_features": 4, "cka_to_last": 0.4},
        {"layer": "out", "stage": "top", "shape": "10", "index": 2, "n_features": 10, "cka_to_last": 1.0},
    ]
    if has_labels:
        rows = [each | {"probe": 0.7, "probe_low": 0.6, "probe_high": 0.75} for each in rows]
    return Sweep(_table(rows), "", (), {"has_labels": has_labels})


FIGURES = {
    "ranking": lambda dark: ranking_figure(a_comparison(), dark=dark),
    "trade": lambda dark: trade_figure(a_comparison(), dark=dark),
    "matrix": lambda dark: matrix_figure(a_comparison().matrix("cka"), title="Linear CKA", dark=dark),
    "sweep": lambda dark: sweep_figure(a_sweep(), dark=dark),
}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_titled_axes_and_fits_its_ground(name, dark):
    figure = FIGURES[name](dark)
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    style = figure.layout.template.layout
    assert style.paper_bgcolor == style.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert style.font.color == ("#dfe2e8" if dark else "#31333f")
    assert all(trace.hovertemplate or trace.hoverinfo == "skip" for trace in figure.data)
    assert "<script" in figure.to_html(include_plotlyjs=False)


def test_who_was_trained_on_the_labels_carries_on_how_many_images_it_was_scored():
    comparison = a_comparison()
    marked = comparison.table.assign(saw_labels=comparison.table["extractor"].isin(["slow", "poor"]), n_scored=1)
    figure = ranking_figure(dataclasses.replace(comparison, table=marked))
    assert figure.layout.yaxis.ticktext == (
        "colour histogram",
        "poor<br><sub>on 1 held-out image</sub>",
        "&#36;quick",
        "slow<br><sub>on 1 held-out image</sub>",
    )


def test_the_ranking_shows_both_scores_with_their_intervals_and_chance():
    figure = ranking_figure(a_comparison(), colors={"slow": "#123456"})
    probe, knn = figure.data
    assert (probe.name, knn.name) == ("linear probe", "k-NN")
    assert list(probe.text) == ["colour histogram", "poor", "&#36;quick", "slow"]
    np.testing.assert_allclose(probe.x, [40, 50, 80, 90])
    np.testing.assert_allclose(probe.error_x.array, 5)
    np.testing.assert_allclose(probe.error_x.arrayminus, 10)
    np.testing.assert_allclose(knn.x, [38, 48, 78, 88])
    np.testing.assert_allclose(probe.customdata[0], [30, 45])
    assert probe.marker.color[-1] == "#123456"
    assert list(figure.layout.yaxis.ticktext)[-1] == "slow"
    assert figure.layout.shapes[0].x0 == 25


def test_the_trade_off_joins_those_that_none_beats():
    figure = trade_figure(a_comparison())
    front, *points = figure.data
    np.testing.assert_allclose(front.x, [2, 9])
    np.testing.assert_allclose(front.y, [80, 90])
    assert [point.customdata[0] for point in points] == ["slow", "$quick", "poor"]
    assert points[0].x == (9,)
    np.testing.assert_allclose(points[0].error_y.array, [5])
    assert figure.layout.xaxis.type == "linear"
    axis = trade_figure(a_comparison((90.0, 2.0, 4.0))).layout.xaxis
    assert axis.type == "log"
    assert dict(zip(axis.ticktext, axis.tickvals, strict=True))["20"] == 20


def test_extractors_without_a_time_are_left_out_of_the_trade_off():
    figure = trade_figure(a_comparison((None, 2.0, 4.0)))
    assert [trace.name for trace in figure.data[1:]] == ["&#36;quick", "poor"]
    with pytest.raises(ValueError, match="No extractor has a score and a measured time"):
        trade_figure(a_comparison((None, None, None)))


def test_extractors_without_a_score_are_left_out_of_the_trade_off():
    """Those that learned from the labels of all images."""
    comparison = a_comparison()
    comparison.table.loc[comparison.table["extractor"] == "$quick", ["probe", "probe_low", "probe_high"]] = np.nan
    front, *points = trade_figure(comparison).data
    assert [trace.name for trace in points] == ["slow", "poor"]
    assert np.isfinite(front.y).all()
    assert np.isnan(ranking_figure(comparison).data[0].x).sum() == 1


def test_without_labels_there_is_nothing_to_rank():
    comparison = a_comparison()
    comparison.facts["has_labels"] = False
    for figure in (ranking_figure, trade_figure):
        with pytest.raises(ValueError, match="There are no scores without labels"):
            figure(comparison)


def test_the_pareto_front_keeps_equals():
    assert pareto_front(np.array([1.0, 1.0, 2.0]), np.array([0.5, 0.5, 0.5])).tolist() == [True, True, False]


def test_the_matrix_shows_values_and_their_floor():
    comparison = a_comparison()
    figure = matrix_figure(comparison.matrix("cka"), title="CKA", floor=comparison.matrix("cka", "floor_high"))
    cells, buttons = figure.data
    assert len(buttons.customdata) == 9
    assert list(buttons.customdata[2]) == ["slow", "poor"]
    assert (cells.zmin, cells.zmax) == (0, 1)
    assert list(cells.x) == list(cells.y) == ["slow", "&#36;quick", "poor"]
    assert cells.z[0].tolist() == [1, -0.001, 0.7]
    assert list(cells.text[0]) == ["1.00", "0.00", "0.70"]
    assert list(cells.customdata[0][2]) == ["slow", "poor", "<br>0.100 with shuffled images"]
    assert list(cells.customdata[0][0]) == ["slow", "slow", ""]
    assert cells.colorbar.title.text == "CKA"


def test_the_sweep_shows_scores_where_there_are_labels():
    probe, cka = sweep_figure(a_sweep()).data
    assert list(probe.x) == ["stage1<br>8 x 8 x 4", "top<br>10"]
    np.testing.assert_allclose(probe.y, [70, 70])
    np.testing.assert_allclose(probe.error_y.arrayminus, 10)
    np.testing.assert_allclose(cka.y, [40, 100])
    (alone,) = sweep_figure(a_sweep(has_labels=False)).data
    assert alone.name == "CKA to the last layer (%)"
    assert (probe.line.color, cka.line.color) == CATEGORICAL[:2]
