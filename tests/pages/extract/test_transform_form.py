"""The form of formulas on the Extract page."""

import numpy as np
import pytest

from featx_core.expressions.presets import PRESETS
from featx_core.extraction.features import load_features
from featx_core.extraction.vector_sets import add_vectors
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.tables.reading import read_vectors
from pages._ui.shell import library
from tests.toys.app.extracting import asked
from tests.toys.app.visiting import SPEC, element, keep_run

pytestmark = pytest.mark.slow


@pytest.fixture
def token(shelve, make_png):
    return shelve([(f"{label}/{label}{i}.png", make_png(i + 9 * ord(label))) for i in range(2) for label in "ab"])


@pytest.fixture
def visitor(visit, token):
    visitor = visit(token).open("extract")
    element(visitor, "method").set_value("lambda_transform")
    return visitor.run()


def boxes(visitor):
    return [box for box in visitor.tab.text_input if box.label.startswith("Step")]


def typed(visitor, text, step=0):
    boxes(visitor)[step].set_value(text).run()
    assert visitor.has_no_fault
    return visitor


def readings(visitor):
    """What stands below each step, then the chain of shapes."""
    return [code.value for code in visitor.tab.code]


def run_button(visitor):
    return next(button for button in visitor.tab.button if button.key == "run")


def pick(visitor, key, value):
    element(visitor, key).set_value(value)
    return visitor.run()


def test_the_first_view_is_the_square_of_the_tutorial(visitor):
    assert [box.value for box in boxes(visitor)] == ["x ** 2"]
    reading, chain = readings(visitor)
    assert reading.split("\n")[:2] == ["x ** 2", "→ (n, 64, 64, 3)"]
    assert reading.split("\n")[2].startswith("here from 0")
    assert chain == "(n, 64, 64, 3) → x ** 2 → (n, 64, 64, 3)"
    assert not run_button(visitor).disabled
    assert visitor.has_no_fault


def test_nothing_is_asked_of_the_worker_while_typing(visitor, worker):
    for text in ("sobel(x)", "sob", "histogram(x, 4)", "mean(x) +"):
        typed(visitor, text)
    assert worker.submitted == []


def test_shapes_follow_the_text(visitor):
    typed(visitor, "histogram(x,4)")
    reading, chain = readings(visitor)
    assert reading.startswith("histogram(x, 4)\n→ (n, 12)\n")
    assert chain == "(n, 64, 64, 3) → histogram(x, 4) → (n, 12)"


def test_an_error_stands_under_its_column_and_nothing_runs(visitor):
    typed(visitor, "x + sobell(x)")
    reading, chain = readings(visitor)
    assert reading == "x + sobell(x)\n    ^\nThere is no `sobell`. The nearest name is `sobel`."
    assert run_button(visitor).disabled
    assert "Step 1 cannot be used yet: column 5" in visitor.words.replace("\\", "")
    assert chain == "(n, 64, 64, 3) → x ** 2 → (n, 64, 64, 3)"  # what could last be read
    typed(visitor, "x + sobel(x)")
    assert not run_button(visitor).disabled


def test_steps_are_added_and_removed(visitor):
    visitor.press("Add a step")
    typed(visitor, "histogram(x)", step=1)
    assert readings(visitor)[-1] == "(n, 64, 64, 3) → x ** 2 → (n, 64, 64, 3) → histogram(x, 16) → (n, 48)"
    typed(visitor, "oops", step=0)
    assert "Waiting for the previous step." in readings(visitor)[1]
    element(visitor, boxes(visitor)[0].key.replace("step", "remove")).click().run()
    assert [box.value for box in boxes(visitor)] == ["histogram(x)"]
    assert readings(visitor)[-1] == "(n, 64, 64, 3) → histogram(x, 16) → (n, 48)"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_the_steps(visitor, name):
    pick(visitor, "transform_preset", name)
    assert tuple(box.value for box in boxes(visitor)) == PRESETS[name].expressions
    assert not run_button(visitor).disabled
    captions = [caption.value.replace("\\", "") for caption in visitor.tab.caption]
    assert "Before" in captions
    assert all(f"{number}: {text}" in captions for number, text in enumerate(PRESETS[name].expressions, start=1))
    assert visitor.has_no_fault


def test_size_and_fit_count(visitor):
    pick(visitor, "transform_side", 96)
    assert readings(visitor)[-1] == "(n, 96, 96, 3) → x ** 2 → (n, 96, 96, 3)"


