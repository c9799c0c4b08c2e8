"""Texts become weighted n-gram counts for the wide tower, fitted on training texts only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]  # no stubs

MAX_FEATURES = 40_000
"""Of each analyzer: words and characters together keep twice as many."""

MAX_CHARACTERS = 2_000
RARE_BELOW_TEXTS = 3_000

_WORDS = {"analyzer": "word", "token_pattern": r"(?u)\b\w+\b|[^\w\s]"}
_PAIRS: dict[str, object] = {**_WORDS, "ngram_range": (1, 2)}
_CHARACTERS: dict[str, object] = {"analyzer": "char_wb", "ngram_range": (3, 5)}
_APART = "\x01"
"""Stands before a run of characters that might also be a word."""


def _pairs_and_characters() -> Callable[[str], list[str]]:
    words, runs = (TfidfVectorizer(**kind).build_analyzer() for kind in (_PAIRS, _CHARACTERS))
    return lambda text: [*words(text), *(_APART + run for run in runs(text))]


_KINDS: dict[str, dict[str, object]] = {
    "words": {**_WORDS, "ngram_range": (1, 1)},
    "word_pairs": _PAIRS,
    "characters": _CHARACTERS,
    "short_characters": {"analyzer": "char", "ngram_range": (1, 3)},
    "pairs_and_characters": {"analyzer": _pairs_and_characters()},
}


@dataclass(frozen=True, slots=True)
class Ngrams:
    """The n-grams known to one classifier: their kind, their order and their idf weights."""

    kind: str
    vocabulary: tuple[str, ...]
    idf: Float[np.ndarray, " vocabulary"]
    _built: list[TfidfVectorizer] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def fit(cls, texts: Sequence[str], kind: str) -> tuple["Ngrams", csr_matrix]:
        """The n-grams of these texts, at most `MAX_FEATURES` an analyzer, the most frequent first to be kept.

        Returns:
            The n-grams, and the weighted counts of the texts they were fitted on.
        """
        vectorizer = _vectorizer(kind, min_df=1 if len(texts) < RARE_BELOW_TEXTS else 2)
        try:
            counts = vectorizer.fit_transform(_shortened(texts))
        except ValueError:  # Nothing that is a word or a character occurs: the tower stays empty.
            return cls(kind, ("",), np.ones(1, dtype=np.float32)), _zeros(len(texts), 1)
        names = tuple(str(name) for name in vectorizer.get_feature_names_out())
        return cls(kind, names, vectorizer.idf_.astype(np.float32)), _compiled(counts)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Weighted counts of any texts; unknown n-grams are left out."""
        if self.vocabulary == ("",) or len(texts) == 0:
            return _zeros(len(texts), len(self.vocabulary))
        return _compiled(self._vectorizer().transform(_shortened(texts)))

    def _vectorizer(self) -> TfidfVectorizer:
        """What counts, built once: looking 80,000 n-grams up in a table takes less time than building it."""
        if not self._built:
            vectorizer = _vectorizer(
                self.kind, vocabulary={name: i for i, name in enumerate(self.vocabulary)}
            )
            vectorizer.idf_ = self.idf
            # Two threads may both build one at first, which costs time and nothing else.
            self._built.append(vectorizer)
        return self._built[0]


def _vectorizer(kind: str, **rest: object) -> TfidfVectorizer:
    return TfidfVectorizer(
        **_KINDS[kind],
        sublinear_tf=True,
        dtype=np.float32,
        max_features=MAX_FEATURES * (2 if kind == "pairs_and_characters" else 1),
        **rest,
    )


def _shortened(texts: Sequence[str]) -> list[str]:
    return [text[:MAX_CHARACTERS] for text in texts]


def _zeros(texts: int, columns: int) -> csr_matrix:
    return csr_matrix(np.zeros((texts, columns), dtype=np.float32))


def _compiled(counts: csr_matrix) -> csr_matrix:
    """The counts with the index types that the compiled loops were built for."""
    counts = csr_matrix(counts, dtype=np.float32)
    counts.indptr = counts.indptr.astype(np.int32)
    counts.indices = counts.indices.astype(np.int32)
    return counts
