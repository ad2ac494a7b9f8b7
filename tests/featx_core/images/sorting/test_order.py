"""Orders, labels and searches are the same for images of a workspace as for a list of their records."""

import pytest

from featx_core.images.image_set import ImageSet
from featx_core.images.sorting import order
from featx_core.workspace.workspace import Workspace

NAMES = ("b10.png", "b2.png", "A1.png", "c.png", "d.png")
LABELS = {"b10.png": "Item 10", "b2.png": "item 2", "c.png": "item 2"}


@pytest.fixture(params=["columns", "records"])
def images(request, make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([(name, make_png(number, width=40 + 8 * (number % 3))) for number, name in enumerate(NAMES)])
    workspace.set_labels(LABELS)
    found = workspace.images()
    return found if request.param == "columns" else ImageSet(list(found))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("name", ["A1.png", "b2.png", "b10.png", "c.png", "d.png"]),
        ("label", ["b2.png", "c.png", "b10.png", "A1.png", "d.png"]),
        ("added", list(NAMES[::-1])),
        ("large", ["A1.png", "b2.png", "d.png", "b10.png", "c.png"]),
    ],
)
def test_orders_by_hand(images, name, expected):
    assert order.in_order(images, name).names == expected


def test_the_brightest_come_first(images):
    light = [image.brightness for image in order.in_order(images, "bright")]
    assert light == sorted(light, reverse=True)


def test_labels_are_counted_and_told_apart(images):
    assert order.n_labels(images) == 2
    assert order.of_label(images, "item 2").names == ["b2.png", "c.png"]
    assert order.of_label(images, None).names == ["A1.png", "d.png"]
    assert order.of_label(images, "none such").names == []
    assert order.varied(images, 4).names == ["b10.png", "b2.png", "A1.png", "c.png"]
    assert order.varied(images, 2).names == ["b10.png", "b2.png"]
    assert order.noted(images).names == [image.name for image in images if image.notes]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("ITEM", ["b10.png", "b2.png", "c.png"]), ("item b", ["b10.png", "b2.png"]), ("heron", ["d.png"]), ("", NAMES)],
)
def test_a_search_looks_at_names_labels_and_classes(images, wanted, expected):
    assert order.matching(images, wanted, {images[4].digest: "Grey heron"}).names == list(expected)


def test_images_are_found_by_name_digest_and_row_of_features(images):
    assert images.named(["d.png", "gone.png", "b2.png"]).names == ["b2.png", "d.png"]
    assert images.select(["d.png", "b2.png"]).names == ["d.png", "b2.png"]
    assert {image.name for image in images.by_digest([images[3].digest, "0" * 64]).values()} == {"c.png"}
    found = images.matching(["x", "c.png"], ["0" * 64, images[3].digest])
    assert [record and record.name for record in found] == [None, "c.png"]
    assert (found.has_any, found.texts("name"), found.numbers("width")[1]) == (True, [None, "c.png"], images[3].width)
    with pytest.raises(KeyError):
        images.select(["gone.png"])
