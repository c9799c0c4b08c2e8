"""Background work: how far it is, the same as it happens, and an end of it."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Final, final

import httpx

from forethought_client.answers import Job
from forethought_client.decode import decode
from forethought_client.errors import UnreachableError
from forethought_client.transport import Transport, id_of, ignore

_POLL_SECONDS: Final = 1.0
_SILENCE_SECONDS: Final = 30.0


@final
class Jobs:
    """Background work of this account."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, job: "Job | str") -> Job:
        """How far a job is."""
        return self._transport.get(Job, f"/jobs/{id_of(job)}")

    def all(self, *, subject: str | None = None, state: str | None = None) -> Iterator[Job]:
        """Every job, the newest first; of one thing, or in one state."""
        return self._transport.pages(Job, "/jobs", "jobs", subject=subject, state=state)

    def cancel(self, job: "Job | str") -> Job:
        """Ask that a job ends; one that has ended stays as it is."""
        return self._transport.change(Job, "POST", f"/jobs/{id_of(job)}/cancel")

    def watch(self, job: "Job | str") -> Iterator[Job]:
        """The job each time something has happened to it, until it has ended.

        Raises:
            UnreachableError: The connection is lost, or is silent for half a minute.
        """
        timeout = httpx.Timeout(_SILENCE_SECONDS)
        with self._transport.stream("GET", f"/jobs/{id_of(job)}/events", timeout=timeout) as answer:
            event = ""
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "job":
                    yield decode(Job, json.loads(value))

    def wait(
        self,
        job: "Job | str",
        *,
        told: Callable[[Job], object] = ignore,
        timeout_seconds: float | None = None,
    ) -> Job:
        """The job when it has ended. It is followed by its events, and asked for where they do not come.

        Raises:
            TimeoutError: It has not ended in time; it goes on.
        """
        limit = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while True:
            try:
                for seen in self.watch(job):
                    told(seen)
                    if seen.has_ended:
                        return seen
                    _refuse_late(limit, seen)
            except UnreachableError:
                seen = self.get(job)
                told(seen)
                if seen.has_ended:
                    return seen
                _refuse_late(limit, seen)
            time.sleep(_POLL_SECONDS)


def _refuse_late(limit: float | None, job: Job) -> None:
    if limit is not None and time.monotonic() > limit:
        raise TimeoutError(f"The job {job.id} has not ended in time ({job.words}); it goes on.")
