"""What a person may decide about reading a file, and how much of it is allowed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadChoices:
    """What a person decided about a file; None means: guess it.

    Attributes:
        text: Name of the column with the texts, or names of several, which are joined in this order.
        label: Name of the column with the labels.
        split: Name of the column with train, validation, test; "" means: honour none.
        encoding: Such as "utf-8", "cp1252", "latin-1", "mac_roman".
        delimiter: One character between fields.
        quote: The quote character; "" means: quotes are ordinary characters.
        has_header: Whether the first row holds the columns' names.
        sheet: Name of the sheet of a workbook.
        merge_case: Whether labels that differ in nothing but case are one label where that is clear.
    """

    text: str | tuple[str, ...] | None = None
    label: str | None = None
    split: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    has_header: bool | None = None
    sheet: str | None = None
    merge_case: bool = True

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns chosen for the texts."""
        return (self.text,) if isinstance(self.text, str) else self.text or ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read before it is refused."""

    max_bytes: int = 2_147_483_648
    max_rows: int = 5_000_000
    max_columns: int = 1_000
    max_field_chars: int = 1_000_000
    max_classes: int = 1_000

    @property
    def max_line_chars(self) -> int:
        """A line longer than this has lost its line breaks; it is never held in memory."""
        return 4 * self.max_field_chars


GUESS_EVERYTHING = ReadChoices()
DEFAULT_LIMITS = Limits()
