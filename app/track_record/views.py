"""A track record and this installation's own outcomes become what the page prints."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.experience.known import Known
from app.track_record.forms import TrackRecordForm
from app.track_record.queries import OwnOutcome
from app.web.listing import ColumnTitle, Listing, in_order, listing
from app.web.scatter import Foreseen, Scatter, scatter
from dvn.evaluation.track_record import Coverage, TrackedTask, TrackRecord, coverage_of

_TITLES: Final = (
    ColumnTitle("Task", "name"),
    ColumnTitle("Expected", "expected", is_number=True, starts="down"),
    ColumnTitle("Reached", "reached", is_number=True, starts="down"),
    ColumnTitle("Outcome", "outcome"),
    ColumnTitle("By validation", "regret", is_number=True, if_wide=True, starts="down"),
    ColumnTitle("On average", "gain", is_number=True, if_wide=True, starts="down"),
    ColumnTitle("Random", "random", is_number=True, if_wide=True, starts="down"),
    ColumnTitle("Rank corr.", "rank", is_number=True, if_wide=True, starts="down"),
)
_KEYS: Final[Mapping[str, Callable[[TrackedTask], Any]]] = {
    "name": lambda task: task.name,
    "expected": lambda task: task.expected,
    "reached": lambda task: task.reached,
    "outcome": lambda task: (task.is_covered, task.reached - task.expected),
    "regret": lambda task: task.regret,
    "gain": lambda task: task.gain,
    "random": lambda task: task.random_mean,
    "rank": lambda task: task.spearman,
}
_ALL_ON_ONE: Final = 1_000


@dataclass(frozen=True, slots=True)
class TrackView:
    """The tasks left out: figures, picture, and the table in the order asked for."""

    record: TrackRecord
    is_of_checkpoint_in_use: bool
    picture: Scatter | None
    listing: Listing[TrackedTask]
    hrefs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OwnView:
    """What came of this installation's recommendations; the first choice of each dataset counts."""

    outcomes: tuple[OwnOutcome, ...]
    coverage: Coverage | None
    picture: Scatter | None


def track_view(
    record: TrackRecord, known: Known, form: TrackRecordForm, checkpoint_in_use: str | None
) -> TrackView:
    hrefs = {name: f"/experience/tasks/{task.id}" for name, task in known.task_by_name.items()}
    points = [
        Foreseen(
            task.name,
            hrefs.get(task.name, f"#task-{place}"),
            task.expected,
            task.low,
            task.high,
            task.reached,
        )
        for place, task in enumerate(record.tasks, start=1)
    ]
    rows = in_order(record.tasks, _KEYS[form.sort], form.order)
    return TrackView(
        record=record,
        is_of_checkpoint_in_use=record.checkpoint == checkpoint_in_use,
        picture=scatter(points),
        listing=listing("/track-record", rows, form, _TITLES, page_rows=_ALL_ON_ONE),
        hrefs=hrefs,
    )


def own_view(outcomes: Sequence[OwnOutcome]) -> OwnView:
    points = [
        Foreseen(
            one.dataset, f"/classifiers/{one.classifier_id}", one.expected, one.low, one.high, one.reached
        )
        for one in outcomes
    ]
    coverage = coverage_of([one.is_covered for one in outcomes]) if outcomes else None
    return OwnView(tuple(outcomes), coverage, scatter(points))
