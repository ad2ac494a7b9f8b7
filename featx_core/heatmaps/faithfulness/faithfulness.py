"""How faithful heatmaps are: the target as an image loses, or gains, what a map calls important."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featx_core.base.files.stored_arrays import unpack_arrays
from featx_core.base.progress import ProgressCallback
from featx_core.heatmaps.explain import explain_many
from featx_core.heatmaps.faithfulness.curves import STEPS, Scoring, Walks, area, order_of
from featx_core.heatmaps.layers import HeatmapError
from featx_core.heatmaps.observation import default_target
from featx_core.heatmaps.perturbations.scores import Score, scoring_many
from featx_core.heatmaps.pictures import fitted_of
from featx_core.heatmaps.targets import FeatureTarget, Target
from featx_core.images.fitting import Cells, Placement, to_original

if TYPE_CHECKING:
    from featx_core.heatmaps.overlay import Heatmap
    from featx_core.images.image_set import ImageRecord
    from featx_core.networks.extractor import Extractor

RANDOM, CENTRE = "random", "centre"
N_RANDOM = 3
"""Random maps an image, whose curves are averaged."""

_FRAME = Placement((0.0, 0.0, 1.0, 1.0))


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """Deletion and insertion curves of heatmaps, beside a random map and one that is highest in the middle.

    Attributes:
        names: Keys of `HEATMAPS`, then `RANDOM` and `CENTRE`.
        deletion: float64 `(n_names, n_images, n_shares)`: the target after a share of the pixels, see `SHARES`, was hidden.
        insertion: The same after a share of the pixels was shown on a blurred image.
        explains: Names the target, such as "this image's own features".
    """

    names: tuple[str, ...]
    deletion: np.ndarray
    insertion: np.ndarray
    explains: str

    @property
    def n_images(self) -> int:
        """How many images there are curves of."""
        return int(self.deletion.shape[1])

    @property
    def areas(self) -> tuple[np.ndarray, np.ndarray]:
        """The areas under the curves, `(n_names, n_images)`: of deletion, lower is better; of insertion, higher."""
        return area(self.deletion), area(self.insertion)

    def beats(self, name: str, other: str) -> tuple[int, int]:
        """Count the images on which a map does better than another one: by deletion, and by insertion."""
        one, two = self.names.index(name), self.names.index(other)
        hidden, shown = self.areas
        return int((hidden[one] < hidden[two]).sum()), int((shown[one] > shown[two]).sum())

    def to_bytes(self) -> bytes:
        """Write the curves as npz, without pickle."""
        buffer = io.BytesIO()
        facts = json.dumps({"names": self.names, "explains": self.explains})
        np.savez_compressed(buffer, deletion=self.deletion, insertion=self.insertion, facts=np.array(facts))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Faithfulness:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            arrays = unpack_arrays(content)
            facts = json.loads(str(arrays["facts"]))
            return cls(tuple(facts["names"]), arrays["deletion"], arrays["insertion"], facts["explains"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError(
                "`content` must be what `Faithfulness.to_bytes` wrote. Received something else."
            ) from error


def measure_faithfulness(
    images: Sequence[ImageRecord | np.ndarray],
    extractor: Extractor,
    names: Sequence[str],
    *,
    layer: int | str | None = None,
    target: Target | None = None,
    on_progress: ProgressCallback | None = None,
) -> Faithfulness:
    """Measure how well heatmaps find what a target depends on.

    The pixels of each image, as the network receives it, are put in the order of each map, the highest first. Deletion hides
    them in steps behind the mean colour of the image; insertion shows them in as many steps on a strongly blurred one. A random
    map has a random value for each cell of the first heatmap, and so is as smooth as that.

    Args:
        images: Records, or uint8 `(height, width, 3)` RGB arrays. Not modified.
        extractor: Network and preprocessing, as returned by `build`.
        names: Keys of `HEATMAPS`.
        layer: As for `explain`.
        target: As for `explain`. What is followed is the number of `scorer`, for one feature as a share of its value on the
            whole image.
        on_progress: Called with maps done and maps in all.

    Raises:
        ValueError: If there is no image or no name, or a name is unknown.
        HeatmapError: If the network, the layer or the target allow no such heatmap, or a feature is not positive on an image.

    Reference:
        Petsiuk, Das & Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018,
        arXiv:1806.07421, section 4.1. There deletion hides behind grey.
    """
    if not images or not names:
        raise ValueError("`images` and `names` must hold at least one each. Received: none.")
    target = target or default_target(extractor)
    n_maps, titles, curves = len(names) + N_RANDOM + 1, [], []
    with scoring_many(extractor, target, len(images) * n_maps * 2 * STEPS) as hold:
        for number, image in enumerate(images):
            report = _Progress(on_progress, number * n_maps, len(images) * n_maps)
            found = explain_many([image], extractor, names, layer=layer, target=target, on_progress=report.again)
            fitted = fitted_of(image, extractor)
            score = hold(fitted)
            scoring = _as_shares(score, fitted) if isinstance(target, FeatureTarget) else score.of
            titles.append(score.target_title)
            curves.append(_curves(fitted, [found[name][0] for name in names], scoring, number, report))
    hidden, shown = np.array(curves).transpose(2, 1, 0, 3)
    if not (np.isfinite(hidden).all() and np.isfinite(shown).all()):
        raise HeatmapError("The network gave values that are not finite on these images, so nothing can be measured.")
    return Faithfulness((*names, RANDOM, CENTRE), hidden, shown, _in_common(titles))


class _Progress:
    """Counts maps, and lets a job be cancelled between them."""

    def __init__(self, on_progress: ProgressCallback | None, done: int, total: int) -> None:
        self.tell, self.done, self.total = on_progress or (lambda done, total: None), done, total
        self.again()

    def again(self, *_: int) -> None:
        """Tell where it stands."""
        self.tell(self.done, self.total)

    def step(self) -> None:
        """Count one map more."""
        self.done += 1
        self.again()


def _curves(
    fitted: np.ndarray, heatmaps: Sequence[Heatmap], scoring: Scoring, seed: int, report: _Progress
) -> list[np.ndarray]:
    """Follow the score in the order of each map: deletion and insertion, `(2, n_shares)` a map."""
    size = fitted.shape[:2]
    maps = [_on_frame(found.grid, found.cells, size) for found in heatmaps]
    others = [*_random_maps(heatmaps[0], size, seed), central_map(size)]
    rows, walks = [], Walks(fitted, scoring)
    for values in (*maps, *others):
        rows.append(walks.curves(order_of(values, seed)))
        report.step()
    return [*rows[: len(maps)], np.mean(rows[len(maps) : -1], axis=0), rows[-1]]


def _on_frame(grid: np.ndarray, cells: Cells, size: tuple[int, int]) -> np.ndarray:
    return to_original(grid, cells, _FRAME, size[1], size[0])


def _random_maps(like: Heatmap, size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng([seed, 1])
    for _ in range(N_RANDOM):
        yield _on_frame(rng.random(like.grid.shape), like.cells, size)


def central_map(size: tuple[int, int]) -> np.ndarray:
    """Return a map `(height, width)` that is highest in the middle: minus the distance from it, in shares of the sides."""
    down, across = ((np.arange(side) + 0.5) / side - 0.5 for side in size)
    return -np.hypot(down[:, np.newaxis], across[np.newaxis])


def _as_shares(score: Score, fitted: np.ndarray) -> Scoring:
    whole = float(score.of(fitted[np.newaxis])[0])
    if whole <= 0:
        raise HeatmapError(
            f"This needs an image on which the target is positive. Received: {whole:.3g} for {score.target_title}. "
            "Pick another feature, or other images."
        )
    return lambda images: score.of(images) / whole


def _in_common(titles: Sequence[str]) -> str:
    """Name what all images have for a target; classes come with a score each, which is left out."""
    names = {title.rpartition(", ")[0] or title for title in titles}
    return names.pop() if len(names) == 1 else "the class of each image"
