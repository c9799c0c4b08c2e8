"""Landmarkers: the same whatever a task's order and names, finite for any texts, and telling."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers, lists, sampled_from, tuples
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from dvn.embeddings import get_table
from dvn.metafeatures import (
    ENCODERS,
    HANDMADE_NAMES,
    LANDMARKER_NAMES,
    STATIC,
    describe_task,
    landmarkers_of,
    stored_numbers,
)
from dvn.metafeatures.landmarkers import ENCODER_SIZE
from tests.dvn.factories import make_texts
from tests.dvn.metafeatures.test_description import DEGENERATE, FEW_TEXTS

BOTH = (STATIC, ENCODERS)
few_examples = settings(deadline=None, max_examples=25)


def cheap(module: str, texts: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
    """A table in the role of an encoder, since real ones take seconds."""
    return get_table({"use": "use_table", "minilm": "glove"}[module]).encode(texts)


def found(texts: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    return dict(describe_task(texts, labels, groups=BOTH, vectors=cheap).landmarkers)


def test_every_number_has_one_name_and_stands_in_order() -> None:
    names = [name for group in BOTH for name in LANDMARKER_NAMES[group]]
    assert list(found(*make_texts(40))) == names
    assert len({*names, *HANDMADE_NAMES}) == len(names) + len(HANDMADE_NAMES)


def test_only_the_groups_asked_for_are_computed() -> None:
    texts, labels = make_texts(30)
    assert describe_task(texts, labels).groups == ()
    only = describe_task(texts, labels, groups=(STATIC,))
    assert only.groups == (STATIC,)
    assert tuple(only.landmarkers) == LANDMARKER_NAMES[STATIC]
    assert describe_task(texts, labels, groups=BOTH, vectors=cheap).groups == BOTH


@few_examples
@given(
    lists(
        tuples(sampled_from((*FEW_TEXTS, "GOOD film", "a b", "b a")), sampled_from("abcd")),
        min_size=1,
        max_size=25,
    ),
    integers(0, 1_000),
)
def test_order_and_names_of_few_rows_with_many_ties_do_not_matter(
    rows: list[tuple[str, str]], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    renamed = dict(zip("abcd", generator.permutation(["yes", "no", "10", "2"]), strict=True))
    shuffled = [rows[place] for place in generator.permutation(len(rows))]
    one = found([text for text, _ in rows], [label for _, label in rows])
    assert one == found([text for text, _ in shuffled], [renamed[label] for _, label in shuffled])
    assert np.isfinite(list(one.values())).all()


@pytest.mark.parametrize("rows", [300, 1_500])
def test_order_and_names_of_many_rows_do_not_matter_to_the_bit(rows: int) -> None:
    texts, labels = make_texts(rows, classes=3)
    order = np.random.default_rng(1).permutation(rows)
    renamed = {"class 0": "zebra", "class 1": "ape", "class 2": "-"}
    one = found(texts, labels)
    assert one == found([texts[i] for i in order], [renamed[labels[i]] for i in order])


@pytest.mark.parametrize("kind", DEGENERATE)
def test_degenerate_tasks_have_finite_landmarkers(kind: str) -> None:
    assert np.isfinite(list(found(*DEGENERATE[kind]).values())).all()


def test_the_number_of_cores_does_not_matter() -> None:
    texts, labels = make_texts(500)
    with threadpool_limits(limits=1, user_api="blas"):
        one = found(texts, labels)
    with threadpool_limits(limits=2, user_api="blas"):
        assert found(texts, labels) == one


def test_classes_that_stand_apart_are_reached_and_shuffled_ones_are_not() -> None:
    texts, labels = make_texts(400)
    shuffled = np.random.default_rng(0).permutation(labels).tolist()
    apart, mixed = found(texts, labels), found(texts, shuffled)
    for name in ("static_best", "static_gain", "encoders_best", "encoders_gain"):
        assert apart[name] > 2.0
        assert mixed[name] < 0.5
    assert apart["static_explained"] > 0.5 > 0.1 > mixed["static_explained"]
    assert apart["static_more_rows"] > 0.2


@pytest.mark.parametrize("copies", [("{}", "{}"), ("{}", "{} ", "  {}"), ("a {}", "A {}")])
def test_a_text_is_not_judged_by_its_own_copy(copies: tuple[str, ...]) -> None:
    texts, _ = make_texts(150)
    labels = np.random.default_rng(0).permutation(["yes", "no"] * 75).tolist()
    rows = [(copy.format(text), label) for text, label in zip(texts, labels, strict=True) for copy in copies]
    reached = found([text for text, _ in rows], [label for _, label in rows])
    assert reached["static_best"] < 0.6
    assert reached["encoders_best"] < 0.6


def test_words_win_where_only_words_tell_and_characters_where_only_endings_do() -> None:
    generator = np.random.default_rng(0)
    stems = ["".join(generator.choice(list("bdfgklmnprst"), 6)) for _ in range(2_000)]
    endings = [f"{stem}{'ovka' if row % 2 else 'eniya'}" for row, stem in enumerate(stems[:500])]
    by_ending = found(endings, ["x" if row % 2 else "y" for row in range(500)])
    assert by_ending["characters_beyond"] > by_ending["words_beyond"] + 2.0


def test_texts_are_read_within_a_time_limit() -> None:
    read: list[int] = []

    def counting(module: str, texts: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
        read.append(sum(min(len(text), 600) for text in texts))
        return cheap(module, texts)

    for length in (5, 40, 400):
        texts = [f"{row} " + "word " * length for row in range(900)]
        describe_task(texts, ["a", "b"] * 450, groups=(ENCODERS,), vectors=counting)
    assert max(read) <= ENCODER_SIZE.characters


def test_stored_numbers_come_back_in_whole_groups_of_this_version() -> None:
    described = describe_task(*make_texts(40), groups=BOTH, vectors=cheap)
    stored = stored_numbers(described)
    assert list(stored)[: len(HANDMADE_NAMES)] == list(HANDMADE_NAMES)
    assert landmarkers_of(stored) == described.landmarkers
    assert landmarkers_of({**stored, "landmarkers_version": 0.0}) == {}
    del stored["encoders_best"]
    assert tuple(landmarkers_of(stored)) == LANDMARKER_NAMES[STATIC]
    assert landmarkers_of(stored_numbers(describe_task(*make_texts(40)))) == {}
