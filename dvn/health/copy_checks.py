"""Rows that share a text, or nearly, become findings: duplicates, conflicts, overlap of the parts."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Int

from dvn.data.parts import PARTS
from dvn.data.wording import counted
from dvn.health.finding import Example, Finding, Fix, Kind, Offer, Severity
from dvn.health.fixes import conflicts, edit_of, stages, stands_earlier
from dvn.health.reading import Reading


def find_copies(reading: Reading) -> Iterator[Finding]:
    """What is found about rows that are alike."""
    yield from _overlap(reading)
    yield from _conflicts(reading)
    yield from _duplicates(reading)
    yield from _near_duplicates(reading)


def _overlap(reading: Reading) -> Iterator[Finding]:
    parts = reading.dataset.parts
    if parts is None or len({part for part in parts if part}) < 2:
        return
    near = stands_earlier(reading.dataset, reading.near)
    if not near.any():
        return
    is_exact = stands_earlier(reading.dataset, reading.numbered.group_of)
    rows, exact = int(near.sum()), int(is_exact.sum())
    stand = "stands" if rows == 1 else "stand"
    tested = max(1, int((stages(reading.dataset) > 0).sum()))
    open_rows = 0 if reading.dataset.together is not None else int((near & ~is_exact).sum())
    offers = () if reading.dataset.together is not None else (_together(reading),)
    grave = Severity.must_fix if open_rows / tested >= 0.01 else Severity.should_look
    yield Finding(
        Kind.overlap,
        grave if open_rows else Severity.good_to_know,
        f"{counted(rows, 'row')} of validation and test {stand} in an earlier part, too",
        f"{exact:,} of them with the same text and {rows - exact:,} with nearly the same: "
        f"{100 * rows / tested:.1f} % of what is tested on.",
        "What was learned by heart is taken for skill. Where the text is the very same, the row of the "
        "earlier part is left out already; near-duplicates stay until you choose.",
        rows,
        reading.share(rows),
        examples=_pairs(reading, reading.near, near),
        offers=(*offers, _offer(reading, Fix.clear_test, "Removes {rows} of validation and test.")),
    )


def _conflicts(reading: Reading) -> Iterator[Finding]:
    groups = list(conflicts(reading))
    if not groups:
        return
    rows = sum(len(members) for members, _ in groups)
    share = reading.share(rows)
    shown = [row for members, _ in groups[:3] for row in _one_of_each_label(reading, members)]
    drop = edit_of(Fix.drop_conflicts, reading)
    vote = edit_of(Fix.majority_label, reading)
    relabelled = vote.changed - vote.removed
    yield Finding(
        Kind.conflicts,
        Severity.must_fix if share >= 0.01 else Severity.should_look,
        f"{counted(len(groups), 'text')} with more than one label",
        f"The same text, but for case and white space, is labelled differently in {counted(rows, 'row')}.",
        "Whatever is answered for these texts is wrong for some of their rows, in training and in testing.",
        rows,
        share,
        examples=reading.examples(shown),
        offers=(
            Offer(
                Fix.majority_label,
                vote.changed,
                _vote(relabelled, vote.removed),
            ),
            Offer(Fix.drop_conflicts, drop.changed, f"Removes all {counted(drop.changed, 'row')}."),
        ),
    )


def _duplicates(reading: Reading) -> Iterator[Finding]:
    sizes = np.bincount(reading.numbered.group_of)
    repeated = sizes[reading.numbered.group_of] > 1
    rows, texts = int(repeated.sum()), int((sizes > 1).sum())
    if not rows:
        return
    offer = _offer(
        reading, Fix.drop_duplicates, "Removes {rows}; of each text, label and part the first stays."
    )
    is_second = repeated.copy()
    is_second[reading.firsts] = False
    yield Finding(
        Kind.duplicates,
        Severity.should_look if reading.share(rows - texts) >= 0.05 else Severity.good_to_know,
        f"{counted(texts, 'text')} {'stands' if texts == 1 else 'stand'} here more than once",
        f"{counted(rows, 'row')} have a text that occurs again, equal but for case and white space.",
        "Equal texts stay on one side of the split, so they fool no test; in training they count "
        "several times.",
        rows,
        reading.share(rows),
        examples=_pairs(reading, reading.numbered.group_of, is_second),
        offers=(offer,) if offer.rows else (),
    )


def _near_duplicates(reading: Reading) -> Iterator[Finding]:
    tie = edit_of(Fix.keep_together, reading)
    if not tie.changed:
        return
    different = np.bincount(reading.near[reading.firsts])
    is_later = np.zeros(len(reading.dataset), dtype=bool)
    is_later[reading.firsts] = different[reading.near[reading.firsts]] > 1
    is_later[np.unique(reading.near, return_index=True)[1]] = False
    is_tied = reading.dataset.together is not None
    share = reading.share(tie.changed)
    yield Finding(
        Kind.near_duplicates,
        Severity.should_look if share >= 0.05 and not is_tied else Severity.good_to_know,
        f"{counted(tie.changed, 'row')} nearly like another",
        "Their words are the same but for digits, links, mentions and punctuation, or four fifths of the "
        "pairs of neighbouring words are.",
        "They are tied together: all of a group are on one side of the split."
        if is_tied
        else "On both sides of the split they make a test easier than life will be.",
        tie.changed,
        share,
        examples=_pairs(reading, reading.near, is_later),
        offers=()
        if is_tied
        else (
            _together(reading),
            _offer(
                reading, Fix.drop_near_duplicates, "Removes {rows}; the first of each group and label stays."
            ),
        ),
    )


def _vote(relabelled: int, removed: int) -> str:
    """What the label of the majority does to the rows of texts with several labels."""
    given = f"Gives each text the label that most of its rows have ({counted(relabelled, 'row')})"
    if not relabelled:
        return f"Removes {counted(removed, 'row')}: no label leads in any of the texts."
    gone = f"removes {counted(removed, 'row')} of texts where no label leads"
    return f"{given}, and {gone}." if removed else f"{given}."


def _offer(reading: Reading, fix: Fix, effect: str) -> Offer:
    changed = edit_of(fix, reading).changed
    return Offer(fix, changed, effect.format(rows=counted(changed, "row")))


def _together(reading: Reading) -> Offer:
    effect = "Removes nothing; ties {rows} together so that each group is on one side of the split."
    if reading.dataset.parts is not None:
        effect = (
            "Ties {rows} together; rows of an earlier part whose group is tested on are not learned from."
        )
    return _offer(reading, Fix.keep_together, effect)


def _pairs(
    reading: Reading, groups: Int[np.ndarray, " rows"], chosen: Bool[np.ndarray, " rows"]
) -> tuple[Example, ...]:
    """The first chosen rows, each with the first other row of its group."""
    shown, notes = [], []
    for row in np.flatnonzero(chosen)[:2].tolist():
        first = int(np.flatnonzero(groups == groups[row])[0])
        shown += [first, row]
        notes += [_part(reading, first), f"like row {reading.number(first):,}{_part(reading, row, ', ')}"]
    return reading.examples(shown, notes)


def _part(reading: Reading, row: int, before: str = "") -> str:
    parts = reading.dataset.parts
    part = parts[row] if parts is not None else None
    return f"{before}in {part}" if part in PARTS else ""


def _one_of_each_label(reading: Reading, rows: list[int]) -> list[int]:
    return list({reading.dataset.labels[row]: row for row in reversed(rows)}.values())[::-1][:2]
