"""A line that cannot be handed on becomes the sentence a person reads about it."""

import codecs
from dataclasses import replace
from typing import Final

from dvn.data.choices import Limits, ReadChoices
from dvn.data.encoding import (
    EncodingGuess,
    EncodingNotConfirmedError,
    WrongEncodingError,
    guess_unconfirmed,
)
from dvn.data.lines import EndlessLineError, LineFaultError, NulLineError, UndecodableLineError
from dvn.data.row_errors import LineTooLongError, NulByteError
from dvn.data.sources import Source
from dvn.errors import DataError

_UTF8: Final = EncodingGuess("utf-8", is_certain=True, reason="tried first")


def until_confirmed(encoding: EncodingGuess, *, confirmed: bool) -> EncodingGuess:
    """The encoding to read in: bytes that are not UTF-8 are met once more, so that the error says where."""
    return encoding if confirmed or encoding.is_certain else replace(_UTF8, mark_bytes=encoding.mark_bytes)


def explain(
    fault: LineFaultError, source: Source, encoding: EncodingGuess, choices: ReadChoices, limits: Limits
) -> DataError:
    """The error a person reads about a byte or a line that cannot be used."""
    if isinstance(fault, NulLineError):
        return NulByteError(fault.row, fault.line, fault.byte)
    if isinstance(fault, EndlessLineError):
        return LineTooLongError(fault.row, fault.line, limits.max_line_chars)
    assert isinstance(fault, UndecodableLineError), "there are three faults"
    where = {"found": fault.found, "row": fault.row, "line": fault.line, "byte": fault.byte}
    if choices.encoding is not None or (encoding.is_certain and encoding.name != "utf-8"):
        return WrongEncodingError(encoding.title, **where)
    if encoding.is_certain:
        encoding = guess_unconfirmed(source.around(fault.byte))
    if not _fits(source, encoding, limits):
        encoding = EncodingGuess("latin-1", is_certain=False, reason="the one that fits all bytes")
    return EncodingNotConfirmedError(encoding, **where)


def _fits(source: Source, encoding: EncodingGuess, limits: Limits) -> bool:
    """Whether the whole file can be read in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding.name)()
    try:
        for piece in source.pieces(max_bytes=limits.max_bytes):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
