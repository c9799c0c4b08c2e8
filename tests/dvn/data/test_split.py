"""Laws of the split: disjoint, covering, equal texts together, stratified, repeatable."""

import random
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dvn.data.allotment import number_groups
from dvn.data.dataset import Dataset
from dvn.data.rare_classes import RareClasses, RareClassesError
from dvn.data.split import NothingToLearnError, Split, split_dataset
from dvn.data.text_facts import split_orders

TEXTS = st.sampled_from([f"{word} {number}" for word in ("a", "A", " a ", "b") for number in range(30)])
TABLES = st.lists(
    st.tuples(TEXTS, st.sampled_from("xyz"), st.sampled_from(["train", "validation", "test", None])),
    min_size=2,
    max_size=150,
)
Table = list[tuple[str, str, str | None]]


def make(table: Table, *, with_parts: bool) -> Dataset:
    texts, labels, parts = zip(*table, strict=True)
    return Dataset(texts, labels, parts if with_parts else None)


def distinct(count: int, classes: int) -> Dataset:
    return Dataset(tuple(f"text {n}" for n in range(count)), tuple(f"c{n % classes}" for n in range(count)))


def plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def parts_of(dataset: Dataset, split: Split) -> dict[str, set[str]]:
    """For each text the parts it stands in."""
    stands = defaultdict(set)
    for name in ("train", "validation", "test"):
        for row in getattr(split, name):
            stands[plain(dataset.texts[row])].add(name)
    return stands


@given(table=TABLES, with_parts=st.booleans(), seed=st.integers(0, 5), rare=st.sampled_from(RareClasses))
@settings(max_examples=300, deadline=None)
def test_every_row_is_in_one_place_and_every_text_on_one_side(
    table: Table, with_parts: bool, seed: int, rare: RareClasses
) -> None:
    try:
        dataset, split = split_dataset(make(table, with_parts=with_parts), seed=seed, rare=rare)
    except NothingToLearnError:
        return
    rows = np.concatenate([split.train, split.validation, split.test, split.unused])
    assert sorted(rows.tolist()) == list(range(len(dataset)))
    assert all(len(parts) == 1 for parts in parts_of(dataset, split).values())
    for part in (split.train, split.validation, split.test, split.unused):
        assert part.tolist() == sorted(part.tolist())
    assert split.report.sizes == (len(split.train), len(split.validation), len(split.test))
    if not split.report.honoured:
        assert len(split.unused) == 0


@given(table=TABLES, with_parts=st.booleans(), seed=st.integers(0, 5), order=st.randoms())
@settings(max_examples=150, deadline=None)
def test_the_order_of_rows_changes_no_membership(
    table: Table, with_parts: bool, seed: int, order: random.Random
) -> None:
    shuffled = order.sample(table, len(table))
    found = []
    for rows in (table, shuffled):
        try:
            dataset, split = split_dataset(
                make(rows, with_parts=with_parts), seed=seed, rare=RareClasses.keep
            )
        except NothingToLearnError:
            return
        found.append(parts_of(dataset, split))
    assert found[0] == found[1]


@given(sizes=st.lists(st.integers(3, 60), min_size=2, max_size=6), seed=st.integers(0, 100))
@settings(deadline=None)
def test_each_class_gives_a_tenth_to_validation_and_to_test(sizes: list[int], seed: int) -> None:
    labels = [f"c{number}" for number, size in enumerate(sizes) for _ in range(size)]
    dataset = Dataset(tuple(f"text {n}" for n in range(len(labels))), tuple(labels))
    _, split = split_dataset(dataset, seed=seed)
    for number, size in enumerate(sizes):
        for part in (split.validation, split.test):
            rows = Counter(labels[row] for row in part)[f"c{number}"]
            assert rows == max(1, int(size / 10 + 0.5))


def test_repeated_texts_never_overfill_a_part() -> None:
    texts = ["same"] * 40 + [f"text {n}" for n in range(60)]
    dataset = Dataset((*texts, *(f"other {n}" for n in range(20))), ("x",) * 100 + ("y",) * 20)
    _, split = split_dataset(dataset)
    assert split.report.sizes == (96, 12, 12)
    assert split.report.repeated == 40
    assert "40 rows with a text that occurs again" in " ".join(split.report.sentences())


def test_seeds_matter_and_repeat() -> None:
    dataset = distinct(500, 4)
    same, again, other = (split_dataset(dataset, seed=seed)[1] for seed in (3, 3, 4))
    assert same.test.tolist() == again.test.tolist()
    assert same.test.tolist() != other.test.tolist()


