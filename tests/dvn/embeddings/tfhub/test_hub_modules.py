"""A SavedModel made here becomes an encoder like our own; nothing is fetched from the network."""

import io
import shutil
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dvn.embeddings import VectorCache
from dvn.embeddings.hub_modules import (
    FrozenModuleError,
    UnreachableHandleError,
    WrongSignatureError,
    load_hub_module,
    tensorflow,
)
from dvn.errors import EmbeddingError
from tests.dvn.embeddings.tfhub.conftest import DIM, Save, reusable

TEXTS = ["the film was good", "bad", "", "the hotel was poor the film was fine", "zebra \ud83d"]


def test_a_saved_model_offers_what_our_encoders_offer(words_module: Path) -> None:
    encoder = load_hub_module(words_module).encoder()
    assert (encoder.name, encoder.dim) == ("words-module", DIM)
    assert len(encoder.version) == 12
    assert encoder.licence.endswith(".")
    assert encoder.bytes == sum(path.stat().st_size for path in words_module.rglob("*") if path.is_file())
    vectors = encoder.encode(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), DIM), np.float32)
    assert encoder.encode([]).shape == (0, DIM)


def test_vectors_are_those_of_the_module_in_the_order_of_the_texts(words_module: Path) -> None:
    root = reusable()
    texts = [" ".join(["good", "bad"] * (row % 7)) + f" w{row}" for row in range(600)]
    expected = root.__call__(tensorflow().constant(texts)).numpy()
    np.testing.assert_allclose(load_hub_module(words_module).encode(texts), expected, atol=1e-6)


def test_a_vector_does_not_depend_on_its_neighbours(words_module: Path) -> None:
    module = load_hub_module(str(words_module))
    together = module.encode(TEXTS)
    np.testing.assert_allclose(np.vstack([module.encode([text]) for text in TEXTS]), together, atol=1e-6)
    assert np.array_equal(module.encode(TEXTS), together)


def test_a_version_follows_the_files_and_not_their_place(
    words_module: Path, tmp_path: Path, save: Save
) -> None:
    version = load_hub_module(words_module).facts.version
    shutil.copytree(words_module, tmp_path / "elsewhere")
    assert load_hub_module(tmp_path / "elsewhere").facts.version == version
    changed = reusable()
    changed.table.assign_add(changed.table)
    assert load_hub_module(save(changed, "changed")).facts.version != version


def test_its_vectors_are_kept_by_the_cache(words_module: Path, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors", max_bytes=10**6)
    encoder = load_hub_module(words_module).encoder()
    first = cache.vectors(encoder, TEXTS, "hash")
    assert np.array_equal(cache.vectors(encoder, TEXTS, "hash"), first)
    assert len(list((tmp_path / "vectors").glob("*-words-module-*"))) == 1


def test_a_module_in_the_old_format_can_be_used_but_not_saved(old_module: Path, tmp_path: Path) -> None:
    module = load_hub_module(old_module)
    assert module.encode(["one", "two"]).shape == (2, 4)
    assert np.array_equal(module.encode(["one", "two"])[::-1], module.encode(["two", "one"]))
    assert not module.is_tunable
    with pytest.raises(FrozenModuleError, match="module old can be used but not tuned"):
        module.save(tmp_path / "again")


def saved_function(kind: str) -> Any:
    """A SavedModel's root that is no text module, in one of several ways."""
    tf = tensorflow()
    root = tf.train.Checkpoint()
    functions = {
        "numbers": (tf.TensorSpec([None], tf.float32), lambda x: x[:, None]),
        "integers": (tf.TensorSpec([None], tf.string), lambda x: tf.strings.length(x)[:, None]),
        "vector": (tf.TensorSpec([None], tf.string), lambda x: tf.cast(tf.strings.length(x), tf.float32)),
        "one row": (
            tf.TensorSpec([None], tf.string),
            lambda x: tf.zeros([1, 3]) + 0.0 * tf.cast(tf.size(x), tf.float32),
        ),
        "parts": (tf.TensorSpec([None], tf.string), lambda x: {"a": tf.zeros([2, 3]), "b": x}),
    }
    if kind in functions:
        root.__call__ = tf.function(functions[kind][1], input_signature=[functions[kind][0]])
    return root


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("numbers", "fails on two texts"),
        ("integers", r"makes int32 \(2, 1\)"),
        ("vector", r"makes float32 \(2,\)"),
        ("one row", r"makes float32 \(1, 3\)"),
        ("parts", "makes no tensor"),
        ("nothing to call", "neither be called nor has it a signature"),
    ],
)
def test_what_is_no_text_module_is_refused_in_one_sentence(save: Save, kind: str, reason: str) -> None:
    with pytest.raises(WrongSignatureError, match=f"is no text module: .*{reason}") as caught:
        load_hub_module(save(saved_function(kind), "wrong"))
    assert "\n" not in str(caught.value)


def test_a_damaged_saved_model_is_refused(words_module: Path) -> None:
    (words_module / "saved_model.pb").write_bytes(b"no protocol buffer")
    with pytest.raises(WrongSignatureError, match="cannot be loaded"):
        load_hub_module(words_module)


@pytest.mark.parametrize("source", ["no/such/folder", "ftp://nowhere/module", ""])
def test_a_source_that_is_nowhere_is_refused(source: str) -> None:
    with pytest.raises(UnreachableHandleError, match="could not be fetched"):
        load_hub_module(source)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"saved_model\.pb"):
        load_hub_module(tmp_path)


@pytest.fixture
def hub(words_module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A hub on this machine with one module, `/words/1`; the prefix of its handles."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(words_module, arcname=".")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = {
                "/words/1?tf-hub-format=compressed": (200, packed.getvalue()),
                "/page/1?tf-hub-format=compressed": (200, b"<html>log in</html>"),
            }.get(self.path, (404, b""))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "fetched"))
    monkeypatch.setenv("no_proxy", "*")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_handle_is_fetched_once(hub: str, words_module: Path, tmp_path: Path) -> None:
    module = load_hub_module(f"{hub}/words/1")
    assert module.facts.version == load_hub_module(words_module).facts.version
    assert len(list((tmp_path / "fetched").glob("*/saved_model.pb"))) == 1
    assert np.array_equal(load_hub_module(f"{hub}/words/1").encode(TEXTS), module.encode(TEXTS))


@pytest.mark.parametrize(
    ("path", "reason"), [("/gone/1", "404"), ("/page/1", "does not appear to be a valid module")]
)
def test_a_handle_that_the_hub_lacks_is_refused(hub: str, path: str, reason: str) -> None:
    with pytest.raises(UnreachableHandleError, match=rf"{path} could not be fetched \(.*{reason}"):
        load_hub_module(f"{hub}{path}")


def test_without_a_network_a_handle_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "fetched"))
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(UnreachableHandleError, match=r"Connection refused.*check the handle and the network"):
        load_hub_module("http://127.0.0.1:9/google/nnlm-en-dim50/1")
