"""Laws of the dataset value and its fingerprint."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dvn.data.dataset import Dataset, LeftOut

ROWS = st.lists(st.tuples(st.text(max_size=6), st.text(max_size=3)), max_size=8)


def make(rows: list[tuple[str, str]], parts: tuple[str | None, ...] | None = None) -> Dataset:
    return Dataset(tuple(text for text, _ in rows), tuple(label for _, label in rows), parts)


@given(rows=ROWS, others=ROWS)
def test_datasets_share_a_hash_exactly_when_they_share_texts_and_labels(
    rows: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    assert (make(rows).content_hash == make(others).content_hash) == (rows == others)


def test_the_hash_sees_where_one_text_ends_and_the_next_begins() -> None:
    assert make([("ab", "x"), ("c", "x")]).content_hash != make([("a", "x"), ("bc", "x")]).content_hash


def test_the_hash_ignores_column_names_and_what_was_left_out() -> None:
    plain = Dataset(("a", "b"), ("x", "y"))
    other = Dataset(("a", "b"), ("x", "y"), (None, None), "review", "stars", LeftOut(1, 2, (3,)))
    assert plain.content_hash == other.content_hash


def test_the_hash_sees_parts() -> None:
    rows = [("a", "x"), ("b", "y")]
    assert make(rows, ("train", "test")).content_hash != make(rows).content_hash


def test_the_hash_is_the_one_of_all_other_machines() -> None:
    dataset = Dataset(("Grüße", "好"), ("x", "y"), ("train", "test"))
    assert dataset.content_hash == "7c38aca6e0528b7f7b068893888a412a39cd5e03227b2b9c60989b25e8bba1c7"


@given(rows=ROWS)
def test_label_ids_point_at_sorted_classes(rows: list[tuple[str, str]]) -> None:
    dataset = make(rows)
    assert list(dataset.classes) == sorted(set(dataset.labels))
    assert tuple(dataset.classes[number] for number in dataset.label_ids) == dataset.labels
    assert dataset.label_ids.dtype == np.int64
    assert not dataset.label_ids.flags.writeable


def test_left_out_rows_are_said_with_their_causes_and_places() -> None:
    assert LeftOut().sentences() == ()
    assert LeftOut(2, 1, (3, 7, 1200)).sentences() == (
        "3 rows left out: 2 without a text and 1 without a label (row 3, 7, 1,200).",
    )
