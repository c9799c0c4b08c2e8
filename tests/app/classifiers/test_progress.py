"""What a training says of itself while it goes."""

import pytest

from app.classifiers.progress import TrainingProgress
from dvn.training import Progress


def test_a_training_without_an_encoder_goes_from_features_to_measuring() -> None:
    seen = TrainingProgress()
    said = [
        seen.said(Progress("features", 0, 100, 0.0)),
        seen.said(Progress("training", 1, 100, 1.0)),
        seen.said(Progress("training", 50, 100, 3.0, 0.8)),
        seen.said(Progress("training", 100, 100, 5.0)),
        seen.said(Progress("evaluating", 100, 100, 5.0)),
    ]
    assert said[0].share == 0.0
    shares = [one.share for one in said]
    assert shares == sorted(shares)
    assert shares[-1] < 1
    assert "80.0 % right" in said[2].words
    assert said[2].facts["seconds_left"] == pytest.approx(2.0)
    assert said[3].facts["curve"] == [[50, 0.8]]
    assert said[2].words.endswith("about 2.0 s left")


def test_an_encoder_takes_half_of_the_bar_and_says_how_long() -> None:
    seen = TrainingProgress()
    said = seen.said(Progress("features", 250, 1_000, 5.0))
    assert said.share == pytest.approx(0.125)
    assert said.facts["seconds_left"] == pytest.approx(15.0)
    assert "250 of 1,000" in said.words
    assert seen.said(Progress("training", 1, 100, 21.0)).share > 0.5


def test_a_training_by_another_metric_names_it() -> None:
    said = TrainingProgress("macro_f1").said(Progress("training", 50, 100, 3.0, 0.8))
    assert "macro-F1 80.0 % on the validation texts" in said.words
