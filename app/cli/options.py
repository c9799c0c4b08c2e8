"""Options that several commands share become one checked value each."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from app.settings import Settings
from app.web.wording import METRIC_WORDS
from dvn.data.choices import Limits, ReadChoices

if TYPE_CHECKING:
    # It takes long to import, and a bad file is told at once.
    from dvn.value_network import Metric

Command = Callable[..., Any]
Option = Callable[[Command], Command]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted beside the label: none below a probability, and the words that decided."""

    abstain_below: float = 0.0
    explain: bool = False


_NAMED_DELIMITERS: Final = {
    "tab": "\t",
    r"\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the value network; without a limit the service's limit on training holds."""

    space: str
    without_family: str | None
    max_seconds: float | None
    max_megabytes: float | None
    max_milliseconds: float | None
    prefer_small: float
    metric: "Metric"


def gathered(name: str, kind: Callable[..., object], options: Mapping[str, Option]) -> Option:
    """Options of a command that reach it as one value of this kind, under this name."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(*args: Any, **given: Any) -> Any:
            own = {option: given.pop(option) for option in options}
            return command(*args, **{name: kind(**own)}, **given)

        optioned: Command = run
        for option in reversed(list(options.values())):
            optioned = option(optioned)
        return optioned

    return decorate


def _delimiter(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    return value if value is None else _NAMED_DELIMITERS.get(value.lower(), value)


def _texts(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    return value or None


_TEXT: Final = click.option(
    "--text",
    metavar="COLUMN",
    multiple=True,
    callback=_texts,
    help="Column with the texts; guessed otherwise. Give it twice or more to join several, in this order.",
)
_FORM: Final = {
    "encoding": click.option("--encoding", help="Such as cp1252; needed unless the file is UTF-8 or UTF-16."),
    "delimiter": click.option(
        "--delimiter", callback=_delimiter, help="Between fields, such as ';' or tab; guessed otherwise."
    ),
    "quote": click.option("--quote", help="Around fields; '' if quotes are ordinary characters."),
    "has_header": click.option(
        "--header/--no-header", "has_header", default=None, help="Whether the first row holds names."
    ),
    "sheet": click.option("--sheet", help="Sheet of a workbook; the first with a table otherwise."),
}

labelled_options: Final = gathered(
    "choices",
    ReadChoices,
    {
        "text": _TEXT,
        "label": click.option("--label", metavar="COLUMN", help="Column with the labels; guessed otherwise."),
        "split": click.option(
            "--split", metavar="COLUMN", help="Column with train, validation, test; '' to honour none."
        ),
        **_FORM,
        "merge_case": click.option(
            "--merge-case/--keep-case",
            default=True,
            show_default=True,
            help="Whether labels that differ in nothing but case are one where that is clear.",
        ),
    },
)
text_options: Final = gathered("choices", ReadChoices, {"text": _TEXT, **_FORM})

_POSITIVE: Final = click.FloatRange(min=0, min_open=True)

asked_options: Final = gathered(
    "asked",
    Asked,
    {
        # The names of the spaces are checked later: knowing them takes seconds of imports.
        "space": click.option("--space", default="wide_deep", show_default=True, help="Search space."),
        "without_family": click.option(
            "--without-family", metavar="FAMILY", help="As if these tasks had never been seen."
        ),
        "max_seconds": click.option(
            "--max-seconds",
            type=_POSITIVE,
            help="Longest training, 60 unless the setting says otherwise.",
        ),
        "max_megabytes": click.option(
            "--max-megabytes", type=_POSITIVE, help="Largest classifier, unpacked, on disk."
        ),
        "max_milliseconds": click.option(
            "--max-milliseconds", type=_POSITIVE, help="Longest prediction of one text, on one core."
        ),
        "prefer_small": click.option(
            "--prefer-small",
            type=click.FloatRange(0, 1),
            default=0.0,
            show_default=True,
            help="From 0, only the metric counts, to 1: ten times smaller and faster may be 10 points worse.",
        ),
        "metric": click.option(
            "--metric",
            type=click.Choice(list(METRIC_WORDS)),
            default="accuracy",
            show_default=True,
            help="What is to be high; the best step by it is kept.",
        ),
    },
)
wanted_options: Final = gathered(
    "wanted",
    Wanted,
    {
        "abstain_below": click.option(
            "--abstain-below",
            type=click.FloatRange(0, 1),
            default=0.0,
            help="Give no label where the probability is lower.",
        ),
        "explain": click.option("--explain", is_flag=True, help="Say which words decided; takes longer."),
    },
)
seed_option: Final = click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Another one, another try.",
)


def limits_of(settings: Settings) -> Limits:
    """How much of a file is read before it is refused."""
    return Limits(
        max_bytes=settings.max_upload_bytes, max_rows=settings.max_rows, max_classes=settings.max_classes
    )
