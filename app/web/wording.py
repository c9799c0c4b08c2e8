"""Numbers and times become the words a page shows; every template filter lives here."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

MODULE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "use": "USE multilingual",
        "minilm": "MiniLM sentences",
        "glove": "GloVe words",
        "wordllama": "WordLlama tokens",
        "use_table": "USE tokens",
        "minilm_table": "MiniLM wordpieces",
    }
)
NGRAM_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "words": "Single words",
        "word_pairs": "Words and pairs",
        "characters": "Characters 3-5",
        "short_characters": "Characters 1-3",
        "pairs_and_characters": "Words, pairs and characters",
    }
)


def percent(share: float) -> str:
    """A score in [0, 1] as a percentage with one decimal."""
    return f"{100 * share:.1f} %"


def probability(share: float) -> str:
    """A model's own confidence; it is never certain, whatever rounding would say."""
    return "more than 99.9 %" if share > 0.9995 else percent(share)


def count(number: float) -> str:
    """A whole number with commas between thousands."""
    return f"{round(number):,}"


def seconds(duration: float) -> str:
    """A duration in the unit a person would say it in."""
    if duration < 1:
        return f"{max(1, round(duration * 1000))} ms"
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 120:
        return f"{round(duration)} s"
    return f"{round(duration / 60)} min"


def size(amount: float) -> str:
    """Bytes as KB, MB or GB, counted in thousands."""
    if amount < 1000:
        return f"{round(amount)} bytes"
    power = min(3, int(math.log10(amount) // 3))
    return f"{amount / 1000**power:.3g} {('', 'KB', 'MB', 'GB')[power]}"


def moment(when: datetime) -> str:
    """A point in time, in UTC, to the minute."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 row`, `1,200 rows`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "percent": percent,
        "probability": probability,
        "count": count,
        "seconds": seconds,
        "size": size,
        "moment": moment,
        "plural": plural,
    }
)
