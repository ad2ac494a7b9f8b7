"""Runs whose network was trained on the labels they are judged by: marked wherever labels are shown."""

import pytest

from featx_core.learning.history import History
from featx_core.learning.labels_seen import CAUTION
from featx_core.learning.record import TrainingRecord
from featx_core.specs.fine_tuned import FineTuned
from pages._ui.shell import library
from tests.toys.app.comparing_runs import STRONG, TITLES, figure, opened, shown, spaces, text

pytestmark = pytest.mark.slow

SHA = "a" * 64
TUNED = FineTuned(class_names=("cat", "dog"), weights=f"file:{SHA}")
MARK = f":material/school: {CAUTION} Its training saw 30 of the 40 images shown."


@pytest.fixture
def with_tuned(shelve_runs):
    """A workspace with a run that was trained on 30 of its 40 images; gives its token."""
    found = spaces(40)
    token = shelve_runs({STRONG: found[STRONG], TUNED: found[STRONG] + 1})
    workspace = library.open_workspace(token)
    digests = workspace.images().digests
    record = TrainingRecord(History(), f"file:{SHA}", {"training": digests[:30], "digests": digests[30:]})
    workspace.put_result(f"trained:{SHA}", record.to_bytes())
    return token


def test_the_table_and_the_ranking_say_who_was_trained_on_the_labels(visit, with_tuned):
    visitor = shown(visit(with_tuned))
    table = visitor.tab.main.dataframe[0].value.set_index("extractor")
    runs = [name for name in table.index if table.loc[name, "saw_labels"]]
    assert sorted(table.loc[runs, "saw_labels"]) == ["no", "yes"]
    tuned = table.index[table["saw_labels"] == "yes"][0]
    assert (table.loc[tuned, "n_scored"], table.loc["MobileNetV2", "n_scored"]) == (10, 40)
    assert table.loc[tuned, ["silhouette", "nmi"]].isna().all()
    ticks = figure(visitor, "compare_ranking")["layout"]["yaxis"]["ticktext"]
    assert [tick.endswith("<br><sub>on 10 held-out images</sub>") for tick in ticks].count(True) == 1
    assert "was trained on these labels. Its scores by label are on 10 images" in text(visitor)


def test_without_such_a_run_the_columns_are_not_there(visit, shelve_runs):
    visitor = shown(visit(shelve_runs()))
    columns = list(visitor.tab.main.dataframe[0].proto.column_order)
    assert columns[0] == "extractor"
    assert not {"saw_labels", "n_scored"} & set(columns)
    assert not any("held-out" in tick for tick in figure(visitor, "compare_ranking")["layout"]["yaxis"]["ticktext"])
    assert set(TITLES) <= set(visitor.tab.main.dataframe[0].value["extractor"])


def test_maps_by_label_say_so_and_others_do_not(visit, with_tuned):
    visitor = opened(shown(visit(with_tuned)), "pair")
    assert text(visitor).count(MARK) == 1
    on_map = visit(with_tuned).open("map").run()
    assert MARK in text(on_map)  # the newest run, which is the tuned one, by label
    on_map.tab.session_state["map_color"] = "brightness"
    assert CAUTION not in text(on_map.run())


def test_label_errors_are_said_to_be_hidden_from_such_a_run(visit, with_tuned):
    visitor = visit(with_tuned)
    visitor.tab.session_state["images_view"] = "Worth a look"
    looking = visitor.open("images").run()
    assert "It hides errors among the images of its training" in looking.words
