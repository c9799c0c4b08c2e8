"""Names on a map can be read."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from app.experience.label_places import MARK, Named, _box, _meet, name_heights
from app.experience.task_map import Place, legible

HEIGHT = 440
MARKS = st.lists(
    st.builds(
        Named,
        st.floats(26, 614),
        st.floats(26, 414),
        st.sampled_from(["trec6", "cf_political_message"]),
        st.booleans(),
    ),
    max_size=6,
)


@given(MARKS)
def test_no_name_covers_another_or_another_mark(marks: list[Named]) -> None:
    heights = name_heights(marks, HEIGHT)
    boxes = [_box(mark, height) for mark, height in zip(marks, heights, strict=True)]
    assert not any(_meet(one, two) for one, two in combinations(boxes, 2))
    for place, box in enumerate(boxes):
        assert box[1] >= 0
        assert box[3] <= HEIGHT
        for other, mark in enumerate(marks):
            ring = (mark.x - MARK, mark.y - MARK, mark.x + MARK, mark.y + MARK)
            assert other == place or not _meet(box, ring)


def test_a_name_with_room_stays_beside_its_mark_and_the_next_moves_least() -> None:
    marks = [Named(100, 100, "trec6", is_left=False), Named(104, 130, "trec50", is_left=False)]
    assert name_heights(marks, HEIGHT) == [100, 130]
    close = [
        Named(100, 100, "trec6", is_left=False),
        Named(100, 124, "trec50", is_left=False),
        Named(100, 130, "sst5", is_left=True),
    ]
    assert name_heights(close, HEIGHT) == [100, 124, 130]
    same = [Named(100, 100, "trec6", is_left=False), Named(300, 100, "trec50", is_left=True)]
    assert name_heights(same, HEIGHT)[0] == 100
    on_top = [Named(100, 100, "trec6", is_left=False), Named(100, 108, "trec50", is_left=False)]
    first, second = name_heights(on_top, HEIGHT)
    assert second - first >= 16


def test_on_the_map_the_names_that_are_shown_move_and_the_others_stay() -> None:
    def place(name: str, *, is_near: bool) -> Place:
        at = 100.0
        return Place(
            name, "", name, "en", 1, at, at, at + MARK, at, is_right=False, is_near=is_near, neighbours=()
        )

    far, *near = legible(
        [place("far", is_near=False), place("one", is_near=True), place("two", is_near=True)]
    )
    assert far.label_y == far.y
    assert abs(near[0].label_y - near[1].label_y) >= 16
    assert [one.y for one in near] == [100.0, 100.0]
