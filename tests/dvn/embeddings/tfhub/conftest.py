"""SavedModels that the tests make themselves; without TensorFlow nothing here is collected."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# `.ci/run` runs this folder in an environment of its own, made from requirements/tfhub.in.
collect_ignore_glob = [] if find_spec("tensorflow") else ["test_*"]

WORDS = ("good", "fine", "bad", "poor", "film", "hotel", "was", "the")
BUCKETS = 8
DIM = 2


def reusable() -> Any:
    """A `tf.train.Checkpoint` to save: the mean of its words' vectors, with a penalty on the table."""
    from dvn.embeddings.hub_modules import tensorflow

    tf = tensorflow()
    root = tf.train.Checkpoint()
    ids = np.arange(len(WORDS), dtype=np.int64)
    root.lookup = tf.lookup.StaticVocabularyTable(
        tf.lookup.KeyValueTensorInitializer(list(WORDS), ids), num_oov_buckets=BUCKETS
    )
    numbers = np.random.default_rng(0).normal(0, 0.1, size=(len(WORDS) + BUCKETS, DIM))
    root.table = tf.Variable(numbers.astype(np.float32), name="table")
    root.scale = tf.Variable(1.0, trainable=False, name="scale")

    def call(texts, training=False):
        words = tf.strings.split(texts)
        vectors = root.scale * tf.gather(root.table, root.lookup.lookup(words.flat_values))
        means = tf.math.unsorted_segment_mean(vectors, words.value_rowids(), words.nrows())
        return means * (2.0 if training else 1.0)  # In place of dropout: training must be told apart.

    root.__call__ = tf.function(call)
    for mode in (True, False):
        root.__call__.get_concrete_function(tf.TensorSpec([None], tf.string), training=mode)
    root.variables = [root.table, root.scale]
    root.trainable_variables = [root.table]
    root.regularization_losses = [
        tf.function(lambda: 1e-3 * tf.reduce_sum(root.table**2), input_signature=[])
    ]
    return root


Save = Callable[[object, str], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Saves an object as a SavedModel of this name."""
    from dvn.embeddings.hub_modules import tensorflow

    def write(root: object, name: str) -> Path:
        tensorflow().saved_model.save(root, str(tmp_path / name))
        return tmp_path / name

    return write


@pytest.fixture
def words_module(save: Save) -> Path:
    """The folder of the reusable module."""
    return save(reusable(), "words-module")


@pytest.fixture
def old_module(tmp_path: Path) -> Path:
    """The folder of a module in the TF1 format, which offers a signature and no function."""
    from dvn.embeddings.hub_modules import tensorflow

    v1 = tensorflow().compat.v1
    with v1.Graph().as_default(), v1.Session() as session:
        texts = v1.placeholder(v1.string, [None])
        table = v1.get_variable("table", initializer=np.arange(40, dtype=np.float32).reshape(10, 4))
        vectors = v1.gather(table, v1.strings.to_hash_bucket_fast(texts, 10))
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(tmp_path / "old"))
        signature = v1.saved_model.predict_signature_def({"text": texts}, {"default": vectors})
        builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map={"default": signature})
        builder.save()
    return tmp_path / "old"
