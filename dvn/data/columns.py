"""The first rows of a table tell which columns hold texts, labels and parts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dvn.data.choices import ReadChoices
from dvn.data.column_facts import ColumnFacts, look_at
from dvn.data.column_names import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES, plain
from dvn.data.wording import enumerated, listed, named
from dvn.errors import DataError

MAX_CANDIDATES: Final = 5
CHOSEN: Final = "chosen"
JOINED_BY: Final = " + "
"""Between the names of columns whose texts are joined."""


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

    def __init__(self, column: str, tried: str, *, way_out: str) -> None:
        super().__init__(
            f"The file has one column, {named(column)}, where a text and a label column are needed "
            f"({tried}); {way_out}."
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
    """Columns for each role, those chosen first, then the likeliest; the first of each role differ."""

    text: tuple[ColumnGuess, ...]
    label: tuple[ColumnGuess, ...]
    split: tuple[ColumnGuess, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns whose texts are joined: all that were chosen, or the likeliest alone.

        Decision: several columns are joined only if a person says so. Why: the text of a known file must not
        change with our taste, and a title beside a text is as often noise as help. Others are offered.
        """
        chosen = tuple(guess.column for guess in self.text if guess.reason == CHOSEN)
        return chosen or tuple(guess.column for guess in self.text[:1])


def guess_columns(
    names: Sequence[str], rows: Sequence[Sequence[str]], choices: ReadChoices, *, is_whole: bool
) -> ColumnGuesses:
    """The columns of a table by their names and first rows; a chosen column is its role's first.

    Args:
        names: The columns' names.
        rows: The first rows, each as wide as `names`.
        choices: Columns that a person decided on.
        is_whole: Whether these are all rows.

    Raises:
        UnknownColumnError: A chosen column is not there.
        SameColumnError: One column is chosen twice.
    """
    chosen = _chosen(choices, names)
    facts = {fact.name: fact for fact in look_at_all(names, rows)}
    taken = {name for of_role in chosen.values() for name in of_role}
    free = [fact for name, fact in facts.items() if name not in taken]
    split = [] if choices.split == "" else _rank(free, ColumnFacts.split_score)
    if "split" not in chosen:
        free = [fact for fact in free if fact not in split]
    longest = max((fact.mean_chars for fact in free), default=0.0)
    ranked = {
        "text": _rank(free, lambda fact: fact.text_score(longest)),
        "label": _rank(free, lambda fact: fact.label_score(is_whole=is_whole)),
        "split": split,
    }
    if not ranked["label"] and "label" not in chosen:
        ranked["label"] = _what_is_left(facts, ranked, chosen)
    # A chosen column is its role's first; the best of the free ones are found without it.
    text, label = _apart(ranked["text"], ranked["label"], longest, chosen=chosen, is_whole=is_whole)
    found = {"text": text, "label": label, "split": split}
    return ColumnGuesses(*(_guesses(role, found[role], chosen.get(role, ())) for role in found))


def _what_is_left(
    facts: Mapping[str, ColumnFacts],
    ranked: Mapping[str, Sequence[ColumnFacts]],
    chosen: Mapping[str, Sequence[str]],
) -> list[ColumnFacts]:
    """The one column that has no role yet, if there is one: reading it says what is wrong with it."""
    used = {name for of_role in chosen.values() for name in of_role}
    for role in ("text", "split"):
        if role not in chosen:
            used |= {fact.name for fact in ranked[role][:1]}
    others = [fact for name, fact in facts.items() if name not in used]
    return others if len(others) == 1 else []


def _chosen(choices: ReadChoices, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, tuple[str, ...]] = {}
    if choices.texts:
        chosen["text"] = find_columns("text", choices.texts, names)
    for role, name in (("label", choices.label), ("split", choices.split)):
        if name:
            chosen[role] = (find_column(role, name, names),)
    _refuse_same(chosen)
    return chosen


def _guesses(role: str, ranked: Sequence[ColumnFacts], chosen: Sequence[str]) -> tuple[ColumnGuess, ...]:
    reasons = {"text": _why_text, "label": _why_label, "split": _why_split}
    first = [ColumnGuess(name, CHOSEN) for name in chosen]
    # A column of one value may be all there is, but nobody would choose it besides another.
    worth = [fact for at, fact in enumerate(ranked) if fact.distinct != 1 or not (at or chosen)]
    others = [ColumnGuess(fact.name, reasons[role](fact)) for fact in worth[:MAX_CANDIDATES]]
    return (*first, *others)


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


def find_columns(role: str, wanted: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns asked for, each once; "title + body" asks for two, unless one is called so.

    Raises:
        UnknownColumnError: There is none.
    """
    found: dict[str, None] = {}
    for one in wanted:
        try:
            found.setdefault(find_column(role, one, names))
        except UnknownColumnError:
            if JOINED_BY not in one:
                raise
            for part in one.split(JOINED_BY):
                found.setdefault(find_column(role, part, names))
    return tuple(found)


def _refuse_same(chosen: Mapping[str, Sequence[str]]) -> None:
    for of_role in chosen.values():
        for name in of_role:
            roles = [role for role, others in chosen.items() if name in others]
            if len(roles) > 1:
                raise SameColumnError(name, roles)


def _rank(facts: Sequence[ColumnFacts], score: Callable[[ColumnFacts], float]) -> list[ColumnFacts]:
    """Columns with a score above 0, best first."""
    return sorted((fact for fact in facts if score(fact) > 0), key=score, reverse=True)


def _apart(
    text: list[ColumnFacts],
    label: list[ColumnFacts],
    longest: float,
    *,
    chosen: Collection[str],
    is_whole: bool,
) -> tuple[list[ColumnFacts], list[ColumnFacts]]:
    """The same candidates, the first of each role being the best pair of two columns."""
    if "text" in chosen or "label" in chosen:
        return text, label
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
