import io
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from featx_core.images.decoding import inspect
from featx_core.images.intake import read_sources
from featx_core.images.intake_report import IntakeReport
from featx_core.images.sample_shapes import CLASSES, draw
from featx_core.images.samples import SAMPLES


def mean_colours(name: str) -> tuple[np.ndarray, list[str]]:
    made = list(SAMPLES[name].make())
    means = [np.asarray(Image.open(io.BytesIO(content))).reshape(-1, 3).mean(axis=0) for _, content in made]
    return np.array(means), [file.split("/")[0] for file, _ in made]


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_every_set_comes_in_whole_with_labels(name: str) -> None:
    report = IntakeReport()
    found = list(read_sources(list(SAMPLES[name].make()), report))
    assert len(found) == SAMPLES[name].n_images
    assert report == IntakeReport(converted=report.converted)
    assert {note for _, note in report.converted} <= {"colours converted to sRGB"}  # the rocket's
    assert all(incoming.label for incoming in found)
    assert len({incoming.name for incoming in found}) == len(found)
    assert len({incoming.digest for incoming in found}) == len(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "counts"), [("shapes", {30}), ("digits", {40}), ("regions", {12, 2}), ("photographs", {5})]
)
def test_classes_have_the_promised_sizes(name: str, counts: set[int]) -> None:
    labels = Counter(file.split("/")[0] for file, _ in SAMPLES[name].make())
    assert set(labels.values()) == counts
    assert len(labels) == {"shapes": 8, "digits": 10, "regions": 7, "photographs": 13}[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_set_is_the_same_each_time(name: str) -> None:
    assert list(islice(SAMPLES[name].make(), 12)) == list(islice(SAMPLES[name].make(), 12))


def test_captions_and_thanks_are_there() -> None:
    assert all(sample.title and sample.caption for sample in SAMPLES.values())
    assert "CC BY 2.0" in SAMPLES["regions"].attribution
    assert "danielbuechele" in SAMPLES["regions"].attribution
    assert "vultilion" in SAMPLES["regions"].attribution
    assert "Alpaydin" in SAMPLES["digits"].attribution


@pytest.mark.slow
@pytest.mark.thorough
def test_colour_tells_no_shape() -> None:
    from sklearn.model_selection import cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    means, labels = mean_colours("shapes")
    right = cross_val_score(KNeighborsClassifier(5), means, labels, cv=5).mean()
    assert right < 0.3


def test_shapes_are_160_pixels_and_differ_by_seed() -> None:
    first = draw("star", seed=0)
    assert first.shape == (160, 160, 3)
    assert np.array_equal(first, draw("star", seed=0))
    assert np.abs(first.astype(int) - draw("star", seed=1)).mean() > 5


@pytest.mark.parametrize("label", CLASSES)
def test_every_shape_can_be_seen(label: str) -> None:
    contrasts = [draw(label, seed=seed).astype(float).std(axis=(0, 1)).max() for seed in range(12)]
    assert min(contrasts) > 6


def test_digits_are_dark_on_white_and_64_pixels() -> None:
    _, content = next(SAMPLES["digits"].make())
    facts = inspect(content)
    assert (facts.width, facts.height, facts.notes) == (64, 64, ())
    pixels = np.asarray(Image.open(io.BytesIO(content)))
    assert pixels[0, 0].min() > 230
    assert pixels.min() < 40


def test_sky_is_bright_and_petals_are_orange() -> None:
    means, labels = mean_colours("regions")
    for mean, label in zip(means, labels, strict=True):
        if label == "sky":
            assert mean.min() > 180
        if label == "petals":
            assert mean[0] > mean[1] > mean[2]
        if label == "leaves":
            assert mean[0] < min(mean[1], mean[2])
