"""What stands ready before it is asked for."""

from dataclasses import dataclass

import numpy as np
import pytest

import featx_core as fx
from featx_core.methods.extractors import Extractors
from featx_core.networks.engines import openvino_engine
from featx_core.networks.kept.extractor import KeptExtractor
from featx_core.tasks import converting, preparing, questions
from featx_core.tasks.requests import OutlineQuestion

SPEC = fx.Pretrained("embedded_v1", weights="random", seed=5, layer="stage2")


@dataclass
class Built:
    """What is looked at of an extractor."""

    spec: object
    layers: tuple[int, ...] = (0,) * 200
    n_parameters: int = 10_000_000


@pytest.fixture
def done(monkeypatch):
    """What is built, converted and taken over, in order, with room for all of it."""
    steps = []
    monkeypatch.setattr(preparing, "has_room", lambda: True)
    monkeypatch.setattr(preparing.EXTRACTORS, "prepare", lambda spec: steps.append(("build", spec)) or Built(spec))
    monkeypatch.setattr(preparing, "keep_converted", lambda built, _: steps.append(("convert", built.spec)) or True)
    monkeypatch.setattr(preparing.EXTRACTORS, "renew", lambda spec: steps.append(("renew", spec)))
    return steps


def test_it_is_built_then_converted_a_step_at_a_time_and_once(done):
    prepared = preparing.Preparation()
    assert prepared.step() is None
    prepared.note(SPEC)
    assert prepared.step() == preparing.SOON_SECONDS
    assert done == [("build", SPEC)]
    assert prepared.step() is None
    assert done == [("build", SPEC), ("convert", SPEC), ("renew", SPEC)]
    assert prepared.step() is None
    assert len(done) == 3


@pytest.mark.parametrize("larger", [{"layers": (0,) * 201}, {"n_parameters": 10_000_001}])
def test_what_takes_longer_to_convert_waits_longer_for_a_press_of_the_button(done, monkeypatch, larger):
    monkeypatch.setattr(preparing.EXTRACTORS, "prepare", lambda spec: Built(spec, **larger))
    prepared = preparing.Preparation()
    prepared.note(SPEC)
    assert prepared.step() == preparing.FURTHER_SECONDS > 5 * preparing.SOON_SECONDS
    prepared.step()
    assert done == [("convert", SPEC), ("renew", SPEC)]


def test_only_what_was_asked_about_last_is_prepared(done):
    prepared, last = preparing.Preparation(), fx.Pretrained("mobilenet_v2", weights="random")
    prepared.note(SPEC)
    prepared.step()
    prepared.note(last)
    prepared.step()
    assert done == [("build", SPEC), ("build", last)]


@pytest.mark.parametrize(
    ("spec", "is_prepared"),
    [
        (fx.Pretrained("mobilenet_v2", weights="random"), True),
        (fx.Pretrained("embedded_v1"), True),
        (fx.Pretrained("mobilenet_v2"), False),  # its weights are not on this machine
        (fx.Pretrained("vgg16", weights="random"), False),  # 15 million without its classifier, 138 with it
        (fx.LambdaTransform(("x",), fx.Pretrained("mobilenet_v2", weights="random")), False),
    ],
)
def test_no_download_and_nothing_large_is_begun_unasked(done, monkeypatch, spec, is_prepared):
    monkeypatch.setattr(preparing, "MAX_PARAMETERS", 10_000_000)
    assert preparing.may_be_prepared(spec) == is_prepared
    monkeypatch.setattr(preparing, "has_room", lambda: False)
    assert not preparing.may_be_prepared(spec)


def test_a_question_about_a_network_has_it_prepared(monkeypatch):
    noted = []
    monkeypatch.setattr(questions.PREPARATION, "note", noted.append)
    questions.outline(None, OutlineQuestion(fx.Pretrained("embedded_v1")).to_parameters())
    assert noted == [fx.Pretrained("embedded_v1")]


@pytest.mark.slow
@pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")
def test_what_stands_ready_gives_the_same_numbers(monkeypatch):
    extractors = Extractors()
    monkeypatch.setattr(converting, "MIN_GAIN", 0.0)
    monkeypatch.setattr(preparing, "EXTRACTORS", extractors)
    prepared = preparing.Preparation()
    prepared.note(SPEC)
    assert prepared.step()
    built = extractors.prepare(SPEC)
    prepared.step()
    kept = extractors.prepare(SPEC)
    assert isinstance(kept, KeptExtractor)
    assert not isinstance(built, KeptExtractor)
    images = np.random.default_rng(0).integers(0, 256, (3, *built.image_size, 3), dtype=np.uint8)
    assert openvino_engine.disagreement(kept(images), built(images)) < 1e-4
    assert extractors.built_by_keras() == []
    assert extractors.find(SPEC, None, None) is kept
    assert extractors.has(SPEC)
    preparing.EXTRACTORS.prepare(fx.Pretrained("embedded_v1"))
    assert extractors.find(SPEC, None, None) is kept  # what was used stays


@pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")
def test_the_network_of_a_first_click_stands_ready_once_it_was_kept(monkeypatch, tmp_path):
    first = fx.Pretrained("embedded_v1")
    monkeypatch.setenv("FEATX_HOME", str(tmp_path))
    monkeypatch.setattr(preparing, "sample_spec", lambda: first)
    monkeypatch.setattr(preparing, "has_room", lambda: True)
    monkeypatch.setattr(preparing, "EXTRACTORS", Extractors())
    preparing.Preparation().begin()
    assert not preparing.EXTRACTORS.has(first)  # at the first start of all, it is drawn when it is asked for
    preparing.EXTRACTORS.prepare(first)
    monkeypatch.setattr(preparing, "EXTRACTORS", Extractors())
    preparing.Preparation().begin()
    ready = preparing.EXTRACTORS.find(first, None, None)
    assert isinstance(ready, KeptExtractor)
    assert "_map_engine" in vars(ready)  # what heatmaps are drawn from as well
