"""What is known of each text is the same however many are read at once."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvn.data import text_facts
from dvn.data.text_facts import blocks, facts_of, plain, split_orders, text_keys

TEXTS = st.lists(st.text(max_size=30), max_size=30)


@given(TEXTS, st.integers(1, 8), st.integers(1, 60))
def test_blocks_are_the_texts_in_their_order_and_keep_to_both_limits(
    texts: list[str], rows: int, characters: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_facts, "MOST_BLOCK_ROWS", rows)
        patch.setattr(text_facts, "MOST_BLOCK_CHARACTERS", characters)
        found = list(blocks(iter(texts)))
        facts = facts_of(iter(texts))
    assert [text for block in found for text in block] == texts
    for block in found:
        assert 1 <= len(block) <= rows
        assert sum(map(len, block[:-1])) < characters
    whole = facts_of(texts)
    for name in ("lengths", "keys", "orders"):
        np.testing.assert_array_equal(getattr(facts, name), getattr(whole, name))
        assert len(getattr(whole, name)) == len(texts)


def test_a_key_and_an_order_are_the_first_bytes_of_a_hash() -> None:
    """Spelled out, since stored files and the experience hold what these give."""
    text = "  Straße\tÜBER \ud800 all"
    key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    assert text_keys([text]).tolist() == [int.from_bytes(key, "little")]
    said = b"split 7\n" + "strasse über \ud800 all".encode("utf-8", "surrogatepass")
    order = hashlib.blake2b(said, digest_size=8).digest()
    assert split_orders([text], 7).tolist() == [int.from_bytes(order, "little")]


@given(TEXTS)
def test_orders_are_equal_where_texts_differ_in_case_and_spaces_only(texts: list[str]) -> None:
    facts = facts_of(texts)
    for one in range(len(texts)):
        for two in range(one):
            assert (facts.orders[one] == facts.orders[two]) == (plain(texts[one]) == plain(texts[two]))
            assert (facts.keys[one] == facts.keys[two]) == (texts[one] == texts[two])


def test_long_texts_fill_a_block_sooner_and_a_caller_may_ask_for_fewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_facts, "MOST_BLOCK_CHARACTERS", 10)
    assert list(blocks(["123456", "123456", "", "1"])) == [["123456", "123456"], ["", "1"]]
    assert list(blocks("abc", most_rows=2)) == [["a", "b"], ["c"]]
