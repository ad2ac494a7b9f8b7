import csv

from featx_core.backbones.imagenet_classes import IMAGENET_CLASSES, class_names

KNOWN = {
    0: "tench",
    88: "macaw",
    281: "tabby",
    388: "giant panda",
    504: "coffee mug",
    817: "sports car",
    999: "toilet tissue",
}


def test_names_are_those_that_keras_shows():
    names = class_names()
    assert {i: names[i] for i in KNOWN} == KNOWN
    assert len(names) == 1000


def test_no_two_classes_share_a_name():
    names = class_names()
    assert len({name.lower() for name in names}) == 1000
    assert (names[134], names[517]) == ("crane (bird)", "crane (machine)")


def test_the_order_is_that_of_the_wordnet_ids_as_in_imagenet():
    with IMAGENET_CLASSES.open(encoding="utf-8", newline="") as file:
        ids = [row["wordnet_id"] for row in csv.DictReader(file)]
    assert ids == sorted(set(ids))
