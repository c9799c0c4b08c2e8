"""A dataset is read once: which rows share a text, nearly share one, or say nothing."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Bool, Int

from dvn.data.allotment import NumberedTexts, number_texts
from dvn.data.dataset import Dataset
from dvn.data.text_facts import text_keys
from dvn.health.finding import MOST_CHARACTERS, MOST_EXAMPLES, Example
from dvn.health.near_duplicates import near_groups
from dvn.health.words import LINK, MENTION, Words, words_of

SAMPLE_TEXTS: Final = 2_000


@dataclass(frozen=True)
class Reading:
    """A dataset with what several checks need of it, each computed when it is first asked for.

    Attributes:
        dataset: The dataset as it is now.
        origins: For each row its number in the dataset as it was read, from 0.
    """

    dataset: Dataset
    origins: Int[np.ndarray, " rows"] | None = field(default=None, compare=False)

    @cached_property
    def numbered(self) -> NumberedTexts:
        """Which rows have the same text but for case and white space."""
        return number_texts(self.dataset.texts)

    @cached_property
    def words(self) -> Words:
        """The words of the different texts."""
        return words_of(self.numbered.texts)

    @cached_property
    def near(self) -> Int[np.ndarray, " rows"]:
        """For each row the number of its group of near-duplicates."""
        groups = near_groups(self.words)
        # What says nothing is no copy of anything, unless it is the very same.
        silent = np.flatnonzero(self._spoken == 0)
        groups[silent] = groups.max(initial=0) + 1 + np.arange(len(silent))
        of_rows: Int[np.ndarray, " rows"] = groups[self.numbered.group_of]
        return of_rows

    @cached_property
    def _spoken(self) -> Int[np.ndarray, " texts"]:
        """How many words of each different text are neither a link nor a mention."""
        says = np.array([word not in (LINK, MENTION) for word in self.words.vocabulary], dtype=np.int64)
        total = np.concatenate([[0], np.cumsum(says[self.words.ids])])
        spoken: Int[np.ndarray, " texts"] = np.diff(total[self.words.starts])
        return spoken

    @cached_property
    def blank(self) -> Bool[np.ndarray, " rows"]:
        """Rows whose text has no word and no picture: only marks, links or mentions."""
        is_blank = np.zeros(len(self.numbered.texts), dtype=bool)
        for text in np.flatnonzero(self._spoken == 0).tolist():
            is_blank[text] = not _has_picture(self.numbered.texts[text])
        of_rows: Bool[np.ndarray, " rows"] = is_blank[self.numbered.group_of]
        return of_rows

    @cached_property
    def firsts(self) -> Int[np.ndarray, " texts"]:
        """The first row of each different text."""
        return np.unique(self.numbered.group_of, return_index=True)[1]

    @cached_property
    def sample(self) -> Int[np.ndarray, " sample"]:
        """At most 2,000 first rows of different texts, chosen by a hash of the text; sorted."""
        if len(self.firsts) <= SAMPLE_TEXTS:
            return np.sort(self.firsts)
        order = np.argsort(text_keys(self.numbered.texts), kind="stable")
        return np.sort(self.firsts[order[:SAMPLE_TEXTS]])

    def share(self, rows: int) -> float:
        """So many rows among all, in [0, 1]."""
        return rows / max(1, len(self.dataset))

    def examples(self, rows: Iterable[int], notes: Iterable[str] = ()) -> tuple[Example, ...]:
        """The first five of these rows."""
        given = [*notes]
        return tuple(
            Example(
                row=self.number(row),
                text=clipped(self.dataset.texts[row]),
                label=clipped(self.dataset.labels[row], 60),
                note=given[place] if place < len(given) else "",
            )
            for place, row in enumerate([*rows][:MOST_EXAMPLES])
        )

    def number(self, row: int) -> int:
        """The number a person knows a row by: 1 is the first row that was read."""
        return 1 + int(row if self.origins is None else self.origins[row])


def clipped(text: str, characters: int = MOST_CHARACTERS) -> str:
    """The beginning of a text, marked if it goes on; what cannot be stored is replaced."""
    whole = text[: characters + 1].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    return whole if len(whole) <= characters else whole[: characters - 1] + "…"


def _has_picture(text: str) -> bool:
    """Whether a text holds an emoji or another sign that speaks for itself."""
    return any(unicodedata.category(character) == "So" for character in text[:500])
