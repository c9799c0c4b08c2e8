"""No recommendation looks at the test part: neither at its texts nor at its labels."""

import numpy as np

from dvn.architecture_inference import Question, recommend_for_dataset
from dvn.data.dataset import Dataset
from dvn.data.split import rows_outside_test, split_dataset
from dvn.value_network import Checkpoint


def with_parts(texts: list[str], labels: list[str]) -> Dataset:
    """A dataset whose file says which rows are the test part: every fifth."""
    parts = tuple(("train", "train", "train", "validation", "test")[row % 5] for row in range(len(texts)))
    return Dataset(tuple(texts), tuple(labels), parts)


def test_a_poisoned_test_part_changes_nothing(
    checkpoint: Checkpoint, question: Question, dataset: tuple[list[str], list[str]]
) -> None:
    texts, labels = dataset
    clean = with_parts(texts, labels)
    poisoned = with_parts(
        [f"poison {row}" if row % 5 == 4 else text for row, text in enumerate(texts)],
        [labels[-1 - row] if row % 5 == 4 else label for row, label in enumerate(labels)],
    )
    assert poisoned.content_hash != clean.content_hash
    first, second = (recommend_for_dataset(each, checkpoint, question=question) for each in (clean, poisoned))
    assert [ranked.architecture.hash for ranked in first.architectures] == [
        ranked.architecture.hash for ranked in second.architectures
    ]
    assert [ranked.expected_accuracy for ranked in first.architectures] == [
        ranked.expected_accuracy for ranked in second.architectures
    ]
    assert first.rows == len(texts)


def test_the_rows_outside_test_are_all_others(dataset: tuple[list[str], list[str]]) -> None:
    whole = Dataset(tuple(dataset[0]), tuple(dataset[1]))
    _, split = split_dataset(whole, seed=0)
    seen = rows_outside_test(whole)
    assert np.array_equal(np.union1d(seen, split.test), np.arange(len(whole.texts)))
    assert not np.intersect1d(seen, split.test).size
