"""What a person may decide about reading a file, and how much of it is allowed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadChoices:
    """What a person decided about a file; None means: guess it.

    Attributes:
        text: Name of the column with the texts.
        label: Name of the column with the labels.
        split: Name of the column with train, validation, test; "" means: honour none.
        encoding: Such as "utf-8", "cp1252", "latin-1", "mac_roman".
        delimiter: One character between fields.
        quote: The quote character; "" means: quotes are ordinary characters.
        has_header: Whether the first row holds the columns' names.
    """

    text: str | None = None
    label: str | None = None
    split: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    has_header: bool | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read before it is refused."""

    max_bytes: int = 1_000_000_000
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
