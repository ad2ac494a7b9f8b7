"""What each column of a file is taken for: the features, the labels, the names of rows, or nothing.

Numbers of rows and of classes are no features: with one among them even noise looks as if it told classes apart. They are
known by what their column is called, and by their content: they count the rows, go with the labels one to one, or are the
only whole numbers beside fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from featx_core.tables import content
from featx_core.tables.columns.column_groups import (
    called_alike,
    classes_at_an_end,
    classes_of,
    identifiers_in_front,
    is_coordinate,
    is_series,
    marks_classes,
    outweighs,
    side_by_side,
    variety,
)  # fmt: skip
from featx_core.tables.columns.column_words import (
    is_data_frame_index,
    label_strength,
    meaning_of,
    name_rank,
    says_nothing_of_vectors,
    vector_rank,
    words_of,
)  # fmt: skip
from featx_core.tables.layout import Column, Role
from featx_core.tables.raw import RawColumn, RawTable

MAX_MARKS = 10_000  # classes that a vector can mark
ROW_NUMBERS = "row numbers"
IDENTIFIERS = "identifiers"
_LABELS_TOO = "other labels"


def guess_roles(table: RawTable, *, main: str | None = None) -> tuple[Column, ...]:
    """Find out what each column is most likely meant to be.

    Args:
        table: The columns of a file.
        main: The column of vectors that is known to hold the features, in a file that has several.
    """
    return _Guess(table, main).columns()


def is_doubtful(table: RawTable) -> bool:
    """Return whether several arrays can be the features, and none is called so."""
    likely = [name for name in table.arrays if vector_rank(name) == vector_rank(table.arrays[0])]
    return len(likely) > 1 and says_nothing_of_vectors(likely[0])


class _Guess:
    """The columns of one file, decided one after the other.

    Attributes:
        taken: Position of a column to its role, and why it has it.
    """

    def __init__(self, table: RawTable, main: str | None) -> None:
        self.table, self.raw, self.main = table, table.columns, main
        self.taken: dict[int, tuple[Role, str]] = {}
        self.labels: list[tuple[tuple[int, ...], int, str]] = []  # candidates, each with its rank and why it is one
        self.names: list[tuple[tuple[int, ...], int]] = []
        self._places = {
            "single": [at for at, column in enumerate(self.raw) if column.is_single],
            "vector": [at for at, column in enumerate(self.raw) if column.is_vector],
            "text": [at for at, column in enumerate(self.raw) if column.is_text],
        }
        self.meanings = {column.name: meaning_of(column.name) for column in self.raw}

    def columns(self) -> tuple[Column, ...]:
        """Decide."""
        self._leave_unusable()
        self._choose_vectors()
        self._judge_by_names()
        self._judge_texts()
        self._choose_name()
        self._find_marks()
        self._choose_label()
        self._leave_copies_of_labels()
        self._leave_counters()
        self._find_odd_label()
        self._leave_beside_vectors()
        return tuple(self._decided(at) for at in range(len(self.raw)))

    def _decided(self, at: int) -> Column:
        column = self.raw[at]
        role, why = self.taken.get(at, ("feature", column.remark))
        return Column(column.name, role, column.holds, why, column.options)

    def _open(self, kind: Literal["single", "vector", "text"]) -> list[int]:
        return [at for at in self._places[kind] if at not in self.taken]

    def _open_binary(self) -> list[int]:
        return [at for at in self._open("single") if content.is_binary(self.raw[at].numbers)]

    def _leave(self, places: Iterable[int], why: str) -> None:
        self.taken |= {at: ("left out", why) for at in places}

    def _leave_unusable(self) -> None:
        for at, column in enumerate(self.raw):
            if not (column.has_numbers or column.load_words):
                self._leave([at], column.holds)

    def _choose_vectors(self) -> None:
        """Take the likeliest vectors, unless the columns of single numbers are more and likelier."""
        vectors = self._open("vector")
        ranked = sorted(vectors, key=lambda at: (vector_rank(self.raw[at].name), -self.raw[at].n_values))
        likely = [at for at in ranked if self.raw[at].name == self.main] or [
            at for at in ranked if not self._marks_beside(at, ranked)
        ]
        singles = self._open("single")
        is_chosen = likely and (self.main or outweighs(self.raw[likely[0]], len(singles)))
        self.main = self.raw[likely[0]].name if is_chosen else None
        self._judge_other_vectors([at for at in vectors if self.raw[at].name != self.main])

    def _marks_beside(self, at: int, vectors: Sequence[int]) -> bool:
        """Return whether vectors mark classes, where there are others that can be the features."""
        column = self.raw[at]
        return len(vectors) > 1 and column.n_values <= MAX_MARKS and content.marks_one_class(column.numbers)

    def _judge_other_vectors(self, places: Iterable[int]) -> None:
        for at in places:
            column = self.raw[at]
            strength = label_strength(column.name)
            may_mark = column.n_values <= MAX_MARKS and (self.main or strength)
            if may_mark and content.marks_one_class(column.numbers):
                self.labels.append(((3 - strength, 2, at), at, "one-hot" if strength < 2 else ""))
            elif strength:
                self._leave([at], "not one-hot")
            else:
                self._leave([at], f"vectors beside “{self.main}”" if self.main else "vectors beside scalar columns")

    def _judge_by_names(self) -> None:
        """Judge the columns of single numbers by what they are called, and the index of a data frame."""
        for at in self._open("single"):
            column, meaning = self.raw[at], self.meanings[self.raw[at].name]
            if is_data_frame_index(column.name) or (column.is_index and meaning in ("", "row number")):
                self._judge_index(at)
            elif meaning and (column.name.strip().lower() != "y" or self._is_target(at)):
                self._judge_meaning(at, column, meaning)

    def _judge_index(self, at: int) -> None:
        values = self.raw[at].numbers
        if content.is_whole(values) and content.all_differ(values) and not content.counts_rows(values):
            self.names.append(((2, at), at))
        else:
            self._leave([at], ROW_NUMBERS)

    def _is_target(self, at: int) -> bool:
        """Return whether a column called "y" is what is to be predicted, if no coordinate."""
        others = {column.name.strip().lower() for column in self.raw if column.is_single} - {"y"}
        if "x" in others:
            return False
        return content.is_whole(self.raw[at].numbers) or not any(len(name) == 1 for name in others)

    def _judge_meaning(self, at: int, column: RawColumn, meaning: str) -> None:
        values = column.numbers
        is_whole = content.is_whole(values)
        if meaning == "label" and is_whole and not (len(values) >= content.MIN_ROWS and content.counts_rows(values)):
            self.labels.append(((3 - label_strength(column.name), 1, at), at, ""))
        elif meaning == "label":
            self._leave([at], ROW_NUMBERS if is_whole else "continuous values, not classes")
        elif meaning in ("identifier", "name") and is_whole:
            self._judge_identifier(at, meaning)
        elif meaning == "row number" and is_whole and content.all_differ(values):
            self._judge_index(at)
        elif meaning == "bookkeeping" and (is_whole or "pred" in "".join(words_of(column.name))):
            self._leave([at], "fold, cluster or prediction")

    def _judge_identifier(self, at: int, meaning: str) -> None:
        if content.all_differ(self.raw[at].numbers):
            self.names.append(((0 if meaning == "name" else 1, name_rank(self.raw[at].name), at), at))
        else:
            self._leave([at], f"repeated {IDENTIFIERS}")

    def _judge_texts(self) -> None:
        """Judge columns of text by what they are called, and else by whether their cells differ or repeat."""
        for at in self._open("text"):
            meaning, column = self.meanings[self.raw[at].name], self.raw[at]
            if meaning == "label" and not is_coordinate(column, self.raw):
                self.labels.append(((3 - label_strength(column.name), 0, at), at, ""))
            elif meaning == "name":
                self.names.append(((0, name_rank(column.name), at), at))
            elif column.holds != "text" or meaning == "bookkeeping":
                self._leave([at], column.holds if meaning != "bookkeeping" else "fold, cluster or prediction")
            else:
                self._judge_unnamed_text(at, meaning)

    def _judge_unnamed_text(self, at: int, meaning: str) -> None:
        n_known, n_different, have_letters = variety(self.raw[at])
        if n_known == n_different == self.table.n_rows and (have_letters or meaning == "identifier"):
            self.names.append(((1 if meaning == "identifier" else 3, at), at))
        elif 2 <= n_different <= max(n_known // 2, 1) and have_letters and meaning != "identifier":
            self.labels.append(((4, at), at, ""))

    def _choose_name(self) -> None:
        front = identifiers_in_front(self._open("single"), self.raw)
        if front is not None and not (self.main or self.names):
            self.names.append(((2, front), front))
        for rank, (_, at) in enumerate(sorted(self.names)):
            others = IDENTIFIERS if self.raw[at].has_numbers else "other names"
            self.taken[at] = ("name", "") if not rank else ("left out", others)

    def _find_marks(self) -> None:
        """Find columns that together have a single 1 in each row: the classes, one column each."""
        binary = self._open_binary()
        for group in called_alike(binary, self.raw):
            if marks_classes(group, self.raw):
                self.labels += [((1, 2, group[0]), at, "one-hot") for at in group]
            else:
                self._leave(group, "not one-hot")
        marked = {each[1] for each in self.labels}
        left = [at for at in binary if at not in self.taken and at not in marked]
        others = set(self._open("single")).difference(left)
        for group in side_by_side(left) if others and self.table.n_rows >= content.MIN_ROWS else ():
            if marks_classes(group, self.raw):
                self.labels += [((6, group[0]), at, "one-hot") for at in group]

    def _choose_label(self) -> None:
        if not self.labels:
            return
        first = self._in_words(min(self.labels))
        for rank, at, why in self.labels:
            if rank == first[0]:
                self.taken[at] = ("label", why)
            elif rank[0] < 6:
                self.taken[at] = ("left out", _LABELS_TOO)

    def _in_words(self, first: tuple[tuple[int, ...], int, str]) -> tuple[tuple[int, ...], int, str]:
        """Return the texts that say the same as numbers of classes do, where there are some."""
        if not self.raw[first[1]].is_single:
            return first
        texts = (each for each in sorted(self.labels) if self.raw[each[1]].is_text)
        numbers = self.raw[first[1]].numbers
        return next((each for each in texts if content.same_classes(numbers, classes_of([self.raw[each[1]]]))), first)

    def _leave_copies_of_labels(self) -> None:
        """Leave out numbers that go with the labels one to one."""
        labelled = [at for at, (role, _) in self.taken.items() if role == "label"]
        if not labelled:
            return
        classes = classes_of([self.raw[at] for at in labelled])
        for at in self._open("single"):
            if content.is_whole(self.raw[at].numbers) and content.same_classes(self.raw[at].numbers, classes):
                self._leave([at], "same classes as the labels")
        for group in side_by_side(self._open_binary()):
            if marks_classes(group, self.raw):
                marked = np.argmax(np.stack([self.raw[at].numbers for at in group], axis=1), axis=1)
                self._leave(
                    group if content.same_classes(marked.astype(float), classes) else (), "same classes as the labels"
                )

    def _find_odd_label(self) -> None:
        """Where nothing is the label, take the only numbers of classes beside numbers of another kind."""
        if any(role == "label" for role, _ in self.taken.values()):
            return
        singles = self._open("single")
        odd = [at for at in singles if content.has_classes(self.raw[at].numbers, per_class=2 if self.main else 3)]
        if len(odd) == 1 and (self.main or len(singles) > 2) and self._stands_apart(odd[0], singles):
            self.taken[odd[0]] = ("label", "the only integers with few values")
        elif not self.main and (end := classes_at_an_end(singles, self.raw)) is not None:
            self.taken[end] = ("label", "few integers, evenly used, at an end of the table")

    def _stands_apart(self, at: int, singles: Sequence[int]) -> bool:
        others = [other for other in singles if other != at]
        if self.main or (is_series(others, self.raw) and not is_series([at, others[0]], self.raw)):
            return True
        at_end = at in (singles[0], singles[-1])
        return at_end and not any(content.is_whole(self.raw[other].numbers) for other in others)

    def _leave_counters(self) -> None:
        """Leave out numbers that go up by one from row to row, if there are others."""
        singles = self._open("single")
        counters = [at for at in singles if self._counts(at)]
        if self.main or len(counters) < len(singles):
            self._leave(counters, ROW_NUMBERS)

    def _counts(self, at: int) -> bool:
        return (
            not self.raw[at].remark
            and self.table.n_rows >= content.MIN_ROWS
            and content.counts_rows(self.raw[at].numbers)
        )

    def _leave_beside_vectors(self) -> None:
        if self.main:
            self._leave(self._open("single"), f"scalars beside “{self.main}”")
        self._leave(self._open("text"), "text")
