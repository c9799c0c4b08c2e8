"""Texts are cut and cleaned before they are tokenised, and split as the tables' corpora were."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import lists, text

from dvn.embeddings import MODULES, get_table
from dvn.embeddings.catalogue import GLOVE_WORDS, MINILM_TOKENISER, USE_TOKENISER, WORDLLAMA_TOKENISER
from dvn.embeddings.tokenisers import (
    MAX_CHARACTERS,
    MAX_TOKENS,
    SentencePieces,
    Tokeniser,
    WordPieces,
    Words,
    readable,
    zipf,
)


@pytest.fixture(scope="module", params=["words", "word pieces", "byte pairs", "sentence pieces"])
def tokenise(request: pytest.FixtureRequest) -> Tokeniser:
    kinds = {
        "words": (Words, GLOVE_WORDS),
        "word pieces": (WordPieces, MINILM_TOKENISER),
        "byte pairs": (WordPieces, WORDLLAMA_TOKENISER),
        "sentence pieces": (SentencePieces, USE_TOKENISER),
    }
    make, file = kinds[request.param]
    return make(file.verified())


@given(lists(text(), max_size=4))
@settings(deadline=None, max_examples=60)
def test_a_text_gives_the_same_tokens_alone_and_among_others(tokenise: Tokeniser, texts: list[str]) -> None:
    assert tokenise(texts) == [tokenise([one])[0] for one in texts]


def test_no_text_gives_more_tokens_than_count(tokenise: Tokeniser) -> None:
    [ids] = tokenise(["one two three " * 1000])
    assert len(ids) == MAX_TOKENS


def test_a_long_run_of_spaces_hides_no_words(tokenise: Tokeniser) -> None:
    [ids] = tokenise([" " * 20_000 + "parliament"])
    assert ids == tokenise(["parliament"])[0]


def test_readable_texts_can_be_encoded_and_are_no_longer_than_what_counts() -> None:
    texts = readable(["\ud800", "é" * 10_000, "fine", "\x00"])
    assert texts == ["?", "é" * MAX_CHARACTERS, "fine", "\x00"]


def test_words_split_contractions_as_glove_did() -> None:
    words = Words(GLOVE_WORDS.verified())
    assert words(["It's Sunday; they DON'T care."]) == words(["it 's sunday ; they do n't care ."])


def test_words_outside_the_vocabulary_are_left_out() -> None:
    assert Words(GLOVE_WORDS.verified())(["qqzzxxy 😀 the"]) == [[0]]


def test_a_sentence_for_the_encoder_stands_between_its_marks() -> None:
    pieces = SentencePieces(USE_TOKENISER.verified())
    assert pieces.encode("a cat") == [1, *pieces(["a cat"])[0], 2]
    assert len(pieces.encode("a cat " * 1000)) == MAX_TOKENS + 2


def test_probabilities_of_the_sentencepiece_model_nearly_sum_to_one() -> None:
    probabilities = SentencePieces(USE_TOKENISER.verified()).probabilities()
    assert probabilities.shape == (MODULES["use_table"].vocabulary_size,)
    assert probabilities.sum() == pytest.approx(0.996, abs=0.001)
    assert not probabilities[:6].any()


def test_zipf_halves_from_the_first_word_to_the_second() -> None:
    shares = zipf(1000)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(2 * shares[1])


def test_a_text_of_only_unknown_words_is_a_zero_row() -> None:
    assert not get_table("glove").encode(["qqzzxxy"]).any()
    assert np.isfinite(get_table("glove").encode(["qqzzxxy"])).all()
