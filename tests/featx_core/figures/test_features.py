import json
import re
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from featx_core.base.palette import CATEGORICAL, NO_LABEL_COLOR, label_styles
from featx_core.figures import style
from featx_core.figures.features import features_figure, histogram_figure, scree_figure
from featx_core.figures.maps import THUMBNAIL_POINTS, map_figure
from featx_core.figures.style import CONFIG, FONT_SIZE, blank_figure
from featx_core.maps.projection import Projection

NAMES = [f"{number}.png" for number in range(10)]
LABELS = ["b", "a", None, "a", "b", "a", "", "c", "c", "b"]
ROWS = [1, 2, 3, 5, 6, 9]


def a_map(n_components=2, rows=ROWS, name="pca"):
    coordinates = np.arange(len(rows) * n_components, dtype=np.float32).reshape(len(rows), n_components)
    details = {"explained_variance": [0.414, 0.17], "notes": []} if name == "pca" else {"notes": []}
    return Projection(coordinates, np.array(rows), name, {}, details)


def each_figure(dark):
    return {
        "map": map_figure(a_map(), names=NAMES, groups=LABELS, dark=dark),
        "scree": scree_figure([0.5, 0.3], dark=dark),
        "features": features_figure(np.eye(3), names=NAMES[:3], color_range=(0, 1), dark=dark),
        "histogram": histogram_figure([0, 1, 2], {"a": [3, 4]}, value_title="Value (no unit)", dark=dark),
    }


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", each_figure(False))
def test_every_figure_has_titled_axes_and_fits_its_ground(name, dark):
    figure = each_figure(dark)[name]
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    style = figure.layout.template.layout
    assert style.paper_bgcolor == style.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert style.font.color == ("#dfe2e8" if dark else "#31333f")
    assert style.font.size == 14
    assert all(trace.hovertemplate for trace in figure.data)


def test_the_style_of_one_figure_is_not_that_of_another():
    changed = blank_figure(False)
    changed.layout.template.layout.font.size = 99
    changed.layout.template.layout.colorway = ["red"]
    assert blank_figure(False).layout.template.layout.font.size == FONT_SIZE
    assert blank_figure(False).layout.template.layout.colorway != ("red",)
    assert blank_figure(True).layout.template.layout.font.color != blank_figure(False).layout.template.layout.font.color


def test_a_label_is_one_trace_with_its_rows_in_the_image_set():
    figure = map_figure(a_map(), names=NAMES, groups=LABELS, group_title="Label")
    assert [trace.name for trace in figure.data] == ["a", "b", "no label"]
    first, second, _ = figure.data
    assert first.customdata.tolist() == [1, 3, 5]
    assert list(first.text) == ["1.png", "3.png", "5.png"]
    np.testing.assert_array_equal(first.x, [0, 4, 6])
    np.testing.assert_array_equal(first.y, [1, 5, 7])
    assert second.customdata.tolist() == [9]
    assert first.x.dtype == np.float32
    assert figure.layout.legend.title.text == "Label"
    assert figure.layout.showlegend


def test_labels_keep_the_color_they_have_in_the_whole_set():
    """`a` is not on the map, and its colour stays free."""
    styles = label_styles(LABELS)
    few = map_figure(a_map(rows=[7, 9]), names=NAMES, groups=LABELS)
    assert {trace.name: trace.marker.color for trace in few.data} == {"b": styles["b"].color, "c": styles["c"].color}


def test_numbers_get_a_color_bar_and_missing_ones_are_grey():
    values = np.arange(10, dtype=float)
    values[2] = np.nan
    known, missing = map_figure(a_map(), names=NAMES, groups=values, group_title="Brightness (0 to 255)").data
    np.testing.assert_array_equal(known.marker.color, [1, 3, 5, 6, 9])
    assert known.marker.colorbar.title.text == "Brightness (0 to 255)"
    assert known.customdata.tolist() == [1, 3, 5, 6, 9]
    assert (missing.name, missing.marker.color, missing.customdata.tolist()) == ("no value", NO_LABEL_COLOR, [2])


