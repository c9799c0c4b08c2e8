"""A sample of texts becomes languages, and a mixture of them a finding."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

from dvn.data.wording import counted, enumerated
from dvn.health.finding import Finding, Kind, Languages, Severity
from dvn.health.reading import Reading

SURE: Final = 0.95
"""The identifier's own probability from which it is believed."""
FEWEST_CHARACTERS: Final = 20
FEWEST_TEXTS: Final = 10
SMALLEST_SHARE: Final = 0.02
_LINK: Final = re.compile(r"https?:?//\S+|@\w+")
_NO_LANGUAGE: Final = "zxx"


def languages_of(reading: Reading) -> tuple[Languages, dict[str, list[int]]]:
    """The languages of the sample, and the rows that were read as each."""
    told = {row: _told(reading, row) for row in reading.sample.tolist()}
    guesses = Counter(code for code, _ in told.values() if code)
    # A guess at the language of most texts needs no proof, a guess at another does.
    main = min(guesses, key=lambda code: (-guesses[code], code), default="")
    found: dict[str, list[int]] = {}
    unsure = 0
    for row, (code, probability) in told.items():
        if code and (code == main or probability >= SURE):
            found.setdefault(code, []).append(row)
        else:
            unsure += 1
    counts = Counter({code: len(rows) for code, rows in found.items()})
    ranked = tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return Languages(len(reading.sample), ranked, unsure), found


def find_languages(reading: Reading, languages: Languages, found: dict[str, list[int]]) -> Iterator[Finding]:
    """A second language that is more than a few texts."""
    total = sum(count for _, count in languages.counts)
    others = [
        (code, count)
        for code, count in languages.counts[1:]
        if count >= FEWEST_TEXTS and count / total >= SMALLEST_SHARE
    ]
    if not others:
        return
    share = sum(count for _, count in others) / total
    names = enumerated([f"{code} ({100 * count / total:.0f} %)" for code, count in others])
    main = languages.counts[0][0]
    rows = [found[code][place] for place in range(2) for code, _ in others[:2]]
    yield Finding(
        Kind.languages,
        Severity.should_look if share >= 0.1 else Severity.good_to_know,
        f"{counted(len(others) + 1, 'language')} in one dataset",
        f"Besides {main} there are texts in {names}, told from {counted(total, 'text')} of a sample.",
        "Words are not shared between languages, so each is learned from its own texts; encoders of one "
        "language read the other badly. A minority language may need a dataset of its own.",
        round(share * len(reading.dataset)),
        share,
        items=tuple((code, f"{count:,} of {total:,}") for code, count in languages.counts[:12]),
        examples=reading.examples(rows),
    )


def _told(reading: Reading, row: int) -> tuple[str, float]:
    """The language of a row's text with its probability; no language if there is too little to read."""
    text = reading.numbered.texts[reading.numbered.group_of[row]]
    plain = _LINK.sub(" ", text)[:400]
    if len(plain) < FEWEST_CHARACTERS and plain.isascii():
        return "", 0.0
    code, probability = _identifier().classify(plain)
    return ("", 0.0) if code == _NO_LANGUAGE else (str(code), float(probability))


@cache
def _identifier() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
