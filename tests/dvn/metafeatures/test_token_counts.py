"""Words and character n-grams are counted as they stand, whatever the script."""

import numpy as np
import pytest

from dvn.metafeatures.token_counts import MAX_CHARACTERS, count_characters, count_words, similarities


def test_words_and_marks_are_counted_without_case() -> None:
    counts = count_words(["Good, good film!", "bad", ""]).toarray()
    assert sorted(counts[0].tolist()) == [0, 1, 1, 1, 2]
    assert counts.sum(axis=1).tolist() == [5, 1, 0]


@pytest.mark.parametrize("text", ["abc", "фильм", "电影很好", "😀🎉👎"])
def test_every_n_gram_of_three_to_five_characters_is_counted_once(text: str) -> None:
    padded = len(text) + 2
    assert count_characters([text]).sum() == sum(max(0, padded - length + 1) for length in (3, 4, 5))


def test_n_grams_do_not_cross_texts_and_depend_on_order() -> None:
    alone, together = count_characters(["abcdef"]), count_characters(["xy", "abcdef", "fedcba"])
    assert (alone != together[1]).nnz == 0
    assert together[1].multiply(together[2]).nnz == 0


def test_texts_that_share_more_are_more_alike_and_alike_to_themselves() -> None:
    texts = ["the cat sat here", "the cat stood here", "a dog ran off", ""]
    for count in (count_words, count_characters):
        alike = similarities(count(texts))
        assert np.diag(alike).tolist() == pytest.approx([1.0, 1.0, 1.0, float(alike[3, 3])])
        assert alike[0, 1] > alike[0, 2] + 0.2
        assert np.allclose(alike, alike.T)
    assert similarities(count_words(texts))[3].tolist() == [0.0] * 4


def test_only_the_beginning_of_a_text_is_read() -> None:
    beginning = "ab " * (MAX_CHARACTERS // 3)
    for count in (count_words, count_characters):
        assert count([beginning]).sum() == count([beginning + "more words"]).sum()


@pytest.mark.parametrize("texts", [[""], ["", " \n"], ["cut \ud83d off"]])
def test_texts_without_anything_to_count_are_counted(texts: list[str]) -> None:
    for count in (count_words, count_characters):
        assert np.isfinite(similarities(count(texts))).all()
