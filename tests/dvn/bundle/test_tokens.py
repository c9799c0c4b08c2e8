"""The tokenisers of `predict.py` and those of the service split any text alike."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvn.bundle import predict
from dvn.bundle.assets import input_files
from dvn.embeddings import get_table
from dvn.training.features import CutTable, cut_columns
from dvn.training.ngrams import Ngrams, _vectorizer
from dvn.training.pipeline import Pipeline
from tests.dvn.bundle.nasty import PIECES, nasty_texts
from tests.dvn.factories import law

TEXTS = st.one_of(
    st.text(st.characters(), max_size=80),
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=20).map("".join),
)
TABLES = ("glove", "wordllama", "use_table", "minilm_table")


@cache
def analyzer(kind: str):  # type: ignore[no-untyped-def]  # sklearn has no types
    return _vectorizer(kind).build_analyzer()


def refuse_other_ngrams(kind: str, text: str) -> None:
    ours = predict.NGRAMS[kind](text[: predict.MAX_NGRAM_CHARACTERS].lower())
    assert sorted(ours) == sorted(analyzer(kind)(text[: predict.MAX_NGRAM_CHARACTERS]))


@pytest.mark.parametrize("kind", predict.NGRAMS)
@law
@given(text=TEXTS)
def test_ngrams_are_the_services(kind: str, text: str) -> None:
    refuse_other_ngrams(kind, text)


@pytest.mark.parametrize("kind", predict.NGRAMS)
def test_ngrams_of_nasty_texts_are_the_services(kind: str) -> None:
    for text in nasty_texts(300):
        refuse_other_ngrams(kind, text)


@pytest.mark.parametrize("kind", predict.NGRAMS)
def test_ngrams_weigh_as_the_services_do(kind: str, tmp_path: Path) -> None:
    texts = [text.replace("\ud800", "").replace("\udfff", "") for text in nasty_texts(200)]
    fitted, _ = Ngrams.fit(texts[:100], kind)
    unpack(Pipeline(None, None, False, fitted), tmp_path)
    counter = predict.NgramCounter(tmp_path / "ngrams", kind)
    expected = fitted.transform(texts)
    for row, (ids, weights) in enumerate(counter.rows(texts)):
        dense = np.zeros(len(fitted.vocabulary), dtype=np.float32)
        dense[ids] = weights
        np.testing.assert_allclose(dense, expected[row].toarray()[0], atol=1e-6)


@pytest.fixture(scope="module", params=TABLES)
def counters(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[CutTable, predict.TokenCounter]:
    table = get_table(request.param)
    rows = np.sort(table.common_rows(5_000))
    cut = CutTable(request.param, rows, np.zeros((len(rows), 1), dtype=np.float32))
    folder = tmp_path_factory.mktemp("tokens")
    unpack(Pipeline(None, cut, False, None), folder)
    return cut, predict.TokenCounter(folder, request.param)


@law
@given(texts=st.lists(TEXTS, max_size=4))
def test_tokens_weigh_as_the_services_do(
    counters: tuple[CutTable, predict.TokenCounter], texts: list[str]
) -> None:
    refuse_other_tokens(*counters, texts)


def test_tokens_of_nasty_texts_weigh_as_the_services_do(
    counters: tuple[CutTable, predict.TokenCounter],
) -> None:
    refuse_other_tokens(*counters, nasty_texts(300))


def refuse_other_tokens(cut: CutTable, counter: predict.TokenCounter, texts: list[str]) -> None:
    expected = cut_columns(get_table(cut.module).count(texts), cut.rows)
    for row, (ids, weights) in enumerate(counter.rows(texts)):
        dense = np.zeros(len(cut.rows))
        np.add.at(dense, ids, weights)
        np.testing.assert_allclose(dense, expected[row].toarray()[0], atol=1e-6)


def unpack(pipeline: Pipeline, folder: Path) -> None:
    for name, content in input_files(pipeline).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        stream = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
        (folder / name).write_bytes(stream.read())
        stream.close()
