"""Numbers and times become the words a page shows; every template filter lives here."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup, escape

MINUS = "\u2212"
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
METRIC_WORDS: Mapping[str, str] = MappingProxyType(
    {"accuracy": "accuracy", "macro_f1": "macro-F1", "balanced_accuracy": "balanced accuracy"}
)
NGRAM_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "words": "Single words",
        "word_pairs": "Words and pairs",
        "characters": "Characters 3-5",
        "short_characters": "Characters 1-3",
        "pairs_and_characters": "Words + characters",
    }
)
LANGUAGE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "am": "Amharic", "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "da": "Danish",
        "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian",
        "fi": "Finnish", "fr": "French", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian",
        "id": "Indonesian", "ig": "Igbo", "it": "Italian", "ja": "Japanese", "ko": "Korean",
        "mr": "Marathi", "mul": "several languages", "nl": "Dutch", "no": "Norwegian",
        "pcm": "Nigerian Pidgin", "pl": "Polish", "pt": "Portuguese", "pt-MZ": "Mozambican Portuguese",
        "ro": "Romanian", "ru": "Russian", "rw": "Kinyarwanda", "sv": "Swedish",
        "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "ti": "Tigrinya", "tr": "Turkish",
        "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "yo": "Yoruba", "zh": "Chinese",
    }
)  # fmt: skip


def language_name(code: str | None) -> str:
    """A language by its English name; one that has none here is its code, none at all is unknown."""
    return LANGUAGE_NAMES.get(code, code) if code else "unknown"


def breakable(name: str) -> Markup:
    """A name that may be broken where its parts meet, before it is broken anywhere else."""
    return Markup(re.sub(r"([_./-]+)", r"\1<wbr>", str(escape(name))))  # noqa: S704  # escaped before


def points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign."""
    rounded = round(100 * difference, 1)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):.1f}"


def upto(low: float, high: float) -> str:
    """Two scores in [0, 1] as a range of whole percentages."""
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def width(difference: float) -> str:
    """A difference of two shares that has no direction, in percentage points."""
    return f"{abs(100 * difference):.1f}"


def chance(share: float) -> str:
    """A p-value with two digits that count; below a ten-thousandth it is only said to be small."""
    return f"{share:.2g}" if share >= 1e-4 else "less than 0.0001"


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


def milliseconds(duration: float) -> str:
    """Milliseconds for one text, with two digits that count; from a tenth of a second on as a duration."""
    return f"{duration:.2g} ms" if duration < 100 else seconds(duration / 1000)


def times(factor: float) -> str:
    """How many times as much, with two digits that count."""
    return f"{factor:.1f}" if factor < 10 else f"{factor:,.0f}"


FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "percent": percent,
        "points": points,
        "width": width,
        "upto": upto,
        "chance": chance,
        "language": language_name,
        "probability": probability,
        "count": count,
        "breakable": breakable,
        "seconds": seconds,
        "milliseconds": milliseconds,
        "times": times,
        "size": size,
        "moment": moment,
        "plural": plural,
    }
)

LITTLE_TO_LEARN: Final = (
    "Quick classifiers found next to nothing in the texts that tells the labels apart. Check whether texts "
    "and labels belong together; if they do, only a classifier that reads whole sentences may do better."
)
CAUTION_WORDS: Final = (
    "More is expected of one further down, but by less than such gains are usually wrong by; so what is "
    "better proven on the known tasks leads."
)
