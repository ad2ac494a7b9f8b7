"""Heatmaps as studies: several share a pass over a network."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.heatmaps.explain import explain
from featx_core.heatmaps.targets import SimilarityTarget
from featx_core.images.image_set import UnreadImageError
from featx_core.studies import heatmap as module
from featx_core.studies.heatmap import DRAWING, HeatmapStudy
from tests.toys.entered_runs import Told
from tests.toys.heatmap_toys import ToyExtractor, dense, sequential
from tests.toys.studying import SMALL, do, done, given_extractors

NAMES = ("activation_energy", "grad_cam")


def studies_of(images, names=NAMES, **fields):
    return tuple(HeatmapStudy(SMALL, image.digest, name, **fields) for image in images for name in names)


@pytest.mark.slow
def test_each_is_what_the_notebook_gives(workspace):
    images = workspace.images()
    target = SimilarityTarget(images[3])
    studies = studies_of(images[:2], layer=1, target=target.to_json())
    assert do(workspace, *studies) == {"n_computed": 4, "problems": {}}
    extractor, by_digest = fx.build(SMALL), {image.digest: image for image in images}
    for study in studies:
        expected = explain(by_digest[study.image], extractor, study.name, layer=1, target=target)
        np.testing.assert_allclose(study.find(workspace).grid, expected.grid, atol=1e-6)


def test_several_share_one_pass_over_their_images(workspace, monkeypatch):
    passes, real = [], module.explain_many

    def spy(images, extractor, names, **options):
        passes.append((len(images), tuple(names)))
        return real(images, extractor, names, **options)

    monkeypatch.setattr(module, "explain_many", spy)
    monkeypatch.setattr(module, "IMAGES_AT_A_TIME", 4)
    told = Told()
    do(workspace, *studies_of(workspace.images()), told=told)
    assert passes == [(4, NAMES), (2, NAMES)]
    assert told.stages.count(DRAWING) == 1
    do(workspace, *studies_of(workspace.images()), *studies_of(workspace.images()[:1], ("eigen_cam",)))
    assert passes[2:] == [(1, ("eigen_cam",))]


def test_only_what_was_asked_for_is_kept(workspace):
    first, second = (image.digest for image in workspace.images()[:2])
    asked = HeatmapStudy(SMALL, first, "activation_energy"), HeatmapStudy(SMALL, second, "eigen_cam")
    assert do(workspace, *asked)["n_computed"] == 2
    assert HeatmapStudy(SMALL, first, "eigen_cam").find(workspace) is None


def test_a_cancelled_job_leaves_what_it_has_done(workspace, monkeypatch):
    monkeypatch.setattr(module, "IMAGES_AT_A_TIME", 2)

    class Stopping(Told):
        def __call__(self, done, total):
            if done == 4:
                raise Cancelled

    studies = studies_of(workspace.images())
    with pytest.raises(Cancelled):
        do(workspace, *studies, told=Stopping())
    assert [study.find(workspace) is not None for study in studies] == [True] * 8 + [False] * 4


def test_an_image_that_is_gone_is_told(workspace):
    with pytest.raises(ValueError, match="This image is no longer in the workspace"):
        done(workspace, HeatmapStudy(SMALL, "0" * 64, "grad_cam"))


def test_a_linked_file_that_is_gone_is_named_and_the_others_are_drawn(tmp_path, make_png):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(make_png(number))
    workspace = fx.Workspace.open(":memory:")
    workspace.add([tmp_path], link=True)
    (tmp_path / "1.png").unlink()
    studies = studies_of(workspace.images(), ("activation_energy",))
    with pytest.raises(UnreadImageError) as raised:
        do(workspace, *studies)
    assert raised.value.args[0].startswith("1.png is no longer where it was")
    assert [study.find(workspace) is not None for study in studies] == [True, False, True]


def test_a_network_without_a_map_is_a_reason_for_all_of_them(workspace):
    """One sentence for the whole grid, and not as many silent holes in it."""
    import keras

    flat = ToyExtractor(sequential(keras.layers.Flatten(), dense(np.ones((192, 2)))))
    with given_extractors(lambda spec: flat), pytest.raises(ValueError, match="layer"):
        do(workspace, *studies_of(workspace.images()))
