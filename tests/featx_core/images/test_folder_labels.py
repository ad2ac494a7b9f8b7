"""Labels from folders: which level names the classes, and what is said of it."""

import pytest

from featx_core.images.folder_labels import best_level, folder_levels, label_at, label_words, labels_at, labels_of


def classes(pattern: str, *, names: tuple[str, ...] = ("cat", "dog"), count: int = 4) -> list[str]:
    return [pattern.format(name=name, number=number) for name in names for number in range(count)]


@pytest.mark.parametrize(
    ("paths", "index"),
    [
        (classes("{name}/{number}.png"), 0),
        (classes("pets/{name}/{number}.png"), 1),
        (classes("{name}/images/{number}.png"), 0),
        (classes("train/{name}/images/{number}.png"), 1),
        (classes("train/{name}/{number}.png") + classes("val/{name}/{number}.png"), 1),
        (classes("Train2017/{name}/{number}.png") + classes("VAL_2017/{name}/{number}.png"), 1),
        (classes("fold1/{name}/{number}.png") + classes("fold 2/{name}/{number}.png"), 1),
        (classes("2020-05/{name}/{number}.png") + classes("2021-06/{name}/{number}.png"), 1),
        (classes("{name}/patient{number}/1.png"), 0),
        (classes("{name}/{number}/a.png") + classes("{name}/{number}/b.png"), 0),
        (["cat/1.png", "cat/2.png", "dog/1.png", "dog/extra/2.png"], 0),
        ([*classes("{name}/{number}.png"), "cover.png"], 0),
        ([*classes("pets/{name}/{number}.png", count=6), "other/cover.png"], 1),
        ([*classes("pets/{name}/{number}.png", count=100), "other/1.png", "other/2.png"], 1),
        (["train/cat/1.png", "train/dog/2.png", "test/3.png", "test/4.png"], 1),
        (["train/1.png", "bus/2.png", "car/3.png"], 0),  # here a train is a vehicle
        (["0/1.png", "1/2.png", "2/3.png"], 0),
        (["trip/1.png", "trip/2.png"], None),
        (["images_001/1.png", "images_002/2.png"], None),
        (["train/1.png", "val/2.png"], None),
        (["1.png", "2.png"], None),
        ([], None),
    ],
)
def test_the_outermost_level_that_names_classes_is_picked(paths: list[str], index: int | None) -> None:
    assert best_level(folder_levels(paths)) == index


def test_a_class_that_is_rare_is_no_stray() -> None:
    paths = [*(f"good/{number}.png" for number in range(95)), *(f"scratched/{number}.png" for number in range(5))]
    assert best_level(folder_levels(paths)) == 0


def test_levels_count_their_images() -> None:
    levels = folder_levels(["pets/cat/1.png", "pets/cat/2.png", "pets/dog/1.png", "3.png"])
    assert [dict(level.n_images) for level in levels] == [{"pets": 3}, {"cat": 2, "dog": 1}]
    assert [level.n_strays for level in levels] == [0, 1]


def test_images_that_lie_less_deep_have_no_label() -> None:
    assert [label_at(path, 1) for path in ("a/b/1.png", "a/2.png", "3.png")] == ["b", None, None]
    assert label_at("a/1.png", None) is None


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["owl/1.png", "jay/1.png", "notes/read me.txt"], ["owl", "jay", "notes"]),
        (["trip/owl/1.png", "trip/jay/1.png", "trip/list.csv"], ["owl", "jay", None]),
        (["owl/1.png", "jay/1.png", "__MACOSX/owl/._1.png"], ["owl", "jay", "__MACOSX"]),
        (["C:\\birds\\owl\\1.png", "./birds/jay/1.png"], ["owl", "jay"]),
        (["owl/scan", "jay/scan"], ["owl", "jay"]),
    ],
)
def test_only_files_named_as_images_decide_where_there_are_any(names: list[str], labels: list[str | None]) -> None:
    assert labels_of(names) == labels


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (classes("{name}/{number}.png"), 'Labels come from the folders: "cat" and "dog".'),
        (
            [*classes("{name}/{number}.png"), "1.png", "2.png"],
            'Labels come from the folders: "cat" and "dog". 2 images lie in none of them and have no label.',
        ),
        (
            classes("{name}/1.png", names=("a", "b", "c", "d", "e"), count=1),
            'Labels come from the folders: "a", "b", "c" and 2 more.',
        ),
        (["birds/trip/1.png"], 'No labels were taken: all images lie in one folder, "trip".'),
        (["train/1.png", "val/2.png"], 'No labels were taken: the folders "train" and "val" do not name classes.'),
        (["1.png"], ""),
        ([], ""),
    ],
)
def test_what_became_of_labels_is_said(paths: list[str], words: str) -> None:
    assert label_words(paths, labels_of(paths)) == words


def test_long_labels_are_shortened_in_the_sentence_alone() -> None:
    labels = ["Passerellidae_Zonotrichia_" + "x" * 60 + end for end in ("_albicollis", "_leucophrys")]
    assert labels_of([f"{label}/1.png" for label in labels]) == labels
    words = label_words([f"{label}/1.png" for label in labels], labels)
    assert "_albicollis" in words
    assert "_leucophrys" in words
    assert len(words) < 130


def test_what_lies_in_a_folder_that_names_no_class_has_no_label_beside_those_that_do():
    """As in Tiny ImageNet, whose validation images lie in one folder."""
    paths = [f"tiny/train/{name}/images/{name}_{i}.JPEG" for name in ("n01", "n02") for i in range(3)]
    paths += [f"tiny/val/images/val_{i}.JPEG" for i in range(4)]
    assert labels_of(paths) == ["n01"] * 3 + ["n02"] * 3 + [None] * 4
    assert labels_of(["cat/1.png", "dog/1.png", "other/1.png"]) == ["cat", "dog", "other"]  # which may be a class
    assert labels_at(["train/1.png", "val/2.png"], 0) == ["train", "val"]  # asked for


def test_changed_copies_of_images_are_no_classes():
    paths = [f"{kind}/{name}/1.png" for kind in ("original", "augmented") for name in ("cat", "dog")]
    assert labels_of(paths) == ["cat", "dog"] * 2
