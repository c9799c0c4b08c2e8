"""What the service knows beside your own data: tasks, runs, value networks and how they did."""

from collections.abc import Iterator
from typing import Any, final

from forethought_client.decode import decode
from forethought_client.known import (
    Checkpoint,
    CheckpointCard,
    Module,
    OwnOutcome,
    Run,
    Task,
    TaskMap,
    TrackRecord,
)
from forethought_client.transport import Transport, id_of


@final
class Experience:
    """Tasks, runs, value networks, and what was predicted beside what came out."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def tasks(self, sought: str | None = None) -> Iterator[Task]:
        """What the value networks learned from, by name; those with these words, if any are given."""
        return self._transport.pages(Task, "/experience/tasks", "tasks", q=sought)

    def task(self, task: "Task | str") -> Task:
        """A known task."""
        return self._transport.get(Task, f"/experience/tasks/{id_of(task)}")

    def runs(self, **question: Any) -> Iterator[Run]:
        """Recorded runs by task, the best first; of one `task`, `space`, `state` or `origin`."""
        return self._transport.pages(Run, "/experience/runs", "runs", **question)

    def map(self, *, by: str = "network", near: str | None = None) -> TaskMap:
        """The map of tasks, compared by the "network" or by "facts"."""
        return self._transport.get(TaskMap, "/experience/map", by=by, near=near)

    def checkpoints(self) -> list[Checkpoint]:
        """Every value network."""
        answer = self._transport.ask("GET", "/experience/checkpoints").json()
        return [decode(Checkpoint, one) for one in answer["checkpoints"]]

    def checkpoint(self, checkpoint: "Checkpoint | str") -> CheckpointCard:
        """A value network with its model card."""
        return self._transport.get(CheckpointCard, f"/experience/checkpoints/{id_of(checkpoint)}")

    def modules(self) -> list[Module]:
        """Embedding modules and their licences."""
        return [decode(Module, one) for one in self._transport.ask("GET", "/modules").json()["modules"]]

    def track_record(self, space: str | None = None) -> TrackRecord:
        """Every left-out task, predicted and true."""
        return self._transport.get(TrackRecord, "/track-record", space=space)

    def own_outcomes(self) -> Iterator[OwnOutcome]:
        """What was recommended and trained here, predicted and true."""
        return self._transport.pages(OwnOutcome, "/track-record/own", "outcomes")
