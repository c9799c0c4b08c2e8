"""What is found about labels."""

from dataclasses import replace

from dvn.data.dataset import Dataset
from dvn.health import Kind, Severity, examine
from tests.dvn.health.unhealthy import found, healthy, healthy_texts


def test_a_class_too_small_to_be_split_is_named_with_its_texts() -> None:
    data = replace(healthy(100), labels=("rare", "rare", *(["yes", "no"] * 49)))
    finding = found(examine(data), Kind.small_classes)
    assert finding is not None
    assert (finding.severity, finding.rows, finding.items) == (Severity.must_fix, 2, (("rare", "2 texts"),))


def test_a_thin_class_is_told_from_a_small_one() -> None:
    data = replace(healthy(200), labels=(*["thin"] * 8, *(["yes", "no"] * 96)))
    report = examine(data)
    thin = found(report, Kind.thin_classes)
    assert thin is not None
    assert thin.rows == 8
    assert found(report, Kind.small_classes) is None


def test_one_class_that_has_nearly_all_rows_is_found() -> None:
    finding = found(examine(replace(healthy(200), labels=(*["b"] * 25, *["a"] * 175))), Kind.imbalance)
    assert finding is not None
    assert (finding.rows, finding.share) == (175, 0.875)
    assert found(examine(healthy()), Kind.imbalance) is None


def test_numbers_of_a_scale_sentences_and_ids_are_no_labels() -> None:
    rows = 300
    texts = tuple(healthy_texts(rows))
    numbers = tuple(f"{row % 40 / 4:.2f}" for row in range(rows))
    sentences = tuple(healthy_texts(2)[row % 2] for row in range(rows))
    ids = tuple(f"user{row if row < 100 else row % 5}" for row in range(rows))
    for labels in (numbers, sentences, ids):
        finding = found(examine(Dataset(texts, labels)), Kind.odd_labels)
        assert finding is not None
        assert finding.severity is Severity.must_fix


def test_stars_from_one_to_five_are_labels() -> None:
    stars = tuple(str(1 + row % 5) for row in range(120))
    assert found(examine(replace(healthy(), labels=stars)), Kind.odd_labels) is None


def test_a_column_that_always_says_the_same_is_found() -> None:
    data = replace(healthy(), texts=tuple(["nothing new", "Nothing  new"] * 60))
    finding = found(examine(data), Kind.constant_texts)
    assert finding is not None
    assert finding.severity is Severity.must_fix
