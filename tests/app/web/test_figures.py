"""The coordinates of pictures."""

from hypothesis import given
from hypothesis.strategies import floats, integers, lists, tuples

from app.web.figures import Axis, axis_of, bars, confusion, curve, interval


@given(lows=lists(floats(0, 1), min_size=1, max_size=9))
def test_an_axis_begins_below_every_value_or_at_zero(lows: list[float]) -> None:
    axis = axis_of(lows)
    assert axis.low <= max(0.0, min(lows))
    assert axis.high == 1


@given(value=floats(0, 1), spread=floats(0, 0.5), low=floats(0, 0.9))
def test_an_interval_is_drawn_inside_its_axis(value: float, spread: float, low: float) -> None:
    drawn = interval(value, max(0, value - spread), min(1, value + spread), Axis(low, 1.0))
    assert 0 <= drawn.left <= drawn.point + 1e-9
    assert drawn.point <= 100
    assert drawn.left + drawn.width <= 101


def test_the_longest_bar_is_full_and_small_classes_are_marked() -> None:
    drawn = bars([("a", 50), ("b", 25), ("c", 1)], small=["c"])
    assert [bar.width for bar in drawn] == [100, 50, 2]
    assert [bar.is_small for bar in drawn] == [False, False, True]


def test_one_point_is_no_curve() -> None:
    assert curve([(10, 0.5)]) is None


def test_a_better_score_is_drawn_higher() -> None:
    drawn = curve([(1, 0.5), (2, 0.9)])
    assert drawn is not None
    (x1, y1), (x2, y2) = drawn.dots
    assert x1 < x2
    assert y1 > y2


def test_a_matrix_has_a_row_for_every_class_even_untested_ones() -> None:
    drawn = confusion(["a", "b", "c"], [(0, 0, 8), (0, 1, 2), (1, 1, 5)])
    assert [label for label, _ in drawn.rows] == ["a", "b", "c"]
    assert [cell.count for cell in drawn.rows[0][1]] == [8, 2, 0]
    assert drawn.rows[0][1][0].is_right
    assert drawn.wrong == 2
    assert (drawn.worst[0].truth, drawn.worst[0].predicted, drawn.worst[0].share) == ("a", "b", 0.2)


@given(cells=lists(tuples(integers(0, 39), integers(0, 39), integers(1, 9)), unique_by=lambda c: c[:2]))
def test_many_classes_show_the_worst_confusions_first(
    cells: list[tuple[int, int, int]],
) -> None:
    drawn = confusion([f"class {number}" for number in range(40)], cells)
    counts = [pair.count for pair in drawn.worst]
    assert drawn.rows == ()
    assert counts == sorted(counts, reverse=True)
    assert drawn.wrong == sum(n for truth, predicted, n in cells if truth != predicted)
