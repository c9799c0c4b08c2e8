"""The assessment of a trained classifier, from predictions that were stored once."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from dvn.assessment import MeasuredPredictions, assess, measured
from dvn.assessment.measured import FILE, UnreadablePredictionsError
from dvn.training import Budget, TaskFeatures, Trained, train
from tests.dvn.factories import make_architecture, make_dataset


@pytest.fixture(scope="module")
def features() -> TaskFeatures:
    return TaskFeatures(*make_dataset(300, classes=3))


@pytest.fixture(scope="module")
def trained(features: TaskFeatures) -> Trained:
    architecture = make_architecture(table="none")
    return train(
        features.dataset, features.split, architecture, features=features, budget=Budget(max_steps=30)
    )


@pytest.fixture(scope="module")
def predictions(features: TaskFeatures, trained: Trained) -> MeasuredPredictions:
    return measured(trained.outcome, features.dataset, features.split)


def test_it_says_what_the_run_measured(trained: Trained, predictions: MeasuredPredictions) -> None:
    found = assess(predictions)
    assert found.texts == trained.outcome.test_rows
    assert found.accuracy.value == pytest.approx(trained.outcome.metrics["test", "accuracy"])
    assert found.macro_f1.value == pytest.approx(trained.outcome.metrics["test", "macro_f1"])
    assert sum(score.texts for score in found.classes) == found.texts
    for score in (found.accuracy, found.macro_f1, *(one.f1 for one in found.classes)):
        assert 0 <= score.low <= score.value <= score.high <= 1


def test_what_is_stored_gives_the_same_assessment(predictions: MeasuredPredictions, tmp_path: Path) -> None:
    predictions.save(tmp_path)
    again = MeasuredPredictions.load(tmp_path)
    np.testing.assert_array_equal(again.test.rows, predictions.test.rows)
    np.testing.assert_array_equal(again.test.predicted, predictions.test.predicted)
    np.testing.assert_allclose(again.test.probabilities, predictions.test.probabilities, atol=1e-3)
    before, after = assess(predictions), assess(again)
    assert after.classes == before.classes
    assert after.accuracy == before.accuracy
    assert after.after.error == pytest.approx(before.after.error, abs=5e-3)


def test_the_same_predictions_give_the_same_assessment(predictions: MeasuredPredictions) -> None:
    assert assess(predictions) == assess(predictions)


def test_the_temperature_changes_no_label_and_no_score(predictions: MeasuredPredictions) -> None:
    hot = MeasuredPredictions(predictions.validation, predictions.test, 3.0)
    cold = MeasuredPredictions(predictions.validation, predictions.test, 1.0)
    assert assess(hot).classes == assess(cold).classes
    assert assess(hot).before == assess(cold).after
    assert assess(hot).after.confidence < assess(cold).after.confidence


def test_the_worst_errors_are_wrong_and_the_most_confident_first(
    features: TaskFeatures, trained: Trained, predictions: MeasuredPredictions
) -> None:
    labels = features.dataset.label_ids
    part = predictions.test
    false = np.where(np.arange(len(part.rows)) % 2, part.truths, (part.truths + 1) % 3)
    spoilt = type(part)(part.rows, false, part.predicted, part.probabilities)
    worst = assess(MeasuredPredictions(predictions.validation, spoilt, 1.0)).worst
    assert 0 < len(worst) <= 20
    assert [one.confidence for one in worst] == sorted((one.confidence for one in worst), reverse=True)
    assert all(one.truth != one.predicted for one in worst)
    assert {one.row for one in worst} <= set(features.split.test.tolist())
    assert labels[worst[0].row] in range(3)
    assert not any(isinstance(value, str) and "number" in value for value in asdict(worst[0]).values())


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 nothing", b"\x93NUMPY"])
def test_damaged_predictions_are_refused_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    with pytest.raises(UnreadablePredictionsError, match="train the classifier again"):
        MeasuredPredictions.load(tmp_path)
