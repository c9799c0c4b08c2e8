"""A file that nobody has vouched for becomes a dataset, or one sentence about what is wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from dvn.data.choices import DEFAULT_LIMITS, GUESS_EVERYTHING, Limits, ReadChoices
from dvn.data.columns import (
    JOINED_BY,
    NoColumnError,
    OneColumnError,
    guess_columns,
    look_at_all,
)
from dvn.data.dataset import Dataset, LeftOut
from dvn.data.file_kinds import Kind
from dvn.data.label_spellings import merge_sentences, merged_spellings
from dvn.data.open_table import open_table
from dvn.data.parts import part_named
from dvn.data.table import MAX_SAMPLE_ROWS, Reading, Table
from dvn.data.texts_on_disk import TextsWriter
from dvn.data.wording import MAX_NAME_CHARS, counted, named
from dvn.errors import DataError

_FIRST_ROWS: Final = 10
_MAX_UNKNOWN_PARTS: Final = 20
_FEW_CLASSES: Final = 10


_ADD_LABELS: Final = "add a column with the label of each text"
_ONE_COLUMN: Final = {
    Kind.delimited: "if it has more, choose the delimiter",
    Kind.json_lines: "write each row as an object with a text and a label",
    Kind.json: "write each row as an object with a text and a label",
    Kind.parquet: _ADD_LABELS,
    Kind.workbook: f"choose another sheet, or {_ADD_LABELS}",
}


class OnlyHeaderError(DataError):
    """The table has names and no rows."""

    def __init__(self) -> None:
        super().__init__(
            "The file has only a header and no rows; at least one labelled text of two classes is needed."
        )


class NoLabelledTextError(DataError):
    """Every row lacks its text or its label."""

    def __init__(self, left_out: LeftOut, text: str, label: str, notes: Iterable[str] = ()) -> None:
        said = (
            f"None of the {counted(left_out.rows, 'row')} has a text in column {named(text)} and a label "
            f"in column {named(label)}; choose other columns."
        )
        super().__init__(" ".join([said, *notes]))


class OneClassError(DataError):
    """All rows have one label."""

    def __init__(self, column: str, label: str, rows: int) -> None:
        super().__init__(
            f"The label column {named(column)} has one class only, {named(label)}, in all "
            f"{counted(rows, 'row')}; two classes are needed."
        )


class TooManyClassesError(DataError):
    """The label column has more classes than can be learned."""

    def __init__(self, column: str, limit: int, rows: int) -> None:
        super().__init__(
            f"The label column {named(column)} has more than {limit:,} different values in its first "
            f"{counted(rows, 'row')}, which is the limit for classes; choose a column with fewer."
        )


class NoPartsError(DataError):
    """The column chosen as split names no part."""

    def __init__(self, column: str, values: int) -> None:
        super().__init__(
            f"None of the {counted(values, 'value')} of column {named(column)} is train, validation or test; "
            f"choose another split column, or none."
        )


class NotLabelsError(DataError):
    """The label column hardly repeats a value."""

    def __init__(self, column: str, classes: int, rows: int) -> None:
        super().__init__(
            f"The column {named(column)} has {classes:,} different values in {counted(rows, 'row')}, so it "
            f"is no label; choose a column whose values repeat."
        )


def read_dataset(
    path: Path,
    *,
    choices: ReadChoices = GUESS_EVERYTHING,
    limits: Limits = DEFAULT_LIMITS,
    scratch: Path | None = None,
) -> Dataset:
    """The labelled texts of a CSV, TSV, JSONL, JSON, Parquet or XLSX file, packed or not, in their order.

    Encoding, delimiter, quotes, header and columns are guessed from the first 256 KB unless
    chosen. Rows with an empty text or label are left out and counted in `left_out`; what else a person might
    not expect is told in `notes`.

    Args:
        path: The file; it is read in a stream.
        choices: What not to guess.
        limits: How much of the file is allowed.
        scratch: A folder where texts that are many stay, in a file without a name; None: all are in memory.

    Raises:
        EncodingNotConfirmedError: The file is not UTF-8 and no encoding is chosen.
        DataError: The file cannot be used; the leaf says where and why.
        OSError: The disk is full.
    """
    table = open_table(path, choices, limits)
    with TextsWriter(scratch) as texts:
        collector = _Collector(table, choose_columns(table), texts)
        collector.read()
        return collector.dataset()


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The columns a dataset is made of; several texts are joined."""

    texts: tuple[str, ...]
    label: str
    split: str | None

    @property
    def text(self) -> str:
        """The name of the texts, such as "title + body"."""
        return JOINED_BY.join(self.texts)