def test_a_large_picture_is_tried_on_a_small_one(visitor):
    pick(visitor, "transform_side", 1024)
    typed(visitor, "pool(x, 512)")
    assert readings(visitor)[0].startswith("pool(x, 512)\n→ (n, 2, 2, 3)\nhere from")


def test_pixels_are_extracted(visitor, worker):
    typed(visitor, "channel_mean(x)")
    run_button(visitor).click().run()
    assert worker.submitted[0] == "extract"
    assert visitor.has_no_fault
    (run,) = visitor.workspace.ledger.runs()
    assert run.title == "channel_mean(x) of pixels, 64 x 64"
    assert run.details["feature_shape"] == [3]
    assert "(4, 3)" in visitor.words


class TestOverARun:
    """Formulas of the features of a run."""

    @pytest.fixture
    def over(self, visit, token):
        keep_run(library.open_workspace(token), np.random.default_rng(0).normal(size=(4, 7)))
        visitor = visit(token).open("extract")
        element(visitor, "method").set_value("lambda_transform")
        visitor.run()
        return pick(visitor, "transform_source", SPEC.digest)

    def test_its_shape_is_known(self, over):
        typed(over, "x - mean(x)")
        assert readings(over)[0].startswith("x - mean(x)\n→ (n, 7)\nhere from -")
        assert [name for name in PRESETS if not PRESETS[name].needs_places] == [
            name
            for name, preset in PRESETS.items()
            if preset.title in over.tab.selectbox(key="transform_preset").options
        ]

    def test_a_picture_filter_says_why_not(self, over):
        typed(over, "sobel(x)")
        assert "`sobel` needs an image or a feature map; here x is a vector of 7 values." in readings(over)[0]
        assert run_button(over).disabled

    def test_a_formula_that_fitted_pixels_alone_leaves_the_page_whole(self, visit, token):
        keep_run(library.open_workspace(token), np.random.default_rng(0).normal(size=(4, 7)))
        visitor = visit(token).open("extract")
        element(visitor, "method").set_value("lambda_transform")
        visitor.run()
        typed(visitor, "grayscale(x)")
        pick(visitor, "transform_source", SPEC.digest)
        assert visitor.has_no_fault
        assert "`grayscale` needs an image" in readings(visitor)[0]
        assert "What the formula does" in visitor.words

    def test_it_is_computed_from_what_is_kept(self, over, worker, monkeypatch):
        monkeypatch.setattr("featx_core.methods.pretrained._network", lambda *_: pytest.fail("the network was built"))
        worker.holds = True
        typed(over, "x ** 2")
        run_button(over).click().run()
        job = next(job for job in worker.jobs() if job.task == "extract")
        spec = asked(worker)[0]
        assert spec == LambdaTransform(("x ** 2",), SPEC)
        worker.finish(job.key)
        values = over.workspace.vectors.load(spec.digest, over.workspace.images().digests)
        source = over.workspace.vectors.load(SPEC.digest, over.workspace.images().digests)
        assert all(np.array_equal(values[digest], source[digest] ** 2) for digest in source)

    def test_rows_that_are_not_finite_are_told(self, over):
        typed(over, "log(x)")
        assert "not finite" in readings(over)[0]
        assert "not finite" in over.words


def test_the_functions_are_listed_and_found(visitor):
    assert "`fft_magnitude(x)`" in visitor.words
    pick(visitor, "function_search", "gauss")
    listed = [text.value for text in visitor.tab.markdown if "`blur(x, sigma)`" in text.value]
    assert len(listed) == 1
    assert "fft" not in listed[0]


def test_vectors_alone_are_squared_exactly(visit, worker, tmp_path):
    values = np.random.default_rng(0).normal(size=(20, 10)).astype(np.float32)
    np.save(tmp_path / "numbers.npy", values)
    token = library.new_token()
    add_vectors(library.open_workspace(token, make=True), read_vectors(tmp_path / "numbers.npy"), title="Numbers")
    visitor = visit(token)
    visitor.tab.session_state["extract_view"] = "Set up"
    visitor.open("extract")
    assert visitor.has_no_fault
    assert visitor.tab.selectbox(key="transform_source").options == ["Numbers, imported vectors"]
    (reading,) = readings(visitor)
    assert reading.startswith("x ** 2\n→ (n, 10)\nhere from")
    run_button(visitor).click().run()
    assert visitor.has_no_fault
    run = visitor.workspace.ledger.runs()[0]
    assert run.title == "x ** 2 of Numbers"
    assert np.array_equal(load_features(visitor.workspace, run.digest).values, values * values)
    assert "(20, 10)" in visitor.words
