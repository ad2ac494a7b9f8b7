"""The form of a custom network: its layers, what they give, what cannot be, where the weights come from."""

import pytest

import featx_core as fx
from featx_core.architecture.presets import PRESETS
from pages._ui.extract.forms.layer_list import Entry
from tests.toys.app.extracting import asked
from tests.toys.app.visiting import element, nodes

TINY = (
    fx.layer("Conv2D", filters=4, kernel_size=3, strides=2, activation="relu"),
    fx.layer("MaxPooling2D"),
    fx.layer("Flatten"),
)


@pytest.fixture
def visitor(visit, shelve, make_png):
    """Someone on the form, with twelve images of two labels."""
    token = shelve([(f"{label}/{label}{i}.png", make_png(i + 9 * ord(label))) for i in range(6) for label in "ab"])
    visitor = visit(token).open("extract")
    return set_up(visitor, method="custom_sequential")


def set_up(visitor, **widgets):
    for key, value in widgets.items():
        element(visitor, key).set_value(value)
        visitor.run()
    return visitor


def choose(visitor, key, option):
    """Pick an entry of a menu, by what it says."""
    menu = visitor.tab.menu_button(key=key)
    menu.click(next(name for name in menu.options if option in name)).run()
    return visitor


def rows(visitor):
    """What the buttons of the rows say."""
    labels = [getattr(getattr(node.proto, "popover", None), "label", "") for node in nodes(visitor.tab._tree)]
    return [label.replace("\\", "").replace("**", "") for label in labels if label and label[0].isdigit()]


def numbers(visitor):
    return [entry.number for entry in visitor.tab.session_state["custom_rows"]]


def chain(visitor):
    return visitor.tab.code[0].value


def words(visitor):
    return visitor.words.replace("\\", "")


def fill(visitor, layers):
    """Put other layers on the form, as a preset does."""
    visitor.tab.session_state["custom_rows"] = tuple(Entry(1000 + i, row) for i, row in enumerate(layers))
    return visitor.run()


def test_the_form_begins_with_the_tutorial(visitor):
    assert rows(visitor) == ["1. Conv2D 32 of 3 x 3, relu", "2. MaxPooling2D 2 x 2", "3. Flatten "]
    assert chain(visitor) == "(n, 64, 64, 3) → (n, 62, 62, 32) → (n, 31, 31, 32) → (n, 30752)"
    assert "3 layers, 896 parameters." in words(visitor)
    assert "Random weights, untrained" in words(visitor)
    assert "Extract from 12 images" in visitor.buttons
    assert visitor.has_no_fault


def test_shapes_and_parameters_follow_what_is_typed(visitor):
    first = numbers(visitor)[0]
    set_up(visitor, **{f"row_{first}_filters": 8, f"row_{first}_kernel_size_1": 5, f"row_{first}_padding": "same"})
    assert rows(visitor)[0] == "1. Conv2D 8 of 3 x 5, same, relu"
    assert "64 x 64 x 8" in words(visitor)
    assert f"{3 * 5 * 3 * 8 + 8} parameters" in words(visitor)
    assert chain(visitor).endswith("(n, 8192)")


def test_the_stride_of_a_pooling_follows_its_window_until_it_is_set(visitor):
    pooling = numbers(visitor)[1]
    set_up(visitor, **{f"row_{pooling}_pool_size_0": 4})
    assert rows(visitor)[1] == "2. MaxPooling2D 4 x 2"
    assert visitor.tab.number_input(key=f"row_{pooling}_strides_0").value == 4
    set_up(visitor, **{f"row_{pooling}_strides_0": 1, f"row_{pooling}_pool_size_1": 3})
    assert rows(visitor)[1] == "2. MaxPooling2D 4 x 3, stride 1 x 2"


def test_rows_are_added_moved_copied_and_removed(visitor):
    first, second, third = numbers(visitor)
    choose(visitor, "add_layer", "Dense")
    assert rows(visitor)[3] == "4. Dense 128"
    choose(visitor, f"act_{second}", "Move up")
    assert rows(visitor)[:2] == ["1. MaxPooling2D 2 x 2", "2. Conv2D 32 of 3 x 3, relu"]
    choose(visitor, f"act_{second}", "Move down")
    choose(visitor, f"act_{first}", "Duplicate")
    assert [row.split()[1] for row in rows(visitor)] == ["Conv2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense"]
    assert len(set(numbers(visitor))) == 5
    choose(visitor, f"act_{third}", "Remove")
    assert [row.split()[1] for row in rows(visitor)] == ["Conv2D", "Conv2D", "MaxPooling2D", "Dense"]
    assert not any("Move up" in option for option in visitor.tab.menu_button(key=f"act_{first}").options)
    assert visitor.has_no_fault


