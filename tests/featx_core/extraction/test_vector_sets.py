"""Sets of vectors in a workspace: kept, linked to images by name, run like any other, taken out."""

import dataclasses
import io

import numpy as np
import pytest

import featx_core as fx
from featx_core.extraction.row_links import link_rows
from featx_core.extraction.rows import rows_of
from featx_core.extraction.vector_sets import depending_runs
from featx_core.methods.registry import METHODS, SOURCES
from featx_core.specs.spec import SpecError
from featx_core.tables.storing import pack, unpack, unpack_words

VALUES = np.arange(12, dtype=np.float32).reshape(6, 2)


def vectors(names=("a", "b", "c", "d", "e", "f"), labels=(None,) * 6, values=VALUES):
    return fx.Vectors(values, names, labels)


def linked(workspace, *names):
    return [None if image is None else image.name for image in link_rows(names, workspace.images())]


def filled(make_png, *names):
    workspace = fx.Workspace.open(":memory:")
    workspace.add([(name, make_png(number)) for number, name in enumerate(names)])
    return workspace


def test_rows_are_linked_by_name_without_folder_and_without_extension(make_png):
    workspace = filled(make_png, "owl.png", "cat.png", "fish.png")
    assert linked(workspace, "owl.png", "photos/cat.png", "fish", "dog") == ["owl.png", "cat.png", "fish.png", None]
    assert linked(workspace, "fish.jpg", "C:\\x\\owl.png") == ["fish.png", "owl.png"]


def test_a_name_that_could_mean_two_images_or_belongs_to_two_rows_links_nothing(make_png):
    twins = filled(make_png, "day/1.png", "night/1.png")
    assert twins.images().names == ["day/1.png", "night/1.png"]
    assert linked(twins, "1.png") == linked(twins, "1") == linked(twins, "dusk/1.png") == [None]
    assert linked(twins, "night/1.png", "day/1") == ["night/1.png", "day/1.png"]
    numbered = filled(make_png, "1.png")
    numbered.add([("1.png", make_png(9))])
    assert linked(numbered, "1.png") == [None]
    assert linked(numbered, "1.png", "1.png (2)") == ["1.png", "1.png (2)"]
    single = filled(make_png, "1.png")
    assert linked(single, "a/1.png", "b/1.png") == [None, None]
    assert linked(single, "1.png", "b/1.png") == ["1.png", None]
    assert linked(filled(make_png, "1.png", "1.jpg"), "1") == [None]


def test_equal_files_are_one_image_whatever_they_are_called(make_png):
    workspace = fx.Workspace.open(":memory:")
    workspace.add([("1.png", make_png(0)), ("1.png", make_png(0))])
    assert linked(workspace, "x/1.png") == [workspace.images()[0].name]


def test_the_bytes_are_the_same_each_time_and_give_the_rows_back():
    given = vectors(("ü" * 50, *"bcdef"), ("x", None, *"yzuv"))
    assert pack(given) == pack(dataclasses.replace(given))
    found = unpack(pack(given))
    np.testing.assert_array_equal(found.values, VALUES)
    assert (found.names, found.labels) == (given.names, given.labels)
    assert unpack_words(pack(vectors(None))) == (None, (None,) * 6, None)
    packed = io.BytesIO()
    np.savez_compressed(packed, values=VALUES)
    for content in (b"PK\x03\x04 no archive", packed.getvalue(), pack(given)[:-40]):
        for read in (unpack, unpack_words):
            with pytest.raises(ValueError, match="no rows of numbers that featx kept"):
                read(content)


def test_a_set_is_a_run_with_features(workspace):
    names = ("0.png", "1", "cats/3.png", "zebra", "5.png", "2.png")
    run = fx.add_vectors(workspace, vectors(names, ("own", *[None] * 5)), title="  My\nvectors ")
    assert run.title == "My vectors"
    assert (run.details["n_images"], run.details["feature_shape"]) == (6, [2])
    assert [found.digest for found in fx.vector_sets(workspace)] == [run.digest]
    features = fx.load_features(workspace, run.digest)
    np.testing.assert_array_equal(features.values, VALUES)
    digests = dict(zip(workspace.images().names, workspace.images().digests, strict=True))
    assert features.names == names
    assert features.labels == ("own", "cat", "cat", None, "cat", "dog")
    linked = [digests["0.png"], digests["1.png"], digests["3.png"], digests["5.png"], digests["2.png"]]
    assert [features.digests[row] for row in (0, 1, 2, 4, 5)] == linked
    assert features.digests[3] not in digests.values()


