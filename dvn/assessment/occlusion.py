"""A classifier and a text become the words that decided: each is left out once, and the probability watched.

Source: Li, Monroe and Jurafsky (2016), "Understanding neural networks through representation erasure",
section 2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from dvn.assessment.words import Word, without, words_of

MOST_WORDS: Final = 200
_TEXTS_AT_ONCE: Final = 1_024

Probabilities = Callable[[Sequence[str]], Float[np.ndarray, "texts classes"]]
"""Class probabilities of texts, as a classifier gives them."""


@dataclass(frozen=True, slots=True)
class ExplainedWord:
    """A word and how much it decided.

    Attributes:
        start: Where it begins, in characters.
        end: Where it ends.
        weight: How much of the predicted class's probability is lost without it, in [-1, 1]; a word that
            speaks against the class has a negative weight.
    """

    start: int
    end: int
    weight: float


def explain(
    probabilities: Probabilities,
    texts: Sequence[str],
    predicted: Float[np.ndarray, "texts classes"],
    *,
    most_words: int = MOST_WORDS,
) -> list[tuple[ExplainedWord, ...]]:
    """The words of each text with what they decided; those after the first 200 are left in and left out here.

    Args:
        probabilities: What predicts; called with many texts at once.
        texts: What was predicted.
        predicted: The class probabilities of the whole texts.
        most_words: How many words of a text are left out in turn.
    """
    pieces = [words_of(text)[:most_words] for text in texts]
    shortened = (without(text, word) for text, words in zip(texts, pieces, strict=True) for word in words)
    owners = np.repeat(np.arange(len(texts)), [len(words) for words in pieces])
    best = predicted.argmax(axis=1) if len(texts) else np.zeros(0, np.int64)
    left = _own_probabilities(probabilities, list(shortened), best[owners])
    lost = predicted[owners, best[owners]] - left
    explained, at = [], 0
    for words in pieces:
        weights = lost[at : at + len(words)].tolist()
        explained.append(tuple(_weighed(word, weight) for word, weight in zip(words, weights, strict=True)))
        at += len(words)
    return explained


def _weighed(word: Word, weight: float) -> ExplainedWord:
    return ExplainedWord(word.start, word.end, weight)


def _own_probabilities(
    probabilities: Probabilities, texts: Sequence[str], classes: np.ndarray
) -> Float[np.ndarray, " texts"]:
    """For each text the probability of its own class, computed for many at a time."""
    found = [np.zeros(0, dtype=np.float64)]
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = probabilities(texts[start : start + _TEXTS_AT_ONCE])
        found.append(some[np.arange(len(some)), classes[start : start + len(some)]].astype(np.float64))
    return np.concatenate(found)
