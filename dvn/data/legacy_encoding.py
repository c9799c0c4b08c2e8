"""Bytes that are not UTF-8 become a guess: which older encoding makes most sense of them.

The guess is a question to a person, never an answer: one-byte encodings fit any bytes.
"""

# ruff: noqa: RUF001 - the look-alike characters are what this module is about.

import codecs
import re
from typing import Final

_LOWER: Final = "a-zß-öø-ÿœ"
_FITS: Final = re.compile(
    rf"[a-z][ß-öø-ÿœ]|[ß-öø-ÿœ][a-z]|(?<![^\s\"'(,;|])[À-ÖØ-ÞŒ][{_LOWER}]|[a-z]’[a-z]|[\s\"'(,;|][“‘«„¿¡]\w"
    r"|[\w.,!?][”»]|[\s\w][–—]\s|\w…|[£€]\d|\d\s?[€£°]"
)
_ODD: Final = re.compile(rf"[{_LOWER}][^\x00-\x7f{_LOWER}’–—…«»“”€°][{_LOWER}]|[\x80-\x9f]|\w[¿¡„‚ˆ¸˛Ÿ†‡]\w")
_UTF8_CHARACTER: Final = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_FOREIGN: Final = re.compile(rb"[\x80-\xff]{4,}")


def is_mostly_utf8(sample: bytes) -> bool:
    """Whether at least nine in ten bytes beyond ASCII belong to valid UTF-8 characters."""
    valid = sum(map(len, _UTF8_CHARACTER.findall(sample)))
    return valid > 0.9 * sum(byte > 127 for byte in sample)


def guess_legacy(sample: bytes) -> tuple[str, str]:
    """The likeliest encoding of bytes that are not UTF-8, and why; never certain."""
    foreign = sum(map(len, _FOREIGN.findall(sample)))
    if foreign > 0.5 * sum(byte > 127 for byte in sample):
        other = _other_alphabet(sample)
        if other:
            return other
    scores: dict[str, int] = {}
    for name in ("latin-1", "cp1252", "mac_roman"):
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        scores[name] = len(_FITS.findall(text)) - 2 * len(_ODD.findall(text))
    # The first of equals wins: Latin-1 and Windows-1252 differ only from 0x80 to 0x9F.
    best = max(scores, key=lambda name: scores[name])
    fits = len(_FITS.findall(sample.decode(best)))
    return (
        best,
        f"read so, {fits:,} accents, quotes or signs make sense" if fits else "the commonest of its kind",
    )


def _other_alphabet(sample: bytes) -> tuple[str, str] | None:
    """Cyrillic, Chinese, Japanese or Korean, if nearly all characters are of that script."""
    scripts = (
        ("shift_jis", r"[぀-ヿ]", 0.3),
        ("euc_kr", r"[가-힣]", 0.8),
        ("gb18030", r"[一-鿿，。！？；：、“”]", 0.6),
        ("cp1251", r"[а-яё]", 0.6),
    )
    for name, script, least in scripts:
        try:
            text = codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        if len(re.findall(script, text)) >= least * sum(c > "\x7f" for c in text):
            return name, "read so, most letters are of one alphabet"
    return None
