"""The figure, the table and the verdict say what was measured."""

import numpy as np
import pytest

from featx_core.figures.faithfulness import faithfulness_figure, faithfulness_table, verdict
from featx_core.heatmaps.faithfulness.curves import SHARES
from featx_core.heatmaps.faithfulness.faithfulness import CENTRE, RANDOM, Faithfulness


def measured(deletion, insertion, *, names=("grad_cam", "eigen_cam")):
    """Flat curves of the given heights, one row a map and one column an image: their areas are their heights."""
    curves = (np.repeat(np.array(heights)[..., None], len(SHARES), axis=2) for heights in (deletion, insertion))
    return Faithfulness((*names, RANDOM, CENTRE), *curves, "feature <3>")


GOOD = measured([[0.2, 0.4], [0.3, 0.1], [0.5, 0.5], [0.4, 0.5]], [[0.9, 0.9], [0.6, 0.6], [0.5, 0.7], [0.4, 0.8]])


def test_lines_are_the_means_over_images_in_both_panels():
    figure = faithfulness_figure(GOOD)
    assert [trace.name for trace in figure.data[:4]] == ["Grad-CAM", "Eigen-CAM", "Random map", "Centred map"]
    assert [trace.y[0] for trace in figure.data] == pytest.approx([0.3, 0.2, 0.5, 0.45, 0.9, 0.6, 0.6, 0.6])
    assert {trace.xaxis for trace in figure.data[4:]} == {"x2"}
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "Deletion: share hidden (%)",
        "Target: feature &lt;3&gt;",
    )
    assert figure.data[0].x[-1] == 100


def test_the_table_counts_images_on_which_a_map_beats_chance():
    table = faithfulness_table(GOOD)
    assert table["deletion area"].tolist() == pytest.approx([0.3, 0.2, 0.5, 0.45])
    assert table["below random"].tolist() == ["2 of 2", "2 of 2", "", "1 of 2"]
    assert table["above random"].tolist() == ["2 of 2", "1 of 2", "", "1 of 2"]


def test_the_verdict_names_the_best_map_or_says_that_none_is_good():
    assert verdict(GOOD) == "Grad-CAM is the most faithful on 2 images: better than a random and a centred map."
    one = measured([[0.2], [0.5], [0.5]], [[0.9], [0.5], [0.5]], names=("occlusion",))
    assert verdict(one) == "Occlusion is faithful on 1 image: better than a random and a centred map."
    bad = measured([[0.5], [0.5], [0.4]], [[0.5], [0.4], [0.5]], names=("occlusion",))
    assert verdict(bad) == "No map here does better on 1 image than a centred map: do not rely on them."
