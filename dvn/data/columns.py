"""The first rows of a table tell which columns hold texts, labels and parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dvn.data.choices import ReadChoices
from dvn.data.column_facts import ColumnFacts, look_at
from dvn.data.column_names import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES, plain
from dvn.data.wording import enumerated, listed, named
from dvn.errors import DataError

MAX_CANDIDATES: Final = 5


class UnknownColumnError(DataError):
    """A column that was asked for is not in the file."""

    def __init__(self, role: str, wanted: str, found: Sequence[str]) -> None:
        super().__init__(
            f"There is no column {named(wanted)} to take the {role} from; the file has {listed(found)}."
        )


class SameColumnError(DataError):
    """One column was asked for in two roles."""

    def __init__(self, column: str, roles: Sequence[str]) -> None:
        super().__init__(
            f"The column {named(column)} cannot be both {' and '.join(roles)}; choose two columns."
        )


class OneColumnError(DataError):
    """The table has one column."""

    def __init__(self, column: str, tried: str) -> None:
        super().__init__(
            f"The file has one column, {named(column)}, where a text and a label column are needed "
            f"({tried}); if it has more, choose the delimiter."
        )


class NoColumnError(DataError):
    """No column looks like what is needed."""

    def __init__(self, role: str, facts: Sequence[ColumnFacts]) -> None:
        seen = enumerated([f"{named(fact.name)} ({fact.said})" for fact in facts])
        super().__init__(f"No column looks like {role}s: {seen}; say which column holds the {role}s.")


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """A column for a role, and why."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class ColumnGuesses:
    """Columns for each role, the likeliest first; the first of each role differ."""

    text: tuple[ColumnGuess, ...]
    label: tuple[ColumnGuess, ...]
    split: tuple[ColumnGuess, ...]


def guess_columns(
    names: Sequence[str], rows: Sequence[Sequence[str]], choices: ReadChoices, *, is_whole: bool
) -> ColumnGuesses:
    """The columns of a table by their names and first rows; a chosen column is its role's only one.

    Args:
        names: The columns' names.
        rows: The first rows, each as wide as `names`.
        choices: Columns that a person decided on.
        is_whole: Whether these are all rows.

    Raises:
        UnknownColumnError: A chosen column is not there.
        SameColumnError: One column is chosen twice.
    """
    wanted = {"text": choices.text, "label": choices.label, "split": choices.split}
    chosen = {role: find_column(role, name, names) for role, name in wanted.items() if name}
    _refuse_same(chosen)
    facts = {fact.name: fact for fact in look_at_all(names, rows)}
    free = [fact for name, fact in facts.items() if name not in chosen.values()]
    split = [] if wanted["split"] == "" else _rank(free, ColumnFacts.split_score)
    if "split" not in chosen:
        free = [fact for fact in free if fact not in split]
    longest = max((fact.mean_chars for fact in free), default=0.0)
    ranked = {
        "text": _rank(free, lambda fact: fact.text_score(longest)),
        "label": _rank(free, lambda fact: fact.label_score(is_whole=is_whole)),
        "split": split,
    }
    for role, name in chosen.items():
        ranked[role] = [facts[name]]
    others = [fact for fact in facts.values() if fact not in ranked["text"][:1] + ranked["split"][:1]]
    if not ranked["label"] and len(others) == 1:
        # Nothing else is left; reading it says what is wrong with it.
        ranked["label"] = others
    text, label = _apart(ranked["text"], ranked["label"], longest, is_whole=is_whole)
    reasons = {"text": _why_text, "label": _why_label, "split": _why_split}
    guesses = {
        role: tuple(
            ColumnGuess(fact.name, "chosen" if role in chosen else reasons[role](fact))
            for fact in found[:MAX_CANDIDATES]
        )
        for role, found in (("text", text), ("label", label), ("split", ranked["split"]))
    }
    return ColumnGuesses(guesses["text"], guesses["label"], guesses["split"])


def look_at_all(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[ColumnFacts, ...]:
    """The facts of all columns by their first rows."""
    return tuple(look_at(name, [row[at] for row in rows]) for at, name in enumerate(names))


def find_column(role: str, wanted: str, names: Sequence[str]) -> str:
    """The name of the column asked for; case and spaces may differ if that is clear.

    Raises:
        UnknownColumnError: There is none.
    """
    if wanted in names:
        return wanted
    alike = [name for name in names if plain(name) == plain(wanted)]
    if len(alike) != 1:
        raise UnknownColumnError(role, wanted, names)
    return alike[0]


def _refuse_same(chosen: Mapping[str, str]) -> None:
    for name in chosen.values():
        roles = [role for role, one in chosen.items() if one == name]
        if len(roles) > 1:
            raise SameColumnError(name, roles)


def _rank(facts: Sequence[ColumnFacts], score: Callable[[ColumnFacts], float]) -> list[ColumnFacts]:
    """Columns with a score above 0, best first."""
    return sorted((fact for fact in facts if score(fact) > 0), key=score, reverse=True)


def _apart(
    text: list[ColumnFacts], label: list[ColumnFacts], longest: float, *, is_whole: bool
) -> tuple[list[ColumnFacts], list[ColumnFacts]]:
    """The same candidates, the first of each role being the best pair of two columns."""
    pairs = [(one, other) for one in text[:10] for other in label[:10] if one.name != other.name]
    if not pairs:
        return text, [fact for fact in label if fact not in text[:1]]
    best_text, best_label = max(
        pairs, key=lambda pair: pair[0].text_score(longest) + pair[1].label_score(is_whole=is_whole)
    )
    return (
        [best_text, *(fact for fact in text if fact is not best_text)],
        [best_label, *(fact for fact in label if fact is not best_label)],
    )


def _why_text(fact: ColumnFacts) -> str:
    usual = "a usual name for texts; " if plain(fact.name) in TEXT_NAMES else ""
    return f"{usual}{fact.said}"


def _why_label(fact: ColumnFacts) -> str:
    usual = "a usual name for labels; " if plain(fact.name) in LABEL_NAMES else ""
    return f"{usual}{fact.said}"


def _why_split(fact: ColumnFacts) -> str:
    usual = "a usual name for parts; " if plain(fact.name) in SPLIT_NAMES else ""
    return f"{usual}{fact.parts:.0%} of its values name train, validation or test"
