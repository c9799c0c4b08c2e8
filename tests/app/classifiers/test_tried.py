"""A tried text, marked by what decided."""

import numpy as np
from hypothesis import given, settings
from hypothesis.strategies import floats, integers, lists, text, tuples

from app.classifiers.predicting import Predicted
from app.classifiers.tried import TriedView, tried_view
from dvn.assessment import ExplainedWord
from dvn.training import Predictions


def tried(written: str, words: tuple[ExplainedWord, ...], *, below: float = 0.0) -> TriedView:
    shares = np.array([[0.7, 0.25, 0.05, 0.0]], dtype=np.float32)
    predicted = Predicted(Predictions(("a",), shares), ("a", "b", "c", "d"), below, [words])
    return tried_view(written, predicted, most_words=200)


@settings(deadline=None)
@given(
    written=text(max_size=40),
    cuts=lists(tuples(integers(0, 40), integers(1, 5), floats(-1, 1)), max_size=8),
)
def test_the_pieces_are_the_text(written: str, cuts: list[tuple[int, int, float]]) -> None:
    words, at = [], 0
    for start, length, weight in sorted(cuts):
        begin, end = max(start, at), max(start, at) + length
        if end <= len(written):
            words.append(ExplainedWord(begin, end, weight))
            at = end
    view = tried(written, tuple(words))
    assert "".join(piece.text for piece in view.pieces) == written


def test_strength_and_side_are_told() -> None:
    words = (
        ExplainedWord(0, 3, 0.6),
        ExplainedWord(4, 7, 0.2),
        ExplainedWord(8, 11, -0.3),
        ExplainedWord(12, 15, 0.001),
    )
    view = tried("one two six ten", words)
    assert [(piece.text, piece.kind) for piece in view.pieces if piece.kind] == [
        ("one", "for-3"),
        ("two", "for-1"),
        ("six", "against-2"),
    ]
    assert [(one.word, one.weight) for one in view.decisive] == [("one", 0.6), ("six", -0.3), ("two", 0.2)]


def test_guesses_leave_out_what_is_next_to_impossible() -> None:
    view = tried("x", ())
    assert [(one.label, one.width) for one in view.guesses] == [("a", 70.0), ("b", 25.0), ("c", 5.0)]
    assert not view.abstains
    assert tried("x", (), below=0.71).abstains