def test_the_split_is_the_one_of_all_other_machines() -> None:
    _, split = split_dataset(distinct(40, 2), seed=0)
    assert (split.validation.tolist(), split.test.tolist()) == ([13, 22, 29, 34], [17, 18, 24, 31])


def test_new_rows_move_hardly_any_old_one() -> None:
    before = set(split_dataset(distinct(1000, 2))[1].train.tolist())
    after = set(split_dataset(distinct(1010, 2))[1].train.tolist())
    assert len(before - after) <= 10


def test_complete_parts_are_honoured_row_by_row() -> None:
    parts = ("train", "train", "train", "validation", "test", "test") * 4
    dataset = Dataset(tuple(f"t{n}" for n in range(24)), ("x", "y") * 12, parts)
    _, split = split_dataset(dataset)
    assert [parts[row] for row in split.train] == ["train"] * 12
    assert [parts[row] for row in split.test] == ["test"] * 8
    assert split.report.honoured == ("train", "validation", "test")
    assert split.report.carved == ()


@pytest.mark.parametrize("missing", ["validation", "test"])
def test_a_missing_part_is_carved_from_train(missing: str) -> None:
    present = "test" if missing == "validation" else "validation"
    parts = tuple(present if n % 5 == 0 else "train" for n in range(200))
    _, split = split_dataset(Dataset(tuple(f"t{n}" for n in range(200)), ("x", "y") * 100, parts))
    assert getattr(split, present).tolist() == list(range(0, 200, 5))
    assert len(getattr(split, missing)) == 16
    assert split.report.carved == (missing,)
    assert f"The file has no {missing} part" in " ".join(split.report.sentences())


def test_without_train_all_is_split_anew() -> None:
    dataset = Dataset(tuple(f"t{n}" for n in range(100)), ("x", "y") * 50, ("test", "validation") * 50)
    _, split = split_dataset(dataset)
    assert split.report.resplit
    assert split.report.sizes == (80, 10, 10)
    assert any("split anew" in sentence for sentence in split.report.sentences())


def test_texts_on_both_sides_leave_train_and_are_counted() -> None:
    texts = ("Same  text", "same text", "in both", "IN BOTH", *(f"t{n}" for n in range(16)))
    parts = ("train", "test", "validation", "test", *("train",) * 8, *("validation",) * 4, *("test",) * 4)
    dataset = Dataset(texts, ("x", "y") * 10, parts)
    _, split = split_dataset(dataset)
    assert split.unused.tolist() == [0, 2]
    assert (split.report.left_train, split.report.left_validation) == (1, 1)
    said = " ".join(split.report.sentences())
    assert "1 row left train: the text is in validation or test too." in said
    assert "1 row left validation: the text is in test too." in said


def test_rows_without_a_known_part_train_and_are_reported() -> None:
    parts = (*("train",) * 10, *("validation",) * 4, *("test",) * 4, None, None)
    dataset = Dataset(
        tuple(f"t{n}" for n in range(20)), ("x", "y") * 10, parts, unknown_parts=(("extra", 2),)
    )
    _, split = split_dataset(dataset)
    assert {18, 19} <= set(split.train.tolist())
    assert split.report.unassigned == 2
    assert (
        "2 rows in no known part, so used to train; unknown values: 'extra' (2)." in split.report.sentences()
    )


def test_a_class_absent_from_train_is_reported() -> None:
    parts = (*("train",) * 10, *("validation",) * 4, *("test",) * 6)
    labels = (*("x", "y") * 7, "x", "y", "x", "z", "z", "z")
    _, split = split_dataset(Dataset(tuple(f"t{n}" for n in range(20)), labels, parts))
    assert split.report.absent_from_train == (("z", 3),)
    assert "The class 'z' (3 rows) is not in train and cannot be learned." in split.report.sentences()


def rare_dataset(parts: tuple[str | None, ...] | None = None) -> Dataset:
    texts = (*(f"t{n}" for n in range(40)), "one", "two", "Two", "three")
    return Dataset(texts, (*("x", "y") * 20, "rare", "rare", "rare", "tiny"), parts)


def test_rare_classes_wait_for_a_choice() -> None:
    with pytest.raises(RareClassesError) as caught:
        split_dataset(rare_dataset())
    assert caught.value.classes == {"rare": 2, "tiny": 1}
    assert str(caught.value) == (
        "2 classes have fewer than 3 different texts: 'rare' (2) and 'tiny' (1); choose to merge them into "
        "'other', to drop them, or to keep them in train only."
    )


