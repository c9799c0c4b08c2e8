"""The progress of a long command becomes one line of the terminal that is written over."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

Show = Callable[[str], None]

_CLEAR: Final = "\r\x1b[K"


@contextmanager
def progress_line(*, is_wanted: bool = True) -> Iterator[Show]:
    """Shows one line after the other in the same place, and none at the end.

    Where standard error is no terminal nothing is shown, so that a log holds no half lines.
    """
    stream = sys.stderr
    is_shown = is_wanted and stream.isatty()

    def show(line: str) -> None:
        if is_shown:
            stream.write(_CLEAR + line)
            stream.flush()

    try:
        yield show
    finally:
        show("")
