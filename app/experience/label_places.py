"""Names beside the marks of a map move up or down until none covers another, nor another's mark."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

MARK: Final = 11.0
"""Half the width of a mark with its ring; a name begins there."""
_CHARACTER, _LINE = 8.0, 16.0
"""Width and height of a letter, on the safe side: names are drawn at 13 pixels."""
_STEP: Final = 4


@dataclass(frozen=True, slots=True)
class Named:
    """A mark with its name, to the right of it or to the left."""

    x: float
    y: float
    name: str
    is_left: bool


_Box = tuple[float, float, float, float]


def name_heights(marks: Sequence[Named], height: int) -> list[float]:
    """For each mark the height of its name's middle, as near to the mark's own as there is room.

    Where there is no room at all on a picture of this height, a name stays beside its mark.
    """
    rings = [(one.x - MARK, one.y - MARK, one.x + MARK, one.y + MARK) for one in marks]
    found = [one.y for one in marks]
    taken: list[_Box] = []
    for place in sorted(range(len(marks)), key=lambda at: (marks[at].y, marks[at].x)):
        others = [*taken, *(ring for at, ring in enumerate(rings) if at != place)]
        mark = marks[place]
        free = (
            y
            for y in chain([mark.y], *((mark.y + by, mark.y - by) for by in range(_STEP, height, _STEP)))
            if _LINE / 2 <= y <= height - _LINE / 2 and not any(_meet(_box(mark, y), one) for one in others)
        )
        found[place] = next(free, mark.y)
        taken.append(_box(mark, found[place]))
    return found


def _box(mark: Named, y: float) -> _Box:
    width = _CHARACTER * len(mark.name)
    left = mark.x - MARK - width if mark.is_left else mark.x + MARK
    return left, y - _LINE / 2, left + width, y + _LINE / 2


def _meet(one: _Box, two: _Box) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
