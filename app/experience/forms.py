"""What may be asked of the experience, by a page's address or by a program, as checked values."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.web.listing import CursorForm, ListForm, Order

TaskSort = Literal["name", "family", "language", "rows", "classes", "runs", "best"]
RunSort = Literal["task", "validation", "test", "seconds", "size", "started"]

_SOUGHT = Field(default="", max_length=100, description="Part of a name, a family or a language.")
_TASK = Field(default="", max_length=40, description="Id of the one task whose runs are wanted.")
_SPACE = Field(default="", max_length=40, description="Search space.")
_ORIGIN = Field(default="", max_length=40, description="Who asked for a run.")


class TasksForm(ListForm):
    """Which tasks a page lists, and in which order."""

    q: str = _SOUGHT
    sort: TaskSort = "name"


class RunsForm(ListForm):
    """Which runs a page lists, and in which order."""

    task: str = _TASK
    space: str = _SPACE
    state: Literal["", "finished", "failed"] = Field(default="", description="How runs ended.")
    origin: str = _ORIGIN
    sort: RunSort = "validation"
    order: Order = "down"


class TasksQuestion(CursorForm):
    """Which tasks a program wants, by name."""

    q: str = _SOUGHT


class RunsQuestion(CursorForm):
    """Which runs a program wants, by task and then the best by validation first."""

    task: str = _TASK
    space: str = _SPACE
    state: Literal["", "finished", "failed"] = Field(default="", description="How runs ended.")
    origin: str = _ORIGIN


class MapForm(BaseModel):
    """What the map is drawn from, and the tasks that stand out on it."""

    model_config = ConfigDict(extra="forbid")

    by: Literal["network", "facts"] = Field(default="network", description="What tasks are compared by.")
    near: str = Field(default="", max_length=400, description="Names of tasks to point out, with commas.")
