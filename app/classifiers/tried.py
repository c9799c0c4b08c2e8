"""A tried text becomes its answer with bars, and its words marked by how much they decided."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.classifiers.predicting import Predicted
from dvn.assessment import ExplainedWord

_GUESSES: Final = 5
_LEAST_GUESS: Final = 0.005
_LEAST_WEIGHT: Final = 0.01
_LISTED: Final = 8
_STRENGTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Guess:
    """A class with its probability; the width is in percent."""

    label: str
    probability: float
    width: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text; `kind` is the class of its mark, or empty, and `words` say what it means."""

    text: str
    kind: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Decisive:
    """A word that is listed, with the points of probability lost without it."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class TriedView:
    """The answer of the try-it box; the text is only shown again, never kept."""

    text: str
    label: str
    probability: float
    abstains: bool
    abstain_below: float
    guesses: tuple[Guess, ...]
    pieces: tuple[Piece, ...]
    decisive: tuple[Decisive, ...]
    is_cut: bool


def tried_view(text: str, predicted: Predicted, *, most_words: int) -> TriedView:
    """The answer to one text: the most probable classes, and which words decided."""
    shares = predicted.predictions.probabilities[0]
    order = np.argsort(-shares, kind="stable")[:_GUESSES]
    guesses = [
        Guess(predicted.classes[at], float(shares[at]), round(100 * float(shares[at]), 1)) for at in order
    ]
    words = predicted.words[0] if predicted.words else ()
    best = guesses[0]
    return TriedView(
        text=text,
        label=best.label,
        probability=best.probability,
        abstains=best.probability < predicted.abstain_below,
        abstain_below=predicted.abstain_below,
        guesses=(best, *(one for one in guesses[1:] if one.probability >= _LEAST_GUESS)),
        pieces=_pieces(text, words),
        decisive=_listed(text, words),
        is_cut=len(words) == most_words,
    )


def _listed(text: str, words: Sequence[ExplainedWord]) -> tuple[Decisive, ...]:
    strong = [word for word in words if abs(word.weight) >= _LEAST_WEIGHT]
    strong.sort(key=lambda word: (-abs(word.weight), word.start))
    return tuple(Decisive(text[word.start : word.end], word.weight) for word in strong[:_LISTED])


def _pieces(text: str, words: Sequence[ExplainedWord]) -> tuple[Piece, ...]:
    """The whole text in pieces: marked words, and what is between them."""
    most = max((abs(word.weight) for word in words), default=0.0)
    pieces, at = [], 0
    for word in words:
        if abs(word.weight) < _LEAST_WEIGHT:
            continue
        if word.start > at:
            pieces.append(Piece(text[at : word.start]))
        strength = math.ceil(round(_STRENGTHS * abs(word.weight) / most, 6))
        side = "for" if word.weight > 0 else "against"
        pieces.append(Piece(text[word.start : word.end], f"{side}-{strength}", side))
        at = word.end
    return (*pieces, Piece(text[at:])) if at < len(text) else tuple(pieces)
