"""Work that would starve other requests runs on a few threads of its own, and a full queue says so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Final, ParamSpec, TypeVar

from app.errors import BusyError

THREADS: Final = 2
MOST_WAITING: Final = 22

P = ParamSpec("P")
T = TypeVar("T")


class ComputingBusyError(BusyError):
    """Every computing thread has work and the queue is full."""

    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"{waiting} other requests are being computed; send this one again in a few seconds."
        )


class ComputePool:
    """Two threads with a bounded queue.

    Decision: the calling thread waits for the result. Why: routes are plain functions in
    the framework's threads, and the semaphore keeps far fewer of them waiting than there are.
    """

    def __init__(self, *, threads: int = THREADS, waiting: int = MOST_WAITING) -> None:
        self._most = threads + waiting
        self._places = BoundedSemaphore(self._most)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="compute")

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, computed on one of the threads.

        Raises:
            ComputingBusyError: The queue is full.
        """
        if not self._places.acquire(blocking=False):
            raise ComputingBusyError(self._most)
        try:
            return self._executor.submit(function, *args, **kwargs).result()
        finally:
            self._places.release()

    def close(self) -> None:
        """Let no new work begin; what waits is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)
