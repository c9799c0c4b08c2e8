"""Every error the service raises, as one tree.

AppError
├── BadInputError           what the user sent cannot be used as it is         (exit code 2, 4xx)
├── NotFoundError           there is no such thing, or not for this user
├── TooLargeError           it is larger than the service takes
├── ConflictError           it cannot be done in the present state
│   └── UnderWayError       because it is being done; the same request works later
├── ForbiddenError         this visitor may not do that
│   └── NotLoggedInError    nobody is logged in, or the token is not good
├── TooOftenError           more was asked than the visitor may ask for just now
├── BusyError               too much is under way; the same request works later
├── NoSpaceError            the disk has no room for it
├── SettingsError           a setting has a value that cannot be used          (app/settings.py)
├── DataFolderError         the data folder cannot be used by this version     (app/db)
├── DatabaseError           PostgreSQL does not start or does not answer       (app/db)
├── StartError              the service cannot start                           (app/serve.py)
└── JobError                a job ended without a result                       (app/jobs)
    ├── JobCancelledError   a user cancelled it
    ├── JobLostError        another worker owns it now
    ├── JobDeadlineError    its time is over
    └── JobReleasedError    its worker is told to stop; the job goes back to the queue

Leaves live beside the code that raises them. An error takes facts and writes one
sentence: what happened, the value met, what would work.
"""

from collections.abc import Mapping


class AppError(Exception):
    """The root of every error of the service; its text is one sentence a user may read."""


class BadInputError(AppError):
    """What the user sent cannot be used as it is."""


class NotFoundError(AppError):
    """There is no such thing, or it is not this user's."""


class ConflictError(AppError):
    """What was asked cannot be done in the present state."""


class UnderWayError(ConflictError):
    """The same thing is being done at this moment; the same request works a little later."""


class TooLargeError(AppError):
    """What the user wants to send is larger than the service takes."""


class NoSpaceError(AppError):
    """The disk has no room for what the user wants to send."""


class ForbiddenError(AppError):
    """This visitor may not do that."""


class NotLoggedInError(ForbiddenError):
    """Nobody is logged in, or the token is not good."""


class AccountGoneError(NotLoggedInError):
    """The account was deleted while something was being done for it."""

    def __init__(self) -> None:
        super().__init__("This account was deleted, with everything it had.")


class TooOftenError(AppError):
    """More was asked than the visitor may ask for just now; it works again after `seconds`."""

    def __init__(self, seconds: int, headers: Mapping[str, str], what: str = "requests") -> None:
        super().__init__(f"Too many {what} in a short time; try again in {seconds:,} s.")
        self.headers = {**headers, "Retry-After": str(seconds)}


class BusyError(AppError):
    """Too much is under way; the same request works a little later."""


class SettingsError(AppError):
    """A setting has a value that cannot be used."""


class DataFolderError(AppError):
    """The data folder cannot be used by this version of the service."""


class DatabaseError(AppError):
    """PostgreSQL does not start or does not answer."""


class StartError(AppError):
    """The service cannot start."""


class JobError(AppError):
    """A job ended without a result."""


class JobCancelledError(JobError):
    """A user cancelled the job."""

    def __init__(self) -> None:
        super().__init__("The job was cancelled.")


class JobLostError(JobError):
    """Another worker owns the job now, so nothing of this attempt may be stored."""

    def __init__(self) -> None:
        super().__init__("The job is no longer this worker's: its lease ran out and it was taken over.")


class JobDeadlineError(JobError):
    """The job's time is over."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The job did not finish within its {seconds:g} seconds; allow more time or use less data."
        )


class JobReleasedError(JobError):
    """The worker is told to stop; the job goes back to the queue."""

    def __init__(self) -> None:
        super().__init__("The worker was told to stop; the job waits for the next one.")
