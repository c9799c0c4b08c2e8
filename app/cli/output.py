"""What a command found becomes one JSON document on standard output, or lines for a person.

Exit codes: 0, 2 for bad input, 1 for anything else. Messages go to standard error, so that
standard output holds the result alone; after an error it is empty.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import update_wrapper
from types import TracebackType
from typing import Any, ParamSpec

import click

from app.errors import AppError, BadInputError
from dvn.errors import ArchitectureError, DataError, DvnError

P = ParamSpec("P")


def say(message: str) -> None:
    """A message for the person at the terminal."""
    click.echo(message, err=True)


def fail(message: str, code: int) -> click.exceptions.Exit:
    """Say what is wrong, and the exit to raise."""
    say(f"forethought: {message}")
    return click.exceptions.Exit(code)


def say_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """In place of Python's stack trace, for an error that has no sentence of its own."""
    del trace
    about = " ".join(str(error).split())
    say(
        f"forethought: Something went wrong that should not have: {kind.__name__}"
        f"{': ' if about else ''}{about[:300]}; `forethought --debug …` shows where."
    )


@contextmanager
def errors_as_exit_codes() -> Iterator[None]:
    """Errors with a sentence become that sentence and an exit code; no stack trace reaches a user.

    Raises:
        click.exceptions.Exit: With 2 for bad input and 1 for anything else.
    """
    try:
        yield
    except (DataError, ArchitectureError, BadInputError) as error:
        raise fail(str(error), 2) from error
    except (DvnError, AppError) as error:
        raise fail(str(error), 1) from error
    except KeyboardInterrupt:
        raise fail("Stopped.", 1) from None
    except BrokenPipeError:
        # Whoever read standard output has enough; click ends the program quietly.
        raise
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        raise fail(f"{error.strerror or error}{place}.", 1) from error


def write(text: str) -> None:
    """Put text on standard output, as UTF-8 whatever the locale."""
    # A file's name may hold bytes that are no character; in JSON, too, a backslash tells them.
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def answering(
    show: Callable[[Mapping[str, Any]], str],
) -> Callable[[Callable[P, Mapping[str, Any]]], Callable[..., None]]:
    """A command whose mapping is printed: as JSON with --json, else as `show` words it."""

    def decorate(command: Callable[P, Mapping[str, Any]]) -> Callable[..., None]:
        def run(as_json: bool, *args: P.args, **kwargs: P.kwargs) -> None:  # noqa: FBT001  # click's flag
            with errors_as_exit_codes():
                found = command(*args, **kwargs)
            text = json.dumps(found, ensure_ascii=False) if as_json else show(found)
            write(text + "\n")

        flag = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
        update_wrapper(run, command)
        return flag(run)

    return decorate


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as aligned columns under their names; nothing is an empty text."""
    if not rows:
        return "nothing"
    names = list(rows[0])
    cells = [names, *[[_cell(row.get(name)) for name in names] for row in rows]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
