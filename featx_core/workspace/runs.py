"""The ledger: every run of a workspace, with a descriptive name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from featx_core.base.json_kinds import are_counts, are_pairs, are_texts, is_amount, is_text
from featx_core.workspace.store import Store, WorkspaceError
from featx_core.workspace.validation import require

if TYPE_CHECKING:
    from featx_core.specs.spec import Spec
    from featx_core.workspace.vectors import VectorStore


MAX_RUN_NAME = 200  # characters


@dataclass(frozen=True)
class Run:
    """One extraction: what was asked, and what is known of how it went.

    Attributes:
        number: Counts up from 1 in a workspace, and picks the colour of the run on every page; 0 for one that could not be
            saved.
        spec: What was asked.
        created: When it was last run, ISO 8601 in UTC.
        details: JSON values such as `n_images`, `seconds`, `images_per_second`, `versions`; `name` where the user gave one.
    """

    number: int
    spec: Spec
    created: str
    details: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The name that the user gave it, else one that says what it is."""
        return self.name or self.spec.title

    @property
    def name(self) -> str:
        """The name that the user gave it; empty where there is none."""
        return str(self.details.get("name", ""))

    @property
    def digest(self) -> str:
        """The digest of the spec."""
        return self.spec.digest

    @property
    def is_saved(self) -> bool:
        """Whether the workspace holds it, so that other pages find it."""
        return self.number > 0


class Ledger:
    """The runs of a workspace. The same spec run again updates its row."""

    def __init__(self, store: Store, vectors: VectorStore) -> None:
        self._store = store
        self._vectors = vectors

    def save(self, spec: Spec, details: Mapping[str, Any]) -> Run:
        """Keep a run, in place of an earlier one of the same spec, whose name it keeps.

        Raises:
            WorkspaceError: If it was removed at the same moment, or cannot be kept.
        """
        before = self.find(spec.digest)
        named = {"name": before.name} if before is not None and before.name else {}
        kept = {"digest": spec.digest, "spec": spec.to_json(), "details": json.dumps({**details, **named})}
        require("runs", **kept)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO runs (digest, spec, created, details) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET created = excluded.created, details = excluded.details",
                (kept["digest"], kept["spec"], created, kept["details"]),
            )
        run = self.find(spec.digest)
        if run is None:  # another process removed it in between
            raise WorkspaceError(f"The run {spec.title} was removed while it was saved. Extract again.")
        return run

    def count(self) -> int:
        """Count the runs, with those that this featx cannot read."""
        return int(self._store.value("SELECT count(*) FROM runs"))

    def runs(self) -> list[Run]:
        """List the runs, newest first. A run that this featx cannot read is left out."""
        return [run for _, run in self._kept()]

    def _kept(self) -> list[tuple[str, Run]]:
        """Return the runs with the digests that they are kept under, newest first, read once after each change of the file."""
        return self._store.once("runs", self._read)

    def _read(self) -> list[tuple[str, Run]]:
        rows = self._store.rows("SELECT digest, id, spec, created, details FROM runs ORDER BY created DESC, id DESC")
        found = ((digest, _run(row)) for digest, *row in rows)
        return [(digest, run) for digest, run in found if run is not None and run.digest == digest]

    def find(self, digest: str) -> Run | None:
        """Fetch the run of a spec digest, or None."""
        return next((run for kept_under, run in self._kept() if kept_under == digest), None)

    def rename(self, digest: str, name: str) -> None:
        """Call a run by another name; an empty one brings back the name that says what it is.

        Raises:
            WorkspaceError: If the run is gone, the name is too long, or it cannot be kept.
        """
        run = self.find(digest)
        if run is None:
            raise WorkspaceError("This run is no longer in the workspace.")
        if len(name) > MAX_RUN_NAME:
            raise WorkspaceError(f"The name of a run has at most {MAX_RUN_NAME} characters. Received: {len(name)}.")
        details = {key: value for key, value in run.details.items() if key != "name"} | ({"name": name} if name else {})
        with self._store.transaction() as connection:
            connection.execute("UPDATE runs SET details = ? WHERE digest = ?", (json.dumps(details), digest))

    def remove(self, digest: str) -> None:
        """Forget a run and its vectors."""
        self._store.free(lambda connection: connection.execute("DELETE FROM runs WHERE digest = ?", (digest,)))
        self._vectors.remove(digest)


def _run(row: Sequence[Any]) -> Run | None:
    from featx_core.specs.registry import spec_from_json
    from featx_core.specs.spec import SpecError

    number, spec, created, details = row
    try:
        return Run(number, spec_from_json(spec), created, usable_details(json.loads(details)))
    except (SpecError, ValueError, TypeError, RecursionError):
        return None


def usable_details(details: object) -> dict[str, Any]:
    """Leave out what cannot be shown or reckoned with, as a file that was edited may hold.

    >>> usable_details({"seconds": -1, "images_per_second": 12.5, "notes": "none", "new in a later featx": [1]})
    {'images_per_second': 12.5, 'new in a later featx': [1]}
    """
    if not isinstance(details, dict):
        return {}
    return {name: value for name, value in details.items() if name not in _DETAILS or _DETAILS[name](value)}


_AMOUNTS = (
    "seconds",
    "images_per_second",
    "ms_per_image",
    "n_parameters",
    "n_images",
    "n_computed",
    "n_reused",
    "n_not_finite",
    "batch_size",
)
_DETAILS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        **dict.fromkeys(_AMOUNTS, lambda value: value is None or is_amount(value)),
        "dead_share": is_amount,
        "engine": is_text,
        "name": is_text,
        "feature_shape": are_counts,
        "notes": are_texts,
        "skipped": are_pairs,
    }
)
"""How to tell that a detail which pages reckon with is of the right kind."""
