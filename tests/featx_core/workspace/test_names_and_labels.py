"""What images are called and labelled: by their folders, stably, and never by a number where a folder tells them apart."""

import itertools
import shutil
from pathlib import Path

import pytest

from featx_core.workspace.last_intake import OTHER_LABELS
from featx_core.workspace.workspace import Workspace
from tests.toys.files.odd_files import encoded, picture, zipped

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "before_the_move.featx"
numbers = itertools.count(1_000)


def png() -> bytes:
    return encoded(picture(20, 20, seed=next(numbers)))


def pngs(*names: str) -> list[tuple[str, bytes]]:
    return [(name, png()) for name in names]


def test_images_of_one_name_are_told_apart_by_their_folders() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add([("pets.zip", zipped(dict(pngs("pets/cats/1.jpg", "pets/dogs/1.jpg", "pets/dogs/2.jpg"))))])
    assert workspace.images().names == ["cats/1.jpg", "dogs/1.jpg", "2.jpg"]
    assert workspace.images().paths == ["pets/cats/1.jpg", "pets/dogs/1.jpg", "pets/dogs/2.jpg"]


def test_a_name_that_is_taken_gets_further_folders_then_its_archive_then_a_number() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add(pngs("1.png"))
    workspace.add(pngs("cats/1.png"))
    workspace.add(pngs("more/cats/1.png"))
    for name in ("a.zip", "b.zip", "c.zip"):
        workspace.add([(name, zipped(dict(pngs("1.png"))))])
    workspace.add(pngs("1.png"))
    workspace.add(pngs("1.png"))
    assert workspace.images().names == [
        "1.png",
        "cats/1.png",
        "more/cats/1.png",
        "a.zip/1.png",
        "b.zip/1.png",
        "c.zip/1.png",
        "1.png (2)",
        "1.png (3)",
    ]


