"""A session as one page: what it holds, and that nothing in it runs but its own script."""

import html
import re

import pytest

import featx_core as fx
from featx_core.command.main import main
from featx_core.command.outcome import DONE
from featx_core.offline.report import Report
from featx_core.studies.clusters import ClustersStudy
from featx_core.studies.files.report import PARTS, PICTURES, WRITING, ReportStudy
from featx_core.studies.outliers import OutliersStudy
from tests.toys.entered_runs import Told, enter_run, filled_workspace
from tests.toys.studying import SMALL, done

HOSTILE = "</script><img src=x onerror=alert(1)>&'\"\u202e"


@pytest.fixture(scope="module")
def session():
    workspace = filled_workspace()
    workspace.title = HOSTILE
    workspace.add([(f"{HOSTILE}.txt", b"no image")])
    for backbone in ("mobilenet_v2", "resnet50"):
        enter_run(workspace, backbone)
    workspace.set_labels({name: HOSTILE for name in workspace.images().names[::2]})
    return workspace


@pytest.fixture(scope="module")
def page(session):
    return fx.report(session, words=f"First {HOSTILE}\n\nSecond").decode()


def sections(page):
    return re.findall(r'<section id="(\w+)"', page)


def test_it_holds_the_parts_in_their_order(page):
    assert sections(page) == ["images", "runs", "map", "comparison", "gallery", "versions"]
    assert "24 images, 2 labels" in page
    assert "not an image" in page
    assert page.count('<img src="data:image/webp;base64,') == 24
    assert "backbone: resnet50; classifier: no; fit: crop; pooling: avg; seed: 0; weights: random" in page
    assert "Each point keeps" in page  # how far the map can be trusted
    assert "it was not trained" in page


def test_what_is_asked_for_but_missing_is_named_with_the_reason(session, page):
    empty = ReportStudy().empty_parts(session)
    assert empty == {"heatmaps": "no images chosen", "clusters": "none found yet", "findings": "no list made yet"}
    assert set(sections(page)) == set(PARTS) - set(empty)
    assert ReportStudy(parts=("images", "versions")).empty_parts(session) == {}
    one = ReportStudy(parts=("comparison",), runs=(session.ledger.runs()[0].digest,))
    assert one.empty_parts(session) == {"comparison": "needs two runs"}


def test_no_text_is_markup_and_nothing_is_asked_of_a_server(page):
    assert page.count("<script") == 2
    assert "onerror=alert(1)>" not in page.replace(html.escape("onerror=alert(1)>"), "").replace("\\u003e", "")
    assert html.escape(HOSTILE.replace("\u202e", "")) in page
    assert "\u202e" not in page
    assert "default-src 'none'; img-src data:" in page
    assert set(re.findall(r"https?://[^\s\"'`<]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_parts_can_be_left_out_and_kept_findings_come_in(session):
    run = session.ledger.runs()[0]
    done(session, OutliersStudy(run.digest))
    page = fx.report(session, title="A title", parts=("clusters", "findings", "runs")).decode()
    assert sections(page) == ["runs", "findings"]
    assert "<title>A title</title>" in page
    assert page.count("<script") == 0
    done(session, ClustersStudy(run.digest, "k_means", 2))
    assert "clusters" in sections(fx.report(session, parts=("clusters",)).decode())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"parts": ("all",)}, "`parts` must be of images, runs"),
        ({"title": "x" * 201}, "may have 200 characters"),
    ],
)
def test_what_is_not_possible_is_refused(session, asked, words):
    with pytest.raises(ValueError, match=words):
        fx.report(session, **asked)


def test_the_worker_keeps_the_last_one_alone(session):
    told, before = Told(), ReportStudy(parts=("images",))
    found = done(session, before, told)
    assert told.stages == [PICTURES, WRITING]
    assert Report.from_bytes(found.to_bytes()) == found
    assert done(session, ReportStudy(parts=("runs",))) is not None
    assert before.find(session) is None


def test_a_page_from_another_machine_is_made_again(session, monkeypatch, tmp_path):
    study = ReportStudy(parts=("versions",))
    done(session, study)
    monkeypatch.setenv("FEATX_HOME", str(tmp_path / "another"))
    assert study.find(session) is None


@pytest.mark.slow
def test_heatmaps_are_drawn_over_the_images_that_were_named(make_png):
    workspace = fx.Workspace.open(":memory:")
    workspace.add([(f"{i}.png", make_png(i)) for i in range(4)])
    flat = fx.CustomSequential(SMALL.layers[:1], image_size=(16, 16), pooling="avg")
    fx.extract(workspace.images(), fx.build(flat), workspace=workspace)
    page = fx.report(workspace, parts=("heatmaps",), heatmap_images=["2.png", "0.png"]).decode()
    alts = re.findall(r'alt="([^"]+)"', page)
    assert [alt.split(" over ")[1] for alt in alts] == ["2.png", "0.png"]


def test_the_command_writes_it(tmp_path, make_png, capfd):
    path, words = tmp_path / "run.featx", tmp_path / "words.txt"
    workspace = fx.Workspace.open(path)
    workspace.add([(f"{i}.png", make_png(i)) for i in range(3)])
    workspace.close()
    words.write_text("Said.", "utf-8")
    output = tmp_path / "report.html"
    asked = ["report", str(path), "-o", str(output), "--words", str(words), "--without", "gallery"]
    assert main(asked) == DONE
    said = capfd.readouterr()
    assert said.out == f"{output}\n"
    assert "Left out: runs (no runs), map (no runs), heatmaps (no runs), comparison (no runs)" in said.err
    assert sections(output.read_text("utf-8")) == ["images", "versions"]
    assert set(PARTS) > set(sections(output.read_text("utf-8")))