def test_images_that_come_later_are_linked(make_png):
    workspace = fx.Workspace.open(":memory:")
    run = fx.add_vectors(workspace, vectors())
    before = fx.load_features(workspace, run.digest).digests
    workspace.add([("owl/b.png", make_png())])
    workspace.set_labels({"b.png": "owl"})
    after = fx.load_features(workspace, run.digest)
    assert after.digests[1] == workspace.images().digests[0]
    assert after.labels[1] == "owl"
    assert [after.digests[row] == before[row] for row in range(6)] == [True, False, True, True, True, True]


def test_rows_without_names_are_numbered_and_never_linked(make_png):
    workspace = filled(make_png, "row 1.png")
    runs = [fx.add_vectors(workspace, vectors(None, values=VALUES + shift), title=str(shift)) for shift in (0, 1)]
    first, second = (rows_of(run.spec, workspace) for run in runs)
    assert first.names[:2] == ("row 1", "row 2")
    assert first.digests == second.digests  # of two tables with as many rows, the same rows
    assert workspace.images().digests[0] not in first.digests


def test_the_spec_goes_to_json_and_back_and_stands_outside_the_methods(workspace):
    spec = fx.add_vectors(workspace, vectors()).spec
    assert fx.spec_from_json(spec.to_json()) == spec
    assert set(SOURCES) == {"vector_table"}
    assert not set(SOURCES) & set(METHODS)
    assert (spec.takes_images, spec.badge) == (False, "imported vectors")
    for ask in (fx.build, fx.outline):
        with pytest.raises(SpecError, match="there is no network to"):
            ask(spec)
    with pytest.raises(SpecError, match="`source` must be 'file:' and a SHA-256"):
        fx.VectorTable(source="file:owl")


def test_the_same_numbers_under_the_same_title_are_kept_once(workspace):
    for title in ("a", "a", "b"):
        fx.add_vectors(workspace, vectors(), title=title)
    assert [run.title for run in fx.vector_sets(workspace)] == ["b", "a"]
    assert len(workspace.artefacts()) == 1


def test_a_set_without_rows_is_refused(workspace):
    with pytest.raises(ValueError, match="`vectors` has no rows"):
        fx.add_vectors(workspace, vectors((), (), np.zeros((0, 2), np.float32)))


def test_removing_a_set_takes_what_was_made_from_it_and_leaves_the_rest(workspace):
    first, second = (fx.add_vectors(workspace, vectors(), title=title) for title in ("first", "second"))
    assert depending_runs(workspace, first.digest) == depending_runs(workspace, "0" * 64) == []
    made = workspace.ledger.save(fx.LambdaTransform(source=first.spec), {})
    assert [run.digest for run in depending_runs(workspace, first.digest)] == [made.digest]
    fx.remove_vectors(workspace, first.digest)
    assert [run.title for run in workspace.ledger.runs()] == ["second"]
    assert len(workspace.artefacts()) == 1  # the second set has the same numbers
    fx.remove_vectors(workspace, second.digest)
    fx.remove_vectors(workspace, second.digest)
    assert (workspace.ledger.runs(), workspace.artefacts()) == ([], {})
    assert len(workspace.images()) == 6


def test_numbers_that_are_gone_are_named(workspace):
    run = fx.add_vectors(workspace, vectors(), title="Owls")
    workspace.remove_artefact(run.spec.source.removeprefix("file:"))
    with pytest.raises(ValueError, match="The numbers of 'Owls' are no longer in this workspace"):
        fx.load_features(workspace, run.digest)


def test_a_path_means_the_image_that_lies_there(make_png):
    workspace = filled(make_png, "pets/cats/1.png", "pets/dogs/1.png", "pets/dogs/old/1.png")
    names = workspace.images().names
    assert workspace.images().labels == ["cats", "dogs", "dogs"]
    assert linked(workspace, "data/pets/dogs/1.png", "cats/1.png", "old/1.png") == [names[1], names[0], names[2]]
    assert linked(workspace, "1.png", "birds/1.png") == [None, None]
