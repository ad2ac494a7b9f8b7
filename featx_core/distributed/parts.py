"""A folder that many processes write parts of features into: what is there, what is added, what is left out."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.files.whole_file import PART_SUFFIX, replacing
from featx_core.extraction.export import write_parquet
from featx_core.tables.formats.parts import DIGEST, FEATURES, LABEL, PARTS, PATH, SKIPPED, SPEC

if TYPE_CHECKING:
    from featx_core.distributed.plan import Listed
    from featx_core.specs.spec import Spec

LEFT_OUT = b"featx.left_out"
"""Where the metadata of a part holds what was left out of it, as JSON: pairs of path and reason."""

MARKS = b"featx.marks"
"""Where it holds size and time of the files of its images, as JSON: path to mark."""


class PartsError(ValueError):
    """A folder that cannot take the parts of a run, in plain words."""


@dataclass
class Held:
    """What a folder of parts holds.

    Attributes:
        paths: Of the images that have features.
        left_out: Path and reason of those that have none.
        n_damaged: Parts that could not be read, and are made again.
        repeated: Parts that hold images which parts before them hold as well, and these images.
        marks: Size and time that files had when their features were made, by path.
    """

    paths: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    n_damaged: int = 0
    repeated: dict[Path, set[str]] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)

    def changed(self, images: Iterable[Listed]) -> set[str]:
        """Tell which of the images have features of a file that has another size or time now. Parts may not say."""
        return {image.name for image in images if image.mark and self.marks.get(image.name, image.mark) != image.mark}


def why_not(error: OSError) -> str:
    """Say why the system refused, in words that can follow a colon; Arrow's own words repeat themselves.

    >>> why_not(OSError(28, "Error writing bytes to file. Detail: [errno 28]"))
    'no space left on device'
    """
    return os.strerror(error.errno).lower() if error.errno else "the system refuses"


def write_part(
    path: Path,
    images: Sequence[Listed],
    digests: Sequence[str],
    vectors: np.ndarray,
    facts: Mapping[str, Any],
    left_out: Sequence[tuple[str, str]],
) -> None:
    """Write one part, whole or not at all, in place of one of the same name.

    Args:
        path: In a folder that is there.
        images: Those that have features.
        digests: The SHA-256 of each.
        vectors: float32 `(n_images, n_features)`.
        facts: What made them, by names: `spec` and more, as JSON values.
        left_out: Name and reason of the others.

    Raises:
        OSError: If it cannot be written.
    """
    import pyarrow as pa

    columns = {
        PATH: pa.array([image.name for image in images], pa.string()),
        LABEL: pa.array([image.label for image in images], pa.string()),
        DIGEST: pa.array(digests, pa.string()),
    }
    texts = {f"featx.{name}": text if isinstance(text, str) else json.dumps(text) for name, text in facts.items()}
    with replacing(path) as part:
        marks = {image.name: image.mark for image in images if image.mark}
        more = {LEFT_OUT.decode(): json.dumps(list(left_out)), MARKS.decode(): json.dumps(marks)}
        write_parquet(part, columns, vectors, {**texts, **more})


def look_through(folder: Path, spec: Spec) -> Held:
    """Find what a folder holds. Damaged parts are moved out of the way, so that their images are done again.

    Raises:
        PartsError: If it holds features of another spec.
    """
    import pyarrow
    from pyarrow import parquet

    held, found = Held(), list[tuple[Path, list[str]]]()
    for path in sorted(folder.glob(PARTS)):
        try:
            file = parquet.ParquetFile(path)
            facts = file.schema_arrow.metadata or {}
            found.append((path, file.read([PATH]).column(PATH).to_pylist()))
            left_out, marks = json.loads(facts.get(LEFT_OUT, b"[]")), json.loads(facts.get(MARKS, b"{}"))
        except (pyarrow.ArrowException, OSError, KeyError, ValueError):
            path.replace(path.with_suffix(".damaged"))
            held.n_damaged += 1
            continue
        if facts.get(SPEC) != spec.to_json().encode():
            raise PartsError(f"{folder} holds features of another spec. Name another folder.")
        held.left_out |= dict(left_out)
        held.marks |= {path: marks[path] for path in found[-1][1] if path in marks}
    for path, paths in found:
        if twice := held.paths.intersection(paths):
            held.repeated[path] = twice
        held.paths.update(paths)
    held.left_out = {path: reason for path, reason in held.left_out.items() if path not in held.paths}
    return held


def remove(folder: Path, paths: Collection[str]) -> None:
    """Take images out of the parts that hold them.

    Raises:
        PartsError: If a part cannot be written.
    """
    from pyarrow import parquet

    try:
        for part in sorted(folder.glob(PARTS)):
            if held := set(parquet.read_table(part, columns=[PATH]).column(PATH).to_pylist()) & set(paths):
                _leave_out(part, held)
    except OSError as error:
        raise PartsError(f"{folder} cannot be written into: {why_not(error)}.") from error


def settle(folder: Path, spec: Spec) -> Held:
    """Bring a folder that nobody writes into any more in order: every image once, and a table of those left out.

    Args:
        folder: Of parts.
        spec: Theirs.

    Raises:
        PartsError: If it holds features of another spec.
        OSError: If the table cannot be written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    held = look_through(folder, spec)
    for path, twice in held.repeated.items():
        _leave_out(path, twice)
    held.repeated = {}
    for stray in folder.glob(f"{PARTS}*{PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            stray.unlink()
    columns = {
        "path": pa.array(held.left_out.keys(), pa.string()),
        "reason": pa.array(held.left_out.values(), pa.string()),
    }
    with replacing(folder / SKIPPED) as part:
        parquet.write_table(pa.table(columns).sort_by("path"), part)
    return held


def _leave_out(path: Path, names: Collection[str]) -> None:
    """Write a part anew without some of its images."""
    from pyarrow import parquet

    table = parquet.read_table(path)
    kept = table.filter([name not in names for name in table.column(PATH).to_pylist()])
    vectors = kept.column(FEATURES).combine_chunks()
    numbers = vectors.flatten().to_numpy().reshape(len(kept), vectors.type.list_size)
    columns = {name: kept.column(name).combine_chunks() for name in (PATH, LABEL, DIGEST)}
    with replacing(path) as part:
        write_parquet(part, columns, numbers, kept.schema.metadata)
