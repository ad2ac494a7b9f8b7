"""The report of an intake: as numbers, as a sentence and as a table."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from featx_core.base.json_kinds import are_pairs, are_texts, is_count, is_text
from featx_core.base.wording import counted, spaced, spreadsheet_safe

ALREADY_HERE = "is already in this workspace"
"""Why an image is left out that came in before, under the same name: no fault, and counted apart."""


@dataclass
class IntakeReport:
    """The outcome of an import of images.

    Attributes:
        added: Number of images that were added.
        skipped: `(name, reason)` of each file that was left out.
        converted: `(name, note)` of what was done to an image on the way in.
        duplicates: `(name, name of the equal image)`.
        ignored: Number of files that systems put beside images, such as `Thumbs.db`.
        warnings: Sentences about archives and folders as a whole.
        labels: A sentence on the labels that folders gave, or why they gave none; empty where there were no folders.
    """

    added: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    converted: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    ignored: int = 0
    warnings: list[str] = field(default_factory=list)
    labels: str = ""

    def sentence(self, *, n_named: int = 3) -> str:
        """Sum up in a few short sentences, naming the first files that were left out."""
        left_out = [line for line in self.skipped if line[1] != ALREADY_HERE]
        n_here, n_equal = len(self.skipped) - len(left_out), len(self.duplicates)
        parts = self._outcome(left_out, n_named)
        if n_here:
            parts.append(f"{counted(n_here, 'image')} {_was(n_here)} in this workspace already.")
        if n_equal:
            parts.append(f"{counted(n_equal, 'image')} {'equals' if n_equal == 1 else 'equal'} another one.")
        if not parts:
            parts.append("No images were found.")
        if self.ignored:
            parts.append(f"{counted(self.ignored, 'system file')} ignored.")
        return " ".join([*parts, *([self.labels] if self.labels else []), *self.warnings])

    def _outcome(self, left_out: list[tuple[str, str]], n_named: int) -> list[str]:
        """Say how many images were added, and which files were not."""
        named = ", ".join(f"{name} ({reason})" for name, reason in left_out[:n_named])
        rest = f" and {spaced(len(left_out) - n_named)} more" if len(left_out) > n_named else ""
        if not left_out:
            return [f"{counted(self.added, 'image')} {'is' if self.added == 1 else 'are'} ready."] if self.added else []
        if not self.added and len(left_out) == 1:
            return [f"The file could not be used: {named}."]
        n_images = self.added + sum(not reason.endswith("not an image") for _, reason in left_out)
        is_of_images = n_images == self.added + len(left_out)
        n_out = spaced(len(left_out)) if is_of_images or not self.added else counted(len(left_out), "file")
        words = f"{n_out} {_was(len(left_out))} left out: {named}{rest}."
        if self.added:
            ready = f"{spaced(self.added)} of {spaced(n_images)}" if n_images > self.added else spaced(self.added)
            return [f"{ready} image{'' if n_images == 1 else 's'} {'is' if n_images == 1 else 'are'} ready.", words]
        is_full = any(reason.startswith("this workspace") for _, reason in left_out)
        could = "came in" if is_full else "could be read as images"
        return [f"None of the {spaced(len(left_out))} files {could}.", words]

    def shortened(self, n_lines: int) -> Self:
        """Return the report with no more than so many lines of each kind, and with a warning where it has more."""
        lines = {name: getattr(self, name) for name in _PAIRS}
        if all(len(each) <= n_lines for each in lines.values()):
            return self
        warning = f"Only the first {spaced(n_lines)} files of each kind are listed."
        cut = {name: each[:n_lines] for name, each in lines.items()}
        return dataclasses.replace(self, **cut, warnings=[*self.warnings, warning])

    def to_csv(self) -> bytes:
        """Write all lines of the report as CSV (UTF-8), with names that no spreadsheet takes for a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["file", "what", "why"])
        for what, lines in (("left out", self.skipped), ("converted", self.converted), ("equals", self.duplicates)):
            writer.writerows([spreadsheet_safe(name), what, spreadsheet_safe(why)] for name, why in lines)
        return out.getvalue().encode("utf-8")

    def to_json(self) -> str:
        """Write the report as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: If the text is something else.
        """
        values = json.loads(text)
        if not isinstance(values, dict) or not values.keys() <= _KINDS.keys():
            raise ValueError(f"`text` must hold the fields of a report. Received: {text[:80]!r}.")
        for name, value in values.items():
            if not _KINDS[name](value):
                raise ValueError(f"The field {name!r} of a report is of the wrong kind. Received: {str(value)[:80]!r}.")
        pairs = {name: [tuple(line) for line in values.get(name, [])] for name in _PAIRS}
        return cls(**{**values, **pairs})


_PAIRS = ("skipped", "converted", "duplicates")
_KINDS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        "added": is_count,
        "ignored": is_count,
        "warnings": are_texts,
        "labels": is_text,
        **dict.fromkeys(_PAIRS, are_pairs),
    }
)
"""How to tell that a field of a stored report is of the right kind."""


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
