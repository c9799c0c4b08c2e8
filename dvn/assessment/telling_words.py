"""Some texts become the words that speak for each class most, over all of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dvn.assessment.occlusion import Probabilities, explain

MOST_TEXTS: Final = 300
WORDS_A_CLASS: Final = 8
_MOST_WORDS: Final = 40
_LEAST_TEXTS: Final = 2
_LEAST_WEIGHT: Final = 0.01


@dataclass(frozen=True, slots=True)
class TellingWord:
    """A word, in lower case, and the mean probability that its class loses without it, over some texts."""

    word: str
    weight: float
    texts: int


def telling_words(
    probabilities: Probabilities, texts: Sequence[str], classes: int, *, most_texts: int = MOST_TEXTS
) -> tuple[tuple[TellingWord, ...], ...]:
    """For each class the words that decided for it most, in texts that were given it; at most eight.

    A word counts once it decided in two texts. What one rare word decides is shrunk towards nothing, by as
    much as one more text in which it decided nothing. Texts are taken evenly from all.
    """
    some = texts[:: max(1, -(-len(texts) // most_texts))]
    predicted = probabilities(some)
    heard: list[dict[str, list[float]]] = [defaultdict(list) for _ in range(classes)]
    explained = explain(probabilities, some, predicted, most_words=_MOST_WORDS)
    for text, given, words in zip(some, predicted.argmax(axis=1).tolist(), explained, strict=True):
        strongest: dict[str, float] = {}
        for word in words:
            name = text[word.start : word.end].lower()
            if any(character.isalnum() for character in name):
                strongest[name] = max(strongest.get(name, -1.0), word.weight)
        for name, weight in strongest.items():
            heard[given][name].append(weight)
    return tuple(_ranked(words) for words in heard)


def _ranked(words: dict[str, list[float]]) -> tuple[TellingWord, ...]:
    found = [
        TellingWord(word, float(np.sum(weights) / (len(weights) + 1)), len(weights))
        for word, weights in words.items()
        if len(weights) >= _LEAST_TEXTS
    ]
    kept = [word for word in found if word.weight >= _LEAST_WEIGHT]
    return tuple(sorted(kept, key=lambda word: (-word.weight, word.word))[:WORDS_A_CLASS])
