"""The made-up messages: the same each time, varied, and with the faults that they promise."""

import hashlib
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from dvn.data.demo_grammar import BETWEEN, CLASSES, ELSEWHERE, MESSAGES, PHRASES, SHARED
from dvn.data.demo_rows import ROWS, demo_csv, demo_rows
from tests.dvn.factories import law

DIGEST = "d0ceb588a06bd4ea06c97922e391102edb2312b9e0f6c7eb30022f34cc6f0f52"


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    return demo_rows()


def test_the_file_is_the_same_on_every_machine() -> None:
    assert hashlib.sha256(demo_csv()).hexdigest() == DIGEST


def test_another_seed_makes_other_messages(rows: list[tuple[str, str]]) -> None:
    other = {text for text, _ in demo_rows(seed=1)}
    assert len(other & {text for text, _ in rows}) < 0.2 * ROWS


@law
@given(count=st.integers(0, 400), seed=st.integers(0, 1_000))
def test_as_many_rows_come_as_were_asked_for(count: int, seed: int) -> None:
    made = demo_rows(rows=count, seed=seed)
    assert len(made) == count
    assert {label for _, label in made} <= set(CLASSES)
    assert not any(mark in text for text, _ in made for mark in "{}")


def test_every_name_of_the_grammar_is_explained_and_used() -> None:
    grammar = {**SHARED, **PHRASES}
    assert MESSAGES.keys() == ELSEWHERE.keys() == CLASSES.keys()
    assert sum(CLASSES.values()) == 100
    assert all(options for options in grammar.values())


def test_messages_are_varied_and_classes_of_many_sizes(rows: list[tuple[str, str]]) -> None:
    assert len({text for text, _ in rows}) > 0.94 * ROWS
    sizes = Counter(label for _, label in rows)
    assert sizes.keys() == CLASSES.keys()
    assert sizes["delivery"] > 3 * sizes["praise"]


def test_the_faults_of_real_files_are_among_them(rows: list[tuple[str, str]]) -> None:
    labels = defaultdict(set)
    for text, label in rows:
        labels[text].add(label)
    counts = Counter(rows)
    assert sum(count > 1 for count in counts.values()) >= 20
    assert sum(len(found) > 1 for text, found in labels.items() if text.strip()) >= 10
    assert sum(not text.strip() for text, _ in rows) == 3
    tagged = [label for text, label in rows if "FIN-INBOX" in text]
    assert len(tagged) > 80
    assert tagged.count("billing") > 0.9 * len(tagged)


def test_what_is_about_two_topics_is_found_in_both(rows: list[tuple[str, str]]) -> None:
    found = {label for text, label in rows if "came" not in text and "I want to send it back" in text}
    assert found >= {"damaged item", "refund"}
    assert {label for both in BETWEEN for label in both} == CLASSES.keys()


def test_the_topics_can_be_learned_but_not_without_a_doubt(rows: list[tuple[str, str]]) -> None:
    """A demo where everything is right teaches nothing."""
    texts, labels = zip(*rows, strict=True)
    learner = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=500))
    assert 0.84 < cross_val_score(learner, texts, labels, cv=3).mean() < 0.92