def test_no_groups_is_one_trace_without_legend():
    figure = map_figure(a_map(), names=NAMES)
    assert [trace.marker.color for trace in figure.data] == [CATEGORICAL[0]]
    assert figure.data[0].customdata.tolist() == ROWS
    assert not figure.layout.showlegend


def test_axes_of_pca_tell_their_variance():
    figure = map_figure(a_map(), names=NAMES)
    assert figure.layout.xaxis.title.text == "PC1 (41.4 % of variance)"
    assert figure.layout.yaxis.title.text == "PC2 (17 % of variance)"


def test_three_dimensions():
    figure = map_figure(a_map(3, name="tsne"), names=NAMES, groups=LABELS)
    assert {type(trace) for trace in figure.data} == {go.Scatter3d}
    np.testing.assert_array_equal(figure.data[0].z, [2, 8, 11])
    assert figure.layout.scene.zaxis.title.text == "t-SNE 3 (no unit)"


@pytest.mark.parametrize(("n_points", "kind"), [(1_000, go.Scatter), (1_001, go.Scattergl)])
def test_many_points_are_drawn_by_webgl(n_points, kind):
    names = [str(number) for number in range(n_points)]
    assert isinstance(map_figure(a_map(rows=range(n_points)), names=names).data[0], kind)


def test_100_000_points_stay_small():
    names = ["x"] * 100_000
    content = map_figure(a_map(rows=range(100_000)), names=names).to_json()
    assert len(content) < 2.5e6


def test_the_legend_is_below_for_few_and_at_the_right_for_many():
    few = map_figure(a_map(), names=NAMES, groups=LABELS).layout.legend
    many = map_figure(a_map(rows=range(10)), names=NAMES, groups=list("abcdefghij")).layout.legend
    assert (few.orientation, many.orientation) == ("h", "v")


def test_thumbnails_stand_on_their_points():
    figure = map_figure(a_map(), names=NAMES, thumbnails={2: "data:image/png;base64,AA==", 7: "not on the map"})
    (picture,) = figure.layout.images
    assert (picture.source, picture.x, picture.y, picture.yanchor) == ("data:image/png;base64,AA==", 2, 3, "bottom")
    assert picture.sizex > 0
    assert picture.sizey > 0


def test_thumbnails_are_as_large_as_asked():
    figure = map_figure(a_map(), names=NAMES, thumbnails={2: "data:image/png;base64,AA=="}, thumbnail_share=0.25)
    (picture,) = figure.layout.images
    width, height = np.ptp(a_map().coordinates, axis=0)
    assert picture.sizex == pytest.approx(0.25 * width)
    assert picture.sizey == pytest.approx(0.25 * height)


def test_thumbnails_on_coincident_points_have_a_size():
    still = Projection(np.zeros((2, 2), np.float32), np.arange(2), "pca", {}, {"notes": []})
    assert map_figure(still, names=NAMES, thumbnails={0: "data:,"}).layout.images[0].sizex > 0


def test_names_and_labels_are_shown_as_plain_text():
    names = ["<a href='x'>%{x}</a> $x$", *NAMES[1:]]
    figure = map_figure(a_map(rows=[0, 1]), names=names, groups=["<b>" + 40 * "l", *"abcdefghi"])
    shown = [text for trace in figure.data for text in (trace.name, *trace.text)]
    assert not any(sign in text for text in shown for sign in ("<", "$", "%{"))
    assert max(len(trace.name.replace("&lt;", "<").replace("&gt;", ">")) for trace in figure.data) == 28


def test_the_view_is_kept_for_the_same_map_only():
    plain, colored, other = (
        map_figure(a_map(), names=NAMES),
        map_figure(a_map(), names=NAMES, groups=LABELS),
        map_figure(a_map(rows=[0, 1]), names=NAMES),
    )
    assert plain.layout.uirevision == colored.layout.uirevision != other.layout.uirevision


@pytest.mark.parametrize(
    ("n_components", "arguments", "message"),
    [
        (2, {"names": NAMES[:9]}, "at least 10. Received: 9"),
        (2, {"names": NAMES, "groups": ["a"]}, r"one entry for each of 10 names. Received: 1"),
        (3, {"names": NAMES, "thumbnails": {1: ""}}, "on 2-D maps only"),
        (2, {"names": NAMES, "thumbnails": dict.fromkeys(range(THUMBNAIL_POINTS + 1), "")}, "At most 300 thumbnails"),
    ],
)
def test_what_does_not_fit_a_map_is_refused(n_components, arguments, message):
    with pytest.raises(ValueError, match=message):
        map_figure(a_map(n_components), **arguments)


