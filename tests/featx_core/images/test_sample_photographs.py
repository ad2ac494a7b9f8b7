import builtins
import io
import re
import sys
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featx_core.images import sample_photographs
from featx_core.images.sample_photographs import (
    CLOSER_VIEWS,
    N_PHOTOGRAPHS,
    PHOTOGRAPHS,
    Photograph,
    SampleMissingError,
    photographs,
)
from featx_core.images.samples import SAMPLES


def test_whole_photographs_are_the_files_of_their_packages():
    from sklearn.datasets import load_sample_image

    made = dict(photographs())
    flower = np.asarray(Image.open(io.BytesIO(made["flower/flower.jpg"])))
    assert np.array_equal(flower, load_sample_image("flower.jpg"))
    cat = Path(str(distribution("scikit-image").locate_file("skimage/data/chelsea.png"))).read_bytes()
    assert made["cat/cat.png"] == cat
    assert Image.open(io.BytesIO(cat)).size == (451, 300)
    assert len(made) == N_PHOTOGRAPHS == len(PHOTOGRAPHS) * (1 + len(CLOSER_VIEWS))


def test_every_photograph_comes_in_the_wheel_and_is_not_fetched():
    """scikit-image downloads most of its pictures when asked for them; only those that its wheel lists are taken."""
    for photograph in PHOTOGRAPHS:
        listed = [str(file) for file in distribution(photograph.package).files or []]
        assert photograph.path in listed


def test_nothing_is_imported_to_read_them(monkeypatch):
    imported = []
    original = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest: imported.append(name) or original(name, *rest))
    for name in [name for name in sys.modules if name.split(".")[0] in ("skimage", "sklearn")]:
        monkeypatch.delitem(sys.modules, name)
    list(photographs())
    assert [name for name in imported if name.split(".")[0] in ("skimage", "sklearn", "pooch")] == []
    assert "skimage" not in sys.modules


def test_closer_views_lie_within_their_photograph(monkeypatch):
    """A picture whose pixels say where they are: each view is as large as it should be, and around the middle."""
    side = 200
    where = np.zeros((side, side, 3), np.uint8)
    where[..., 0], where[..., 1] = np.arange(side), np.arange(side)[:, np.newaxis]
    corner = Photograph("corner", "none", "none.png", "", "", "", middle=(0.0, 1.0))
    monkeypatch.setattr(sample_photographs, "PHOTOGRAPHS", (corner,))
    out = io.BytesIO()
    Image.fromarray(where).save(out, "PNG")
    _, *views = sample_photographs._with_views([out.getvalue()])
    for (share, _, _), (_, content) in zip(CLOSER_VIEWS, views, strict=True):
        view = np.asarray(Image.open(io.BytesIO(content))).astype(int)
        size = round(share * side)
        assert view.shape == (size, size, 3)
        assert abs(view[..., 0].mean() - (size - 1) / 2) < 4  # the left edge of the photograph
        assert abs(view[..., 1].mean() - (side - 1 - (size - 1) / 2)) < 4  # its lower edge


@pytest.mark.parametrize("photograph", PHOTOGRAPHS, ids=lambda photograph: photograph.label)
def test_every_photograph_has_an_author_terms_and_a_source(photograph):
    assert photograph.author
    assert photograph.terms
    assert photograph.source
    assert photograph.credit in SAMPLES["photographs"].attribution.split("\n")


@pytest.mark.parametrize(
    ("label", "function", "author", "terms"),
    [
        ("cat", "chelsea", "Stefan van der Walt", "CC0"),
        ("coffee", "coffee", "Rachel Michetti", "CC0"),
        ("photographer", "camera", "Lav Varshney", "CC0"),
        ("rocket", "rocket", "SpaceX", "public domain"),
        ("astronaut", "astronaut", "NASA", "public domain"),
        ("galaxies", "hubble_deep_field", "NASA", "public domain"),
        ("coins", "coins", "Brooklyn Museum Collection", "No known copyright restrictions"),
    ],
)
def test_the_package_itself_names_the_author_and_the_terms(label, function, author, terms):
    import skimage.data

    said = re.sub(r"\s+", " ", getattr(skimage.data, function).__doc__)
    assert author in said
    assert terms in said
    (ours,) = (photograph for photograph in PHOTOGRAPHS if photograph.label == label)
    assert author in ours.author
    assert terms.lower() == ours.terms.lower()


def test_a_missing_package_is_named_at_once(monkeypatch):
    lost = Photograph("cat", "scikit-image-lost", "skimage/data/chelsea.png", "", "", "")
    monkeypatch.setattr(sample_photographs, "PHOTOGRAPHS", (lost,))
    with pytest.raises(SampleMissingError, match=r"photograph of cat .* `pip install scikit-image-lost`"):
        SAMPLES["photographs"].make()


def test_a_missing_file_is_named_as_well():
    with pytest.raises(SampleMissingError, match="`scikit-image`, which is not installed"):
        Photograph("nothing", "scikit-image", "skimage/data/nothing.png", "", "", "").read()