def choose_columns(table: Table) -> ColumnChoice:
    """The text, label and split columns of a table, chosen or guessed.

    Raises:
        DataError: The table has too few columns or rows, or none looks right.
    """
    names = table.names
    if len(names) < 2:
        raise OneColumnError(names[0], table.form_reason, way_out=_ONE_COLUMN[table.kind])
    guesses = guess_columns(names, table.first_rows, table.choices, is_whole=table.is_whole)
    # Reading on says whether there are rows at all, or what is wrong with them.
    if not table.first_rows and next(table.rows(), None) is None:
        raise OnlyHeaderError
    for role, found in (("text", guesses.text), ("label", guesses.label)):
        if not found:
            # What is wrong with a row comes first: it may be why nothing looks right.
            for _ in islice(table.rows(), MAX_SAMPLE_ROWS):
                pass
            raise NoColumnError(role, look_at_all(names, table.first_rows))
    split = guesses.split[0].column if guesses.split else None
    return ColumnChoice(guesses.texts, guesses.label[0].column, split)


def joined(texts: Iterable[str]) -> str:
    """Several texts of one row as one, a blank line between them; empty ones leave no trace."""
    return "\n\n".join(text for text in texts if text and not text.isspace())


class _Collector:
    """Rows of a table on their way into a dataset."""

    def __init__(self, table: Table, columns: ColumnChoice, texts: TextsWriter) -> None:
        self.table, self.columns, self.texts = table, columns, texts
        self.labels: list[str] = []
        self.cells: list[str] = []
        self.empty_texts = self.empty_labels = 0
        self.first_rows: list[int] = []
        self.notes: list[str] = list(table.notes)

    def read(self) -> None:
        """Read all rows; one pass over what may be millions of them, hence one plain loop."""
        names = self.table.names
        texts_at = [names.index(name) for name in self.columns.texts]
        text_at, label_at = texts_at[0], names.index(self.columns.label)
        split_at = names.index(self.columns.split) if self.columns.split else -1
        only = frozenset([*texts_at, label_at, *([split_at] if self.columns.split else [])])
        is_joined = len(texts_at) > 1
        labels: dict[str, str] = {}
        classes: set[str] = set()
        for number, row in enumerate(self.table.rows(Reading(only=only, notes=self.notes)), start=1):
            text = joined([row[at] for at in texts_at]) if is_joined else row[text_at]
            cell = row[label_at]
            label = labels.get(cell)
            if label is None:
                label = labels[cell] = cell.strip()
                classes.add(label)
                if len(classes) > self.table.limits.max_classes:
                    raise TooManyClassesError(self.columns.label, self.table.limits.max_classes, number)
            if not label or not text or text.isspace():
                self._leave_out(number, has_text=bool(text.strip()))
                continue
            self.texts.append(text)
            self.labels.append(label)
            if split_at >= 0:
                self.cells.append(row[split_at])

    def _leave_out(self, number: int, *, has_text: bool) -> None:
        self.empty_labels += has_text
        self.empty_texts += not has_text
        if len(self.first_rows) < _FIRST_ROWS:
            self.first_rows.append(number)

    def dataset(self) -> Dataset:
        """The rows read so far as a dataset.

        Raises:
            DataError: They pose no classification task.
        """
        columns = self.columns
        left_out = LeftOut(self.empty_texts, self.empty_labels, tuple(self.first_rows))
        if not self.labels:
            raise (
                NoLabelledTextError(left_out, columns.text, columns.label, self.notes)
                if left_out.rows
                else OnlyHeaderError()
            )
        self._merge_spellings()
        classes = set(self.labels)
        if len(classes) == 1:
            raise OneClassError(columns.label, self.labels[0], len(self.labels))
        if len(classes) > max(_FEW_CLASSES, len(self.labels) / 2):
            raise NotLabelsError(columns.label, len(classes), len(self.labels))
        parts, unknown = self._parts()
        return Dataset(
            texts=self.texts.finished(),
            labels=tuple(self.labels),
            parts=parts,
            text_column=columns.text,
            label_column=columns.label,
            left_out=left_out,
            unknown_parts=unknown,
            notes=tuple(self.notes),
        )

    def _merge_spellings(self) -> None:
        if not self.table.choices.merge_case:
            return
        counts = Counter(self.labels)
        merged = merged_spellings(counts)
        if merged:
            self.labels = [merged.get(label, label) for label in self.labels]
            self.notes.extend(merge_sentences(merged, counts))

    def _parts(self) -> tuple[tuple[str | None, ...] | None, tuple[tuple[str, int], ...]]:
        if not self.columns.split:
            return None, ()
        counts = Counter(self.cells)
        part_of = {cell: part_named(cell) for cell in counts}
        if not any(part_of.values()):
            raise NoPartsError(self.columns.split, len(counts))
        unknown: Counter[str] = Counter()
        for cell, rows in counts.items():
            if part_of[cell] is None and cell.strip():
                unknown[cell.strip()[:MAX_NAME_CHARS]] += rows
        return tuple(map(part_of.__getitem__, self.cells)), tuple(unknown.most_common(_MAX_UNKNOWN_PARTS))
