"""The Heatmaps page: which classes are explained, and where a network names none."""

import re

import numpy as np
import pytest

from featx_core import Pretrained
from featx_core.heatmaps.targets import ClassTarget, OwnFeaturesTarget
from featx_core.methods import registry as methods
from featx_core.predictions.classifiers import classifier_of
from featx_core.predictions.predictions import ABOUT_SCORES
from pages._ui.shell import library
from tests.toys.app.heatmaps_page import last_asked, pictures, set_up
from tests.toys.app.named_images import LITE, take_as_installed
from tests.toys.app.visiting import keep_run

pytestmark = pytest.mark.slow

CLASSIFIER = classifier_of(LITE)


@pytest.fixture
def installed_lite(monkeypatch, worker):
    take_as_installed(monkeypatch)


def visit_run(visit, token, spec, n_features=1280):
    workspace = library.open_workspace(token)
    keep_run(workspace, np.ones((len(workspace.images()), n_features)), spec)
    return visit(token).open("heatmaps")


def options(visitor, start):
    return next(box for box in visitor.tab.selectbox if (box.key or "").startswith(start)).options


@pytest.mark.usefixtures("installed_lite")
def test_a_network_that_names_classes_explains_the_best_one(visit, extracted, worker):
    worker.holds = True
    visitor = visit_run(visit, extracted, LITE)
    asked = last_asked(worker)
    best = ClassTarget().to_json()
    assert {(study.spec, study.layer, study.target) for study in asked if study.name == "grad_cam"} == {
        (CLASSIFIER, None, best)
    }
    assert {study.spec for study in asked if study.name != "grad_cam"} == {LITE}
    assert options(visitor, "target_kind_")[:4] == [
        "The best class of each image",
        "The second best class",
        "The third best class",
        "A class by name",
    ]
    assert ABOUT_SCORES in visitor.words.replace("\\", "")


@pytest.mark.usefixtures("installed_lite")
def test_another_class_is_chosen_by_rank_or_by_name(visit, extracted, worker):
    worker.holds = True
    visitor = visit_run(visit, extracted, LITE)
    set_up(visitor, target_kind_True="second_best")
    assert {study.target for study in last_asked(worker)} == {ClassTarget(rank=2).to_json()}
    set_up(visitor, target_kind_True="class")
    assert options(visitor, "target_class_")[:2] == ["abacus", "abaya"]
    set_up(visitor, target_class_1000=281)
    assert {study.target for study in last_asked(worker)} == {ClassTarget(281).to_json()}


@pytest.mark.usefixtures("installed_lite")
def test_a_run_that_ends_early_explains_classes_from_its_own_last_layer(visit, extracted, worker):
    worker.holds = True
    spec = Pretrained("efficientnet_lite0", layer="stage2")
    visitor = visit_run(visit, extracted, spec, n_features=96)
    visitor.run()
    by_name = {study.name: study for study in last_asked(worker)}
    stage = next(info.index for info in methods.outline(spec).layers if info.stage == "stage2")
    assert (by_name["grad_cam"].spec, by_name["grad_cam"].layer) == (CLASSIFIER, stage)
    assert (by_name["eigen_cam"].spec, by_name["eigen_cam"].layer) == (spec, None)


@pytest.mark.usefixtures("installed_lite")
def test_the_class_stands_under_its_heatmap_with_its_score(visit, extracted, worker):
    worker.holds = True  # a page may not take as long as a network on a busy machine
    visitor = visit_run(visit, extracted, LITE)
    for job in worker.jobs():
        worker.finish(job.key)
    visitor.run()
    shown = [alt for alt in pictures(visitor) if "Grad-CAM for" in alt]
    assert len(shown) == 3
    assert all(re.fullmatch(r".*: Grad-CAM for [^,]+, (0\.\d\d|over 0\.99)", alt) for alt in shown)


def test_a_network_without_classifier_explains_its_own_features_and_says_why(visit, extracted):
    visitor = visit(extracted).open("heatmaps")
    assert options(visitor, "target_kind_") == [
        "This image's own features",
        "Similarity to another image",
        "One feature",
    ]
    assert "This MobileNetV2 has random weights, which name no ImageNet classes." in visitor.words.replace("\\", "")


def test_a_classifier_to_download_is_offered_last_and_not_taken(visit, extracted, worker):
    worker.holds = True
    visitor = visit_run(visit, extracted, Pretrained("mobilenet_v2"))
    assert options(visitor, "target_kind_")[-1] == "The best class (download, 14.2 MB)"
    assert {study.target for study in last_asked(worker)} == {OwnFeaturesTarget().to_json()}
    assert "The classifier of MobileNetV2 is not on this machine" in visitor.words.replace("\\", "")