def test_names_stay_when_more_images_come(tmp_path: Path) -> None:
    workspace = Workspace.open(":memory:")
    for name, content in pngs("cats/1.png", "dogs/2.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(content)
    workspace.add([tmp_path])
    assert workspace.images().names == ["1.png", "2.png"]
    (tmp_path / "dogs" / "1.png").write_bytes(png())
    report = workspace.add([tmp_path])
    assert report.added == 1
    assert workspace.images().names == ["1.png", "2.png", "dogs/1.png"]
    assert workspace.add([tmp_path]).added == 0


def test_the_same_files_seen_from_another_folder_are_here_already(tmp_path: Path) -> None:
    folder = tmp_path / "birds"
    for name, content in pngs("owl/1.png", "jay/1.png"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(content)
    workspace = Workspace.open(":memory:")
    assert workspace.add([folder]).added == 2
    assert workspace.add([tmp_path]).sentence() == "2 images were in this workspace already."


def test_an_equal_file_in_another_folder_is_another_image() -> None:
    workspace = Workspace.open(":memory:")
    content = png()
    workspace.add([("owl/1.png", content)])
    report = workspace.add([("jay/1.png", content)])
    assert report.duplicates == [("jay/1.png", "1.png")]
    assert workspace.images().names == ["1.png", "jay/1.png"]


def test_files_of_a_workspace_without_paths_are_known_again_by_their_names(tmp_path: Path) -> None:
    shutil.copy(GOLDEN, tmp_path / "old.featx")
    workspace = Workspace.open(tmp_path / "old.featx")
    assert workspace.images().paths == workspace.images().names
    again = [(f"{image.label}/{image.name}", image.read()) for image in workspace.images()]
    assert workspace.add(again).sentence() == "10 images were in this workspace already."
    assert workspace.folder_levels() == []


def test_labels_are_those_of_the_level_that_names_classes_and_that_is_said() -> None:
    workspace = Workspace.open(":memory:")
    names = [f"train/{label}/images/{number}.png" for label in ("n01", "n02") for number in range(3)]
    report = workspace.add([("a.zip", zipped(dict(pngs(*names, "train/cover.png"))))])
    assert workspace.images().labels == ["n01"] * 3 + ["n02"] * 3 + [None]
    expected = 'Labels come from the folders: "n01" and "n02". 1 image lies in none of them and has no label.'
    assert report.labels == expected
    assert report.sentence() == f"7 images are ready. {expected}"
    assert workspace.label_level() == 1


def test_another_level_can_be_taken_and_none() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add(pngs("old.png"))
    workspace.set_labels({"old.png": "kept"})
    workspace.add(pngs("benign/p1/1.png", "benign/p2/1.png", "malignant/p3/1.png", "malignant/p3/2.png", "loose.png"))
    assert workspace.images().labels == ["kept", "benign", "benign", "malignant", "malignant", None]
    assert [sorted(level.n_images) for level in workspace.folder_levels()] == [
        ["benign", "malignant"],
        ["p1", "p2", "p3"],
    ]
    workspace.label_by_folder(1)
    assert workspace.images().labels == ["kept", "p1", "p2", "p3", "p3", None]
    assert workspace.label_level() == 1
    report = workspace.last_intake()
    assert report is not None
    assert report.labels.startswith('Labels come from the folders: "p1", "p2" and "p3".')
    workspace.label_by_folder(None)
    assert workspace.images().labels == ["kept"] + [None] * 5
    assert workspace.label_level() is None
    workspace.set_labels({"loose.png": "mine"})
    assert workspace.label_level() == OTHER_LABELS


def test_one_folder_gives_no_label_and_that_is_said() -> None:
    workspace = Workspace.open(":memory:")
    report = workspace.add(pngs("trip/1.png", "trip/2.png"))
    assert workspace.images().labels == [None, None]
    assert report.sentence() == '2 images are ready. No labels were taken: all images lie in one folder, "trip".'
    workspace.label_by_folder(0)
    assert workspace.images().labels == ["trip", "trip"]


def test_files_that_come_one_by_one_are_labelled_by_the_same_rule() -> None:
    workspace = Workspace.open(":memory:")
    files = pngs(*(f"{label}/patient{number}/scan.png" for label in ("benign", "malignant") for number in range(3)))
    workspace.add(iter(files))
    assert workspace.images().labels == ["benign"] * 3 + ["malignant"] * 3
    listed = Workspace.open(":memory:")
    listed.add(files)
    assert listed.images().labels == workspace.images().labels


def test_files_that_come_one_by_one_are_labelled_though_the_last_fails() -> None:
    def files():
        yield from pngs("cat/1.png", "dog/2.png")
        raise RuntimeError("the camera was pulled out")

    workspace = Workspace.open(":memory:")
    with pytest.raises(RuntimeError, match="camera"):
        workspace.add(files())
    assert workspace.images().labels == ["cat", "dog"]
    report = workspace.last_intake()
    assert report is not None
    assert report.added == 2


def test_a_folder_whose_name_is_a_label_already_gives_it_to_what_comes_later() -> None:
    workspace = Workspace.open(":memory:")
    workspace.add(pngs("cat/1.png", "dog/2.png"))
    workspace.add(pngs("cat/3.png"))
    workspace.add([("more.zip", zipped(dict(pngs("siteA/dog/4.png", "siteB/cat/5.png"))))])
    workspace.add(iter(pngs("dog/6.png")))
    assert workspace.images().labels == ["cat", "dog", "cat", "dog", "cat", "dog"]
    workspace.add(pngs("owl/7.png"))
    assert workspace.images().labels[-1] is None


LONG = [
    f"Animalia_Chordata_Aves_Passeriformes_Passerellidae_Zonotrichia_{name}" for name in ("leucophrys", "albicollis")
]
JOINED = ["\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u06cc\u0631\u0648\u062f"]


@pytest.mark.parametrize("labels", [LONG, JOINED])
def test_labels_are_kept_whole_from_folder_archive_and_upload(tmp_path: Path, labels: list[str]) -> None:
    files = pngs(*(f"{label}/{number}.png" for label in labels for number in range(2)))
    for name, content in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for sources in ([tmp_path], [("a.zip", zipped(dict(files)))], files):
        workspace = Workspace.open(":memory:")
        workspace.add(sources)
        assert {image.path: image.label for image in workspace.images()} == {
            name: name.split("/")[0] for name, _ in files
        }
