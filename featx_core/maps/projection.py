"""Maps: two or three coordinates per image, computed from its features."""

import io
import json
import struct
import zipfile
import zlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from featx_core.base.files.stored_arrays import unpack_arrays
from featx_core.base.progress import ProgressCallback
from featx_core.maps.copies import copies_notes, together
from featx_core.maps.origin import origin_words
from featx_core.maps.pca import coincide
from featx_core.maps.registry import PROJECTIONS, Parameter, Projector
from featx_core.maps.trust import draw_rows, measure_trust

__all__ = ["PROJECTIONS", "Parameter", "Projection", "Projector", "project"]

PROJECTION_VERSION = 4
"""Raised when the same input begins to give another map, so that kept ones are not mistaken for new ones."""

DAMAGED = (
    *(ValueError, KeyError, TypeError, OSError, EOFError, NotImplementedError, RuntimeError, OverflowError),
    *(MemoryError, SyntaxError, struct.error, zlib.error, zipfile.BadZipFile),
)
"""What numpy and zipfile raise for a damaged file."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Positions of images on a map.

    Attributes:
        coordinates: Float32 `(n_rows, 2 or 3)`.
        rows: Which rows of the vectors are on the map, ascending, int64 `(n_rows,)`.
        name: A key of `PROJECTIONS`.
        parameters: What was asked for, with defaults filled in; also `n_components` and `seed`.
        details: More about it. Always: `notes` (sentences); `made_by` (see `featx_core.maps.origin`); `trustworthiness` and
            `neighbors_kept` (from 0 to 1, or None where they have no meaning), `neighbors_kept_each` (float32 `(n_rows,)`),
            `n_neighbors` and `n_measured`, as in `Trust`. PCA: `explained_variance`, `is_exact`. t-SNE: `kl_divergence`, the
            `perplexity` used. UMAP: `n_neighbors_used`.
    """

    coordinates: np.ndarray
    rows: np.ndarray
    name: str
    parameters: dict[str, Any]
    details: dict[str, Any]

    @property
    def notes(self) -> list[str]:
        """Sentences on what was left out, lowered or drawn."""
        return list(self.details["notes"])

    @property
    def origin(self) -> str:
        """What made it, and where the same seed gives the same map; nothing for maps from before this was noted."""
        return origin_words(self.details.get("made_by"), int(self.parameters["seed"]))

    @property
    def axis_titles(self) -> tuple[str, ...]:
        """A title with unit for each axis."""
        n_components = self.coordinates.shape[1]
        shares = [*self.details.get("explained_variance", []), *[0.0] * n_components]
        axis, about = PROJECTIONS[self.name].axis, "" if self.details.get("is_exact", True) else "about "
        return tuple(axis.format(number=i + 1, share=100 * shares[i], about=about) for i in range(n_components))

    def to_bytes(self) -> bytes:
        """The map as an NPZ file without pickled objects."""
        arrays: dict[str, Any] = {
            f"details.{key}": value for key, value in self.details.items() if isinstance(value, np.ndarray)
        }
        plain = {key: value for key, value in self.details.items() if not isinstance(value, np.ndarray)}
        text = json.dumps({"name": self.name, "parameters": self.parameters, "details": plain})
        file = io.BytesIO()
        np.savez_compressed(
            file, coordinates=self.coordinates, rows=self.rows, text=np.frombuffer(text.encode(), np.uint8), **arrays
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Projection":
        """The map that `to_bytes` wrote.

        Raises:
            ValueError: If `content` is not such a file.
        """
        try:
            arrays = unpack_arrays(content)
            facts = json.loads(arrays["text"].tobytes())
            stored = {key.removeprefix("details."): arrays[key] for key in arrays if key.startswith("details.")}
            details = facts["details"] | stored
            return cls(arrays["coordinates"], arrays["rows"], facts["name"], facts["parameters"], details)
        except DAMAGED as error:
            raise ValueError("This is not a stored map, or it is damaged. Compute the map again.") from error


def project(
    vectors: np.ndarray,
    name: str,
    *,
    n_components: int = 2,
    seed: int = 0,
    on_progress: ProgressCallback | None = None,
    **parameters: float | str,
) -> Projection:
    """Project images onto a map by their features.

    Rows that hold NaN or infinite values are left out. Where the projection has a limit, a seeded sample of the rows is
    drawn. The map's `rows` say which are on it, its `notes` say so in words.

    Args:
        vectors: Features, one row per image, `(n_images, n_features)`. Not modified.
        name: A key of `PROJECTIONS`, e.g. "pca" or "tsne".
        n_components: 2 or 3.
        seed: A whole number from 0. The same seed gives the same map on the same kind of machine.
        on_progress: Called with steps done and steps in total. Raise `Cancelled` in it to stop.
        **parameters: By the names in `PROJECTIONS[name].parameters`.

    Returns:
        The map, with measures of how far it can be trusted.

    Raises:
        ValueError: If `vectors` is not two-dimensional, holds no numbers or too few different rows, or if a name or a
            value of a parameter is not among those allowed.

    >>> project(np.array([[0.0, 0.0], [3.0, 0.0], [6.0, 0.0]]), "pca").coordinates[:, 0].tolist()
    [-3.0, 0.0, 3.0]
    """
    projector = _row(name)
    vectors = _checked_vectors(vectors)
    chosen = _checked_parameters(projector, parameters)
    _check_whole("n_components", n_components, 2, 3)
    _check_whole("seed", seed, 0, 2**32 - 1)
    rows, notes = _rows_on_map(vectors, projector, n_components, seed)
    points = vectors[rows]
    _check_enough(points, projector, notes)

    steps = _Steps(on_progress)
    with one_thread():
        layout, details = projector.function(points, n_components, seed, steps, **chosen)
        largest = np.finfo(np.float32).max
        coordinates = together(points, np.clip(layout, -largest, largest).astype(np.float32))
        details |= trust_details(points, coordinates, seed)
    copies = [] if projector.allows_coincident else copies_notes(points)
    details["notes"] = [*notes, *details["notes"], *copies, *_trust_notes(details, len(rows))]
    steps.finish()
    return Projection(coordinates, rows, name, {"n_components": n_components, "seed": seed, **chosen}, details)


def one_thread() -> AbstractContextManager[Any]:
    """Keep linear algebra on one thread: beside a busy process, several wait for each other, up to 40 times longer."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limits


class _Steps:
    """Passes progress on, with one step more for the measures that follow the layout."""

    def __init__(self, on_progress: ProgressCallback | None) -> None:
        self.on_progress: ProgressCallback = on_progress or (lambda done, total: None)
        self.total = 1

    def __call__(self, done: int, total: int) -> None:
        self.total = total + 1
        self.on_progress(done, self.total)

    def finish(self) -> None:
        self.on_progress(self.total, self.total)


def _row(name: str) -> Projector:
    if name not in PROJECTIONS:
        raise ValueError(f"There is no projection {name!r}. Choose one of: {', '.join(PROJECTIONS)}.")
    return PROJECTIONS[name]


def _checked_vectors(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise ValueError(
            f"`vectors` must have shape `(n_images, n_features)`, one row per image. Received: {vectors.shape}. Take "
            "`features.vectors`, or flatten each image's features."
        )
    if vectors.dtype.kind not in "fiub":
        raise ValueError(f"`vectors` must hold real numbers. Received: {vectors.dtype}.")
    return vectors if vectors.dtype in (np.float32, np.float64) else vectors.astype(np.float64)


def _checked_parameters(projector: Projector, given: dict[str, Any]) -> dict[str, float | str]:
    names = [parameter.name for parameter in projector.parameters]
    unknown = [name for name in given if name not in names]
    if unknown:
        known = f"It has: {', '.join(names)}." if names else "It has none."
        raise ValueError(f"{projector.title} has no parameter {unknown[0]!r}. {known}")
    return {row.name: _checked_value(row, given.get(row.name, row.default)) for row in projector.parameters}


def _checked_value(parameter: Parameter, value: Any) -> float | str:
    automatic = parameter.manual is not None
    if automatic and isinstance(value, str) and value == "auto":
        return value
    whole = isinstance(parameter.step, int)
    number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not number or not parameter.minimum <= value <= parameter.maximum or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        otherwise = ', or "auto"' if automatic else ""
        limits = f"from {parameter.minimum:g} to {parameter.maximum:g}"
        raise ValueError(f"{parameter.title} must be {kind} {limits}{otherwise}. Received: {value!r}.")
    return int(value) if whole else float(value)


def _check_whole(name: str, value: int, minimum: int, maximum: int) -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not minimum <= value <= maximum:
        raise ValueError(f"`{name}` must be a whole number from {minimum} to {maximum}. Received: {value!r}.")


def _rows_on_map(
    vectors: np.ndarray, projector: Projector, n_components: int, seed: int
) -> tuple[np.ndarray, list[str]]:
    """Indices of the rows to lay out, and sentences on those that are left out."""
    finite = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    notes = []
    if n_bad := len(vectors) - len(finite):
        verb, owner = ("was", "its") if n_bad == 1 else ("were", "their")
        notes.append(
            f"{spaced(n_bad)} of {spaced(len(vectors))} images {verb} left out: "
            f"{owner} features hold values that are not finite."
        )
    limit = projector.maximum_images[n_components] if projector.maximum_images else len(finite)
    if limit < len(finite):
        notes.append(
            f"{spaced(limit)} of {spaced(len(finite))} images are shown, drawn at random with seed {seed}: "
            f"{projector.title} in {n_components}-D takes at most {spaced(limit)}."
        )
    return finite[draw_rows(len(finite), limit, seed)], notes


def _check_enough(points: np.ndarray, projector: Projector, notes: list[str]) -> None:
    n_images, needed = len(points), projector.minimum_images
    n_different = n_images if projector.allows_coincident else _count_different(points, needed)
    if n_different < needed:
        kind = "images" if projector.allows_coincident else "different images"
        raise ValueError(
            " ".join([f"{projector.title} needs at least {needed} {kind}; {_these(n_images, n_different)}.", *notes])
        )
    if not projector.allows_coincident and coincide(points):
        raise ValueError(
            f"{projector.title} needs images with different features; all {spaced(n_images)} points coincide."
        )


def spaced(number: int) -> str:
    """A count as people read it: 20 000."""
    return f"{number:,}".replace(",", " ")


def _these(n_images: int, n_different: int) -> str:
    if n_images == 0:
        return "there are none"
    if n_different < n_images:
        return f"among these {spaced(n_images)} there {'is' if n_different == 1 else 'are'} {n_different}"
    return "this is 1" if n_images == 1 else f"these are {n_images}"


def _count_different(points: np.ndarray, enough: int) -> int:
    """Number of different rows, counted up to `enough`."""
    seen: set[bytes] = set()
    for row in points:
        seen.add((row + 0.0).tobytes())
        if len(seen) == enough:
            break
    return len(seen)


def trust_details(points: np.ndarray, coordinates: np.ndarray, seed: int) -> dict[str, Any]:
    trust = None if coincide(points) else measure_trust(points, coordinates, seed=seed)
    if trust is None:
        unknown = np.full(len(points), np.nan, np.float32)
        return dict.fromkeys(("trustworthiness", "neighbors_kept")) | {
            "neighbors_kept_each": unknown,
            "n_neighbors": 0,
            "n_measured": 0,
        }
    return trust._asdict()


def _trust_notes(details: dict[str, Any], n_rows: int) -> list[str]:
    if 0 < details["n_measured"] < n_rows:
        measured = f"{spaced(details['n_measured'])} of {spaced(n_rows)}"
        return [f"The trustworthiness of the map was measured on {measured} images, drawn at random."]
    return []
