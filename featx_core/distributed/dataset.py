"""Features of a dataset of Ray Data that users bring themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.distributed.computing import Computer
from featx_core.distributed.decoding import Decoded, fit_content
from featx_core.distributed.extraction import check_spec, weights_of
from featx_core.distributed.pipeline import CORES_A_TASK, in_actors, plan_actors
from featx_core.distributed.plan import Listed, images_per_chunk
from featx_core.distributed.ray_here import load_ray
from featx_core.images.decoding import fit_image
from featx_core.images.found_files import reason_of
from featx_core.specs.spec import Spec, SpecError

if TYPE_CHECKING:
    import pyarrow as pa

    from featx_core.workspace.workspace import Workspace

_PIXELS = "featx.pixels"
SHA256, FEATURES, REASON = "sha256", "features", "reason"


def extract_dataset(
    dataset: Any,
    spec: Spec,
    *,
    column: str = "bytes",
    n_actors: int | None = None,
    batch_size: int | None = None,
    workspace: Workspace | None = None,
) -> Any:
    """Add the features of images to a `ray.data.Dataset`; lazily, as its own operations do.

    The network is built once in each actor; images are decoded in tasks before it. Ray must be connected.

    Args:
        dataset: Has a column of images: the bytes of files, as `ray.data.read_binary_files` gives them, or RGB uint8 arrays
            `(height, width, 3)`, as `ray.data.read_images` does.
        spec: Any way to extract one row per image that needs no training any more.
        column: The column of images. It is left out of the result.
        n_actors: How many processes compute; None for one a GPU, or one for up to eight cores.
        batch_size: Images that are decoded and computed together; None for what 32 MB hold.
        workspace: Holds the weights that the spec names, if it does.

    Returns:
        A dataset with all other columns and `sha256` (of the file; null for arrays), `features` (a fixed-size list of float32;
        null where the image has none) and `reason` (why it has none, else null). No row is lost.

    Raises:
        SpecError: If the spec cannot be extracted so.
        ClusterError: If Ray is missing, or has nothing to compute with.

    Example:
        >>> import ray, featx_core as fx  # doctest: +SKIP
        >>> images = ray.data.read_binary_files("s3://bucket/photos", include_paths=True)  # doctest: +SKIP
        >>> fx.extract_dataset(images, fx.Pretrained("resnet50")).write_parquet("s3://bucket/features")  # doctest: +SKIP
    """
    check_spec(spec)
    weights = weights_of(spec, workspace)
    ray = load_ray()
    pixels = spec.picture_input
    if pixels is None:
        raise SpecError(f"{spec.title} takes no images.")
    actors = plan_actors(ray, n_actors)
    n_images = batch_size or images_per_chunk(pixels.image_size)
    decoded = dataset.map_batches(
        _decode,
        fn_kwargs={"column": column, "size": pixels.image_size, "fit": pixels.fit},
        batch_size=n_images,
        batch_format="pyarrow",
        num_cpus=CORES_A_TASK,
    )
    arguments = (spec.to_json(), actors[1], weights, pixels.image_size)
    return in_actors(ray, decoded, _Compute, arguments, actors, batch_size=n_images)


def _decode(batch: pa.Table, column: str, size: tuple[int, int], fit: str) -> pa.Table:
    """Put the pixels that the network receives, the digest and the reason in the place of the images."""
    import pyarrow as pa

    found = [_fitted(value, size, fit) for value in _values(batch, column)]
    table = batch.drop_columns([column])
    table = table.append_column(_PIXELS, pa.array([pixels for pixels, _, _ in found], pa.large_binary()))
    table = table.append_column(SHA256, pa.array([digest for _, digest, _ in found], pa.string()))
    return table.append_column(REASON, pa.array([reason for _, _, reason in found], pa.string()))


def _values(batch: pa.Table, column: str) -> Sequence[Any]:
    """Return the images of a batch: bytes, or arrays where Ray keeps these."""
    import pyarrow as pa

    array = batch.column(column).combine_chunks()
    if isinstance(array, pa.ExtensionArray):
        return list(array.to_numpy_ndarray() if hasattr(array, "to_numpy_ndarray") else array.to_numpy())
    values: list[Any] = array.to_pylist()
    return values


def _fitted(value: Any, size: tuple[int, int], fit: str) -> tuple[bytes | None, str | None, str | None]:
    """Fit one image: its pixels, its digest, and why there are none."""
    try:
        if isinstance(value, np.ndarray):
            return fit_image(np.ascontiguousarray(value), size, fit).tobytes(), None, None
        if not isinstance(value, bytes):
            return None, None, "holds no image"
        return fit_content(value, size, fit).tobytes(), hashlib.sha256(value).hexdigest(), None
    except Exception as error:
        return None, None, reason_of(error)


class _Compute:
    """The actor that Ray Data builds."""

    def __init__(self, spec: str, n_threads: int, weights: Mapping[str, bytes], size: tuple[int, int]) -> None:
        self._computer = Computer(spec, n_threads, weights)
        self._size = size

    def __call__(self, batch: pa.Table) -> pa.Table:
        import pyarrow as pa

        stored = batch.column(_PIXELS).to_pylist()
        rows = [row for row, pixels in enumerate(stored) if pixels is not None]
        pixels = np.frombuffer(b"".join(stored[row] for row in rows), np.uint8).reshape(-1, *self._size, 3)
        images = tuple(Listed(str(row)) for row in rows)
        decoded = Decoded("", images, tuple(map(str, rows)), pixels, ())
        places, vectors, skipped, _ = self._computer(decoded)
        reasons = batch.column(REASON).to_pylist()
        for name, reason in skipped:
            reasons[int(name)] = reason
        values = np.zeros((len(stored), self._computer.n_features), np.float32)
        kept = [rows[place] for place in places]
        values[kept] = vectors
        is_null = np.ones(len(stored), bool)
        is_null[kept] = False
        features = pa.FixedSizeListArray.from_arrays(
            pa.array(values.reshape(-1)), values.shape[1], mask=pa.array(is_null)
        )
        table = batch.drop_columns([_PIXELS, REASON])
        return table.append_column(FEATURES, features).append_column(REASON, pa.array(reasons, pa.string()))
