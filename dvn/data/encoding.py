"""The first bytes of a file tell how its characters are written, or what to ask about it."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from dvn.data.legacy_encoding import guess_legacy, is_mostly_utf8
from dvn.data.wording import named
from dvn.errors import DataError

# Byte order marks; UTF-32 first, because its mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_UNICODE: Final = {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
_LEGACY: Final = {
    *("iso8859-1", "cp1252", "mac-roman", "ascii"),
    *("cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "cp437"),
    *("cp850", "cp852", "cp866", "koi8-r", "koi8-u", "mac-cyrillic", "tis-620"),
    *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
    *("gb2312", "gbk", "gb18030", "big5", "big5hkscs", "cp950"),
    *("shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr", "cp949", "johab"),
}
TITLES: Final = {
    "utf-8": "UTF-8",
    "latin-1": "Latin-1",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "cp1251": "Windows-1251",
}
_MIN_NUL_SHARE: Final = 0.02


class UnknownEncodingError(DataError):
    """The encoding asked for is none that texts are read in."""

    def __init__(self, encoding: str) -> None:
        super().__init__(
            f"There is no encoding {named(encoding)}; use utf-8, utf-16, latin-1, cp1252, mac_roman "
            f"or another that Python knows by name, such as cp1251, gb18030 or shift_jis."
        )


class EncodingNotConfirmedError(DataError):
    """The file is not UTF-8, and nobody has said what it is.

    Attributes:
        guess: What it probably is; reading with `encoding=guess.name` would work.
        row: The row of the first byte that is not UTF-8; row 1 follows the header.
        line: Its line in the file, from 1.
        byte: Its position in the file, from 0.
    """

    def __init__(self, guess: "EncodingGuess", *, found: int, row: int, line: int, byte: int) -> None:
        self.guess, self.row, self.line, self.byte = guess, row, line, byte
        place = f"the byte 0x{found:02X} at row {row:,}, line {line:,} (byte {byte:,} of the file)"
        if guess.is_damaged:
            super().__init__(
                f"The file is damaged UTF-8: {place} fits no character, while nearly all others do; repair "
                f"it there, or choose encoding='{guess.name}' to read all of them wrongly."
            )
        else:
            super().__init__(
                f"The file is not UTF-8: {place} fits no character; it is probably {guess.title} "
                f"({guess.reason}), so look at the preview and, if it reads well, choose "
                f"encoding='{guess.name}'."
            )


class WrongEncodingError(DataError):
    """The file cannot be read in the encoding that was asked for."""

    def __init__(self, encoding: str, *, found: int, row: int, line: int, byte: int) -> None:
        super().__init__(
            f"The file is not {encoding}: the byte 0x{found:02X} at row {row:,}, line {line:,} (byte "
            f"{byte:,} of the file) fits no character; the file is damaged there, or has another encoding."
        )


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    """How the characters of a file are written.

    Attributes:
        name: A name for `ReadChoices.encoding`.
        is_certain: Whether the file may be read so without asking.
        reason: Why.
        mark_bytes: Length of the byte order mark at the start of the file.
        is_damaged: Whether the file seems to be UTF-8 with some bytes gone wrong.
    """

    name: str
    is_certain: bool
    reason: str
    mark_bytes: int = 0
    is_damaged: bool = False

    @property
    def title(self) -> str:
        """The name people know it by."""
        return TITLES.get(self.name, self.name.upper())


def choose_encoding(sample: bytes, chosen: str | None, *, is_whole: bool) -> EncodingGuess:
    """The encoding a person chose, or the one the first bytes of the file show.

    Args:
        sample: The first bytes of the file.
        chosen: The encoding asked for.
        is_whole: Whether the sample is the whole file.

    Raises:
        UnknownEncodingError: There is no such encoding.
    """
    mark = next((mark for mark in _MARKS if sample.startswith(mark[0])), None)
    if chosen is not None:
        return _resolve(chosen, mark)
    if mark:
        return EncodingGuess(
            mark[1], is_certain=True, reason=f"{mark[2]} byte order mark", mark_bytes=len(mark[0])
        )
    wide = _unmarked_utf16(sample)
    if wide:
        return EncodingGuess(wide, is_certain=True, reason="every other byte of plain letters is zero")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=is_whole)
    except UnicodeDecodeError:
        return guess_unconfirmed(sample)
    reason = "plain ASCII so far" if sample.isascii() else "its non-ASCII characters are valid UTF-8"
    return EncodingGuess("utf-8", is_certain=True, reason=reason)


def guess_unconfirmed(sample: bytes) -> EncodingGuess:
    """The likeliest encoding of bytes that are not UTF-8, for a person to confirm."""
    if is_mostly_utf8(sample):
        reason = "nearly all of its non-ASCII characters are UTF-8, but not all"
        return EncodingGuess("latin-1", is_certain=False, reason=reason, is_damaged=True)
    name, reason = guess_legacy(sample)
    return EncodingGuess(name, is_certain=False, reason=reason)


def _resolve(chosen: str, mark: tuple[bytes, str, str] | None) -> EncodingGuess:
    try:
        name = codecs.lookup(chosen.strip()).name
    except (LookupError, ValueError):
        raise UnknownEncodingError(chosen) from None
    name = "utf-8" if name == "utf-8-sig" else name
    if name not in _UNICODE | _LEGACY:
        raise UnknownEncodingError(chosen)
    mark_bytes = 0
    if mark and mark[1].startswith(name):
        name, mark_bytes = mark[1], len(mark[0])
    elif name in ("utf-16", "utf-32"):
        name += "-le"
    common = {"iso8859-1": "latin-1", "mac-roman": "mac_roman"}
    return EncodingGuess(common.get(name, name), is_certain=True, reason="chosen", mark_bytes=mark_bytes)


def _unmarked_utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark: plain letters leave many zeros, nearly all at one parity."""
    sample = sample[: len(sample) // 2 * 2]
    zeros = sample[0::2].count(0), sample[1::2].count(0)
    if max(zeros) < max(1.0, _MIN_NUL_SHARE * len(sample) / 2, 8 * min(zeros)):
        return None
    name = "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    try:
        text = codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return None
    return name if "\0" not in text and re.search(r"[\r\n]", text) else None
