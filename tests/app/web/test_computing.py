"""The computing threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, current_thread

import pytest

from app.web.computing import ComputePool, ComputingBusyError


@pytest.fixture
def pool() -> Iterator[ComputePool]:
    opened = ComputePool(threads=1, waiting=1)
    yield opened
    opened.close()


def test_a_function_runs_on_a_thread_of_the_pool(pool: ComputePool) -> None:
    assert pool.run(lambda: current_thread().name).startswith("compute")


def test_errors_come_back_to_the_caller(pool: ComputePool) -> None:
    with pytest.raises(ZeroDivisionError):
        pool.run(lambda: 1 / 0)


def test_a_full_queue_refuses_at_once_and_recovers(pool: ComputePool) -> None:
    go, begun = Event(), Event()

    def wait() -> bool:
        begun.set()
        return go.wait(10)

    with ThreadPoolExecutor(2) as visitors:
        first = visitors.submit(pool.run, wait)
        assert begun.wait(10)
        second = visitors.submit(pool.run, wait)
        while pool._places._value:  # type: ignore[attr-defined]
            pass
        with pytest.raises(ComputingBusyError, match="again in a few seconds"):
            pool.run(int)
        go.set()
        assert first.result(10)
        assert second.result(10)
    assert pool.run(int) == 0
