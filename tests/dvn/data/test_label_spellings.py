"""Labels that differ only in case are one label where that is clear, and a sentence says so."""

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis.strategies import dictionaries, integers, sampled_from, text

from dvn.data.choices import ReadChoices
from dvn.data.label_spellings import merge_sentences, merged_spellings
from dvn.data.read_csv import read_dataset
from dvn.data.stored import read_parquet, write_parquet

LABELS = dictionaries(
    text(sampled_from("aAbBcC 1"), min_size=1, max_size=6).filter(str.strip), integers(1, 9)
)


def test_variants_become_the_most_frequent_spelling() -> None:
    counts = {"Spam": 7, "spam": 2, "SPAM": 1, "ham": 9, "very  good": 1, "Very good": 3}
    assert merged_spellings(counts) == {"spam": "Spam", "SPAM": "Spam", "very  good": "Very good"}


def test_short_labels_may_be_codes_and_stay_apart() -> None:
    assert merged_spellings({"a": 3, "A": 4, "no": 3, "NO": 4, "1a": 2, "1A": 2}) == {}


@given(counts=LABELS)
def test_merging_loses_no_row_and_is_done_at_once(counts: dict[str, int]) -> None:
    merged = merged_spellings(counts)
    after: Counter[str] = Counter()
    for label, rows in counts.items():
        after[merged.get(label, label)] += rows
    assert after.total() == sum(counts.values())
    assert merged_spellings(after) == {}
    assert set(after) <= set(counts)


@given(counts=LABELS)
def test_the_order_of_rows_does_not_matter(counts: dict[str, int]) -> None:
    assert merged_spellings(counts) == merged_spellings(dict(reversed(counts.items())))


def test_what_was_merged_is_told_with_its_rows_and_can_be_switched_off(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    labels = ["Spam"] * 9 + ["SPAM", " spam "] + ["ham"] * 9
    path.write_text("text,label\n" + "".join(f"remark {n},{label}\n" for n, label in enumerate(labels)))
    dataset = read_dataset(path)
    assert dataset.classes == ("Spam", "ham")
    assert dataset.notes == (
        "Labels that differ only in case or spaces were merged into the most frequent spelling: "
        "'SPAM' (1) and 'spam' (1) became 'Spam' (9).",
    )
    apart = read_dataset(path, choices=ReadChoices(merge_case=False))
    assert (apart.classes, apart.notes) == (("SPAM", "Spam", "ham", "spam"), ())
    write_parquet(dataset, tmp_path / "stored.parquet")
    assert read_parquet(tmp_path / "stored.parquet") == dataset


def test_only_the_first_of_many_mergers_are_told() -> None:
    counts = {spelling: 1 for n in range(9) for spelling in (f"label {n}", f"LABEL {n}")}
    said = merge_sentences(merged_spellings(counts), counts)[0]
    assert said.count("became") == 6
    assert said.endswith("; and 3 more labels.")
