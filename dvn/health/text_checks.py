"""Single texts become findings: nothing said, broken letters, markup, too short, too long."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from jaxtyping import Int

from dvn.data.wording import counted
from dvn.embeddings.catalogue import MINILM_TOKENISER
from dvn.embeddings.tokenisers import load_wordpieces, readable
from dvn.health.finding import Finding, Fix, Kind, Lengths, Offer, Severity
from dvn.health.fixes import edit_of
from dvn.health.letters import has_lost_letters
from dvn.health.reading import Reading

MOST_PIECES: Final = 128
"""Word pieces that a sentence encoder reads of one text."""
SHORT: Final = 10
"""Characters; shorter texts hardly say what they are about."""
_BINS: Final = 16


def find_in_texts(reading: Reading, lengths: Int[np.ndarray, " rows"]) -> Iterator[Finding]:
    """What is found about single texts."""
    yield from _blank(reading)
    yield from _broken_letters(reading)
    yield from _markup(reading)
    yield from _short(reading, lengths)
    yield from _long(reading, lengths)


def lengths_of(lengths: Int[np.ndarray, " rows"]) -> Lengths:
    """How long the texts are, in bins that double."""
    powers = np.minimum(np.log2(np.maximum(lengths, 1)).astype(np.int64), _BINS - 1)
    bins = np.bincount(powers, minlength=_BINS)
    return Lengths(int(lengths.min()), int(np.median(lengths)), int(lengths.max()), tuple(bins.tolist()))


def _blank(reading: Reading) -> Iterator[Finding]:
    rows = np.flatnonzero(reading.blank)
    if not len(rows):
        return
    share = reading.share(len(rows))
    yield Finding(
        Kind.blank_texts,
        Severity.must_fix if share >= 0.01 else Severity.should_look,
        f"{counted(len(rows), 'text')} without a word",
        "They hold only punctuation, links or mentions.",
        "There is nothing to read in them: what is learned from them is chance.",
        len(rows),
        share,
        examples=reading.examples(rows.tolist()),
        offers=(Offer(Fix.drop_blank, len(rows), f"Removes {counted(len(rows), 'row')}."),),
    )


def _broken_letters(reading: Reading) -> Iterator[Finding]:
    edit = edit_of(Fix.repair_letters, reading)
    lost = [row for row, text in enumerate(reading.dataset.texts) if has_lost_letters(text)]
    rows = sorted({*(edit.texts or {}), *lost})
    if not rows:
        return
    share, mended = reading.share(len(rows)), edit.changed
    offer = Offer(Fix.repair_letters, mended, f"Rewrites {counted(mended, 'row')}; what is lost stays lost.")
    yield Finding(
        Kind.broken_letters,
        Severity.must_fix if share >= 0.01 else Severity.should_look,
        f"{counted(len(rows), 'text')} with broken letters",
        "Letters stand there as two or three signs, or as a mark for a lost one: the file was once read in a "
        "wrong encoding.",
        "The same word is then two words, and an encoder knows neither.",
        len(rows),
        share,
        examples=reading.examples(rows),
        offers=(offer,) if mended else (),
    )


def _markup(reading: Reading) -> Iterator[Finding]:
    edit = edit_of(Fix.clean_markup, reading)
    if not edit.changed:
        return
    share = reading.share(edit.changed)
    yield Finding(
        Kind.markup,
        Severity.should_look if share >= 0.05 else Severity.good_to_know,
        f"{counted(edit.changed, 'text')} with HTML in {'it' if edit.changed == 1 else 'them'}",
        "Tags such as <br /> or entities such as &amp; are left from a web page.",
        "They take the place of words, and may give away where a text comes from.",
        edit.changed,
        share,
        examples=reading.examples(edit.texts or ()),
        offers=(
            Offer(
                Fix.clean_markup,
                edit.changed,
                f"Rewrites {counted(edit.changed, 'row')}: tags go, entities become characters.",
            ),
        ),
    )


def _short(reading: Reading, lengths: Int[np.ndarray, " rows"]) -> Iterator[Finding]:
    # Without spaces between words ten characters say a lot.
    rows = [row for row in np.flatnonzero(lengths < SHORT).tolist() if reading.dataset.texts[row].isascii()]
    share = reading.share(len(rows))
    if share < 0.01:
        return
    yield Finding(
        Kind.short_texts,
        Severity.good_to_know,
        f"{counted(len(rows), 'text')} of fewer than {SHORT} characters",
        "A word or two, without a sentence around them.",
        "If you could not tell the label from these texts, neither can a classifier.",
        len(rows),
        share,
        examples=reading.examples(rows),
    )


def _long(reading: Reading, lengths: Int[np.ndarray, " rows"]) -> Iterator[Finding]:
    # A word piece has at least one character, so that shorter texts need not be cut to be counted.
    sample = reading.sample[lengths[reading.sample] > MOST_PIECES]
    if not len(sample):
        return
    long = sample[_pieces([reading.dataset.texts[row] for row in sample.tolist()]) > MOST_PIECES]
    share = len(long) / len(reading.sample)
    if share < 0.01:
        return
    rows = round(share * len(reading.dataset))
    about = "About " if len(reading.sample) < len(reading.firsts) else ""
    yield Finding(
        Kind.long_texts,
        Severity.should_look if share >= 0.5 else Severity.good_to_know,
        f"{about}{counted(rows, 'text')} longer than an encoder reads",
        f"A sentence encoder reads the first {MOST_PIECES} word pieces, some 90 English words, of each text.",
        "What comes after counts only where words or n-grams are counted. If what matters stands at the end, "
        "cut the texts before uploading.",
        rows,
        share,
    )


def _pieces(texts: Sequence[str]) -> Int[np.ndarray, " texts"]:
    tokenizer = load_wordpieces(MINILM_TOKENISER.verified(), max_tokens=MOST_PIECES + 1)
    encoded = tokenizer.encode_batch_fast(readable([text[: 16 * MOST_PIECES] for text in texts]))
    return np.array([len(one.ids) for one in encoded], dtype=np.int64)
