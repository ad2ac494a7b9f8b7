"""The tables of a comparison: their columns, and conversion to and from JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from featx_core.measures.similarity import MEASURES

if TYPE_CHECKING:
    import pandas as pd

COLORS = "colour histogram"
CHANCE = "chance"
"""The two baselines, as they are called in the tables."""

PARTS = ("value", "floor", "floor_high", "half_1", "half_2")

SCORE_COLUMNS = {
    "n_scored": "Int64",
    **dict.fromkeys(("knn", "knn_low", "knn_high", "probe", "probe_low", "probe_high", "silhouette", "nmi"), "float64"),
}
TABLES: Mapping[str, Mapping[str, str]] = {
    "table": {
        **dict.fromkeys(("extractor", "kind", "badge"), "object"),
        "saw_labels": "bool",
        "n_features": "Int64",
        "n_parameters": "Int64",
        "ms_per_image": "float64",
        **SCORE_COLUMNS,
        "effective_dimension": "float64",
        "hubness": "float64",
    },
    "similarity": {
        **dict.fromkeys(("first", "second"), "object"),
        **{measure if part == "value" else f"{measure}_{part}": "float64" for measure in MEASURES for part in PARTS},
    },
    "tests": {
        **dict.fromkeys(("family", "first", "second"), "object"),
        **dict.fromkeys(("difference", "low", "high", "p", "p_corrected"), "float64"),
        "is_real": "bool",
        "n_images": "Int64",
    },
}
"""The columns of each table and their types."""


class Measured(Protocol):
    """A share with its 95 % interval, such as `featx_core.robustness.stability.Stability`."""

    @property
    def value(self) -> float:
        """The share."""

    @property
    def low(self) -> float:
        """Where the interval begins."""

    @property
    def high(self) -> float:
        """Where it ends."""


@dataclass(frozen=True)
class Facts:
    """What is known of an extractor besides its features.

    Attributes:
        badge: Where its weights come from.
        n_parameters: Parameters that its features need, or None.
        ms_per_image: Milliseconds for one image, as measured, or None.
    """

    badge: str = ""
    n_parameters: int | None = None
    ms_per_image: float | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several extractors on the same images.

    Attributes:
        table: One row an extractor, best linear probe first (by name without labels), then those that learned from the
            labels, then the baselines. Columns: `extractor`, `kind` ("extractor", "baseline"), `badge`, `saw_labels` (whether
            it learned from labels of these images), `n_features`, `n_parameters`, `ms_per_image`; with labels `n_scored` (on
            how many images: those that learned from labels are scored on images that they did not learn from), `knn`,
            `knn_low`, `knn_high`, `probe`, `probe_low`, `probe_high` (shares from 0 to 1), `silhouette`, `nmi`; then
            `effective_dimension`, `hubness`. NaN where unknown.
        similarity: One row a pair: `first`, `second`, and for each of `MEASURES` `cka`, `cka_floor`, `cka_floor_high`,
            `cka_half_1`, `cka_half_2` and so on. One row an extractor with itself, too: there the value is 1, and the
            halves are those of its features (`_half_1` and `_half_2` are equal), its floor is NaN.
        tests: One row a pair of extractors, and one for each of them against a baseline: the fields of
            `featx_core.comparison.differences.Difference`, and `family` ("extractors", or the baseline). Empty without labels.
        verdict: In words.
        notes: Sentences on what was left out.
        facts: `n_images`, `n_probed`, `n_labels`, `n_duplicate_groups`, `n_duplicates`, `has_labels`, `has_verdict`.
    """

    table: pd.DataFrame
    similarity: pd.DataFrame
    tests: pd.DataFrame
    verdict: str
    notes: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_labels(self) -> bool:
        """Whether there are scores by label, and so a ranking."""
        return bool(self.facts["has_labels"])

    @property
    def names(self) -> list[str]:
        """The extractors in the order of the table, without the baselines."""
        return self.table.loc[self.table["kind"] == "extractor", "extractor"].tolist()

    def matrix(self, measure: str, part: str = "value") -> pd.DataFrame:
        """Return one measure of similarity between all extractors, as a square table.

        Args:
            measure: A key of `MEASURES`.
            part: "value"; "floor" or "floor_high" (shuffled images); "half_1" or "half_2" (half of the images; on the
                diagonal, two halves of the features with each other).

        Raises:
            ValueError: If there is no such measure or part.
        """
        if measure not in MEASURES or part not in PARTS:
            raise ValueError(
                f"`measure` must be one of {', '.join(MEASURES)}, `part` one of {', '.join(PARTS)}. "
                f"Received: {measure!r}, {part!r}."
            )
        import pandas as pd

        column = measure if part == "value" else f"{measure}_{part}"
        known = {}
        for first, second, value in self.similarity[["first", "second", column]].itertuples(index=False):
            known[first, second] = known[second, first] = value
        names = self.names
        return pd.DataFrame([[known[row, column] for column in names] for row in names], index=names, columns=names)

    def with_stability(self, stabilities: Mapping[str, Measured]) -> Comparison:
        """Return the same with the stability of neighbours as columns `stability`, `stability_low`, `stability_high`.

        Args:
            stabilities: What `neighbor_stability` gave for extractors, by their names; NaN for those that are missing.
        """
        known = [stabilities.get(name) for name in self.table["extractor"]]
        columns = {
            f"stability{suffix}": [math.nan if each is None else getattr(each, field) for each in known]
            for suffix, field in {"": "value", "_low": "low", "_high": "high"}.items()
        }
        return dataclasses.replace(self, table=self.table.assign(**columns))

    def to_json(self) -> str:
        """Write it as JSON; `from_json` reads it."""
        tables = {name: rows_of(getattr(self, name)) for name in TABLES}
        return json.dumps({**tables, "verdict": self.verdict, "notes": list(self.notes), "facts": dict(self.facts)})

    def to_bytes(self) -> bytes:
        """Write it as JSON, for a workspace to keep."""
        return self.to_json().encode("utf-8")

    @classmethod
    def from_bytes(cls, content: bytes) -> Comparison:
        """Read what `to_bytes` wrote. Raises as `from_json` does."""
        return cls.from_json(content)

    @classmethod
    def from_json(cls, text: str | bytes) -> Comparison:
        """Read what `to_json` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            stored = json.loads(text)
            tables = {name: table_of(name, stored[name], has_labels=stored["facts"]["has_labels"]) for name in TABLES}
            return cls(**tables, verdict=stored["verdict"], notes=tuple(stored["notes"]), facts=stored["facts"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("This is not a stored comparison, or it is damaged. Compare again.") from error


def table_of(name: str, rows: Sequence[Mapping[str, Any]], *, has_labels: bool) -> pd.DataFrame:
    """Make one of `TABLES` from its rows; values that a row lacks are unknown. Without labels there are no scores."""
    import pandas as pd

    columns = {
        column: kind
        for column, kind in TABLES[name].items()
        if has_labels or name != "table" or column not in SCORE_COLUMNS
    }
    return pd.DataFrame(
        {column: pd.Series([row.get(column) for row in rows], dtype=kind) for column, kind in columns.items()}
    )


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON values, without what is unknown."""
    import pandas as pd

    rows = table.astype(object).to_dict(orient="records")
    return [{str(column): _plain(value) for column, value in row.items() if not pd.isna(value)} for row in rows]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
