"""Labels that differ in nothing but case become one label, and a sentence that says so."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from dvn.data.wording import counted, enumerated, named

_LEAST_LETTERS: Final = 3
_MOST_TOLD: Final = 6


def merged_spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """For each label that is another's spelling, the spelling that most rows have.

    Decision: spellings are one label if they differ in case or in the number of spaces within, and have at
    least three letters. Why: "Spam" and "SPAM" are one class in every file seen, while "a" and "A" or "No"
    and "NO" may be codes. Equal counts go to the first in the order of characters, whatever that of rows.
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for label in counts:
        groups[" ".join(label.casefold().split())].append(label)
    merged: dict[str, str] = {}
    for key, spellings in groups.items():
        if len(spellings) > 1 and sum(map(str.isalpha, key)) >= _LEAST_LETTERS:
            kept = min(spellings, key=lambda one: (-counts[one], one))
            merged |= {one: kept for one in spellings if one != kept}
    return merged


def merge_sentences(merged: Mapping[str, str], counts: Mapping[str, int]) -> tuple[str, ...]:
    """What was merged, with the rows of each spelling, for a person; nothing if nothing was."""
    if not merged:
        return ()
    kept = Counter(dict.fromkeys(merged.values(), 0))
    for label, into in merged.items():
        kept[into] += counts[label]
    told = [
        _told(into, merged, counts) for into, _ in sorted(kept.items(), key=lambda item: (-item[1], item[0]))
    ]
    more = f"; and {counted(len(told) - _MOST_TOLD, 'more label')}" if len(told) > _MOST_TOLD else ""
    return (
        f"Labels that differ only in case or spaces were merged into the most frequent spelling: "
        f"{'; '.join(told[:_MOST_TOLD])}{more}.",
    )


def _told(into: str, merged: Mapping[str, str], counts: Mapping[str, int]) -> str:
    others: Sequence[str] = sorted(
        (one for one, other in merged.items() if other == into), key=lambda one: -counts[one]
    )
    rows = enumerated([f"{named(one)} ({counts[one]:,})" for one in others])
    return f"{rows} became {named(into)} ({counts[into]:,})"
