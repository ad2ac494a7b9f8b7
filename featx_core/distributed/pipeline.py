"""The two stages as operations of Ray Data: decoding in tasks, the network in actors."""

from __future__ import annotations

import contextlib
import functools
import itertools
import pickle
import warnings
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from featx_core.distributed.computing import NO_ROOM, Order, Outcome, PartWriter
from featx_core.distributed.decoding import Decoded, decode_chunk
from featx_core.distributed.plan import Chunk
from featx_core.distributed.ray_here import N_RETRIES, ClusterError

if TYPE_CHECKING:
    import pyarrow

COLUMN, PIXELS = "content", "pixels"
CORES_A_TASK = 0.5
"""That Ray counts for a task that decodes. Actors count for half of the cores: so as many tasks run as there are cores, beside
actors that use as many threads, and whichever stage is behind gets them."""

NO_FEATX = "featx is not installed, or in another version, on a machine of the cluster."
_IMPORTS = ("ModuleNotFoundError", "No module named", "ImportError", "cannot import name", "AttributeError")


def cores_of(ray: Any) -> float:
    """Count the cores of a cluster."""
    return float(ray.cluster_resources().get("CPU", 0))


def plan_actors(ray: Any, asked: int | None) -> tuple[int, int, int]:
    """Say how many actors a cluster gets: one a GPU, or one for up to eight cores of each machine.

    Args:
        ray: Connected.
        asked: How many are asked for; None for as many as fit.

    Returns:
        Actors, the threads of each, and GPUs of each.

    Raises:
        ClusterError: If there is nothing to compute with.
    """
    n_gpus = int(ray.cluster_resources().get("GPU", 0))
    cores = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
    return divide([int(each) for each in cores if each >= 1], n_gpus, asked)


def divide(cores: Sequence[int], n_gpus: int, asked: int | None) -> tuple[int, int, int]:
    """Divide machines among actors, as `plan_actors` does.

    Args:
        cores: Of each machine.
        n_gpus: Of all.
        asked: How many actors; None for as many as fit.

    Raises:
        ClusterError: If there are no cores.

    >>> divide([2], 0, None), divide([2], 0, 2), divide([16, 8], 0, None), divide([8], 2, None)
    ((1, 2, 0), (2, 1, 0), (3, 8, 0), (2, 4, 1))
    """
    if not cores:
        raise ClusterError("The cluster has no machine with a free core.")
    n_actors = asked or n_gpus or sum(-(-each // 8) for each in cores)
    n_threads = max(1, min(sum(cores) // n_actors, max(cores)))
    return n_actors, n_threads, int(0 < n_actors <= n_gpus)


def outcomes(
    ray: Any, chunks: Sequence[Chunk], order: Order, form: tuple[tuple[int, int], str], actors: tuple[int, int, int]
) -> Generator[Outcome, None, None]:
    """Have all chunks done, in any order.

    Args:
        ray: Connected.
        chunks: What is to be done.
        order: What the actors are made for.
        form: Height and width of what the network receives, and how images are fitted.
        actors: As `plan_actors` gives them.

    Yields:
        What became of each chunk.

    Raises:
        ClusterError: If actors die again and again, or the cluster is lost.
    """
    try:
        dataset = ray.data.from_blocks([_packed(chunk) for chunk in chunks])  # `from_arrow` begins a task for each
        decoded = dataset.map_batches(
            functools.partial(_decode, form=form), batch_size=None, batch_format="pyarrow", num_cpus=CORES_A_TASK
        )
        computed = in_actors(ray, decoded, _Compute, (order,), actors, batch_size=None)
        batches = iter(computed.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0))
        with contextlib.closing(batches):  # else its threads would connect to Ray again after the end
            for batch in batches:
                for value in batch.column(COLUMN).to_pylist():
                    yield pickle.loads(value)
    except ray.exceptions.RayError as error:
        raise ClusterError(explained(ray, error)) from error


def in_actors(
    ray: Any,
    dataset: Any,
    kind: type,
    arguments: tuple[Any, ...],
    actors: tuple[int, int, int],
    *,
    batch_size: int | None,
) -> Any:
    """Add an operation whose actors are made once, and again where they die.

    Args:
        ray: Connected.
        dataset: What it works on.
        kind: Class of the actors; called with tables of Arrow.
        arguments: What it is made with.
        actors: As `plan_actors` gives them.
        batch_size: Rows a call; None for a whole block.
    """
    n_actors, n_threads, n_gpus = actors
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Ray 2.64, which will name these two otherwise
        return dataset.map_batches(
            kind,
            fn_constructor_args=arguments,
            batch_size=batch_size,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=n_actors),
            num_cpus=1 if n_gpus else n_threads / 2,
            num_gpus=n_gpus or None,
            max_restarts=N_RETRIES,
            max_task_retries=N_RETRIES,
        )


def explained(ray: Any, error: Exception) -> str:
    """Say in a sentence why Ray gave up."""
    errors = ray.exceptions
    if any(words in str(error) for words in _IMPORTS):
        return NO_FEATX
    if isinstance(error, (errors.OutOfMemoryError, errors.ActorDiedError, errors.WorkerCrashedError)):
        return f"A process that computes died again and again. {NO_ROOM}"
    if isinstance(error, (errors.OutOfDiskError, errors.ObjectStoreFullError)):
        return "The disk of a machine is full: Ray keeps decoded images there for a moment. Free some space."
    return "The cluster was lost, or a machine of it failed. Check `ray status`."


class _Compute:
    """The actor that Ray Data builds: `PartWriter` on batches of Arrow."""

    def __init__(self, order: Order) -> None:
        self._writer = PartWriter(order)

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        return _table([pickle.dumps(self._writer.compute(decoded)) for decoded in _received(batch)])


def _decode(batch: pyarrow.Table, form: tuple[tuple[int, int], str]) -> pyarrow.Table:
    return _sent([decode_chunk(pickle.loads(value), *form) for value in _values(batch, COLUMN)])


def _sent(chunks: Sequence[Decoded]) -> pyarrow.Table:
    """Put pixels into a column of their own, from which an actor reads them where Ray keeps them, without a copy."""
    import pyarrow as pa

    pixels: list[pickle.PickleBuffer] = []  # one array a chunk
    table = _table([pickle.dumps(chunk, protocol=5, buffer_callback=pixels.append) for chunk in chunks])
    return table.append_column(PIXELS, pa.array([each.raw() for each in pixels], pa.large_binary()))


def _received(batch: pyarrow.Table) -> Iterator[Decoded]:
    for content, pixels in zip(_values(batch, COLUMN), _values(batch, PIXELS), strict=True):
        yield pickle.loads(content, buffers=[pixels])


def _packed(chunk: Chunk) -> pyarrow.Table:
    return _table([pickle.dumps(chunk)])


def _table(values: Sequence[bytes]) -> pyarrow.Table:
    """A chunk is one value of one row: Ray Data may put rows together and apart, but no row is ever divided."""
    import pyarrow as pa

    return pa.table({COLUMN: pa.array(values, pa.large_binary())})


def _values(batch: pyarrow.Table, column: str) -> Iterator[memoryview]:
    """Return the values of a column where they lie; each of Arrow's own scalars would be a copy."""
    for array in batch.column(column).chunks:
        _, offsets, content = array.buffers()
        ends = memoryview(offsets).cast("q")[array.offset : array.offset + len(array) + 1].tolist()
        for start, end in itertools.pairwise(ends):
            yield memoryview(content)[start:end]
