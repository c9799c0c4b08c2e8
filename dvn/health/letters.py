"""Damaged letters and leftover markup are told apart from text, and mended where that is certain."""

import html
import re
from typing import Final

# UTF-8 read as Windows-1252 or Latin-1: a lead byte, then one to three of the range 80 to BF.
_AFTER: Final = (
    "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014"
    "\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122"
)
_MISREAD: Final = re.compile(
    f"[\u00c2-\u00df][{_AFTER}]|[\u00e0-\u00ef][{_AFTER}]{{2}}|\u00f0[{_AFTER}]{{3}}"
)
_CONTROL: Final = re.compile("[\u0080-\u009f]")
_LOST: Final = re.compile("[\ufffd\u0080-\u009f]")
_ENTITY: Final = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")
_TAG: Final = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|iframe|img|li"
    r"|link|meta|ol|p|pre|script|small|span|strong|style|sub|sup|table|tbody|td|th|title|tr|u|ul)"
    r"(?:\s[^<>]*)?/?>|<!--|-->",
    re.IGNORECASE,
)
_SPACES: Final = re.compile(r"[ \t\u00a0]{2,}")


def repair_letters(text: str) -> str:
    """The text with what was misread read rightly; what is lost stays so.

    Two mistakes are mended: UTF-8 read as Windows-1252 or Latin-1, and Windows-1252 read as Latin-1, which
    makes control codes of its dashes and quotes.
    """
    if text.isascii():
        return text
    # Twice, since a file may have been misread twice.
    text = _MISREAD.sub(_reread, _MISREAD.sub(_reread, text))
    return _CONTROL.sub(_sign_of_control, text)


def has_lost_letters(text: str) -> bool:
    """Whether letters were replaced by a mark that stands for none, or are control codes."""
    return not text.isascii() and _LOST.search(text) is not None


def clean_markup(text: str) -> str:
    """The text without HTML tags and with its entities as the characters that they stand for."""
    if ("&" not in text or ";" not in text) and ("<" not in text or ">" not in text):
        return text
    plain = _TAG.sub(" ", text)
    # A tag that was escaped once more is no tag: it is only unescaped.
    if _ENTITY.search(plain):
        plain = html.unescape(plain)
    return text if plain == text else _SPACES.sub(" ", plain).strip()


def _reread(found: re.Match[str]) -> str:
    piece = found.group()
    try:
        return b"".join(_byte_of(character) for character in piece).decode("utf-8")
    except UnicodeError:
        return piece


def _sign_of_control(found: re.Match[str]) -> str:
    return bytes((ord(found.group()),)).decode("cp1252", "ignore") or found.group()


def _byte_of(character: str) -> bytes:
    code = ord(character)
    return bytes((code,)) if code < 256 else character.encode("cp1252")
