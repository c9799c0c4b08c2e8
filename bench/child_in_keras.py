"""The children of a folder in Keras on one thread: `.venv-tfhub/bin/python bench/child_in_keras.py FOLDER`.

`model.fit` over a `tf.data` pipeline, one compiled `train_step` for each child. tf_keras and not Keras 3,
because its optimisers update only the rows of a table that a batch touches; Keras 3 takes roots of the whole
table at each step. Building and the first step, which traces the graph, count as end to end and not as
training.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras
from child_job import BATCH, FIRST_SQUARES, Folder, Job, Result, batches

EVALUATION_BATCH = 2_000


class WeightedBag(keras.layers.Layer):
    """The sum of each row's weighted vectors."""

    def __init__(self, vectors: np.ndarray) -> None:
        super().__init__()
        self.vectors = self.add_weight(
            name="vectors", shape=vectors.shape, initializer=keras.initializers.Constant(vectors)
        )

    def call(self, bag: tuple[tf.RaggedTensor, tf.RaggedTensor]) -> tf.Tensor:
        ids, weights = bag
        lines = tf.gather(self.vectors, ids.flat_values) * weights.flat_values[:, None]
        return tf.math.unsorted_segment_sum(lines, ids.value_rowids(), ids.nrows())


class KerasChild(keras.Model):
    """Tower, table and wide tower of one job, each with its own optimiser."""

    def __init__(self, job: Job, folder: Folder) -> None:
        super().__init__()
        self.job = job
        self.table = self.wide = self.tower = None
        if job.table is not None:
            self.table = WeightedBag(folder.read(f"{job.table}-table"))
        if job.layers:
            self.tower = keras.Sequential([_layer(job, folder, place) for place in range(len(job.layers))])
        first = folder.read(f"{job.name}-bias")
        self.bias = self.add_weight(
            name="bias", shape=first.shape, initializer=keras.initializers.Constant(first)
        )
        if job.ngrams is not None:
            columns = folder.read_sparse(job.ngrams).shape[1]
            self.wide = WeightedBag(np.zeros((columns, len(first)), dtype=np.float32))

    def call(self, inputs: dict[str, object], training=None) -> tf.Tensor:
        logits = self.bias
        if self.tower is not None:
            parts = [inputs["dense"]] if "dense" in inputs else []
            if self.table is not None:
                parts.append(self.table(inputs["tokens"]))
            logits = logits + self.tower(tf.concat(parts, axis=1), training=training)
        if self.wide is not None:
            logits = logits + self.wide(inputs["ngrams"])
        return logits

    def prepare(self) -> None:
        """Each part's optimiser; the variables must exist."""
        rates = self.job.rates
        self.parts = []
        if self.tower is not None:
            rate, decay = self._rate(rates["deep"]), rates["deep_l2"]
            adam = keras.optimizers.AdamW(rate, weight_decay=decay, epsilon=1e-8)
            self.parts.append((self.tower.trainable_variables, adam))
        sparse = [(part, rates[name]) for part, name in ((self.table, "table"), (self.wide, "wide"))]
        lists = [(part.trainable_variables, rate) for part, rate in sparse if part is not None]
        for variables, rate in [*lists, ([self.bias], rates["bias"])]:
            adagrad = keras.optimizers.Adagrad(self._rate(rate), initial_accumulator_value=FIRST_SQUARES)
            self.parts.append((variables, adagrad))
        for variables, optimiser in self.parts:
            optimiser.build(variables)

    def _rate(self, rate: float) -> object:
        if not self.job.decays:
            return rate
        return keras.optimizers.schedules.PolynomialDecay(rate, self.job.steps, 0.0)

    def train_step(self, data: tuple[dict[str, object], tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        inputs, labels, weights = data
        with tf.GradientTape() as tape:
            logits = self(inputs, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses * weights)
            if self.wide is not None and self.job.rates["wide_l1"] > 0:
                touched = tf.gather(self.wide.vectors, tf.unique(inputs["ngrams"][0].flat_values)[0])
                loss += self.job.rates["wide_l1"] * tf.reduce_sum(tf.abs(touched))
        gradients = tape.gradient(loss, [variables for variables, _ in self.parts])
        for part, (variables, optimiser) in zip(gradients, self.parts, strict=True):
            optimiser.apply_gradients(zip(part, variables, strict=True))
        return {"loss": loss}


def _layer(job: Job, folder: Folder, place: int) -> keras.layers.Layer:
    kind, *sizes = job.layers[place]
    if kind == "linear":
        weight, bias = (keras.initializers.Constant(array) for array in _kernel(job, folder, place))
        return keras.layers.Dense(sizes[1], kernel_initializer=weight, bias_initializer=bias)
    if kind == "layernorm":
        return keras.layers.LayerNormalization(epsilon=1e-5)
    if kind == "batchnorm1d":
        return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    return keras.layers.Dropout(*sizes) if kind == "dropout" else keras.layers.Activation(kind)


def _kernel(job: Job, folder: Folder, place: int) -> tuple[np.ndarray, np.ndarray]:
    weight, bias = folder.linear(job, place)
    return weight.T.copy(), bias


class Inputs:
    """All texts as tensors, and data sets of batches of them."""

    def __init__(self, job: Job, folder: Folder) -> None:
        dense = folder.dense(job)
        self.parts = {} if dense is None else {"dense": tf.constant(dense)}
        if job.table is not None:
            self.parts["tokens"] = _ragged(folder.read_sparse(f"{job.table}-counts"))
        if job.ngrams is not None:
            self.parts["ngrams"] = _ragged(folder.read_sparse(job.ngrams))
        self.labels = tf.constant(folder.read("labels"))
        self.weights = tf.constant(folder.read(f"{job.name}-row-weights"))

    def batches(self, order: np.ndarray, size: int) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices(order).batch(size).map(self._gather)

    def _gather(self, rows: tf.Tensor) -> tuple[dict[str, object], tf.Tensor, tf.Tensor]:
        parts = tf.nest.map_structure(lambda part: tf.gather(part, rows), self.parts)
        return parts, tf.gather(self.labels, rows), tf.gather(self.weights, rows)


def _ragged(counts: object) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    splits = counts.indptr.astype(np.int64)
    return tuple(tf.RaggedTensor.from_row_splits(part, splits) for part in (counts.indices, counts.data))


def accuracy(child: KerasChild, inputs: Inputs, rows: np.ndarray) -> float:
    hits = 0
    for parts, labels, _ in inputs.batches(rows, EVALUATION_BATCH):
        hits += int(tf.reduce_sum(tf.cast(tf.argmax(child(parts), axis=1) == labels, tf.int64)))
    return hits / len(rows)


def run(job: Job, folder: Folder, steps_per_execution: int) -> Result:
    began = time.process_time()
    keras.utils.set_random_seed(job.seed)
    inputs = Inputs(job, folder)
    child = KerasChild(job, folder)
    train = folder.read("train")
    size = min(BATCH, len(train))
    order = np.concatenate(list(_first(batches(train, job.seed), job.steps)))
    child(next(iter(inputs.batches(order[:2], 2)))[0])
    child.prepare()
    child.compile(steps_per_execution=steps_per_execution)
    traced = min(steps_per_execution, job.steps - 1)
    child.fit(inputs.batches(order[: traced * size], size), epochs=1, verbose=0)
    rest = inputs.batches(order[traced * size :], size)
    started = time.process_time()
    child.fit(rest, epochs=1, verbose=0)
    trained = (time.process_time() - started) * job.steps / (job.steps - traced)
    scores = [accuracy(child, inputs, folder.read(part)) for part in ("validation", "test")]
    return Result(job.name, trained, time.process_time() - began, *scores)


def _first(endless: Iterator[np.ndarray], count: int) -> Iterator[np.ndarray]:
    return (next(endless) for _ in range(count))


def main() -> None:
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    folder, steps_per_execution = Folder(Path(sys.argv[1])), int(sys.argv[2])
    jobs = folder.jobs()
    run(jobs[0], folder, steps_per_execution)  # Reads the inputs, and warms up.
    folder.write_results("keras", [run(job, folder, steps_per_execution) for job in jobs])


if __name__ == "__main__":
    main()
