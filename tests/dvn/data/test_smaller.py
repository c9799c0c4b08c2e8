"""Smaller tasks are parts of larger ones, measured on the same rows."""

import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from dvn.data.dataset import Dataset
from dvn.data.smaller import MOST_MEASURED, cut, rows_of_smaller, smaller_split
from dvn.data.split import Split, split_dataset
from tests.dvn.factories import law, make_dataset

DATASET, SPLIT = make_dataset(600, classes=3)


def smaller(rows: int) -> Split:
    split = smaller_split(DATASET, SPLIT, rows)
    assert split is not None
    return split


@law
@given(integers(10, 460))
def test_a_smaller_task_is_part_of_a_larger_one(rows: int) -> None:
    small, larger = smaller(rows), smaller(rows + 20)
    assert len(small.train) == round(0.8 * rows)
    assert set(small.train) <= set(larger.train) <= set(SPLIT.train)
    assert set(small.validation) <= set(SPLIT.validation)
    assert set(small.test) <= set(SPLIT.test)
    assert set(small.unused) | set(small.train) | set(small.validation) | set(small.test) == set(range(600))


def test_classes_that_were_not_learned_are_not_measured() -> None:
    labels = ("rare",) * 12 + DATASET.labels[12:]
    dataset, split = split_dataset(Dataset(DATASET.texts, labels))
    small = smaller_split(dataset, split, 10)
    assert small is not None
    learned = {dataset.labels[row] for row in small.train}
    assert {dataset.labels[row] for row in (*small.validation, *small.test)} <= learned


def test_a_dataset_that_is_hardly_larger_makes_no_smaller_task() -> None:
    assert smaller_split(DATASET, SPLIT, 500) is None
    assert smaller_split(DATASET, SPLIT, 9_000) is None


def test_measured_parts_have_a_limit() -> None:
    dataset, split = make_dataset(24_000)
    small = smaller_split(dataset, split, 300)
    assert small is not None
    assert (len(small.validation), len(small.test)) == (MOST_MEASURED, MOST_MEASURED)


def test_the_rows_shown_are_nine_tenths_of_the_smaller_dataset_and_none_of_its_test_part() -> None:
    split = smaller(300)
    shown = rows_of_smaller(DATASET, split)
    assert len(shown) == 270
    assert set(split.train) <= set(shown)
    assert not set(shown) & set(SPLIT.test)


def test_the_order_of_rows_does_not_matter() -> None:
    turned = Dataset(DATASET.texts[::-1], DATASET.labels[::-1])
    split = smaller_split(turned, split_dataset(turned)[1], 100)
    assert split is not None
    assert {turned.texts[row] for row in split.train} == {DATASET.texts[row] for row in smaller(100).train}


def test_the_cut_holds_the_rows_in_use_alone() -> None:
    split = smaller(100)
    dataset, small, rows = cut(DATASET, split)
    np.testing.assert_array_equal(rows[small.train], split.train)
    assert [dataset.texts[row] for row in small.test] == [DATASET.texts[row] for row in split.test]
    assert len(dataset) == len(split.train) + len(split.validation) + len(split.test)
