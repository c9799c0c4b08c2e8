"""The bytes of a file become lines, in pieces of bounded size, whatever ends its lines."""

import codecs
import io
from collections.abc import Iterator

from dvn.data.encoding import EncodingGuess


class LineFaultError(Exception):
    """A line cannot be handed on; the reader of rows turns this into a sentence.

    Attributes:
        line: Number of the line, from 1.
        row: Number of the row, once a reader of rows knows it.
    """

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line
        self.row = 0


class UndecodableLineError(LineFaultError):
    """A byte fits no character: its value and its position in the file."""

    def __init__(self, line: int, byte: int, found: int) -> None:
        super().__init__(line)
        self.byte, self.found = byte, found


class NulLineError(LineFaultError):
    """A line holds a NUL character, at a position in the file."""

    def __init__(self, line: int, byte: int) -> None:
        super().__init__(line)
        self.byte = byte


class EndlessLineError(LineFaultError):
    """A line goes on and on; `start` is as much of it as was read."""

    def __init__(self, line: int, start: str) -> None:
        super().__init__(line)
        self.start = start


def split_lines(
    pieces: Iterator[bytes], encoding: EncodingGuess, *, max_chars: int, is_whole: bool = True
) -> Iterator[str]:
    """Lines with their endings, of which each of LF, CR and CRLF is one.

    Args:
        pieces: The bytes of the file.
        encoding: How they are written; the mark is skipped.
        max_chars: A longer line is not handed on.
        is_whole: Whether the pieces are all of the file; if not, its last line, which may be
            cut, is left out.

    Raises:
        LineFaultError: A line cannot be handed on; all lines before it were.
    """
    number = 0
    held = ""
    for text, fault in _decode(pieces, encoding, is_whole=is_whole):
        lines = list(io.StringIO(held + text, newline=""))
        # The last line waits for its end, which may be the second half of CRLF.
        held = lines.pop() if lines else ""
        yield from lines
        number += len(lines)
        if fault:
            if held.endswith(("\n", "\r")):
                yield held
                number += 1
            fault.line = number + 1
            raise fault
        if len(held) > max_chars:
            raise EndlessLineError(number + 1, held)
    if held and is_whole:
        yield held


def split_texts(pieces: Iterator[bytes], encoding: EncodingGuess) -> Iterator[str]:
    """The text of a file, a piece at a time, wherever its lines end.

    Raises:
        LineFaultError: A byte cannot be handed on; all text before it was.
    """
    number = 1
    for text, fault in _decode(pieces, encoding, is_whole=True):
        yield text
        number += text.count("\n")
        if fault:
            fault.line = number
            raise fault


def _decode(
    pieces: Iterator[bytes], encoding: EncodingGuess, *, is_whole: bool
) -> Iterator[tuple[str, LineFaultError | None]]:
    """Text piece by piece; a fault comes with the text before it, and ends it."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    position, skip = 0, encoding.mark_bytes
    for piece in _and_end(pieces):
        position += skip
        piece, skip = piece[skip:], 0
        start = position - len(decoder.getstate()[0])
        is_end = not piece
        try:
            text = decoder.decode(piece, final=is_end and is_whole)
        except UnicodeDecodeError as error:
            text = error.object[: error.start].decode(encoding.name, "replace")
            yield text, UndecodableLineError(0, start + error.start, error.object[error.start])
            return
        position += len(piece)
        nul = text.find("\0")
        if nul >= 0:
            yield text[:nul], NulLineError(0, start + len(text[:nul].encode(encoding.name)))
            return
        yield text, None


def _and_end(pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield from pieces
    yield b""
