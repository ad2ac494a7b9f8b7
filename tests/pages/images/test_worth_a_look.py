"""What to look at first: lists whose right answer was planted, and what one press does with them."""

import numpy as np
import pytest
from PIL import Image

from pages._ui.images.choice import Kept
from tests.toys.app.map_packs import colors, selected
from tests.toys.app.named_images import MUG, TABBY, keep_names, take_as_installed
from tests.toys.app.visiting import element, tiles

N_IMAGES = 40


@pytest.fixture
def planted():
    """Features of 40 images in two clusters, the last one far from all others; image 3 bears the wrong label."""
    rng = np.random.default_rng(0)
    is_cat = np.arange(N_IMAGES) % 2 == 0
    vectors = 0.3 * rng.normal(size=(N_IMAGES, 8)) + 4 * np.where(is_cat[:, None], np.eye(8)[0], np.eye(8)[1])
    vectors[-1] = -6 * np.eye(8)[4]
    labels = ["cat" if cat else "dog" for cat in is_cat]
    labels[3] = "cat"
    return vectors, labels


@pytest.fixture
def looking(visit, shelve_features, planted):
    visitor = visit(shelve_features(*planted))
    visitor.tab.session_state["images_view"] = "Worth a look"
    return visitor.open("images").run()


def pick(visitor, kind):
    next(control for control in visitor.tab.button_group if control.label == "List").set_value(kind).run()
    return visitor.run()  # the first run asks, the second one shows


def tile_names(visitor, key):
    return [tile["name"] for tile in tiles(visitor, key)]


def test_a_wrong_label_comes_first_and_one_press_takes_the_offered_one(looking):
    names = looking.workspace.images().names
    found = tiles(looking, "look_label_errors")
    assert found[0]["name"] == names[3]
    assert found[0]["says"].startswith("→ dog, 0.")
    assert "Change labels" not in looking.buttons
    looking.tab.session_state["chosen_mended"] = Kept((names[3],), 1)  # by its box
    looking.run()
    looking.press("Change labels")
    assert looking.tab.session_state["chosen_mended"].names == ()
    assert dict(zip(names, looking.workspace.images().labels, strict=True))[names[3]] == "dog"


def test_the_farthest_image_comes_first(looking):
    pick(looking, "outliers")
    assert tile_names(looking, "look_outliers")[0] == looking.workspace.images().names[-1]
    assert "farther out** than any point of structureless data" in looking.words


def test_clusters_have_a_table_and_can_become_labels(looking):
    pick(looking, "clusters")
    table = next(table.value for table in looking.tab.main.dataframe if "stability" in table.value)
    assert len(table) == 2
    assert set(table.iloc[:, 3]) == {"stable"}
    field = next(each for each in looking.tab.text_input if each.label == "Name of the cluster")
    field.set_value("group one").run()
    looking.press("Use as label")
    assert looking.workspace.images().labels.count("group one") == table["images"].iloc[0]


def test_a_cluster_keeps_the_name_that_it_is_given(looking):
    pick(looking, "clusters")
    field = next(each for each in looking.tab.text_input if each.label == "Name of the cluster")
    assert field.value == "cluster 1"
    field.set_value(" *red* things ").run()
    looking.press("Rename")
    (table,) = (table.value for table in looking.tab.main.dataframe if "stability" in table.value)
    assert table["cluster"].tolist() == ["*red* things", "cluster 2"]
    assert r"**\*red\* things**, " in looking.words
    looking.open("map")
    element(looking, "map_color").set_value("cluster_hdbscan").run()
    looking.run()
    assert [each["name"] for each in colors(looking)["classes"]][:2] == ["*red* things", "cluster 2"]


@pytest.mark.slow
def test_a_list_is_selected_on_the_map_of_its_run(looking):
    names = looking.workspace.images().names
    listed = tile_names(looking, "look_label_errors")
    button = next(
        button for button in looking.tab.button if button.label.startswith("Select ") and "map" in button.label
    )
    button.click().run()
    assert looking.open("map").has_no_fault
    assert [names[point] for point in selected(looking)] == sorted(listed, key=names.index)


def test_a_cluster_is_suggested_what_a_network_calls_half_of_it(visit, shelve_features, planted, monkeypatch):
    take_as_installed(monkeypatch)
    visitor = visit(shelve_features(*planted))
    keep_names(visitor.workspace, [MUG if row % 2 else TABBY for row in range(N_IMAGES)], [0.5] * N_IMAGES)
    visitor.tab.session_state["images_view"] = "Worth a look"
    pick(visitor.open("images").run(), "clusters")
    assert next(each for each in visitor.tab.text_input if each.label == "Name of the cluster").value == "tabby"


def test_copies_are_removed_but_for_the_largest_and_come_back(visit, shelve, make_png, tmp_path):
    pictures = []
    for number in range(3):
        image = Image.effect_noise((64, 64), 80).resize((256, 256))
        for side in (256, 200):
            path = tmp_path / f"{number}_{side}.png"
            image.resize((side, side)).convert("RGB").save(path)
            pictures.append(path)
    visitor = visit(shelve(pictures))
    visitor.tab.session_state["images_view"] = "Worth a look"
    visitor.open("images")
    pick(visitor, "duplicates")
    assert len(tiles(visitor, "look_duplicates")) == 6
    visitor.press("Keep the largest of each group, remove 3 images")
    assert sorted(visitor.workspace.images().names) == [f"{number}_256.png" for number in range(3)]
    visitor.press("Undo")
    assert len(visitor.workspace.images()) == 6


def test_a_dark_image_among_bright_ones_is_named(visit, shelve, tmp_path):
    rng = np.random.default_rng(0)
    paths = []
    for number in range(12):
        pixels = rng.integers(0, 30, (64, 64, 3)) if number == 7 else rng.integers(100, 200, (64, 64, 3))
        Image.fromarray(pixels.astype(np.uint8)).save(path := tmp_path / f"{number}.png")
        paths.append(path)
    visitor = visit(shelve(paths))
    visitor.tab.session_state["images_view"] = "Worth a look"
    visitor.open("images")
    pick(visitor, "quality")
    assert ("7.png", True) in {
        (tile["name"], tile["says"].startswith("dark, ")) for tile in tiles(visitor, "look_quality")
    }


def test_without_features_the_lists_of_images_alone_are_offered(visit, shelve, make_png):
    visitor = visit(shelve([(f"{number}.png", make_png(number)) for number in range(4)]))
    visitor.tab.session_state["images_view"] = "Worth a look"
    visitor.open("images")
    assert visitor.has_no_fault
    assert "Extract features to list label errors, outliers and clusters too." in visitor.words
    control = next(control for control in visitor.tab.button_group if control.label == "List")
    assert control.options == ["Near-duplicates", "Unusual images"]
