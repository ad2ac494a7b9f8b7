"""The test suite: T1 to T9, run once a release on the candidate that is meant to ship."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType

import numpy as np

from research.embedded_v1.evaluation.alterations import ALTERATIONS
from research.embedded_v1.evaluation.held_out import l_systems, reaction_diffusion, solids
from research.embedded_v1.evaluation.held_out.colors import as_rgb, colored, grey
from research.embedded_v1.evaluation.letters import letters
from research.embedded_v1.evaluation.patches import fitted
from research.embedded_v1.evaluation.photographs import photographs, picture_path
from research.embedded_v1.evaluation.picture_cache import kept
from research.embedded_v1.evaluation.suites_development import family_task
from research.embedded_v1.evaluation.tasks import (
    Classification,
    FewLabels,
    Retrieval,
    Suite,
    Suites,
    halves,
    number_of,
    stratified_folds,
)
from research.embedded_v1.evaluation.wild_digits import digits, pools, wild_digits

SEED = 61106
N_EACH = 60
N_SIMULATIONS = 10  # a class; half of them to train on
N_PATCHES, PATCH = 40, 64  # of each half of a photograph; pixels
STEREO_STEP = 24  # pixels
CROP, N_CROPS, N_ORIGINALS = 96, 12, 200
N_LABELS, N_LABEL_DRAWS = 5, 10


@cache
def test_suite() -> Suites:
    """Make the pictures of T1 to T9.

    Raises:
        ImportError: If scikit-image or matplotlib is not installed.
    """
    wild = wild_digits("wild digits", pools()[1], SEED)
    written, patches = letters("letters", SEED), photograph_patches()
    families = (
        reaction_diffusion_task(),
        family_task("L-systems", l_systems, SEED, N_EACH),
        solids_task(),
    )
    return MappingProxyType(
        {
            "T1": Suite("Clean digits", (clean_digits(),)),
            "T2": Suite("Wild digits", (wild,)),
            "T3": Suite("Letters, typeface left out", (written,)),
            "T4": Suite("Held-out families", families),
            "T5": Suite("Patches of photographs", (patches,)),
            "T5b": Suite("T5 without china.jpg", (without_class(patches, 0),)),
            "T6": Suite("Stereo pair", (stereo(),)),
            "T7": Suite("Altered copies", (altered_copies(),)),
            "T8": Suite("Faces or not", (faces(),)),
            "T9": Suite("Five labels a class", tuple(few_labels(task) for task in (wild, written, patches))),
        }
    )


test_suite.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test


def clean_digits() -> Classification:
    """Make T1: all 1 797 digits, enlarged."""
    pictures, classes = digits()
    images = np.stack([fitted(np.rint(255 * each).astype(np.uint8)) for each in pictures])
    fold = halves(np.random.default_rng((SEED, number_of("clean digits"))), classes)
    return Classification("clean digits", as_rgb(images), classes, (fold,), np.arange(len(images)))


def reaction_diffusion_task() -> Classification:
    """Make a part of T4: six views of each of ten simulations a class, five of them to train on."""
    name, n_views = "reaction-diffusion", N_EACH // N_SIMULATIONS

    def draw() -> list[np.ndarray]:
        cells = reaction_diffusion.simulate(np.random.default_rng((SEED, number_of(name))), N_SIMULATIONS)
        return [
            _colored_view(np.random.default_rng((SEED, number_of(name), number, index)), each)
            for number, each in enumerate(cells.reshape(-1, *cells.shape[2:]))
            for index in range(n_views)
        ]

    simulations = np.repeat(np.arange(reaction_diffusion.N_CLASSES * N_SIMULATIONS), n_views)
    is_train = simulations % N_SIMULATIONS < N_SIMULATIONS // 2
    fold = (np.flatnonzero(is_train), np.flatnonzero(~is_train))
    return Classification(name, kept(name, SEED, draw), simulations // N_SIMULATIONS, (fold,), simulations)


def _colored_view(generator: np.random.Generator, cells: np.ndarray) -> np.ndarray:
    return colored(generator, reaction_diffusion.view(generator, cells))


def solids_task() -> Classification:
    """Make a part of T4: solids by a second renderer."""
    name, classes = "solids", np.repeat(np.arange(solids.N_CLASSES), N_EACH)
    images = kept(
        name,
        SEED,
        lambda: [
            solids.picture(np.random.default_rng((SEED, number_of(name), index)), int(number))
            for index, number in enumerate(classes)
        ],
    )
    fold = halves(np.random.default_rng((SEED, number_of(name))), classes)
    return Classification(name, images, classes, (fold,), np.arange(len(images)))


def photograph_patches() -> Classification:
    """Make T5: grey patches of twenty photographs, left halves to train on, right halves to test."""
    images = []
    for name, photograph in photographs().items():
        generator = np.random.default_rng((SEED, number_of("photographs"), number_of(name)))
        height, width = photograph.shape[:2]
        for first in (0, width // 2):
            lefts = first + generator.integers(0, width // 2 - PATCH + 1, N_PATCHES)
            tops = generator.integers(0, height - PATCH + 1, N_PATCHES)
            images += [_grey_patch(photograph, top, left) for top, left in zip(tops, lefts, strict=True)]
    is_right = np.tile(np.arange(2).repeat(N_PATCHES), len(photographs())) == 1
    classes = np.arange(len(photographs())).repeat(2 * N_PATCHES)
    fold = (np.flatnonzero(~is_right), np.flatnonzero(is_right))
    return Classification("photographs", np.stack(images), classes, (fold,), np.arange(len(images)))


def without_class(task: Classification, number: int) -> Classification:
    """Leave out the pictures of one class, in training and in the test."""
    folds = tuple(
        (train[task.classes[train] != number], test[task.classes[test] != number]) for train, test in task.folds
    )
    return replace(task, name=f"{task.name} without {number}", folds=folds)


def _grey_patch(photograph: np.ndarray, top: int, left: int) -> np.ndarray:
    return fitted(as_rgb(grey(photograph[top : top + PATCH, left : left + PATCH])))


def stereo() -> Retrieval:
    """Make T6: patches of the left picture, to be found in the right one of the motorcycle pair."""
    from PIL import Image

    left, right = (
        np.asarray(Image.open(picture_path(f"motorcycle_{side}.png")).convert("RGB")) for side in ("left", "right")
    )
    with np.load(picture_path("motorcycle_disp.npz")) as file:
        disparity = file["arr_0"]
    half = PATCH // 2
    pairs = []
    for y in range(half, left.shape[0] - half + 1, STEREO_STEP):
        for x in range(half, left.shape[1] - half + 1, STEREO_STEP):
            if np.isfinite(disparity[y, x]) and disparity[y, x] > 0 and x - disparity[y, x] >= half:
                pairs.append((_square(left, x, y), _square(right, round(x - float(disparity[y, x])), y)))
    queries, gallery = zip(*pairs, strict=True)
    answers = np.arange(len(pairs))
    return Retrieval("stereo", np.stack([*gallery, *queries]), len(pairs), answers, answers)


def _square(image: np.ndarray, x: int, y: int) -> np.ndarray:
    half = PATCH // 2
    return fitted(image[y - half : y + half, x - half : x + half])


def altered_copies() -> Retrieval:
    """Make T7: disjoint colour crops of the photographs, each altered in six ways."""
    originals = _crops()
    generators = [np.random.default_rng((SEED, number_of("altered copies"), i)) for i in range(len(originals))]
    queries = [alter(g, image) for g, image in zip(generators, originals, strict=True) for alter in ALTERATIONS]
    answers = np.arange(len(originals)).repeat(len(ALTERATIONS))
    return Retrieval("altered copies", np.stack([*originals, *queries]), len(originals), answers, answers)


def _crops() -> list[np.ndarray]:
    generator, crops = np.random.default_rng((SEED, number_of("crops"))), []
    for photograph in photographs().values():
        rows, columns = (side // CROP for side in photograph.shape[:2])
        for place in generator.permutation(rows * columns)[:N_CROPS]:
            top, left = CROP * (place // columns), CROP * (place % columns)
            crops.append(fitted(photograph[top : top + CROP, left : left + CROP]))
    return [crops[i] for i in np.sort(generator.permutation(len(crops))[:N_ORIGINALS])]


def faces() -> Classification:
    """Make T8: 100 faces and 100 other pictures."""
    pictures = np.load(picture_path("lfw_subset.npy"))
    images = as_rgb(np.stack([fitted(np.rint(255 * each).astype(np.uint8)) for each in pictures]))
    classes = (np.arange(len(images)) >= len(images) // 2).astype(int)
    folds = stratified_folds(np.random.default_rng((SEED, number_of("faces"))), classes, 5)
    return Classification("faces", images, classes, folds, np.arange(len(images)))


def few_labels(task: Classification) -> FewLabels:
    """Make a part of T9: five labelled pictures a class, ten draws shared out over the folds."""
    draws = []
    for number, (train, _) in enumerate(task.folds):
        generator = np.random.default_rng((SEED, number_of("few labels"), number_of(task.name), number))
        chosen = [halves(generator, task.classes[train], N_LABELS)[0] for _ in range(N_LABEL_DRAWS // len(task.folds))]
        draws.append(tuple(train[rows] for rows in chosen))
    return FewLabels(task, tuple(draws))
