"""Images that are taken out of the workspace while something still needs them: named in one sentence, or gone on without."""

import numpy as np
import pytest

from featx_core.base.faults import explain_fault
from featx_core.base.progress import Stages
from featx_core.comparison.layer_sweep import sweep_layers
from featx_core.comparison.scores import prepare_space, score_extractor
from featx_core.comparison.subset import choose_subset
from featx_core.heatmaps.explain import explain
from featx_core.images.duplicates import sketch
from featx_core.images.image_set import ImageGoneError
from featx_core.methods.registry import build, train
from featx_core.robustness.stability import neighbor_stability
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.pretrained import Pretrained
from tests.toys.tuning_toys import color_workspace

SENTENCE = r"green3\.png was removed from the workspace while it was needed\. Start again to continue without it\."


BASE = Pretrained(backbone="embedded_v1", image_size=(48, 48))


def tuning(**options):
    return FineTuned(**{"base": BASE, "units": 8, "epochs": 1, "learning_rate": 0.02, "batch_size": 8, **options})


@pytest.fixture(scope="module")
def extractor():
    return build(BASE)


@pytest.fixture
def colors():
    return color_workspace()


@pytest.fixture
def images_without_one(colors):
    """The images as they were before one was taken out."""
    images = colors.images()
    colors.remove(["green3.png"])
    return images


@pytest.mark.parametrize(
    "read", [lambda image: image.read(), lambda image: image.pixels(), lambda image: image.thumbnail()]
)
def test_an_image_that_is_gone_says_so_by_name_and_for_people(images_without_one, read):
    (image,) = images_without_one.select(["green3.png"])
    with pytest.raises(ImageGoneError, match=SENTENCE) as caught:
        read(image)
    assert isinstance(caught.value, KeyError)
    fault = explain_fault(caught.value, "any task")
    assert (fault.message, fault.reference) == (str(caught.value), None)


def test_heatmaps_and_sketches_name_it(images_without_one, extractor):
    (image,) = images_without_one.select(["green3.png"])
    with pytest.raises(ImageGoneError, match=SENTENCE):
        explain(image, extractor, "activation_energy")
    with pytest.raises(ImageGoneError, match=SENTENCE):
        sketch(images_without_one)


@pytest.mark.slow
def test_stability_and_the_sweep_of_layers_go_on_without_it(images_without_one, extractor):
    assert "1 image could not be read and left out." in neighbor_stability(images_without_one, extractor).notes
    assert sweep_layers(images_without_one, extractor, groups=np.arange(30)).facts["n_images"] == 29


class Meanwhile(Stages):
    """Takes an image out when a stage has gone on for so many steps."""

    def __init__(self, workspace, stage, steps):
        super().__init__()
        self._workspace, self._when, self._now, self._steps = workspace, stage, "", steps

    def stage(self, name, *, limit_seconds=None):
        self._now = name

    def __call__(self, done, total):
        if self._now == self._when and done >= self._steps:
            self._workspace.remove(["green3.png"])


@pytest.mark.parametrize("stage", ["Looking for near-duplicates", "Extracting features of the base"])
def test_fine_tuning_that_still_needs_it_ends_with_its_name(colors, stage):
    with pytest.raises(ImageGoneError, match=SENTENCE):
        train(tuning(), colors, on_progress=Meanwhile(colors, stage, 0))


@pytest.mark.slow
def test_fine_tuning_of_the_stages_ends_with_its_name(colors, monkeypatch):
    monkeypatch.setattr("featx_core.learning.fine_tuning.image_batches.HELD_BYTES", 0)  # images are read in every epoch
    spec = tuning(epochs=2, unfrozen_stages=1, tuning_epochs=2)
    with pytest.raises(ImageGoneError, match=SENTENCE):
        train(spec, colors, on_progress=Meanwhile(colors, "Training the last stages", 1))


@pytest.mark.slow
def test_fine_tuning_that_has_read_everything_goes_on(colors):
    spec = train(tuning(epochs=2), colors, on_progress=Meanwhile(colors, "Training the new layers", 1))
    assert spec.weights.startswith("file:")
    assert "green3.png" not in colors.images().names


def test_features_that_went_with_an_image_never_shift_those_of_others(colors):
    images = colors.images()
    panel = choose_subset(images.digests, images.labels, None)
    vectors = np.random.default_rng(0).normal(size=(len(images), 4))
    for measure in (score_extractor, prepare_space):
        with pytest.raises(ValueError, match=r"Features of 30 images are needed\. Received: 29\..*compare again"):
            measure(vectors[1:], panel)
