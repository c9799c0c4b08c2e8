"""A column's first values become the few facts that tell its role."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dvn.data.column_names import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES, plain
from dvn.data.parts import part_named

_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.{0,14}|[0-9a-fA-F-]{16,}"
)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What the first rows say about a column.

    Attributes:
        name: Its name.
        rows: Rows looked at.
        filled: Share of rows with a value, in [0, 1].
        distinct: Different values.
        mean_chars: Mean length of the values.
        numbers: Share of values that are numbers, in [0, 1].
        addresses: Share of values that are links, dates or codes, in [0, 1].
        parts: Share of values that name a part, in [0, 1].
        is_counter: Whether the values count the rows.
    """

    name: str
    rows: int
    filled: float
    distinct: int
    mean_chars: float
    numbers: float
    addresses: float
    parts: float
    is_counter: bool

    @property
    def said(self) -> str:
        """How the values look, for a person."""
        values = f"{self.distinct:,} different value{'' if self.distinct == 1 else 's'}"
        return f"{values} in {self.rows:,} rows, {self.mean_chars:.0f} characters on average"

    @property
    def distinct_share(self) -> float:
        """Different values for each row, in [0, 1]."""
        return self.distinct / self.rows if self.rows else 0.0

    def text_score(self, longest_mean: float) -> float:
        """How well the column may serve as text; below 0 it may not."""
        score = 2 * TEXT_NAMES.get(plain(self.name), 0) - LABEL_NAMES.get(plain(self.name), 0)
        if not self.rows:
            return score
        score += self.mean_chars / max(1.0, longest_mean) + 0.5 * self.distinct_share
        return score - 3 * self.numbers - 2 * self.addresses - (1 - self.filled) - 3 * self.is_counter

    def label_score(self, *, is_whole: bool) -> float:
        """How well the column may serve as label; below 0 it may not."""
        name = plain(self.name)
        known = max(LABEL_NAMES.get(name, 0), 0.5 * any(word in LABEL_NAMES for word in name.split("_")))
        score = 2 * known - TEXT_NAMES.get(name, 0)
        if not self.rows:
            return score if known else -1.0
        score += 0.6 - self.distinct_share - (1 - self.filled) - 3 * self.is_counter - self.addresses
        if self.distinct > 10 and self.distinct_share > 0.5:
            score -= 3
        if self.distinct < 2:
            score -= 3 if is_whole else 0.5
        score -= (self.mean_chars > 60) + 0.1 * (self.numbers > 0.5)
        # A column that is called "label" is one, even if a closer look will find fault with it.
        return max(score, 0.01) if LABEL_NAMES.get(name, 0) > 0.8 else score

    def split_score(self) -> float:
        """How well the column may serve as split; 0 or below it may not."""
        if not self.rows or not self.parts:
            return 0.0
        if plain(self.name) in SPLIT_NAMES:
            return 1.0 + self.parts
        return 1.0 if self.parts > 0.999 and self.filled > 0.999 and self.distinct > 1 else 0.0


def look_at(name: str, values: Sequence[str]) -> ColumnFacts:
    """The facts of a column with these first values."""
    values = [value.strip() for value in values]
    filled = [value for value in values if value]
    some = max(1, len(filled))
    return ColumnFacts(
        name=name,
        rows=len(values),
        filled=len(filled) / max(1, len(values)),
        distinct=len(set(filled)),
        mean_chars=sum(map(len, filled)) / some,
        numbers=sum(_NUMBER.fullmatch(value) is not None for value in filled) / some,
        addresses=sum(_ADDRESS.fullmatch(value) is not None for value in filled) / some,
        parts=sum(part_named(value) is not None for value in filled) / some,
        is_counter=_counts(filled),
    )


def _counts(values: Sequence[str]) -> bool:
    if len(values) < 3 or not all(len(value) < 16 and value.isdecimal() for value in values):
        return False
    numbers = [int(value) for value in values]
    return all(after == before + 1 for before, after in pairwise(numbers))