def test_rare_classes_may_merge() -> None:
    dataset, split = split_dataset(rare_dataset(), rare=RareClasses.merge)
    assert dataset.classes == ("other", "x", "y")
    assert {dataset.labels[row] for row in split.test} == {"other", "x", "y"}
    assert split.report.rare is not None
    assert (split.report.rare.rows, split.report.rare.merged_into) == (4, "other")


def test_a_merged_class_that_is_still_rare_stays_in_train() -> None:
    texts = tuple(f"t{n}" for n in range(21))
    dataset, split = split_dataset(Dataset(texts, (*("x", "y") * 10, "tiny")), rare=RareClasses.merge)
    assert dataset.classes == ("other", "x", "y")
    assert 20 in split.train
    assert "'other' is still too small and stays in train only." in split.report.sentences()


def test_rare_classes_may_join_a_class_that_is_called_other() -> None:
    labels = (*("x", "Other") * 10, "tiny")
    dataset, _ = split_dataset(Dataset(tuple(f"t{n}" for n in range(21)), labels), rare=RareClasses.merge)
    assert dataset.classes == ("Other", "x")


def test_rare_classes_may_be_dropped_and_are_counted() -> None:
    dataset, split = split_dataset(rare_dataset(), rare=RareClasses.drop)
    assert dataset.classes == ("x", "y")
    assert len(dataset) == 40
    assert sum(split.report.sizes) == 40
    assert "4 rows dropped" in " ".join(split.report.sentences())


@pytest.mark.parametrize("parts", [None, ("train", "train", "validation", "test") * 11])
def test_rare_classes_may_be_kept_in_train_only(parts: tuple[str, ...] | None) -> None:
    dataset, split = split_dataset(rare_dataset(parts), rare=RareClasses.keep)
    assert dataset.classes == ("rare", "tiny", "x", "y")
    assert {40, 41, 42, 43} <= set(split.train.tolist())


def test_dropping_all_but_one_class_is_refused() -> None:
    dataset = Dataset(tuple(f"t{n}" for n in range(10)), (*("x",) * 9, "y"))
    with pytest.raises(NothingToLearnError, match="has 1 class to learn and needs two"):
        split_dataset(dataset, rare=RareClasses.drop)


@given(table=TABLES, seed=st.integers(0, 3))
@settings(deadline=None)
def test_every_class_of_its_own_texts_is_in_all_three_parts(table: Table, seed: int) -> None:
    texts = [f"{label} {text}" for text, label, _ in table]
    labels = [label for _, label, _ in table]
    counts = Counter(label for label, _ in {(label, plain(text)) for text, label, _ in table})
    assume(len(counts) > 1)
    dataset = Dataset(tuple(texts), tuple(labels))
    _, split = split_dataset(dataset, seed=seed, rare=RareClasses.keep)
    for part in (split.train, split.validation, split.test):
        assert {label for label, count in counts.items() if count >= 3} <= {labels[row] for row in part}


@given(st.lists(st.tuples(TEXTS, st.integers(0, 8)), min_size=1, max_size=60), st.sampled_from([0, 5]))
def test_rows_that_are_tied_go_by_the_least_order_of_their_texts(
    rows: list[tuple[str, int]], seed: int
) -> None:
    texts, together = zip(*rows, strict=True)
    grouped = number_groups(Dataset(texts, ("x",) * len(rows), together=together), seed=seed)
    orders = split_orders(texts, seed)
    for group in range(len(grouped.orders)):
        assert grouped.orders[group] == orders[grouped.group_of == group].min()
    for one, two in combinations(range(len(rows)), 2):
        if orders[one] == orders[two] or together[one] == together[two]:
            assert grouped.group_of[one] == grouped.group_of[two]


@given(TABLES)
def test_a_dataset_without_its_rare_classes_is_split_as_if_they_had_never_been(table: Table) -> None:
    whole = make(table, with_parts=True)
    try:
        left, found = split_dataset(whole, rare=RareClasses.drop)
    except NothingToLearnError:
        assume(False)
    _, wanted = split_dataset(
        make([row for row in table if row[1] in left.classes], with_parts=True), rare=None
    )
    for part in ("train", "validation", "test", "unused"):
        np.testing.assert_array_equal(getattr(found, part), getattr(wanted, part))
