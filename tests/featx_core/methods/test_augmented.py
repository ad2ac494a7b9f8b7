"""Features of changed copies: they are what the other extractor gives for the changed images, however they are asked for."""

import hashlib
import io

import numpy as np
import pandas as pd
import pytest

from featx_core.architecture.presets import PRESETS as LAYERS
from featx_core.augmentation.copies import augment, image_seeds
from featx_core.augmentation.transforms import PRESETS
from featx_core.comparison.compare import compare
from featx_core.extraction import export
from featx_core.extraction.extract import extract
from featx_core.extraction.features import load_features
from featx_core.heatmaps.explain import explain
from featx_core.heatmaps.targets import SimilarityTarget
from featx_core.methods import registry as methods
from featx_core.methods.registry import METHODS, build, train
from featx_core.specs.augmented import Augmented
from featx_core.specs.custom_sequential import CustomSequential
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import SpecError, parse_spec
from featx_core.studies.maps.map import MapStudy
from tests.toys.augmented_toys import SIDE, Means
from tests.toys.studying import done
from tests.toys.toy_methods import installed

TUTORIAL = PRESETS["tutorial"].transforms


@pytest.fixture(autouse=True, scope="module")
def toys():
    with installed(Means):
        yield


NETWORK = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))


@pytest.fixture
def pictures() -> np.ndarray:
    images = np.random.default_rng(1).integers(0, 256, (5, SIDE, SIDE, 3), dtype=np.uint8)
    images.setflags(write=False)
    return images


def by_hand(pictures: np.ndarray, spec: Augmented) -> np.ndarray:
    """Work the copies out one by one."""
    rows = []
    for picture in pictures:
        seeds = image_seeds([hashlib.sha256(picture.tobytes()).digest()], spec.seed, spec.n_copies)[0]
        copies = [augment(picture[None], spec.transforms, seeds=[seed])[0] for seed in seeds]
        copies = [picture, *copies[1:]] if spec.with_original else copies
        rows.append([copy.mean(axis=(0, 1)) for copy in copies])
    return np.array(rows)


@pytest.mark.parametrize("with_original", [True, False])
def test_copies_and_their_mean_are_those_worked_out_by_hand(pictures: np.ndarray, with_original: bool) -> None:
    spec = Augmented(Means(), n_copies=3, seed=5, with_original=with_original, gives="copies")
    copies = build(spec)(pictures)
    assert copies.shape == (5, 3, 3)
    np.testing.assert_allclose(copies, by_hand(pictures, spec), rtol=1e-6)
    means = build(Augmented(Means(), n_copies=3, seed=5, with_original=with_original))(pictures)
    np.testing.assert_allclose(means, copies.mean(axis=1), rtol=1e-6)


def test_the_first_copy_is_the_picture_as_it_is(pictures: np.ndarray) -> None:
    copies = build(Augmented(Means(), n_copies=4, gives="copies"))(pictures)
    np.testing.assert_array_equal(copies[:, 0], build(Means())(pictures))
    assert (copies[:, 1:] != copies[:, :1]).any(axis=(1, 2)).all()


def test_neither_batch_nor_order_nor_company_change_a_picture(pictures: np.ndarray) -> None:
    extractor = build(Augmented(Means(), n_copies=3, gives="copies"))
    whole = extractor(pictures)
    np.testing.assert_array_equal(extractor(pictures, batch_size=1), whole)
    np.testing.assert_array_equal(extractor(pictures[::-1])[::-1], whole)
    np.testing.assert_array_equal(extractor(pictures[2:3]), whole[2:3])
    assert extractor(pictures[:0]).shape == (0, 3, 3)


def test_another_seed_gives_other_copies(pictures: np.ndarray) -> None:
    one, other = (build(Augmented(Means(), seed=seed))(pictures) for seed in (0, 1))
    assert (one != other).all()


def test_the_network_never_gets_more_copies_than_it_takes_at_once(pictures: np.ndarray) -> None:
    extractor = build(Augmented(Means(), n_copies=4))
    assert extractor.batch_size == 2  # 8 of the network, divided by 4 copies
    extractor(pictures, batch_size=5)
    assert max(extractor.base.batches) <= 8


