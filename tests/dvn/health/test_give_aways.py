"""Words that give the label away, and words that are only topical."""

import random
from dataclasses import replace

from dvn.data.dataset import Dataset
from dvn.health import Kind, Severity, examine
from tests.dvn.health.unhealthy import found, healthy, healthy_texts

ROWS = 300


def stamped(word: str, label: str, *, share: float = 1.0, leak: float = 0.0) -> Dataset:
    """A dataset in which a word stands in a share of one class and leaks into the others."""
    data, draw = healthy(ROWS), random.Random(1)
    chances = [share if given == label else leak for given in data.labels]
    texts = tuple(
        f"{text} {word}" if draw.random() < chance else text
        for text, chance in zip(data.texts, chances, strict=True)
    )
    return replace(data, texts=texts)


def test_a_stamp_of_the_source_gives_its_class_away() -> None:
    finding = found(examine(stamped("reutersdesk", "yes")), Kind.give_aways)
    assert finding is not None
    assert finding.items[0][0] == "reutersdesk"
    assert finding.severity is Severity.should_look
    assert all(example.label == "yes" for example in finding.examples)


def test_the_name_of_the_class_in_its_texts_is_told_as_such() -> None:
    finding = found(examine(stamped("perhaps", "perhaps", share=0.8)), Kind.give_aways)
    assert finding is not None
    assert "own name" in finding.items[0][1]


def test_an_id_that_most_of_a_class_has_must_be_dealt_with() -> None:
    finding = found(examine(stamped("src_77a", "no", share=0.8)), Kind.give_aways)
    assert finding is not None
    assert finding.severity is Severity.must_fix


def test_an_id_is_named_sooner_than_a_word() -> None:
    assert found(examine(stamped("src_77a", "no", share=0.4)), Kind.give_aways) is not None
    assert found(examine(stamped("weather", "no", share=0.4)), Kind.give_aways) is None


def test_a_word_that_other_classes_use_too_is_topical() -> None:
    assert found(examine(stamped("weather", "no", share=0.9, leak=0.1)), Kind.give_aways) is None


def test_chance_alone_gives_nothing_away() -> None:
    draw = random.Random(0)
    for seed in range(5):
        labels = tuple(draw.choice("ab") for _ in range(400))
        texts = tuple(healthy_texts(400, seed=seed))
        assert found(examine(Dataset(texts, labels)), Kind.give_aways) is None


def test_copies_of_one_text_count_once() -> None:
    data = healthy(ROWS)
    copies = ("the very same text with the word tombola in it and nothing else new",) * 60
    texts, labels = (*copies, *data.texts[60:]), ("yes",) * 60 + data.labels[60:]
    assert found(examine(replace(data, texts=texts, labels=labels)), Kind.give_aways) is None
