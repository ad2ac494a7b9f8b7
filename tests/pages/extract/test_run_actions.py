"""What can be done with a run: open it, call it otherwise, put its settings into the form, delete it and take that back."""

import dataclasses

import numpy as np
import pytest

from featx_core import layer
from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.workspace.runs import MAX_RUN_NAME
from pages._ui.extract import forms
from tests.toys.app.extracting import asked
from tests.toys.app.visiting import SPEC, element, keep_run, nodes

OTHER = Pretrained("mobilenet_v3_small", "random", seed=3, layer="stage2", pooling=None, image_size=(96, 96), fit="pad")


@pytest.fixture
def token(shelve, make_png):
    return shelve([(f"{label}/{number}.png", make_png(number)) for label in ("cat", "dog") for number in range(6)])


@pytest.fixture
def visitor(visit, token, worker):
    worker.holds = True  # what the pages ask for beside is not looked at
    visitor = visit(token)
    keep_run(visitor.workspace, np.random.default_rng(0).normal(size=(12, 5)))
    return visitor.run()


def runs_in_the_sidebar(visitor):
    return [b.label.split(") ")[-1] for b in visitor.tab.sidebar.button if (b.key or "").startswith("open_")]


def test_a_run_of_the_sidebar_opens_its_card_from_any_page(visitor):
    keep_run(visitor.workspace, np.ones((12, 3)), OTHER)
    visitor.open("compare")
    element(visitor, f"open_{SPEC.digest[:16]}").click().run()
    assert [title.value for title in visitor.tab.main.title] == ["Extract"]
    assert "MobileNetV2" in visitor.tab.main.header[0].value
    assert visitor.has_no_fault


def test_the_json_of_a_run_is_what_the_command_reads(visitor):
    learned = CustomSequential((layer("Conv2D", filters=4, kernel_size=3),), weights=f"file:{'0' * 64}")
    keep_run(visitor.workspace, np.ones((12, 3)), learned)
    for spec, words in (
        (SPEC, "`featx extract photos/ --spec run.json -o features.parquet`"),
        (learned, "`featx extract photos/ --spec run.json --files-from run.featx -o features.parquet`"),
    ):
        element(visitor.run(), f"open_{spec.digest[:16]}").click().run()
        (shown,) = [each.value for each in visitor.tab.code if each.language == "json"]
        assert spec_from_json(shown) == spec
        assert f"Copy it into `run.json`: {words}" in [each.value for each in visitor.tab.caption]
    assert visitor.has_no_fault


def test_a_run_is_called_otherwise_on_every_page_and_keeps_its_name_when_it_runs_again(visitor):
    element(visitor, f"open_{SPEC.digest[:16]}").click().run()
    field = next(box for box in visitor.tab.text_input if (box.key or "").startswith("name_"))
    assert field.max_chars == MAX_RUN_NAME
    field.set_value("Winter, first").run()
    element(visitor, "rename_run").click().run()
    assert "Winter, first" in visitor.tab.main.header[0].value
    assert runs_in_the_sidebar(visitor) == ["Winter, first"]
    keep_run(visitor.workspace, np.ones((12, 5)))
    (run,) = visitor.workspace.ledger.runs()
    assert run.title == "Winter, first"
    visitor.workspace.ledger.rename(run.digest, "")
    assert visitor.workspace.ledger.runs()[0].title == SPEC.title


def test_a_deleted_run_comes_back_with_what_was_made_from_it(visitor):
    made = LambdaTransform(("x ** 2",), SPEC)
    keep_run(visitor.workspace, np.ones((12, 5)), made)
    visitor.workspace.ledger.rename(SPEC.digest, "Mine")
    visitor.open("extract")
    element(visitor, f"open_{SPEC.digest[:16]}").click().run()
    element(visitor, "delete_run").click().run()
    assert visitor.workspace.ledger.runs() == []
    assert "2 runs were deleted." in visitor.words
    assert visitor.has_no_fault
    visitor.open("images").press("Undo")
    assert {run.title for run in visitor.workspace.ledger.runs()} == {"Mine", made.title}


def test_all_runs_are_searched_and_opened_in_a_list(visitor):
    keep_run(visitor.workspace, np.ones((12, 3)), OTHER)
    visitor.open("images")
    element(visitor, "all_runs").click().run()
    table = next(node for node in nodes(visitor.tab._tree) if type(node).__name__ == "Dataframe").value
    assert list(table["Run"]) == ["MobileNetV3Small", "MobileNetV2"]
    assert element(visitor, "open_run").disabled


@pytest.mark.slow
@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        OTHER,
        dataclasses.replace(SPEC, layer="stage3", pooling="max", precision="float32"),
        CustomSequential((layer("Conv2D", filters=8), layer("Flatten")), (32, 32), color="grey", seed=5, epochs=7),
        Augmented(
            SPEC,
            (("horizontal_flip", 0.5), ("rotation", 20.0)),
            n_copies=3,
            seed=2,
            with_original=False,
            gives="copies",
        ),
        LambdaTransform(("x ** 2", "x + 1"), SPEC),
        LambdaTransform(("x * 3",), "pixels", (48, 48), "stretch"),
        FineTuned(SPEC, units=64, optimizer="adam", epochs=3, dropout=0.2, class_names=("cat", "dog"), seed=4),
    ],
    ids=lambda spec: spec.title,
)
def test_the_settings_of_a_run_come_back_out_of_the_form(visitor, worker, spec):
    keep_run(visitor.workspace, np.ones((12, 5)), spec)
    visitor.open("extract")
    element(visitor, f"open_{spec.digest[:16]}").click().run()
    element(visitor, "run_again").click().run()
    visitor.run()
    element(visitor, "run").click().run()
    assert asked(worker)[0] == spec


def test_every_form_can_be_filled():
    assert set(forms.FILLS) == set(forms.FORMS)
