"""Every error of the client, as one tree.

ForethoughtError
├── UnreachableError      the service did not answer, however often it was asked
├── TrainingEndedError    a training failed or was cancelled
└── ProblemError          the service refused, and says why in `detail`
    ├── InvalidError      400, 422: what was sent cannot be used
    ├── UnauthorizedError 401: a token is needed
    ├── ForbiddenError    403: the token may not do this
    ├── NotFoundError     404: there is no such thing, or it is not yours
    ├── ConflictError     409: it cannot be done in the present state
    ├── TooLargeError     413: it is larger than the service takes
    ├── BusyError         429, 503: the same request works later
    └── NoSpaceError      507: the service's disk has no room for it
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx


class ForethoughtError(Exception):
    """The root of every error of the client."""


class UnreachableError(ForethoughtError):
    """The service did not answer, however often it was asked."""


class TrainingEndedError(ForethoughtError):
    """A training ended without a classifier."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A field of the request that cannot be used."""

    field: str
    message: str


class ProblemError(ForethoughtError):
    """The service refused.

    Attributes:
        status: The HTTP status.
        type: The stable name of the error, such as `urn:forethought:unknown-dataset`.
        title: The status in words.
        detail: What happened and what would work.
        fields: The fields of the request that cannot be used.
    """

    def __init__(self, status: int, problem: Mapping[str, object]) -> None:
        self.status = status
        self.type = str(problem.get("type", "about:blank"))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", "The service gave no reason."))
        found = problem.get("errors")
        listed = found if isinstance(found, list) else []
        self.fields = tuple(FieldProblem(str(one["field"]), str(one["message"])) for one in listed)
        super().__init__(self.detail)


class InvalidError(ProblemError):
    """What was sent cannot be used."""


class UnauthorizedError(ProblemError):
    """A token is needed."""


class ForbiddenError(ProblemError):
    """The token may not do this."""


class NotFoundError(ProblemError):
    """There is no such thing, or it is not yours."""


class ConflictError(ProblemError):
    """It cannot be done in the present state."""


class TooLargeError(ProblemError):
    """It is larger than the service takes."""


class BusyError(ProblemError):
    """The same request works later."""


class NoSpaceError(ProblemError):
    """The service's disk has no room for it."""


_KINDS: Final[Mapping[int, type[ProblemError]]] = {
    400: InvalidError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
    422: InvalidError,
    429: BusyError,
    503: BusyError,
    507: NoSpaceError,
}


def problem_of(answer: httpx.Response) -> ProblemError:
    """The error that an answer of 4xx or 5xx stands for; its body must have been read."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    problem = found if isinstance(found, dict) else {}
    return _KINDS.get(answer.status_code, ProblemError)(answer.status_code, problem)
