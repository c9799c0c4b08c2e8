"""Names of other people's columns and labels become words of a sentence."""

from collections.abc import Sequence

MAX_NAME_CHARS = 40
MAX_NAMES = 12


def named(name: str) -> str:
    """The name in quotes, on one line, without control characters, cut at 40 characters."""
    one_line = "".join(c if c.isprintable() else " " for c in name[: 4 * MAX_NAME_CHARS]).strip()
    one_line = " ".join(one_line.split())
    if len(one_line) > MAX_NAME_CHARS:
        one_line = one_line[: MAX_NAME_CHARS - 1] + "…"
    return f"'{one_line}'"


def listed(names: Sequence[str]) -> str:
    """The names in quotes, joined for a sentence; after twelve, only their number."""
    return enumerated([named(name) for name in names])


def enumerated(items: Sequence[str]) -> str:
    """The items joined for a sentence, 'a, b and c'; after twelve, only their number."""
    if len(items) > MAX_NAMES:
        return f"{', '.join(items[:MAX_NAMES])} and {len(items) - MAX_NAMES:,} more"
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(count: int, noun: str) -> str:
    """The count with its noun: '1 row', '1,200 rows', '2 classes'."""
    plural = noun + ("es" if noun.endswith(("s", "x")) else "s")
    return f"{count:,} {noun if count == 1 else plural}"
