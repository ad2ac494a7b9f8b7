"""Features of very many images, on this machine or on many, into a folder of parts."""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featx_core.base.files.whole_file import write_whole
from featx_core.distributed.computing import TOKEN, Order, Outcome
from featx_core.distributed.listing import is_address, list_images
from featx_core.distributed.parts import PartsError, look_through, remove, settle, why_not
from featx_core.distributed.pipeline import outcomes, plan_actors
from featx_core.distributed.plan import chunks, images_per_chunk
from featx_core.distributed.ray_here import HERE, ClusterError, check_ray, connected
from featx_core.specs.spec import FILE_WEIGHTS, SpecError

if TYPE_CHECKING:
    from featx_core.base.progress import StageCallback
    from featx_core.distributed.plan import Chunk
    from featx_core.specs.spec import Spec
    from featx_core.workspace.workspace import Workspace

LOCK = ".featx-lock"
_FILES = re.compile(FILE_WEIGHTS.pattern)


@dataclass(frozen=True)
class Extracted:
    """What became of a run on many machines.

    Attributes:
        n_images: How many images the folder holds features of now.
        n_computed: How many of them are new.
        left_out: Name and reason of the images without features.
        n_damaged: Parts that were damaged and were made again.
        n_changed: Images whose files had changed since, which were done again.
        seconds: From the connection to the cluster on to the last part.
    """

    n_images: int
    n_computed: int
    left_out: Mapping[str, str]
    n_damaged: int
    n_changed: int
    seconds: float


def extract_images(
    given: Sequence[str],
    spec: Spec,
    folder: Path | str,
    *,
    address: str = HERE,
    n_actors: int | None = None,
    workspace: Workspace | None = None,
    on_progress: StageCallback | None = None,
) -> Extracted:
    """Extract the features of images by Ray Data, and write them as parts of Parquet.

    Each image is done once. Parts appear whole or not at all; a run that was interrupted, in whichever way, goes on from
    those that are there. An image counts as done by its path, for as long as its file has the size and time that it had;
    those that were left out are tried again.

    Args:
        given: Files, folders, patterns, addresses of fsspec, and Parquet files of images or paths.
        spec: Any way to extract one row per image that needs no training any more.
        folder: Where the parts go; one that all machines reach under this name. It is made where it is missing.
        address: "local" for this machine alone, "auto" for the cluster that runs on it, or `host:port`.
        n_actors: How many processes compute; None for one a GPU, or one for up to eight cores.
        workspace: Holds the weights that the spec names, if it does.
        on_progress: Told of the stages, and of images done and in all.

    Raises:
        SpecError: If the spec cannot be extracted so.
        ListingError: If images are not there.
        PartsError: If the folder holds something else, or another run writes into it.
        ClusterError: If Ray is missing, or the cluster cannot do the work. What is done is kept.
    """
    check_ray()
    check_spec(spec)
    weights = weights_of(spec, workspace)
    place = _made(folder)
    tell = on_progress or _Silent()
    with _alone(place):
        tell.stage("Listing images")
        images, held = list_images(given), look_through(place, spec)
        changed = held.changed(images)
        if spec.picture_input is None:
            raise SpecError(f"{spec.title} takes no images.")
        form = spec.picture_input.image_size, spec.picture_input.fit
        left = list(chunks(images, held.paths - changed, images_per_chunk(form[0], len(images))))
        started = time.perf_counter()
        n_computed = 0
        if left:
            tell.stage("Starting Ray")
            with connected(address) as ray, _writing(place) as token:
                actors = plan_actors(ray, n_actors)
                if actors[0] > len(left):
                    actors = plan_actors(ray, len(left))
                order = Order(spec.to_json(), str(place), token, actors[1], weights)
                if changed:
                    remove(place, changed)
                tell.stage("Extracting")
                with contextlib.closing(outcomes(ray, left, order, form, actors)) as found:
                    n_computed = _followed(found, left, tell)
        seconds = time.perf_counter() - started
        now = settle(place, spec)
        return Extracted(len(now.paths), n_computed, now.left_out, held.n_damaged, len(changed), seconds)


def check_spec(spec: Spec) -> None:
    """Refuse a spec that many machines cannot extract.

    Raises:
        SpecError: If it needs training, takes no images, or gives several rows per image.
    """
    if spec.needs_training:
        raise SpecError(
            f"{spec.title} is to be trained first: extract some images with it into a workspace, and take the JSON of that run."
        )
    if not spec.takes_images:
        raise SpecError(f"{spec.title} takes no images.")
    if spec.rows_per_image > 1:
        raise SpecError(f"{spec.title} gives {spec.rows_per_image} rows per image; parts hold one.")


def weights_of(spec: Spec, workspace: Workspace | None) -> dict[str, bytes]:
    """Fetch the files that a spec names from the workspace that keeps them.

    Raises:
        SpecError: If there are some, and no workspace that has them.
    """
    found: dict[str, bytes] = {}
    for name in sorted(set(_FILES.findall(spec.to_json()))):
        digest = name.removeprefix("file:")
        try:
            found[digest] = workspace.artefact(digest) if workspace is not None else b""
        except KeyError:
            found[digest] = b""
        if not found[digest]:
            raise SpecError(f"{spec.title} has weights that a workspace keeps. Name that file with --files-from.")
    return found


def _made(folder: Path | str) -> Path:
    if is_address(str(folder)):
        raise PartsError(
            f"Parts go into a folder that all machines reach, such as a network drive. Received: {folder}."
        )
    place = Path(folder).absolute()
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PartsError(f"The folder {folder} cannot be made: {why_not(error)}.") from error
    return place


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise PartsError(f"Another command is writing into {folder}.") from None
    try:
        yield
    finally:
        lock.release()  # the file stays: one that is removed could be locked twice


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[str]:
    """Allow the actors of this run, and of no other, to write."""
    token = secrets.token_hex(16)
    try:
        write_whole(folder / TOKEN, token.encode("ascii"))
    except OSError as error:
        raise PartsError(f"{folder} cannot be written into: {why_not(error)}.") from error
    try:
        yield token
    finally:
        with contextlib.suppress(OSError):
            (folder / TOKEN).unlink()


def _followed(found: Iterator[Outcome], left: Sequence[Chunk], tell: Callable[[int, int], Any]) -> int:
    n_done, n_seen, n_images = 0, 0, sum(len(chunk.images) for chunk in left)
    for outcome in found:
        if outcome.fault:
            raise ClusterError(f"{outcome.fault} {n_done} images of this run are done and kept.")
        n_done += outcome.n_done
        n_seen += outcome.n_done + outcome.n_left_out
        tell(n_seen, n_images)
    if n_seen != n_images:
        raise ClusterError(
            f"{n_images - n_seen} of {n_images} images were lost on the way. The same command goes on from here."
        )
    return n_done


class _Silent:
    def stage(self, name: str, *, limit_seconds: float | None = None) -> None:
        """Tell nobody."""

    def __call__(self, done: int, total: int) -> None:
        """Tell nobody."""
