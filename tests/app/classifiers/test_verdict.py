"""The sentences that a person reads first."""

import numpy as np
import pytest

from app.classifiers.verdict import of_hundred, quoted, verdict
from app.web.figures import confusion
from dvn.assessment import Assessment, Interval, MeasuredPart, MeasuredPredictions, assess
from dvn.training import metrics

LABELS = ("cat", "dog", "eel")


def assessed(
    right: dict[int, float], confidence: float, texts: int = 300
) -> tuple[Assessment, list[list[int]]]:
    """Of each class so many texts are right and the rest is taken for the next class, all equally sure."""
    truths = np.arange(texts) % 3
    draw = np.random.default_rng(0)
    hit = draw.random(texts) < np.array([right[k] for k in truths])
    predicted = np.where(hit, truths, (truths + 1) % 3)
    shares = np.full((texts, 3), (1 - confidence) / 2, dtype=np.float32)
    shares[np.arange(texts), predicted] = confidence
    part = MeasuredPart(np.arange(texts), truths, predicted, shares)
    table = metrics.confusion(truths, predicted, 3)
    cells = [[int(t), int(p), int(table[t, p])] for t, p in zip(*np.nonzero(table), strict=True)]
    return assess(MeasuredPredictions(part, part, 1.0)), cells


def words(right: dict[int, float], confidence: float, texts: int = 300) -> tuple[str, str, str]:
    found, cells = assessed(right, confidence, texts)
    said = verdict(found, LABELS, confusion(LABELS, cells))  # type: ignore[arg-type]  # lists as from JSON
    return said.headline, " ".join(said.sentences), said.trust


def test_it_names_the_best_the_weakest_and_what_is_mixed_up() -> None:
    headline, sentences, trust = words({0: 1.0, 1: 0.95, 2: 0.5}, 0.82)
    assert headline.startswith("Right on 8")
    assert "Best at “dog”" in sentences or "Best at “cat”" in sentences
    assert "weak at “eel”" in sentences
    assert "takes “eel” for “cat”" in sentences
    assert trust.startswith("Its probabilities can be taken at their word")


@pytest.mark.parametrize(
    ("confidence", "said"), [(0.99, "surer than it should be"), (0.5, "right more often than it says")]
)
def test_it_warns_of_probabilities_that_are_not_what_they_say(confidence: float, said: str) -> None:
    assert said in words({0: 0.8, 1: 0.8, 2: 0.8}, confidence)[2]


def test_few_texts_are_told() -> None:
    _, sentences, trust = words({0: 0.8, 1: 0.8, 2: 0.8}, 0.8, texts=21)
    assert "only 21 test texts" in sentences
    assert "cannot be told from 21 test texts" in trust


def test_a_flawless_classifier_is_not_called_certain() -> None:
    headline, sentences, _ = words({0: 1.0, 1: 1.0, 2: 1.0}, 0.97)
    assert headline.startswith("Right on 100.0 of 100 new texts (98.")
    assert "takes" not in sentences


def test_numbers_and_labels_are_short() -> None:
    assert of_hundred(Interval(0.84, 0.81, 0.87)) == "84 of 100 new texts (81 to 87)"
    assert of_hundred(Interval(0.994, 0.98, 0.999)) == "99.4 of 100 new texts (98.0 to 99.9)"
    assert len(quoted("x" * 500)) == 42
