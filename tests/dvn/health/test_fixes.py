"""Fixes: what each does, and that any set of them is one dataset whatever the order."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dvn.data.dataset import Dataset
from dvn.data.split import split_dataset
from dvn.health import Fix, Kind, apply_fixes, examine
from dvn.health.finding import RIVALS
from dvn.health.fixes import NothingLeftError, RivalFixesError
from tests.dvn.health.unhealthy import found, healthy_texts


def sick(rows: int = 120) -> Dataset:
    """A dataset with every trouble that a fix is for."""
    texts = healthy_texts(rows, words=20)
    labels = ["ab"[row % 2] for row in range(rows)]
    parts = ["train"] * (rows - 40) + ["validation"] * 20 + ["test"] * 20
    texts[0], texts[1], texts[2] = "cafÃ© noir au lait", "one <br /> two three four", "!!!"
    texts[4] = texts[3].upper()  # With another label: a conflict that no majority settles.
    texts[6] = texts[8] = texts[5]
    texts[rows - 1] = f"{texts[10]} 77"
    texts[rows - 2] = texts[12]
    return Dataset(tuple(texts), tuple(labels), tuple(parts))


def sets_of_fixes() -> st.SearchStrategy[list[Fix]]:
    allowed = st.lists(st.sampled_from(list(Fix)), unique=True)
    return allowed.filter(lambda fixes: all(len(rivals & set(fixes)) < 2 for rivals in RIVALS))


@given(fixes=sets_of_fixes(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_order_of_the_same_fixes_is_the_same_dataset(fixes: list[Fix], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(fixes))
    one, other = apply_fixes(sick(), fixes), apply_fixes(sick(), shuffled)
    assert one.dataset == other.dataset
    assert one.dataset.content_hash == other.dataset.content_hash
    assert one.changes == other.changes


@given(clicks=st.lists(st.sampled_from(list(Fix)), max_size=8), data=st.data())
@settings(max_examples=60, deadline=None)
def test_undoing_all_in_any_order_gives_back_what_was_read(clicks: list[Fix], data: st.DataObject) -> None:
    read = sick()
    applied: set[Fix] = set()
    for fix in clicks:
        applied -= {other for rivals in RIVALS if fix in rivals for other in rivals}
        applied.add(fix)
        apply_fixes(read, applied)
    for fix in data.draw(st.permutations(sorted(applied))):
        applied.remove(fix)
        apply_fixes(read, applied)
    assert apply_fixes(read, applied).dataset == read == sick()
    assert apply_fixes(read, applied).dataset.content_hash == sick().content_hash


@given(fixes=sets_of_fixes())
@settings(max_examples=40, deadline=None)
def test_every_row_that_is_left_is_one_that_was_read(fixes: list[Fix]) -> None:
    read, fixed = sick(), apply_fixes(sick(), fixes)
    assert (np.diff(fixed.origins) > 0).all()
    assert len(fixed.origins) == len(fixed.dataset)
    if not {Fix.repair_letters, Fix.clean_markup} & set(fixes):
        assert fixed.dataset.texts == tuple(read.texts[row] for row in fixed.origins)
    if Fix.majority_label not in fixes:
        assert fixed.dataset.labels == tuple(read.labels[row] for row in fixed.origins)


@pytest.mark.parametrize("fix", list(Fix))
def test_a_fix_changes_as_many_rows_as_its_offer_says_and_is_offered_no_more(fix: Fix) -> None:
    def offers(data: Dataset) -> dict[Fix, int]:
        return {offer.fix: offer.rows for one in examine(data).findings for offer in one.offers}

    fixed = apply_fixes(sick(), [fix])
    assert fixed.changes == {fix: offers(sick())[fix]}
    assert fixed.dataset.content_hash != sick().content_hash
    assert offers(fixed.dataset).get(fix, 0) == 0


def test_rows_keep_their_numbers_in_a_report_on_a_fixed_dataset() -> None:
    fixed = apply_fixes(sick(), [Fix.drop_blank])
    finding = found(examine(fixed.reading), Kind.conflicts)
    assert finding is not None
    assert {example.row for example in finding.examples} >= {4, 5}


def test_rivals_cannot_be_applied_together() -> None:
    with pytest.raises(RivalFixesError, match="only one"):
        apply_fixes(sick(), [Fix.drop_conflicts, Fix.majority_label])


def test_a_fix_that_would_leave_nothing_is_refused() -> None:
    with pytest.raises(NothingLeftError, match="no row"):
        apply_fixes(Dataset(("!", "?"), ("a", "b")), [Fix.drop_blank])


def test_near_duplicates_that_are_tied_are_on_one_side_of_the_split() -> None:
    texts = healthy_texts(200, words=20)
    texts = [text for pair in zip(texts, [f"{text} 5" for text in texts], strict=True) for text in pair]
    data = Dataset(tuple(texts), tuple("ab"[row // 2 % 2] for row in range(400)))

    def sides(dataset: Dataset) -> list[set[int]]:
        _, split = split_dataset(dataset)
        side = np.empty(len(dataset), dtype=np.int64)
        for number, rows in enumerate((split.train, split.validation, split.test)):
            side[rows] = number
        return [{int(side[row]), int(side[row + 1])} for row in range(0, 400, 2)]

    assert any(len(pair) == 2 for pair in sides(data))
    assert all(len(pair) == 1 for pair in sides(apply_fixes(data, [Fix.keep_together]).dataset))


def test_what_is_tied_to_the_test_part_of_the_file_is_not_learned_from() -> None:
    data = replace(sick(), labels=tuple("ab"[row % 2] for row in range(120)))
    tied = apply_fixes(data, [Fix.keep_together]).dataset
    _, split = split_dataset(tied)
    assert 10 not in split.train
    assert 10 in split_dataset(data)[1].train
