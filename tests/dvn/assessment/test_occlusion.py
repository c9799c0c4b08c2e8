"""Words, and how much each of them decided."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import text

from dvn.assessment.occlusion import explain
from dvn.assessment.telling_words import telling_words
from dvn.assessment.words import without, words_of
from tests.dvn.factories import law

GOOD, BAD = ("love", "great"), ("late", "broken")


def judge(texts: Sequence[str]) -> np.ndarray:
    """A logistic regression on the words love, great, late and broken."""
    score = np.array([sum(w in GOOD for w in t.split()) - sum(w in BAD for w in t.split()) for t in texts])
    share = 1 / (1 + np.exp(-2.0 * score))
    return np.stack([1 - share, share], axis=1)


@law
@given(written=text(max_size=60))
def test_words_follow_each_other_and_leave_only_space(written: str) -> None:
    words = words_of(written)
    assert all(word.start < word.end for word in words)
    assert all(one.end <= other.start for one, other in pairwise(words))
    rest = list(written)
    for word in words:
        rest[word.start : word.end] = " " * (word.end - word.start)
    assert "".join(rest).strip() == ""


@pytest.mark.parametrize(
    ("written", "pieces"),
    [
        ("It's late, really!", ["It's", "late", ",", "really", "!"]),
        ("包裹丢了 abc", ["包", "裹", "丢", "了", "abc"]),
        ("กำลัง", ["ก", "ำ", "ลั", "ง"]),
        ("iPhone手机", ["iPhone", "手", "机"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_pieces_are_words_or_where_no_spaces_are_written_characters(written: str, pieces: list[str]) -> None:
    assert [written[word.start : word.end] for word in words_of(written)] == pieces


def test_a_word_goes_with_one_of_its_spaces() -> None:
    words = words_of("my late parcel")
    assert [without("my late parcel", word) for word in words] == [" late parcel", "my parcel", "my late "]


def test_weights_are_what_the_probability_loses() -> None:
    texts = ["I love this", "late and broken again", "", "love but late"]
    whole = judge(texts)
    found = explain(judge, texts, whole)
    assert [len(words) for words in found] == [3, 4, 0, 3]
    for given_text, words, shares in zip(texts, found, whole, strict=True):
        for word in words:
            left = judge([without(given_text, word)])[0]  # type: ignore[arg-type]  # has start and end, too
            assert word.weight == pytest.approx(shares.max() - left[shares.argmax()])
    assert max(found[0], key=lambda word: word.weight).start == 2
    against = explain(judge, ["love great late"], judge(["love great late"]))[0][2]
    assert against.weight < 0


def test_only_the_first_words_are_left_out() -> None:
    [found] = explain(judge, ["love " * 300], judge(["love " * 300]), most_words=50)
    assert len(found) == 50


def test_telling_words_are_those_that_decide_for_their_class() -> None:
    texts = [f"{word} thing number{i}" for i, word in enumerate([*GOOD, *BAD] * 6)]
    bad, good = telling_words(judge, texts, 2)
    assert {word.word for word in good} == set(GOOD)
    assert {word.word for word in bad} == set(BAD)
    assert all(word.texts == 6 and word.weight > 0.1 for word in (*good, *bad))


def test_a_word_of_one_text_tells_nothing() -> None:
    assert telling_words(judge, ["love once", "an ordinary text"], 2) == ((), ())
