"""What augmentation does to features, on an extractor whose answers are known by hand."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.base.progress import Cancelled
from featx_core.methods.registry import build
from featx_core.robustness import effects as effects_module
from featx_core.robustness import sampling, stability
from featx_core.robustness.effects import Effects, augmentation_effects, bootstrap_ratio
from featx_core.robustness.stability import Stability, neighbor_stability
from featx_core.specs.augmented import Augmented
from featx_core.workspace.workspace import Workspace
from tests.toys.augmented_toys import SIDE, Means, MeansExtractor
from tests.toys.toy_methods import installed


class Sides(MeansExtractor):
    """Gives how bright the left and the right half are: a mirrored image has them the other way round."""

    def __init__(self) -> None:
        super().__init__(Means())
        self.output_shape = (None, 2)

    def __call__(self, images, *, batch_size=None):
        halves = images.astype(np.float64).reshape(len(images), SIDE, 2, SIDE // 2, 3).mean(axis=(1, 3, 4))
        return halves.astype(np.float32)


class Equal(MeansExtractor):
    """Gives the same for all images."""

    def __call__(self, images, *, batch_size=None):
        return np.ones((len(images), 3), np.float32)


class Broken(MeansExtractor):
    def __call__(self, images, *, batch_size=None):
        return np.full((len(images), 3), np.nan, np.float32)


@pytest.fixture(autouse=True, scope="module")
def toys():
    with installed(Means):
        yield


def two_sided(left: int, right: int) -> bytes:
    import io

    from PIL import Image

    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[:, : SIDE // 2], pixels[:, SIDE // 2 :] = left, right
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def halves() -> Workspace:
    """Three images whose features point to the right, up, and between: 90, 45 and 45 degrees apart."""
    made = Workspace.open(":memory:")
    made.add([("right.png", two_sided(200, 0)), ("up.png", two_sided(0, 200)), ("between.png", two_sided(200, 200))])
    return made


def test_a_flip_moves_as_far_as_worked_out_by_hand(halves) -> None:
    found = augmentation_effects(halves.images(), Sides(), (("horizontal_flip", 0.5),), n_copies=400)
    chord = 2 * np.sin(np.pi / 8)  # between unit vectors 45 degrees apart
    distance = (np.sqrt(2) + 2 * chord) / 3
    assert found.distance == pytest.approx(distance)
    moved = dict(zip(found.names, found.effects[0].moved, strict=True))
    assert moved["between.png"] == pytest.approx(0, abs=1e-7)
    for name in ("right.png", "up.png"):  # half of the copies go to the other corner
        assert moved[name] == pytest.approx(0.5 * np.sqrt(2) / distance, rel=0.15)
    assert found.effects[0].ratio == pytest.approx(np.mean(list(moved.values())))
    assert [found.names[row] for row, _ in found.movers("horizontal_flip")][2] == "between.png"


def test_a_transform_that_changes_nothing_has_ratio_0(halves) -> None:
    found = augmentation_effects(halves.images(), Sides(), (("contrast", 0.0), ("blur", 0.0)))
    assert [effect.ratio for effect in found.effects] == [0.0, 0.0]
    assert [(effect.low, effect.high) for effect in found.effects] == [(0.0, 0.0)] * 2


def test_the_one_that_moves_most_comes_first_and_intervals_hold_the_ratio(workspace) -> None:
    found = augmentation_effects(workspace.images(), MeansExtractor(Means()), (("brightness", 0.3), ("rotation", 1.0)))
    assert found.table["transform"].tolist() == ["brightness", "rotation"]
    table = found.table
    assert (table["low"] <= table["ratio"]).all()
    assert (table["ratio"] <= table["high"]).all()
    assert found.images.columns.tolist() == ["name", "brightness", "rotation"]
    np.testing.assert_allclose(found.images["rotation"].mean(), table["ratio"].iloc[1])


def test_all_transforms_are_measured_unless_some_are_asked_for(workspace, monkeypatch) -> None:
    monkeypatch.setattr(effects_module, "make_copies", lambda images, *asked, **options: images[:, None])
    found = fx.augmentation_effects(workspace.images(), MeansExtractor(Means()), n_copies=1)
    assert {effect.transform for effect in found.effects} == set(fx.AUGMENTATIONS)
    assert all(effect.ratio == 0 for effect in found.effects)


def test_neither_order_nor_names_of_images_change_a_number(workspace) -> None:
    images, extractor, asked = workspace.images(), MeansExtractor(Means()), (("brightness", 0.3),)
    assert augmentation_effects(images[::-1], extractor, asked) == augmentation_effects(images, extractor, asked)
    assert neighbor_stability(images[::-1], extractor) == neighbor_stability(images, extractor)


def test_of_an_augmented_extractor_the_one_inside_is_measured(workspace) -> None:
    asked = (("brightness", 0.3),)
    inside = augmentation_effects(workspace.images(), build(Means()), asked)
    assert augmentation_effects(workspace.images(), build(Augmented(Means())), asked) == inside


@pytest.mark.parametrize("measure", [augmentation_effects, neighbor_stability])
def test_the_scale_of_features_does_not_count(workspace, measure) -> None:
    asked = (("noise", 0.2),)
    small = measure(workspace.images(), MeansExtractor(Means(1e-6)), asked)
    large = measure(workspace.images(), MeansExtractor(Means(1e6)), asked)
    if isinstance(small, Stability):
        assert small == large
    else:
        assert small.effects[0].ratio == pytest.approx(large.effects[0].ratio, rel=1e-4)


def test_bootstrap_without_spread_is_a_point() -> None:
    apart = np.ones((5, 5)) - np.eye(5)
    np.testing.assert_allclose(bootstrap_ratio(np.full(5, 0.25), apart), (0.25, 0.25))


@pytest.mark.slow
def test_bootstrap_covers_the_true_ratio() -> None:
    """Images on a line, each moved by a random step: the expected ratio is known."""
    rng, n_images, covered = np.random.default_rng(0), 40, 0
    for trial in range(100):
        places = rng.normal(size=n_images)
        low, high = bootstrap_ratio(rng.exponential(0.5, n_images), np.abs(places[:, None] - places), seed=trial)
        covered += low <= 0.5 / (2 / np.sqrt(np.pi)) <= high  # mean |x - y| of two standard normals
    assert 86 <= covered <= 100


def test_effects_there_and_back(workspace) -> None:
    found = augmentation_effects(workspace.images(), MeansExtractor(Means()), (("brightness", 0.3), ("noise", 0.1)))
    assert Effects.from_bytes(found.to_bytes()) == found
    steady = neighbor_stability(workspace.images(), MeansExtractor(Means()))
    assert Stability.from_bytes(steady.to_bytes()) == steady


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b"{}", b'{"effects": 3}'])
@pytest.mark.parametrize("kind", [Effects, Stability])
def test_damaged_results_are_told(content: bytes, kind) -> None:
    with pytest.raises(ValueError, match="Measure again"):
        kind.from_bytes(content)


def test_large_sets_are_sampled_and_it_is_said(workspace, monkeypatch) -> None:
    monkeypatch.setattr(effects_module, "MAX_IMAGES", 4)
    monkeypatch.setattr(stability, "MAX_IMAGES", 5)
    extractor = MeansExtractor(Means())
    found = augmentation_effects(workspace.images(), extractor, (("noise", 0.1),))
    assert len(found.names) == 4
    assert found.digests == tuple(sorted(workspace.images().digests)[:4])
    assert found.notes == ("Measured on 4 of 6 images, drawn at random.",)
    assert neighbor_stability(workspace.images(), extractor).n_images == 5


def test_very_long_features_bound_the_sample(workspace, make_png, monkeypatch) -> None:
    workspace.add([(f"more/{row}.png", make_png(100 + row)) for row in range(6)])
    monkeypatch.setattr(sampling, "MAX_VALUES", 27)  # nine rows of three
    assert len(augmentation_effects(workspace.images(), MeansExtractor(Means()), (("noise", 0.1),)).names) == 9


def test_progress_is_told_and_cancelling_goes_through(workspace) -> None:
    seen: list[tuple[int, int]] = []
    asked = (("noise", 0.1), ("blur", 1.0))
    augmentation_effects(
        workspace.images(), MeansExtractor(Means()), asked, on_progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(done, 42) for done in range(0, 43, 6)]  # six images: as they are, and two transforms, three times

    def stop(done: int, total: int) -> None:
        raise Cancelled

    for measure in (augmentation_effects, neighbor_stability):
        with pytest.raises(Cancelled):
            measure(workspace.images(), MeansExtractor(Means()), on_progress=stop)


def test_features_that_notice_nothing_keep_all_neighbours(workspace) -> None:
    """With transforms of no strength the copies are the images."""
    found = neighbor_stability(workspace.images(), MeansExtractor(Means()), (("rotation", 0.0),))
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert (found.n_images, found.n_neighbors) == (6, 2)


def test_neighbours_change_as_worked_out_by_hand() -> None:
    """Five bright left halves and five bright right halves: a mirrored image has all its neighbours on the other side."""
    made = Workspace.open(":memory:")
    made.add([(f"l{value}.png", two_sided(100 + value, 9)) for value in range(0, 50, 10)])
    made.add([(f"r{value}.png", two_sided(9, 100 + value)) for value in range(0, 50, 10)])
    found = neighbor_stability(made.images(), Sides(), (("horizontal_flip", 0.5),))
    assert found.n_neighbors == 4  # the others of its side
    assert found.value == pytest.approx(0.5, abs=0.25)  # a copy is mirrored or not, so all stay or none
    assert found.value * 20 == pytest.approx(round(found.value * 20))
    assert found.low < found.value < found.high


def test_stability_of_copies_is_that_of_their_mean(workspace) -> None:
    kinds = (Augmented(Means(), n_copies=3, gives=gives) for gives in ("mean", "copies"))
    mean, copies = (neighbor_stability(workspace.images(), build(spec)) for spec in kinds)
    assert mean == copies


@pytest.mark.parametrize(
    ("measure", "extractor", "n_images", "words"),
    [
        (augmentation_effects, MeansExtractor, 2, "At least 3 different images are needed. Received: 2"),
        (neighbor_stability, MeansExtractor, 4, "At least 5 different images are needed. Received: 4"),
        (augmentation_effects, Equal, 6, "All images have identical features"),
        (augmentation_effects, Broken, 6, "Some features are not finite"),
        (neighbor_stability, Broken, 6, "Some features are not finite"),
    ],
)
def test_what_cannot_be_measured_is_told(workspace, measure, extractor, n_images: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        measure(workspace.images()[:n_images], extractor(Means()), (("noise", 0.1),))


def test_nothing_to_measure_is_told(workspace) -> None:
    extractor = MeansExtractor(Means())
    with pytest.raises(ValueError, match=r"At least 1 transform and 1 copy are needed\. Received: 0 and 3"):
        augmentation_effects(workspace.images(), extractor, ())
    with pytest.raises(ValueError, match="Received: 1 and 0"):
        augmentation_effects(workspace.images(), extractor, (("noise", 0.1),), n_copies=0)
    found = augmentation_effects(workspace.images(), extractor, (("noise", 0.1),))
    with pytest.raises(ValueError, match=r"`transform` must be one of noise\. Received: 'blur'"):
        found.movers("blur")