def test_scree_shows_shares_in_percent_and_their_sum():
    bars, line = scree_figure([0.5, 0.3, 0.1]).data
    assert scree_figure([0.5]).layout.yaxis.title.text == "Explained variance (%)"
    assert scree_figure([0.5], is_exact=False).layout.yaxis.title.text == "Explained variance (%), estimated"
    np.testing.assert_allclose(bars.y, [50, 30, 10])
    np.testing.assert_allclose(line.y, [50, 80, 90])
    np.testing.assert_array_equal(bars.x, [1, 2, 3])
    with pytest.raises(ValueError, match="all points coincide"):
        scree_figure([])


def test_features_are_a_picture_with_the_given_colors_and_columns():
    vectors = np.arange(6).reshape(2, 3)
    (picture,) = features_figure(vectors, names=["a", "b"], color_range=(1, 4), features=[0, 10, 20]).data
    np.testing.assert_array_equal(picture.z, vectors)
    assert (picture.zmin, picture.zmax) == (1, 4)
    assert list(picture.x) == ["0", "10", "20"]
    assert list(picture.y) == ["a", "b"]
    (picture,) = features_figure(vectors, names=["a" * 100, "a" * 101], color_range=(0, 1)).data
    assert len(set(picture.y)) == 2  # a long name takes no room from the picture
    assert max(map(len, picture.y)) < 40
    with pytest.raises(ValueError, match=r"here \(1, 3\). Received: \(2, 3\)"):
        features_figure(vectors, names=["a"], color_range=(0, 1))


def test_columns_of_a_picture_are_told_by_round_numbers():
    columns = np.arange(0, 1280, 3)  # each stands for three features
    figure = features_figure(np.zeros((1, len(columns))), names=["a"], color_range=(0, 1), features=columns)
    assert list(figure.layout.xaxis.ticktext) == ["0", "200", "400", "600", "800", "1000", "1200"]
    assert list(figure.layout.xaxis.tickvals) == ["0", "198", "399", "600", "798", "999", "1200"]
    few = features_figure(np.zeros((1, 3)), names=["a"], color_range=(0, 1), features=[4, 9, 11])
    assert list(few.layout.xaxis.ticktext) == ["4", "9", "11"]


def test_names_beside_a_picture_of_features_give_way_when_many():
    vectors = np.zeros((31, 2))
    names = [str(number) for number in range(31)]
    assert not features_figure(vectors, names=names, color_range=(0, 1)).layout.yaxis.showticklabels
    assert features_figure(vectors[:30], names=names[:30], color_range=(0, 1)).layout.yaxis.showticklabels


def test_a_histogram_is_steps_over_its_edges():
    (steps,) = histogram_figure([0, 1, 3], {"run": [5, 7]}, value_title="Value (no unit)").data
    assert (list(steps.x), list(steps.y), steps.line.shape) == ([0, 1, 3], [5, 7, 7], "hv")
    with pytest.raises(ValueError, match=r"'run' must have 2 counts, one less than edges. Received: 1"):
        histogram_figure([0, 1, 3], {"run": [5]}, value_title="Value (no unit)")


def test_settings_hide_the_upload_button_and_are_json():
    assert CONFIG["showSendToCloud"] is False
    assert CONFIG["displaylogo"] is False
    assert json.loads(json.dumps(CONFIG)) == CONFIG


def test_the_style_speaks_of_every_kind_of_trace_that_is_drawn():
    code = "".join(path.read_text(encoding="utf-8") for path in Path(style.__file__).parent.glob("*.py"))
    drawn = {name.lower() for name in re.findall(r"\bgo\.([A-Z]\w*)\(", code)} - {"figure"}
    assert drawn <= set(style.TRACES), drawn
    assert blank_figure(False).layout.template.data.heatmap[0].colorbar.outlinewidth == 0
