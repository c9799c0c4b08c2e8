"""What children read: cut tables, scaled vectors, and each input computed once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers
from scipy.sparse import csr_matrix
from scipy.sparse import random as random_sparse

from dvn.embeddings import SentenceEncoder, get_table
from dvn.training import TaskFeatures
from dvn.training import features as features_module
from dvn.training.cost import encoding_seconds
from dvn.training.features import COMMON_ROWS, cut_columns, texts_hash
from tests.dvn.factories import law, make_dataset


@law
@given(integers(0, 10_000), integers(1, 8))
def test_cutting_columns_keeps_the_counts_of_the_kept(seed: int, kept: int) -> None:
    generator = np.random.default_rng(seed)
    counts = csr_matrix(random_sparse(6, 10, generator.random() / 2, rng=generator, dtype=np.float32))
    rows = np.sort(generator.choice(10, kept, replace=False))
    cut = cut_columns(counts, rows)
    np.testing.assert_array_equal(cut.toarray(), counts.toarray()[:, rows])
    assert cut.indices.dtype == cut.indptr.dtype == np.int32


@pytest.mark.parametrize("module", ["use_table", "glove"])
def test_a_cut_table_pools_as_the_whole_table_and_has_unit_mean_square(
    module: str, features: TaskFeatures
) -> None:
    table, counts = features.counted(module)
    pooled = features.pooled(module)
    train = pooled[features.split.train]
    assert float(np.square(train).mean()) == pytest.approx(1.0, rel=1e-4)
    whole = get_table(module).encode([features.dataset.texts[row] for row in features.split.train])
    scale = np.sqrt(np.square(train).mean() / np.square(whole).mean())
    np.testing.assert_allclose(train, whole * scale, atol=2e-3)
    assert counts.shape == (len(features.dataset), len(table.rows))
    assert len(table.rows) >= min(COMMON_ROWS, get_table(module).vocabulary_size) // 2


def test_a_cut_table_counts_new_texts_as_it_counted_its_own(features: TaskFeatures) -> None:
    table, counts = features.counted("use_table")
    again = table.counts(features.dataset.texts)
    np.testing.assert_array_equal(again.toarray(), counts.toarray())


def test_encoded_texts_have_unit_mean_square_on_train(monkeypatch: pytest.MonkeyPatch) -> None:
    class Halves:
        """Stands in for an encoder; its vectors have a mean square of 1/4."""

        calls = 0

        def encode(self, texts: list[str]) -> np.ndarray:
            Halves.calls += 1
            return np.full((len(texts), 3), 0.5, dtype=np.float32)

    monkeypatch.setattr(features_module, "get_encoder", lambda name: Halves())
    features = TaskFeatures(*make_dataset(30))
    for _ in range(2):
        encoder, vectors = features.encoded("use")
    assert encoder.scale == pytest.approx(2.0)
    np.testing.assert_allclose(vectors, 1.0)
    np.testing.assert_allclose(encoder.vectors(["new"]), 1.0)
    assert Halves.calls == 2  # Once for the task, once for the new text.


def test_vectors_come_from_the_cache_when_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, str]] = []

    class Cache:
        def vectors(
            self, module: SentenceEncoder, texts: tuple[str, ...], content_hash: str, *, watch: object
        ) -> np.ndarray:
            asked.append((module.name, len(texts), content_hash))
            return np.ones((len(texts), 4), dtype=np.float32)

    dataset, split = make_dataset(30)
    features = TaskFeatures(dataset, split, cache=Cache())  # type: ignore[arg-type]  # stands in for VectorCache
    features.encoded("minilm")
    assert asked == [("minilm", 30, texts_hash(dataset.texts))]


def test_every_input_is_computed_once_and_timed(features: TaskFeatures) -> None:
    first, second = features.ngrams("words"), features.ngrams("words")
    assert first[1] is second[1]
    assert features.seconds["words"] > 0


def test_the_hash_of_texts_tells_them_apart() -> None:
    hashes = {texts_hash(texts) for texts in (["ab"], ["a", "b"], ["b", "a"], [], ["\ud83d"])}
    assert len(hashes) == 5


def test_encoding_costs_seconds_by_text_and_length_up_to_a_cap() -> None:
    short, long, longer = (encoding_seconds("use", ["x" * n]) for n in (10, 2_000, 100_000))
    assert 0 < short < long == longer
    assert encoding_seconds("glove", ["some text"]) == 0.0
    assert encoding_seconds("minilm", []) == 0.0
