"""Dataset rows become exactly what their page prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.datasets.tables import DatasetRow, DatasetState
from app.web.figures import Bar, bars
from app.web.wording import count
from dvn.data.rare_classes import MERGED_NAME

MOST_BARS: Final = 25


@dataclass(frozen=True, slots=True)
class Fact:
    words: str
    value: str
    is_words: bool = False


@dataclass(frozen=True, slots=True)
class RareChoice:
    value: str
    title: str
    hint: str


@dataclass(frozen=True, slots=True)
class PartLine:
    name: str
    rows: int
    purpose: str


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A dataset's page."""

    preview_url: str | None
    facts: tuple[Fact, ...]
    bars: tuple[Bar, ...]
    other_bars: tuple[Bar, ...]
    rare: tuple[Bar, ...]
    rare_choices: tuple[RareChoice, ...]
    split: tuple[PartLine, ...]
    sentences: tuple[str, ...]
    is_ready: bool


_PURPOSES: Final = {"train": "to learn from", "validation": "to choose by", "test": "to judge by, once"}


def dataset_view(row: DatasetRow) -> DatasetView:
    """A dataset's page, from its row alone."""
    report = row.report
    rare: Mapping[str, int] = report.get("rare") or {}
    counts = sorted(row.class_counts.items(), key=lambda item: (-item[1], item[0]))
    drawn = bars(counts, small=list(rare))
    parts = report.get("parts") or {}
    rare_rows = sum(row.class_counts.get(label, 0) for label in rare)
    return DatasetView(
        preview_url=f"/uploads/{row.upload_id}" if row.upload_id else None,
        facts=_facts(row),
        bars=drawn[:MOST_BARS],
        other_bars=drawn[MOST_BARS:],
        rare=bars(sorted(rare.items(), key=lambda item: (-item[1], item[0]))),
        rare_choices=_rare_choices(rare_rows),
        split=tuple(PartLine(name, parts[name], words) for name, words in _PURPOSES.items() if parts),
        sentences=(*report.get("left_out", ()), *report.get("sentences", ())),
        is_ready=row.state == DatasetState.ready,
    )


def _facts(row: DatasetRow) -> tuple[Fact, ...]:
    characters = row.report.get("characters")
    lengths = (
        (
            Fact("characters in a text (median)", count(characters["median"])),
            Fact("characters in the longest text", count(characters["longest"])),
        )
        if characters
        else ()
    )
    return (
        Fact("rows with text and label", count(row.rows)),
        Fact("classes", count(row.classes)),
        *lengths,
        Fact("column of texts", row.text_column, is_words=True),
        Fact("column of labels", row.label_column, is_words=True),
    )


def _rare_choices(rows: int) -> tuple[RareChoice, ...]:
    texts = "Their text is" if rows == 1 else f"Their {count(rows)} texts are"
    return (
        RareChoice("merge", "Merge them into one class", f"{texts} labelled '{MERGED_NAME}'."),
        RareChoice(
            "drop", "Leave them out", f"{texts} not used; the classifier will not know these classes."
        ),
        RareChoice("keep", "Keep them to learn from", "They can be predicted, but how well is not measured."),
    )
