"""Lists that are sorted and cut into pages by their addresses."""

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, none, one_of

from app.web.listing import (
    ColumnTitle,
    CursorForm,
    ListForm,
    StrangerError,
    address,
    following,
    in_order,
    listing,
)


class SortedForm(ListForm):
    q: str = ""
    sort: str = "name"


TITLES = (
    ColumnTitle("Name", "name"),
    ColumnTitle("Size", "size", is_number=True, starts="down"),
    ColumnTitle("Note"),
)


@given(number=integers(0, 230), size=integers(1, 60))
def test_the_pages_of_a_list_hold_each_row_once(number: int, size: int) -> None:
    rows = list(range(number))
    seen: list[int] = []
    page, pages = 1, 1
    while page <= pages:
        found = listing("/list", rows, SortedForm(page=page), TITLES, page_rows=size)
        seen += found.rows
        page, pages = page + 1, found.pages
        assert (found.next_href is None) == (found.page == found.pages)
        assert (found.previous_href is None) == (found.page == 1)
    assert seen == rows


def test_beyond_the_last_page_is_the_last() -> None:
    assert listing("/list", [1, 2, 3], SortedForm(page=9), TITLES, page_rows=2).rows == (3,)


@given(number=integers(0, 60), limit=integers(1, 20))
def test_a_cursor_meets_each_row_once(number: int, limit: int) -> None:
    rows, after = [str(row) for row in range(number)], ""
    seen: list[str] = []
    while len(seen) <= number:
        shown, more = following(rows, CursorForm(limit=limit, after=after), str)
        seen += shown
        if more is None:
            break
        after = more
    assert seen == rows


def test_an_unknown_cursor_is_refused_with_the_way_out() -> None:
    with pytest.raises(StrangerError, match="without `after`"):
        following(["a"], CursorForm(after="b"), str)


def test_a_heading_sorts_by_its_column_and_turns_the_order_of_its_own() -> None:
    found = listing("/list", [1], SortedForm(q="a b", sort="size", order="down", page=1), TITLES)
    name, size, note = found.columns
    assert name.href == "/list?q=a+b"
    assert (size.href, size.direction) == ("/list?q=a+b&sort=size", "descending")
    assert (note.href, note.direction, name.direction) == (None, None, None)


def test_an_address_leaves_out_what_is_as_always() -> None:
    assert address("/list", SortedForm()) == "/list"
    assert address("/list", SortedForm(q="ü&"), page=2) == "/list?page=2&q=%C3%BC%26"


@given(values=lists(one_of(none(), integers())))
def test_rows_without_a_value_come_last_either_way(values: list[int | None]) -> None:
    known = [value for value in values if value is not None]
    for order in ("up", "down"):
        found = in_order(values, lambda value: value, order)  # type: ignore[arg-type]
        assert found[: len(known)] == sorted(known, reverse=order == "down")
        assert set(found[len(known) :]) <= {None}
