"""Reading of tables of numbers in separate processes, so that no file can block, exhaust or crash this one."""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import Any

from featx_core.base.files.file_names import clean_name
from featx_core.base.other_process import N_PROCESSES, NoAnswerError, OtherProcess, Pool
from featx_core.tables.apart.in_json import choice_to_json, layout_from_json, vectors_from_json
from featx_core.tables.layout import MAX_FILE_BYTES, Choice, Layout, TableError
from featx_core.tables.rows import Vectors

SECONDS_A_TABLE = 60.0  # of the processor, each time that it is looked at
_MAX_WORDS_BYTES = 128 * 1024**2  # of names, labels and columns as JSON

TableSource = Path | tuple[str, bytes]


class TableExaminer(OtherProcess):
    """One process that reads tables of numbers, started when it is needed.

    Args:
        module: What it runs.
        seconds: Of the processor that one look at a file may take.
    """

    def __init__(self, module: str = "featx_core.tables.apart.looking", *, seconds: float = SECONDS_A_TABLE) -> None:
        super().__init__(module, seconds=seconds, max_facts_bytes=_MAX_WORDS_BYTES, max_payload_bytes=MAX_FILE_BYTES)

    def layout(self, source: TableSource, choice: Choice) -> Layout:
        """Find what a file offers, as `featx_core.tables.reading.look_at_table` does, and with the same result.

        Raises:
            TableError: As there; and if the file takes too long, or ends the process that reads it.
            RuntimeError: If reading it raised what nobody expected.
        """
        return layout_from_json(self._asked(source, choice, "layout")[0])

    def vectors(self, source: TableSource, choice: Choice) -> Vectors:
        """Read what was chosen of a file, as `featx_core.tables.reading.read_table` does, and with the same result.

        Raises:
            TableError: As `layout` raises it.
            RuntimeError: As `layout` raises it.
        """
        return vectors_from_json(*self._asked(source, choice, "vectors"))

    def _asked(self, source: TableSource, choice: Choice, wanted: str) -> tuple[dict[str, Any], bytes]:
        is_here = isinstance(source, tuple)
        name, content = source if isinstance(source, tuple) else (source.name, b"")
        path = None if is_here else str(source)
        options = {"name": name, "path": path, "choice": choice_to_json(choice), "wanted": wanted}
        try:
            facts, values = self.ask(content, options)
        except NoAnswerError as error:
            raise TableError(f"{clean_name(name)} {error}.") from None
        if "fault" in facts:
            fault = facts["fault"] if "n_good" in facts else f"{clean_name(name)} {facts['fault']}."
            raise TableError(fault, n_good=facts.get("n_good", 0))
        return facts, values


class TableExaminers(Pool[TableExaminer]):
    """A few processes that read tables of numbers.

    Args:
        n_processes: How many.
        seconds: Of the processor that one look at a file may take.
    """

    def __init__(self, n_processes: int = N_PROCESSES, *, seconds: float = SECONDS_A_TABLE) -> None:
        super().__init__([TableExaminer(seconds=seconds) for _ in range(n_processes)])

    def layout(self, source: TableSource, choice: Choice) -> Layout:
        """Find what a file offers, as `TableExaminer.layout` does."""
        with self.one() as examiner:
            return examiner.layout(source, choice)

    def vectors(self, source: TableSource, choice: Choice) -> Vectors:
        """Read what was chosen of a file, as `TableExaminer.vectors` does."""
        with self.one() as examiner:
            return examiner.vectors(source, choice)


TABLE_EXAMINERS = TableExaminers()
"""Those of this process. None is started before a file is looked at."""

atexit.register(TABLE_EXAMINERS.close)
