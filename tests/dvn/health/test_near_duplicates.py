"""Near-duplicates by MinHash, beside all pairs compared one by one."""

import random
from itertools import pairwise

import numpy as np
import pytest

from dvn.health.near_duplicates import FEWEST_WORDS, SIMILAR, near_groups
from dvn.health.words import words_of
from tests.dvn.health.unhealthy import healthy_texts


def pairs_of(text: str) -> set[tuple[str, str]]:
    words = text.split()
    return set(pairwise(words))


def similarity(one: str, other: str) -> float:
    a, b = pairs_of(one), pairs_of(other)
    return len(a & b) / len(a | b)


def varied(texts: list[str], draw: random.Random) -> list[str]:
    """Each text with some of its words replaced."""
    made = []
    for text in texts:
        words = text.split()
        for _ in range(draw.randint(0, 4)):
            words[draw.randrange(len(words))] = f"new{draw.choice('abcdefgh')}"
        made.append(" ".join(words))
    return made


@pytest.mark.parametrize("seed", range(3))
def test_all_pairs_that_are_similar_are_in_one_group_and_no_others(seed: int) -> None:
    texts = healthy_texts(150, seed=seed, words=25)
    texts += varied(texts, random.Random(seed))
    groups = near_groups(words_of(texts))
    for one in range(150):
        alike = similarity(texts[one], texts[one + 150]) >= SIMILAR
        assert (groups[one] == groups[one + 150]) == alike


def test_groups_are_closed_and_numbered_from_zero() -> None:
    texts = ["a b c d e f g h i j k l m n o p q r s t u v w x", "one", "two", "one"]
    groups = near_groups(words_of(texts))
    assert groups.tolist() == [0, 1, 2, 1]


def test_a_short_text_with_another_number_is_another_text() -> None:
    groups = near_groups(words_of(["top 10", "top 20", "wake me at 10 tomorrow", "wake me at 20 tomorrow"]))
    assert groups[0] != groups[1]
    assert groups[2] == groups[3]


def test_one_other_word_makes_a_short_text_another() -> None:
    base = [f"w{number}x" for number in range(FEWEST_WORDS)]
    texts = [" ".join(base), " ".join([*base[:-1], "other"])]
    assert len(set(near_groups(words_of(texts)).tolist())) == 2


def test_scripts_without_spaces_are_compared_by_their_characters() -> None:
    text = "位于徐家汇中心地段房价经济实惠环境也很好呢服务态度非常好早餐很丰富"
    groups = near_groups(words_of([text, text + "呢", "今天天气不错我们去公园散步吧大家都很高兴一起吃饭"]))
    assert groups[0] == groups[1] != groups[2]


def test_texts_without_words_stay_apart() -> None:
    groups = near_groups(words_of(["!!!", "???", ""]))
    assert len(np.unique(groups)) == 3
