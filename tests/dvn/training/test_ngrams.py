"""N-gram counts: fitted once, the same for the same text ever after."""

import numpy as np
import pytest

from dvn.training.ngrams import MAX_CHARACTERS, Ngrams
from tests.dvn.factories import LANGUAGES, make_texts

KINDS = ("words", "word_pairs", "characters")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_get_the_counts_they_were_fitted_on(kind: str, language: str) -> None:
    texts, _ = make_texts(30, language=language)
    ngrams, counts = Ngrams.fit(texts, kind)
    again = ngrams.transform(texts)
    np.testing.assert_array_equal(again.toarray(), counts.toarray())
    assert again.indices.dtype == again.indptr.dtype == np.int32
    np.testing.assert_allclose(np.sqrt(counts.multiply(counts).sum(axis=1)), 1.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("words", {"good", "film", "!"}),
        ("word_pairs", {"good", "film", "!", "good film", "film !"}),
        ("characters", {" go", "goo", "ood", "od ", "ilm", "good ", " film"}),
    ],
)
def test_each_kind_sees_its_ngrams(kind: str, wanted: set[str]) -> None:
    ngrams, _ = Ngrams.fit(["Good film!", "GOOD"], kind)
    assert wanted <= set(ngrams.vocabulary)
    assert kind == "characters" or wanted == set(ngrams.vocabulary)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [["", ""], ["  ", "\n"], ["", "one"]])
def test_texts_without_ngrams_are_zero(kind: str, texts: list[str]) -> None:
    ngrams, counts = Ngrams.fit(texts, kind)
    assert counts.shape == (2, len(ngrams.vocabulary))
    assert not counts[0].toarray().any()
    assert not ngrams.transform(["", "§§"]).toarray().any()


@pytest.mark.parametrize("kind", KINDS)
def test_no_texts_have_no_rows(kind: str) -> None:
    ngrams, _ = Ngrams.fit(["some words", "other words"], kind)
    assert ngrams.transform([]).shape == (0, len(ngrams.vocabulary))


def test_only_the_beginning_of_a_long_text_counts() -> None:
    ngrams, _ = Ngrams.fit(["early late", "early", "late"], "words")
    row = ngrams.transform(["early " * MAX_CHARACTERS + "late"]).toarray()[0]
    assert dict(zip(ngrams.vocabulary, row.tolist(), strict=True)) == pytest.approx(
        {"early": 1.0, "late": 0.0}
    )
