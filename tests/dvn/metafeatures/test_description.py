"""The description of a task: the same whatever its order and names, finite whatever its texts."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from, tuples

from dvn.data.text_facts import text_keys
from dvn.metafeatures import HANDMADE_NAMES, TaskDescription, describe_task
from dvn.metafeatures.task_sample import DIMENSIONS, SAMPLES, text_order
from tests.dvn.factories import LANGUAGES, law, make_texts

Task = tuple[Sequence[str], Sequence[str]]
FEW_TEXTS = ("", "a", "good film", "bad film", "хороший фильм", "电影 😀", "good film ")
tasks = lists(tuples(sampled_from(FEW_TEXTS), sampled_from("abcd")), min_size=1, max_size=25)


def same(one: TaskDescription, other: TaskDescription) -> bool:
    return (
        one.handmade.tobytes() == other.handmade.tobytes()
        and one.sample.vectors.tobytes() == other.sample.vectors.tobytes()
        and one.sample.classes.tobytes() == other.sample.classes.tobytes()
        and (one.rows, one.classes) == (other.rows, other.classes)
    )


def named(description: TaskDescription) -> dict[str, float]:
    return dict(zip(HANDMADE_NAMES, description.handmade.tolist(), strict=True))


@law
@given(tasks, integers(0, 1_000))
def test_order_and_names_of_few_rows_with_many_ties_do_not_matter(
    rows: list[tuple[str, str]], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    renamed = dict(zip("abcd", generator.permutation(["yes", "no", "10", "2"]), strict=True))
    shuffled = [rows[place] for place in generator.permutation(len(rows))]
    one = describe_task([text for text, _ in rows], [label for _, label in rows])
    other = describe_task([text for text, _ in shuffled], [renamed[label] for _, label in shuffled])
    assert same(one, other)


@pytest.mark.parametrize("rows", [300, 1_500, 2_600])
def test_order_and_names_of_many_rows_do_not_matter(rows: int) -> None:
    texts, labels = make_texts(rows, classes=3)
    order = np.random.default_rng(1).permutation(rows)
    renamed = {"class 0": "zebra", "class 1": "ape", "class 2": "-"}
    other = describe_task([texts[i] for i in order], [renamed[labels[i]] for i in order])
    assert same(describe_task(texts, labels), other)


@law
@given(tasks, integers(1, 12))
def test_a_sample_is_chosen_by_text_alone_and_never_too_large(
    rows: list[tuple[str, str]], limit: int
) -> None:
    texts = [text for text, _ in rows]
    ids = np.array(["abcd".index(label) for _, label in rows])
    chosen = text_order(text_keys(texts), ids).first(limit)
    assert 1 <= len(chosen) <= limit
    assert len(set(chosen.tolist())) == len(chosen)
    picked = {texts[row] for row in chosen}
    if len(picked) > 1:  # A text is in with all its rows; only a single text may be cut.
        assert sum(text in picked for text in texts) == len(chosen)


def test_more_rows_than_the_sample_holds_are_chosen_by_hash_and_new_rows_move_few() -> None:
    texts, labels = make_texts(SAMPLES * 2)
    before = describe_task(texts, labels).sample
    more, their_labels = make_texts(20, seed=9)
    after = describe_task([*(f"new {t}" for t in more), *texts], [*their_labels, *labels]).sample
    assert before.vectors.shape == after.vectors.shape == (SAMPLES, DIMENSIONS)
    kept = {row.tobytes() for row in before.vectors} & {row.tobytes() for row in after.vectors}
    assert len(kept) > SAMPLES * 0.95


@pytest.mark.parametrize("rows", [2, 100, SAMPLES, SAMPLES + 1])
def test_a_sample_holds_small_numbers_and_anonymous_classes(rows: int) -> None:
    sample = describe_task(*make_texts(rows, classes=2)).sample
    assert sample.vectors.shape == (min(rows, SAMPLES), DIMENSIONS)
    assert sample.vectors.dtype == np.int8
    assert sample.classes.shape == (min(rows, SAMPLES),)
    assert sample.classes[0] == 0
    assert set(sample.classes.tolist()) == {0, 1}
    assert np.square(sample.floats()).mean() < 1.1


DEGENERATE: dict[str, Task] = {
    "one row": (["only"], ["a"]),
    "one class": (["one", "two", "three"], ["a"] * 3),
    "empty texts": ([""] * 20, ["a", "b"] * 10),
    "one text": (["same"] * 600, ["a", "b"] * 300),
    "one word each": (["good", "bad"] * 5, ["a", "b"] * 5),
    "emoji": (["😀🎉", "😡👎🏽", "👩‍👩‍👧"] * 4, ["a", "b", "c"] * 4),
    "spaces": ([" \n\t "] * 6, ["a", "b"] * 3),
    "a long text": (["word " * 100_000, "x" * 100_000], ["a", "b"]),
    "a lone surrogate": (["cut \ud83d off", "whole"], ["a", "b"]),
    "a NUL": (["a\x00b", "c"], ["a", "b"]),
    "1000 classes": ([f"text {i}" for i in range(1_000)], [f"label {i}" for i in range(1_000)]),
    "1000 classes, three rows each": (
        [f"text {i} of {i % 1_000}" for i in range(3_000)],
        [f"label {i % 1_000}" for i in range(3_000)],
    ),
}


@pytest.mark.parametrize("kind", DEGENERATE)
def test_degenerate_tasks_have_finite_descriptions(kind: str) -> None:
    texts, labels = DEGENERATE[kind]
    description = describe_task(texts, labels)
    assert description.handmade.shape == (len(HANDMADE_NAMES),)
    assert description.handmade.dtype == np.float32
    assert np.isfinite(description.handmade).all()
    assert (description.rows, description.classes) == (len(texts), len(set(labels)))
    assert len(description.sample.vectors) <= SAMPLES


def test_counts_and_balance_are_what_they_say() -> None:
    texts, _ = make_texts(200)
    even = named(describe_task(texts, ["a", "b"] * 100))
    uneven = named(describe_task(texts, ["a"] * 180 + ["b"] * 20))
    assert even["log_rows"] == pytest.approx(np.log(200))
    assert even["log_classes"] == pytest.approx(np.log(2))
    assert even["label_entropy"] == pytest.approx(1.0)
    assert (even["largest_share"], even["smallest_share"]) == pytest.approx((0.5, 1.0))
    assert (uneven["largest_share"], uneven["smallest_share"]) == pytest.approx((0.9, 0.2))
    assert uneven["label_entropy"] < 0.5


@pytest.mark.parametrize(
    ("language", "script"),
    [("russian", "cyrillic"), ("arabic", "arabic"), ("thai", "thai"), ("chinese", "han_kana")],
)
def test_scripts_are_seen(language: str, script: str) -> None:
    texts = [" ".join(LANGUAGES[language])] * 4
    found = named(describe_task(texts, ["a", "b"] * 2))
    others = {name: found[name] for name in ("cyrillic", "arabic", "thai", "han_kana") if name != script}
    assert found[script] > 0.6
    assert set(others.values()) == {0.0}


@pytest.mark.parametrize(
    ("text", "name"),
    [("HELLO", "upper_case"), ("12345", "digits"), ("?!...", "punctuation"), ("😀🎉", "emoji"),
     ("éàüñ", "latin_accented"), ("हिन्दी", "indic"), ("한국어", "hangul"), ("አማርኛ", "ethiopic"),
     ("@you", "mentions"), ("http://x.y", "links"), ("the of and to", "english_words")],
)  # fmt: skip
def test_kinds_of_characters_are_seen(text: str, name: str) -> None:
    plain = named(describe_task(["xyz"] * 4, ["a", "b"] * 2))
    found = named(describe_task([text] * 4, ["a", "b"] * 2))
    assert plain[name] == 0.0
    assert found[name] > 0.7


def test_repeated_texts_are_counted() -> None:
    assert named(describe_task(["a", "b"] * 5, ["x", "y"] * 5))["repeated_texts"] == pytest.approx(0.8)


def test_classes_that_stand_apart_separate_more_than_shuffled_ones() -> None:
    texts, labels = make_texts(400)
    shuffled = np.random.default_rng(0).permutation(labels).tolist()
    apart, mixed = named(describe_task(texts, labels)), named(describe_task(texts, shuffled))
    assert apart["separation"] > 0.02 > abs(mixed["separation"]) * 2
    assert apart["class_spread"] < mixed["class_spread"] <= 1.0
