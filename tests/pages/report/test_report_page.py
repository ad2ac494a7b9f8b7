"""The Report page: what goes in, making it in the worker, preview and download."""

import pytest

from featx_core.studies.files.report import PARTS, ReportStudy
from featx_core.tasks.requests import StudyJob
from pages._ui.shell.serving import handed
from tests.toys.app.visiting import element


@pytest.fixture
def visitor(visit, extracted):
    return visit(extracted).open("report")


def asked(worker):
    return StudyJob.from_parameters(worker.jobs()[-1].parameters).studies[0]


def test_a_report_is_made_on_request_and_shown(visitor, worker):
    assert worker.submitted == []
    left_out = "Left out: Heatmaps (no images chosen), Comparison (needs two runs), Clusters (none found yet)"
    assert any(each.value.startswith(left_out) for each in visitor.tab.caption)
    element(visitor, "report_title").set_value("Shapes").run()
    element(visitor, "report_words").set_value("Some words.").run()
    visitor.press("Make the report")
    assert worker.submitted == ["report"]
    study = asked(worker)
    assert (study.title_text, study.words, study.parts) == ("Shapes", "Some words.", PARTS)
    content = study.find(visitor.workspace).content.decode()
    assert "<title>Shapes</title>" in content
    frame = visitor.tab.get("iframe")[0].proto
    _, kind, token, digest = frame.src.split("/")  # the page itself is not sent again with each run
    assert (kind, handed.find(token, digest).decode()) == ("page", content)
    assert visitor.has_no_fault


def test_another_choice_is_another_report(visitor, worker):
    visitor.press("Make the report")
    element(visitor, "report_parts").set_value(["images", "versions"]).run()
    assert visitor.tab.get("iframe") == []
    visitor.press("Make the report")
    assert asked(worker).parts == ("images", "versions")
    assert worker.submitted == ["report", "report"]
    assert isinstance(asked(worker), ReportStudy)


def test_without_runs_the_page_says_what_is_missing(visit):
    visitor = visit(None).open("report")
    assert "There are no images in this workspace yet." in [each.value for each in visitor.tab.markdown]
    assert visitor.has_no_fault
