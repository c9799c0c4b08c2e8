"""Requests become answers: with the token, with retries that do nothing twice, with the service's errors."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import uuid4

import httpx

from forethought_client.decode import Answer, decode
from forethought_client.errors import UnreachableError, problem_of

Kind = TypeVar("Kind", bound=Answer)

PREFIX: Final = "/api/v1"
WORKS_LATER: Final = (429, 502, 503, 504)
UNDER_WAY: Final = 409


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and how long the waits between are: twice as long each time."""

    tries: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0

    def wait_seconds(self, failures: int, asked: str | None = None) -> float:
        """How long to wait after so many failures, or as long as the service asks."""
        if asked is not None and asked.isdigit():
            return min(float(asked), self.longest_wait_seconds)
        return min(self.first_wait_seconds * 2.0 ** (failures - 1), self.longest_wait_seconds)


@dataclass(frozen=True, slots=True)
class Transport:
    """An open connection to a service."""

    http: httpx.Client
    patience: Patience

    def get(self, kind: type[Kind], path: str, **question: Any) -> Kind:
        """The answer to a question."""
        return decode(kind, self.ask("GET", path, params=stated(question)).json())

    def change(self, kind: type[Kind], method: str, path: str, body: Mapping[str, Any] | None = None) -> Kind:
        """The answer to a change; a POST carries a key of its own, so that nothing is done twice."""
        return decode(kind, self.ask(method, path, json=body).json())

    def pages(self, kind: type[Kind], path: str, name: str, **question: Any) -> Iterator[Kind]:
        """Every entry of a list, page by page as they are needed."""
        after: str | None = ""
        while after is not None:
            page = self.ask("GET", path, params=stated({**question, "after": after or None})).json()
            yield from (decode(kind, entry) for entry in page[name])
            after = page["next"]

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer of 2xx.

        Raises:
            ProblemError: The service refuses.
            UnreachableError: It does not answer, however often it is asked.
        """
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        headers |= request.pop("headers", {})
        for failures in range(1, self.patience.tries + 1):
            try:
                answer = self.http.request(method, PREFIX + path, headers=headers, **request)
            except httpx.TransportError as error:
                self._wait_or_give_up(failures, error)
                continue
            if answer.is_success:
                return answer
            is_last = failures == self.patience.tries
            asked = answer.headers.get("retry-after")
            works_later = answer.status_code in WORKS_LATER or (answer.status_code == UNDER_WAY and asked)
            if is_last or not works_later:
                raise problem_of(answer)
            time.sleep(self.patience.wait_seconds(failures, asked))
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def stream(self, method: str, path: str, **request: Any) -> Iterator[httpx.Response]:
        """An answer of 2xx as it comes.

        Raises:
            ProblemError: The service refuses.
            UnreachableError: The connection is lost.
        """
        try:
            with self.http.stream(method, PREFIX + path, **request) as answer:
                if not answer.is_success:
                    answer.read()
                    raise problem_of(answer)
                yield answer
        except httpx.TransportError as error:
            raise UnreachableError(f"The connection to {self.http.base_url} was lost ({error}).") from error

    def _wait_or_give_up(self, failures: int, error: httpx.TransportError) -> None:
        if failures == self.patience.tries:
            raise UnreachableError(
                f"{self.http.base_url} did not answer in {failures} tries ({error}); is the service running?"
            ) from error
        time.sleep(self.patience.wait_seconds(failures))


def ignore(*_: object) -> None:
    """Is told how far something is, and does nothing with it."""


def stated(question: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a question that are not None, as an address says them."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in question.items()
        if value is not None
    }


def id_of(thing: Any) -> str:
    """The id of a thing, or the id itself."""
    return thing if isinstance(thing, str) else str(thing.id)
