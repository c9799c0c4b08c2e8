"""A long list becomes one page of it, with links that sort it and turn its pages without a script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from app.errors import BadInputError

T = TypeVar("T")
U = TypeVar("U")

PAGE_ROWS: Final = 50
Order = Literal["up", "down"]


class StrangerError(BadInputError):
    def __init__(self, after: str) -> None:
        super().__init__(
            f"Nothing on this list has the id {after!r}; ask again without `after` to begin at its start."
        )


class ListForm(BaseModel):
    """What every list may be asked for on a page."""

    model_config = ConfigDict(extra="forbid")

    order: Order = Field(default="up", description="Smallest first, or largest.")
    page: int = Field(default=1, ge=1, le=100_000)


class CursorForm(BaseModel):
    """What every list may be asked for by a program."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=500, description="Most entries of one answer.")
    after: str = Field(default="", max_length=100, description="`next` of the answer before.")


@dataclass(frozen=True, slots=True)
class ColumnTitle:
    """What a column is called, what it is sorted by (nothing: it is not), and how it looks."""

    title: str
    key: str = ""
    is_number: bool = False
    if_wide: bool = False
    starts: Order = "up"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading as it is drawn: its link sorts by it, or turns its order round."""

    title: str
    href: str | None
    direction: str | None
    is_number: bool
    if_wide: bool


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page of a list."""

    rows: tuple[T, ...]
    columns: tuple[Column, ...]
    total: int
    page: int
    pages: int
    previous_href: str | None
    next_href: str | None

    def of(self, rows: tuple[U, ...]) -> "Listing[U]":
        """The same page with something else for each row."""
        return Listing(
            rows, self.columns, self.total, self.page, self.pages, self.previous_href, self.next_href
        )


def address(path: str, form: BaseModel, **changed: object) -> str:
    """The address of a form's answer with some fields changed; fields at their default are left out."""
    values = form.model_dump() | changed
    defaults = {name: field.default for name, field in type(form).model_fields.items()}
    stated = {name: value for name, value in values.items() if value != defaults[name]}
    return f"{path}?{urlencode(stated)}" if stated else path


def listing(
    path: str, rows: Sequence[T], form: ListForm, titles: Sequence[ColumnTitle], *, page_rows: int = PAGE_ROWS
) -> Listing[T]:
    """The page of sorted rows that a form asks for; beyond the last page it is the last."""
    pages = max(1, -(-len(rows) // page_rows))
    page = min(form.page, pages)
    shown = rows[(page - 1) * page_rows : page * page_rows]
    return Listing(
        rows=tuple(shown),
        columns=tuple(_column(path, form, title) for title in titles),
        total=len(rows),
        page=page,
        pages=pages,
        previous_href=address(path, form, page=page - 1) if page > 1 else None,
        next_href=address(path, form, page=page + 1) if page < pages else None,
    )


def _column(path: str, form: ListForm, title: ColumnTitle) -> Column:
    if not title.key:
        return Column(title.title, None, None, title.is_number, title.if_wide)
    is_sorted = getattr(form, "sort", None) == title.key
    order: Order = title.starts
    if is_sorted:
        order = "down" if form.order == "up" else "up"
    href = address(path, form, sort=title.key, order=order, page=1)
    direction = {"up": "ascending", "down": "descending"}[form.order] if is_sorted else None
    return Column(title.title, href, direction, title.is_number, title.if_wide)


def in_order(rows: Sequence[T], key: Callable[[T], Any], order: Order) -> list[T]:
    """Rows by a value; those that have none come last either way, and equal ones keep their order."""
    known = [row for row in rows if key(row) is not None]
    unknown = [row for row in rows if key(row) is None]
    return sorted(known, key=key, reverse=order == "down") + unknown


def following(
    rows: Sequence[T], form: CursorForm, name: Callable[[T], str]
) -> tuple[Sequence[T], str | None]:
    """The rows after the one a program has, and what to ask for next, if there is more.

    Raises:
        StrangerError: No row has that name.
    """
    start = 0
    if form.after:
        places: Mapping[str, int] = {name(row): place for place, row in enumerate(rows)}
        if form.after not in places:
            raise StrangerError(form.after)
        start = places[form.after] + 1
    shown = rows[start : start + form.limit]
    return shown, name(shown[-1]) if shown and start + len(shown) < len(rows) else None