@pytest.fixture(scope="module")
def network():
    return build(Augmented(NETWORK, n_copies=3, gives="copies"))


@pytest.mark.slow
@pytest.mark.thorough
def test_with_a_real_network_the_mean_of_copies_is_test_time_augmentation(network, workspace) -> None:
    copies = extract(workspace.images(), network)
    assert copies.values.shape == (18, 576)
    assert copies.copies == (0, 1, 2) * 6
    assert copies.n_images == 6
    mean = extract(workspace.images(), build(Augmented(NETWORK, n_copies=3)))
    np.testing.assert_allclose(mean.values, copies.per_image().values, rtol=1e-4, atol=1e-6)
    plain = extract(workspace.images(), network.base)
    np.testing.assert_allclose(copies.values[::3], plain.values, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.thorough
def test_heatmaps_are_those_of_the_picture_as_it_is(network, workspace) -> None:
    image, target = workspace.images()[0], SimilarityTarget(workspace.images()[1])
    found = explain(image, network, "grad_cam", target=target)
    expected = explain(image, network.base, "grad_cam", target=target)
    np.testing.assert_allclose(found.grid, expected.grid, atol=1e-5)
    assert "without augmentation" in methods.heatmap_caption(network.spec)


@pytest.mark.slow
@pytest.mark.parametrize(
    "base",
    [
        CustomSequential(LAYERS["tutorial"].layers),
        LambdaTransform(("x ** 2", "pool(x, 8)")),
        pytest.param(LambdaTransform(("x ** 2",), source=NETWORK), marks=pytest.mark.thorough),
    ],
    ids=["custom", "formula of pixels", "formula of features"],
)
def test_every_way_to_extract_can_be_augmented(base, workspace) -> None:
    extractor = build(Augmented(base, n_copies=2, gives="copies"))
    features = extract(workspace.images(), extractor)
    plain = extract(workspace.images(), build(base))
    assert features.values.shape == (12, *plain.feature_shape)
    np.testing.assert_allclose(features.values[::2], plain.values, rtol=1e-3, atol=1e-5)
    assert (features.values[1::2] != plain.values).any()
    assert methods.outline(extractor.spec).feature_shape == plain.feature_shape
    again = spec_from_json(extractor.spec.to_json())
    assert (again.digest, methods.has_quick_outline(again)) == (extractor.spec.digest, methods.has_quick_outline(base))


def keep(workspace, spec):
    """Extract with the toy and enter it under a spec that the ledger can read."""
    readable = Augmented(NETWORK, spec.transforms, spec.n_copies, spec.seed, spec.with_original, spec.gives)
    extractor = build(spec)
    extractor.spec = readable
    return extract(workspace.images(), extractor, workspace=workspace), readable


def test_added_images_leave_the_rows_of_the_others(workspace, make_png) -> None:
    spec = Augmented(Means(), n_copies=3, gives="copies")
    first, readable = keep(workspace, spec)
    workspace.add([("cat/new.png", make_png(77))])
    second, _ = keep(workspace, spec)
    assert second.details["n_computed"] == 1
    np.testing.assert_array_equal(second.values[: len(first)], first.values)
    again = load_features(workspace, readable.digest)
    np.testing.assert_array_equal(again.values, second.values)
    assert again.names == tuple(name for name in workspace.images().names for _ in range(3))
    assert again.row_names[1] == f"{again.names[1]} (copy 1)"


def test_copies_go_out_with_their_numbers(workspace) -> None:
    features, _ = keep(workspace, Augmented(Means(), n_copies=2, gives="copies"))
    table = pd.read_csv(io.BytesIO(export.to_csv(features)))
    assert table.columns[:5].tolist() == ["name", "label", "path", "copy", "f0"]
    assert table["copy"].tolist() == [0, 1] * 6
    with np.load(io.BytesIO(export.to_npz(features)), allow_pickle=False) as arrays:
        assert arrays["copies"].tolist() == [0, 1] * 6
    assert pd.read_parquet(io.BytesIO(export.to_parquet(features)))["copy"].dtype == np.int64


def test_a_map_shows_all_copies_or_the_images(workspace) -> None:
    _, readable = keep(workspace, Augmented(Means(), n_copies=2, gives="copies"))
    assert len(done(workspace, MapStudy(readable.digest, "pca")).coordinates) == 12
    assert len(done(workspace, MapStudy(readable.digest, "pca", per_image=True)).coordinates) == 6


def test_a_comparison_takes_the_mean_of_the_copies(workspace) -> None:
    copies, _ = keep(workspace, Augmented(Means(), n_copies=2, gives="copies"))
    means = copies.per_image().vectors
    found = compare({"copies": copies, "means": means}, workspace.images().labels, images=workspace.images())
    assert found.matrix("cka").loc["copies", "means"] == pytest.approx(1)


def test_json_there_and_back() -> None:
    spec = Augmented(NETWORK, (("shift", 0.1), ("rotation", 20)), n_copies=4, gives="copies")
    again = spec_from_json(spec.to_json())
    assert again == spec
    assert again.transforms == (("rotation", 20.0), ("shift", 0.1))
    assert again.digest == Augmented(NETWORK, again.transforms, n_copies=4, gives="copies").digest
    assert METHODS["augmented"].spec is Augmented


def test_what_is_said_of_it() -> None:
    spec = Augmented(Means(), n_copies=3)
    assert spec.title == "Augmented Channel means, mean of 3 copies"
    assert spec.badge == "no weights; horizontal flip, rotation 20 degrees, shifts 0.1"
    strong = Augmented(Means(), PRESETS["strong"].transforms, seed=4)
    assert strong.badge == "no weights; 9 transforms (seed 4)"
    outline = methods.outline(spec)
    assert methods.shape_steps(spec, outline) == ((16, 16, 3), "x 3 copies", (3,), "mean of the copies", (3,))
    copies = Augmented(Means(), n_copies=3, gives="copies")
    assert methods.shape_steps(copies, outline) == ((16, 16, 3), "x 3 copies", (3,), "3 rows an image")
    assert (spec.rows_per_image, copies.rows_per_image) == (1, 3)
    assert methods.class_names(Augmented(NETWORK)) is None


def test_training_passes_on_to_the_other_extractor(workspace) -> None:
    spec = Augmented(Means(weights="trained"))
    assert spec.needs_training
    with pytest.raises(SpecError, match="not trained yet"):
        build(spec)
    trained = train(spec, workspace)
    assert trained == Augmented(Means(weights="file:0"))
    assert not trained.needs_training


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"transforms": ()}, "`transforms` is empty. Choose at least one transform"),
        ({"transforms": (("swirl", 1.0),)}, "There is no transform 'swirl'"),
        ({"transforms": (("rotation", 400.0),)}, "strength of 'rotation' must be 0 to 180"),
        ({"n_copies": 1}, "`n_copies` must be 2 to 64. Received: 1"),
        ({"n_copies": 0, "with_original": False}, "`n_copies` must be 1 to 64. Received: 0"),
        ({"n_copies": 65}, "`n_copies` must be 2 to 64. Received: 65"),
        ({"seed": -1}, "`seed` must be 0 to 4294967295. Received: -1"),
        ({"gives": "median"}, "`gives` of Augmented must be 'mean' or 'copies'"),
        ({"base": Means(rows=2)}, "`base` must give one row per image. 'Channel means' gives 2"),
        ({"base": "vgg16"}, "`base` of Augmented must be Spec"),
    ],
)
def test_impossible_specs_are_named(fields: dict, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        Augmented(**{"base": Means(), **fields})


def test_rows_of_numbers_cannot_be_augmented(monkeypatch) -> None:
    monkeypatch.setattr(Means, "takes_images", False)
    with pytest.raises(SpecError, match="Only images can be augmented"):
        Augmented(Means())


def test_a_toy_reads_back_as_well() -> None:
    spec = Augmented(Means(2.0), n_copies=5)
    assert parse_spec(spec.to_json(), {"augmented": Augmented, "means": Means}) == spec
