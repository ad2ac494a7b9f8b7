"""What came of bringing images in, as numbers, as a sentence and as a table."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from dataclasses import dataclass, field
from typing import Self

from featx_core.export import spreadsheet_safe
from featx_core.wording import counted, spaced


@dataclass
class IntakeReport:
    """What came of bringing images in.

    Attributes:
        added: Number of images that are in now.
        skipped: `(name, reason)` of each file that was left out.
        converted: `(name, note)` of what was done to an image on the way in.
        duplicates: `(name, name of the equal image)`.
        ignored: Number of files that systems put beside images, such as `Thumbs.db`.
        warnings: Sentences about archives and folders as a whole.
    """

    added: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    converted: list[tuple[str, str]] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    ignored: int = 0
    warnings: list[str] = field(default_factory=list)

    def sentence(self, *, n_named: int = 3) -> str:
        """Say in one to three short sentences what happened, naming the first files that were left out."""
        total = self.added + len(self.skipped)
        if not total:
            parts = ["There were no images in what was given."]
        elif not self.added:
            parts = [f"None of the {counted(total, 'file')} could be read as images."]
        elif self.skipped:
            parts = [f"{spaced(self.added)} of {spaced(total)} images are ready. {self._left_out(n_named)}"]
        else:
            parts = [f"{counted(self.added, 'image')} {'is' if self.added == 1 else 'are'} ready."]
        if not self.added and self.skipped:
            parts.append(self._left_out(n_named))
        if self.duplicates:
            n_equal = len(self.duplicates)
            parts.append(f"{counted(n_equal, 'image')} {'equals' if n_equal == 1 else 'equal'} another one.")
        if self.ignored:
            parts.append(f"{counted(self.ignored, 'system file')} ignored.")
        return " ".join([*parts, *self.warnings])

    def _left_out(self, n_named: int) -> str:
        named = ", ".join(f"{name} ({reason})" for name, reason in self.skipped[:n_named])
        rest = f" and {spaced(len(self.skipped) - n_named)} more" if len(self.skipped) > n_named else ""
        return f"{spaced(len(self.skipped))} {'was' if len(self.skipped) == 1 else 'were'} left out: {named}{rest}."

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
        """Read what `to_json` wrote."""
        values = json.loads(text)
        for name in ("skipped", "converted", "duplicates"):
            values[name] = [tuple(line) for line in values[name]]
        return cls(**values)