def test_an_impossible_row_says_so_and_nothing_else_breaks(visitor):
    choose(visitor, "add_layer", "Conv2D")
    assert "Row 4: it needs an input with height and width, but receives 30 752 values in a vector." in words(visitor)
    assert "The first 3 of 4 layers, 896 parameters." in words(visitor)
    assert chain(visitor).endswith("(n, 30752)")
    assert visitor.tab.button(key="run").disabled
    choose(visitor, f"act_{numbers(visitor)[3]}", "Remove")
    assert not visitor.tab.button(key="run").disabled
    assert visitor.has_no_fault


def test_a_kernel_that_does_not_fit_is_named_at_its_row(visitor):
    fill(visitor, (TINY[0], fx.layer("MaxPooling2D", pool_size=6), fx.layer("Conv2D", kernel_size=7), TINY[2]))
    assert "Row 3: a 7 x 7 kernel does not fit into 5 x 5." in words(visitor)
    assert "depends on the row above" in words(visitor)


@pytest.mark.parametrize("layers", [(), (fx.layer("Conv2D", kernel_size=31),)])
def test_without_a_good_layer_the_list_stays(visitor, layers):
    set_up(visitor, custom_side=16)
    fill(visitor, layers)
    assert "Add a layer" in words(visitor)
    assert ("None of 1 layer" if layers else "No layers yet.") in words(visitor)
    assert visitor.has_no_fault


def test_a_preset_takes_the_place_of_all(visitor):
    choose(visitor, "custom_preset", "LeNet")
    assert len(rows(visitor)) == len(PRESETS["lenet"].layers)
    assert chain(visitor) == "(n, 32, 32, 1) → (n, 28, 28, 6) → ... → (n, 120) → (n, 84)"
    table = next(frame.value for frame in visitor.tab.dataframe if "channel" in frame.value.columns)
    assert list(table["channel"]) == ["1: grey"]
    assert visitor.has_no_fault


def test_a_row_of_the_layer_table_picks_the_tap(visitor):
    key = next(box.key for box in visitor.tab.selectbox if box.label == "Layer")
    visitor.tab.session_state[key] = 2
    visitor.run()
    assert chain(visitor) == "(n, 64, 64, 3) → (n, 62, 62, 32) → (n, 31, 31, 32)"
    set_up(visitor, custom_pooling="avg")
    assert chain(visitor).endswith("average → (n, 32)")
    set_up(visitor, **{f"row_{numbers(visitor)[0]}_filters": 8})
    assert chain(visitor).endswith("(n, 31, 31, 8) → average → (n, 8)")  # the tap stays where it was


def test_layers_stay_when_the_page_is_left(visitor):
    choose(visitor, "add_layer", "Dense")
    visitor.open("images").open("extract")
    assert [row.split()[1] for row in rows(visitor)] == ["Conv2D", "MaxPooling2D", "Flatten", "Dense"]


def test_labels_that_are_lacking_are_named(visit, shelve, make_png):
    visitor = visit(shelve([(f"{i}.png", make_png(i)) for i in range(3)])).open("extract")
    set_up(visitor, method="custom_sequential", custom_weights="labels")
    assert "Training on labels needs at least 2 classes with 5 labelled images each. Received: no labels." in words(
        visitor
    )
    assert visitor.tab.button(key="run").disabled


def test_a_custom_network_is_run_with_its_patterns(visitor, worker):
    set_up(visitor, custom_side=16)
    fill(visitor, TINY)
    visitor.press("Extract from 12 images")
    assert visitor.has_no_fault
    assert "(12, 36)" in words(visitor)
    visitor.until(lambda visitor: "conv2d looks for: all 4 patterns of 3 x 3, in colour" in words(visitor))
    assert worker.submitted[0] == "extract"
    assert "kernels" in worker.submitted


@pytest.mark.slow
def test_a_network_is_trained_and_found_again(visitor, worker):
    set_up(visitor, custom_side=16, custom_weights="labels", custom_epochs=1)
    fill(visitor, TINY)
    assert "To be trained on your labels" in words(visitor)
    visitor.press("Train and extract from 12 images")
    assert visitor.has_no_fault
    run = visitor.workspace.ledger.runs()[0]
    assert run.spec.learned == "labels"
    assert asked(worker)[0].weights == "labels"
    assert "Training result" in words(visitor)
    set_up(visitor, extract_view="Set up")
    assert "Already trained on these images" in words(visitor)
    assert "Extract from 12 images" in visitor.buttons
