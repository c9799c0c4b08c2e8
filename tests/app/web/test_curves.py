"""Several learning curves in one picture."""

from itertools import pairwise

from hypothesis import given
from hypothesis.strategies import floats, integers, lists

from app.web.curves import curves


def test_curves_of_one_point_are_left_out_and_none_is_no_picture() -> None:
    assert curves([("1", [(10, 0.5)])]) is None
    drawn = curves([("1", [(10, 0.5)]), ("2", [(10, 0.5), (20, 0.6)])])
    assert drawn is not None
    assert [line.name for line in drawn.lines] == ["2"]


@given(
    values=lists(lists(floats(0, 1), min_size=2, max_size=8), min_size=1, max_size=3), step=integers(1, 5_000)
)
def test_every_curve_ends_inside_and_no_label_covers_another(values: list[list[float]], step: int) -> None:
    named = [
        (str(number), [(step * (place + 1), value) for place, value in enumerate(curve)])
        for number, curve in enumerate(values)
    ]
    drawn = curves(named)
    assert drawn is not None
    for line in drawn.lines:
        assert drawn.left <= line.end_x <= drawn.right
        assert 0 <= line.end_y <= drawn.bottom
        assert line.label_y >= line.end_y
    heights = sorted(line.label_y for line in drawn.lines)
    assert all(below - above >= 13.9 for above, below in pairwise(heights))
