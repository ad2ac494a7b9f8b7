"""The development suite: D1 to D6, to choose recipes and checkpoints by."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType, ModuleType

import numpy as np

from research.embedded_v1.evaluation.held_out import cellular_automata, julia, moire, truchet
from research.embedded_v1.evaluation.held_out.colors import colored
from research.embedded_v1.evaluation.patches import china_patches
from research.embedded_v1.evaluation.picture_cache import kept
from research.embedded_v1.evaluation.tasks import Classification, Suite, Suites, halves, number_of
from research.embedded_v1.evaluation.wild_digits import digits, pools, wild_digits

SEED = 2026
N_EACH = 40
N_DIGITS = 40  # of each class, half of them to train on


@cache
def development_suite() -> Suites:
    """Make the pictures of D1 to D6; about 15 seconds on one core, once a process."""
    return MappingProxyType(
        {
            "D1": Suite("Truchet tilings", (family_task("truchet", truchet, SEED, N_EACH),)),
            "D2": Suite("Julia sets", (family_task("julia", julia, SEED, N_EACH),)),
            "D3": Suite("Cellular automata", (family_task("cellular automata", cellular_automata, SEED, N_EACH),)),
            "D4": Suite("Moire", (family_task("moire", moire, SEED, N_EACH),)),
            "D5": Suite("Wild digits", (wild_digits("wild digits", _development_digits(), SEED),)),
            "D6": Suite("Patches of china.jpg", (china_patches("china", SEED),)),
        }
    )


def smoke_suite() -> Suites:
    """Make a few pictures of two of the tasks, to try the machinery."""
    few = _development_digits().reshape(10, -1)[:, :4].ravel()
    return MappingProxyType(
        {
            "D1": Suite("Truchet tilings", (family_task("few tilings", truchet, SEED, 4),)),
            "D5": Suite("Wild digits", (wild_digits("few digits", few, SEED),)),
        }
    )


def family_task(name: str, family: ModuleType, seed: int, n_each: int) -> Classification:
    """Draw pictures of each class of a held-out family; half of each class are to train on.

    Args:
        name: Of the task.
        family: A module with `draw(generator, number)` and `N_CLASSES`.
        seed: Of the suite.
        n_each: Pictures a class.
    """
    images = kept(name, seed, lambda: _draw_all(name, family, seed, n_each))
    classes = np.repeat(np.arange(family.N_CLASSES), n_each)
    fold = halves(np.random.default_rng((seed, number_of(name))), classes)
    return Classification(name, images, classes, (fold,), np.arange(len(images)))


def _draw_all(name: str, family: ModuleType, seed: int, n_each: int) -> list[np.ndarray]:
    images = []
    for number in range(family.N_CLASSES):
        for index in range(n_each):
            generator = np.random.default_rng((seed, number_of(name), number, index))
            images.append(colored(generator, family.draw(generator, number)))
    return images


def _development_digits() -> np.ndarray:
    rows = pools()[0]
    classes = digits()[1][rows]
    return np.concatenate([rows[classes == digit][:N_DIGITS] for digit in range(10)])
