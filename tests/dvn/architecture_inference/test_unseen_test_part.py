"""No recommendation looks at the test part: neither at its texts nor at its labels."""

import numpy as np

from dvn.architecture_inference import Question, describe, describe_dataset, recommend_for_dataset
from dvn.data.dataset import Dataset
from dvn.data.split import rows_outside_test, split_dataset
from dvn.metafeatures.task_sample import SAMPLES
from dvn.value_network import Checkpoint
from tests.dvn.factories import make_texts


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


def test_a_dataset_is_described_as_its_texts_outside_test(checkpoint: Checkpoint) -> None:
    """What is known of each text beforehand is taken of the right rows; more of them than a sample holds."""
    columns = make_texts(3 * SAMPLES, classes=3)
    whole = with_parts(*columns)
    rows = rows_outside_test(whole)
    texts, labels = ([column[row] for row in rows] for column in columns)
    found, _ = describe_dataset(whole, checkpoint)
    np.testing.assert_array_equal(found.z, describe(texts, labels, checkpoint).z)
