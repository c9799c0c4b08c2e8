"""What is found about rows that are alike."""

from dataclasses import replace

from dvn.health import Fix, Kind, Severity, examine
from tests.dvn.health.unhealthy import found, healthy, healthy_texts


def test_equal_texts_are_counted_with_their_rows() -> None:
    texts = healthy_texts(100)
    texts[50], texts[51] = texts[0].upper(), f"  {texts[0]} "
    data = replace(healthy(100), texts=tuple(texts), labels=("yes",) * 60 + ("no",) * 40)
    finding = found(examine(data), Kind.duplicates)
    assert finding is not None
    assert finding.rows == 3
    assert [example.row for example in finding.examples] == [1, 51, 1, 52]
    assert [(offer.fix, offer.rows) for offer in finding.offers] == [(Fix.drop_duplicates, 2)]


def test_a_text_with_two_labels_is_a_conflict_with_two_ways_out() -> None:
    texts = healthy_texts(100)
    texts[10] = texts[20] = texts[30] = texts[0]
    labels = ["a"] * 50 + ["b"] * 50
    labels[20] = "b"
    data = replace(healthy(100), texts=tuple(texts), labels=tuple(labels))
    finding = found(examine(data), Kind.conflicts)
    assert finding is not None
    assert finding.rows == 4
    assert {offer.fix: offer.rows for offer in finding.offers} == {
        Fix.majority_label: 1,
        Fix.drop_conflicts: 4,
    }


def test_texts_that_differ_in_links_digits_and_marks_are_near_duplicates() -> None:
    texts = healthy_texts(100)
    texts[0] = "Flight 12 to Rome is late again! https://a.example/1 @ann"
    texts[1] = "flight 345 to rome is late again https://b.example/2 @bob"
    finding = found(examine(replace(healthy(100), texts=tuple(texts))), Kind.near_duplicates)
    assert finding is not None
    assert finding.rows == 2
    assert [example.row for example in finding.examples] == [1, 2]


def test_a_row_of_test_that_stands_in_train_is_overlap() -> None:
    texts = healthy_texts(100)
    texts[90] = texts[0]
    texts[91] = f"{texts[1]} moreover"
    parts = ("train",) * 80 + ("test",) * 20
    report = examine(replace(healthy(100), texts=tuple(texts), parts=parts))
    finding = found(report, Kind.overlap)
    assert finding is not None
    assert (finding.severity, finding.rows) == (Severity.must_fix, 2)
    assert [offer.fix for offer in finding.offers] == [Fix.keep_together, Fix.clear_test]
    assert [example.note for example in finding.examples] == [
        "in train",
        "like row 1, in test",
        "in train",
        "like row 2, in test",
    ]


def test_copies_within_one_part_are_no_overlap() -> None:
    texts = healthy_texts(100)
    texts[1] = texts[0]
    parts = ("train",) * 80 + ("test",) * 20
    assert found(examine(replace(healthy(100), texts=tuple(texts), parts=parts)), Kind.overlap) is None
