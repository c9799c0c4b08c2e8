"""Where predictions and truths stand in their picture."""

import pytest
from hypothesis import given
from hypothesis.strategies import floats, lists, tuples

from app.web.scatter import Foreseen, Scatter, scatter

SHARES = floats(0, 1)


def drawn(*found: Foreseen) -> Scatter:
    picture = scatter(found)
    assert picture is not None
    return picture


def test_nothing_is_no_picture() -> None:
    assert scatter([]) is None


@given(shares=lists(tuples(SHARES, SHARES, SHARES, SHARES), min_size=1, max_size=20))
def test_every_mark_is_inside_and_level_with_the_diagonal_where_it_came_true(
    shares: list[tuple[float, float, float, float]],
) -> None:
    found = []
    for number, (one, two, three, reached) in enumerate(shares):
        low, expected, high = sorted((one, two, three))
        found.append(Foreseen(f"{number:03}", "#", expected, low, high, reached))
    picture = drawn(*found)
    side = picture.right - picture.left
    assert side == picture.bottom - picture.top
    for mark in picture.marks:
        assert picture.left <= mark.left <= mark.x <= mark.right <= picture.right
        assert picture.top <= mark.y <= picture.bottom
    assert 2 <= len(picture.x_ticks) <= 6
    assert picture.x_ticks[-1].at == picture.right


def test_a_prediction_that_came_true_stands_on_the_diagonal() -> None:
    (mark,) = (picture := drawn(Foreseen("a", "#", 0.8, 0.7, 0.9, 0.8))).marks
    assert mark.x - picture.left == pytest.approx(picture.bottom - mark.y, abs=0.2)


def test_a_better_truth_is_higher_and_a_miss_is_drawn_on_top() -> None:
    missed, covered = (
        Foreseen("missed", "#", 0.8, 0.7, 0.9, 0.6),
        Foreseen("covered", "#", 0.8, 0.7, 0.9, 0.85),
    )
    first, second = drawn(missed, covered).marks
    assert (first.is_covered, second.is_covered) == (True, False)
    assert first.y < second.y
    assert "outside of the expected 70.0 % to 90.0 % about 80.0 %" in second.words
