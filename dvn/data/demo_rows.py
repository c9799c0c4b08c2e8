"""A seed becomes made-up support messages with labels, with the faults that real files have.

Among them, on purpose: texts that occur twice, near copies, one text with two labels, empty texts, wrong
labels, messages about two classes at once, an inbox tag that gives a class away, other languages, and slips
of the keyboard. Messages come from `random()` alone, whose sequence Python promises to keep.
"""

import csv
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dvn.data.demo_grammar import BETWEEN, CLASSES, ELSEWHERE, MESSAGES, PHRASES, SHARED, VAGUE

ROWS: Final = 2_000
FILE_NAME: Final = "demo_messages.csv"
COLUMNS: Final = ("message", "topic")

_TWICE, _NEARLY, _CONFLICTS, _EMPTY = 24, 40, 14, 3
_WRONG_LABELS: Final = 0.03
_OTHER_LANGUAGE: Final = 0.03
_VAGUE: Final = 0.04
_BETWEEN: Final = 0.14
_BESIDE: Final = 0.3
"""Of second sentences, those that are about another class."""
_SLIPS: Final = 0.15
_TAGGED: Final = 0.6
_TAGGED_CLASS: Final = "billing"
_GRAMMAR: Final[Mapping[str, Sequence[str]]] = {**SHARED, **PHRASES}


@dataclass(slots=True)
class _Draw:
    """Choices that follow from a seed alone, on every version of Python."""

    source: random.Random

    def one(self, options: Sequence[str]) -> str:
        return options[self.below(len(options))]

    def below(self, count: int) -> int:
        return int(self.source.random() * count)

    def happens(self, share: float) -> bool:
        return self.source.random() < share


def demo_rows(*, rows: int = ROWS, seed: int = 0) -> list[tuple[str, str]]:
    """Messages with their topics, in an order without meaning; a few alone have no faults."""
    draw = _Draw(random.Random(seed))  # noqa: S311  # made-up messages are no secret
    planned = [label for label, share in CLASSES.items() for _ in range(share)]
    faulty = _TWICE + _NEARLY + _CONFLICTS + _EMPTY
    has_faults = rows > faulty
    made = []
    for _ in range(rows - faulty if has_faults else rows):
        label = draw.one(planned)
        text = _message(draw, label)
        made.append((text, draw.one(list(CLASSES)) if draw.happens(_WRONG_LABELS) else label))
    if has_faults:
        made += _faults(draw, made)
    for place in range(len(made) - 1, 0, -1):
        other = draw.below(place + 1)
        made[place], made[other] = made[other], made[place]
    return made


def demo_csv(*, rows: int = ROWS, seed: int = 0) -> bytes:
    """The rows as a CSV in UTF-8."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerows([COLUMNS, *demo_rows(rows=rows, seed=seed)])
    return lines.getvalue().encode()


def _message(draw: _Draw, label: str) -> str:
    if draw.happens(_OTHER_LANGUAGE):
        return _filled(draw, draw.one(ELSEWHERE[label]))
    body = _filled(draw, draw.one(_templates(draw, label)))
    parts = [_begun(body)] if draw.happens(0.8) else [body]
    if draw.happens(0.35):
        other = draw.one(list(CLASSES)) if draw.happens(_BESIDE) else label
        parts.append(_begun(_filled(draw, draw.one(MESSAGES[other]))))
    if draw.happens(0.3) and label != "praise":
        parts.append(_filled(draw, "{feeling}"))
    if draw.happens(0.4):
        parts.append(_filled(draw, "{closing}"))
    text = ". ".join(part.rstrip(".") for part in parts).replace("?.", "?").replace("!.", "!")
    if draw.happens(0.45):
        rest = text if text.startswith("I ") else text[0].lower() + text[1:]
        text = f"{_filled(draw, '{greeting}')}, {rest}"
    if label == _TAGGED_CLASS and draw.happens(_TAGGED):
        text = f"[FIN-INBOX] {text}"
    return _slipped(draw, text)


def _templates(draw: _Draw, label: str) -> Sequence[str]:
    """What a message of this class may begin with: nearly always what is about it alone."""
    if draw.happens(_VAGUE):
        return VAGUE
    if draw.happens(_BETWEEN):
        return [template for both, found in BETWEEN.items() if label in both for template in found]
    return MESSAGES[label]


def _begun(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _filled(draw: _Draw, template: str) -> str:
    """The template with every name in braces replaced, from the left, by a phrase of the grammar."""
    while (start := template.find("{")) >= 0:
        end = template.index("}", start)
        template = template[:start] + draw.one(_GRAMMAR[template[start + 1 : end]]) + template[end + 1 :]
    return template


def _slipped(draw: _Draw, text: str) -> str:
    """The text as a person in a hurry types it: now and then a letter too few, all small, or shouted."""
    if not draw.happens(_SLIPS):
        return text
    kind = draw.below(5)
    if kind == 0:
        return text.lower()
    if kind == 1:
        return text.upper() + "!!!"
    if kind == 2:
        return text + draw.one((" 😡", " 🙏", " :(", " 😊", " ..."))
    place = 1 + draw.below(max(1, len(text) - 2))
    letter = "" if kind == 3 else text[place] * 2
    return text[:place] + letter + text[place + 1 :]


def _faults(draw: _Draw, made: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Rows that a look at the dataset's health should find."""
    some = [made[draw.below(len(made))] for _ in range(_TWICE + _NEARLY + _CONFLICTS)]
    twice, rest = some[:_TWICE], some[_TWICE:]
    nearly = [(f"{text} (sent from my phone)", label) for text, label in rest[:_NEARLY]]
    labels = list(CLASSES)
    conflicts = [
        (text, labels[(labels.index(label) + 1 + draw.below(len(labels) - 1)) % len(labels)])
        for text, label in rest[_NEARLY:]
    ]
    return [*twice, *nearly, *conflicts, *((" " * (place % 2), labels[place]) for place in range(_EMPTY))]
