"""A TensorFlow Hub module and labelled texts become a tuned copy of the module with a classifier on top.

Softmax regression on the module's vectors; its gradient flows on into the module's variables, whose own
regularisation losses are added to the cross-entropy. On one thread the same seed gives the same tuned module.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from dvn.embeddings.hub_modules import FrozenModuleError, HubModule, extra, tensorflow, tensorflow_hub
from dvn.embeddings.tokenisers import readable
from dvn.errors import EmbeddingError


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a module is tuned.

    Attributes:
        epochs: Passes over the texts.
        batch: Texts in a step.
        head_rate: Adam's rate of the classifier.
        module_rate: Adam's rate of the module's variables; 0 leaves the module frozen.
        seed: Draws the order of the texts.
    """

    epochs: int = 10
    batch: int = 100
    head_rate: float = 1e-2
    module_rate: float = 1e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TunedModule:
    """What tuning leaves behind.

    Attributes:
        module: The tuned copy; its version tells it from the module that it was made of.
        weights: The classifier's weights.
        bias: The classifier's bias.
        losses: Mean loss of each epoch, regularisation included.
    """

    module: HubModule
    weights: Float[np.ndarray, "dim classes"]
    bias: Float[np.ndarray, " classes"]
    losses: tuple[float, ...]

    def logits(self, texts: Sequence[str]) -> Float[np.ndarray, "texts classes"]:
        """The classifier's logits; the largest of a row is the predicted class."""
        logits: np.ndarray = self.module.encode(texts) @ self.weights + self.bias
        return logits


class TuningDivergedError(EmbeddingError):
    """The loss stopped being finite."""

    def __init__(self, name: str, epoch: int, tuning: Tuning) -> None:
        super().__init__(
            f"Tuning {name} diverged in epoch {epoch}; lower module_rate (now {tuning.module_rate:g}) "
            f"or head_rate (now {tuning.head_rate:g})."
        )


def tune(
    module: HubModule,
    texts: Sequence[str],
    label_ids: Int[np.ndarray, " texts"],
    *,
    tuning: Tuning | None = None,
) -> TunedModule:
    """A tuned copy of the module, and the classifier trained with it; the module itself stays as it is.

    Args:
        module: What is tuned.
        texts: At least one.
        label_ids: The class of each text, counted from 0.
        tuning: Rates, epochs and seed.

    Raises:
        FrozenModuleError: The module has nothing to train, and its rate is not 0.
        TuningDivergedError: The loss stopped being finite.
    """
    assert len(texts) == len(label_ids) > 0, "each text needs a label"
    chosen = tuning or Tuning()
    if chosen.module_rate > 0 and not module.is_tunable:
        raise FrozenModuleError(module.facts.name)
    tuned = module.copy() if chosen.module_rate > 0 else module
    tf = tensorflow()
    classes = int(np.max(label_ids)) + 1
    head = [tf.Variable(tf.zeros([module.facts.dim, classes])), tf.Variable(tf.zeros([classes]))]
    step = _compiled_step(tuned, head, chosen)
    inputs = np.array(readable(texts), dtype=object)
    generator = np.random.default_rng(chosen.seed)
    losses = []
    for epoch in range(1, chosen.epochs + 1):
        order = generator.permutation(len(texts))
        batches = [order[start : start + chosen.batch] for start in range(0, len(order), chosen.batch)]
        sums = [
            float(step(tf.constant(inputs[rows]), tf.constant(label_ids[rows], tf.int64))) * len(rows)
            for rows in batches
        ]
        losses.append(sum(sums) / len(texts))
        if not np.isfinite(losses[-1]):
            raise TuningDivergedError(module.facts.name, epoch, chosen)
    weights, bias = (part.numpy() for part in head)
    return TunedModule(tuned.revised() if tuned is not module else module, weights, bias, tuple(losses))


def _compiled_step(module: HubModule, head: list[Any], tuning: Tuning) -> Callable[[Any, Any], Any]:
    """One step of head and module on a batch of texts and labels, as a graph; it gives the loss."""
    tf = tensorflow()
    vectors, module_variables, penalties = _trained_parts(module, tuning)
    optimisers = [(head, _adam(tuning.head_rate, head))]
    if module_variables:
        optimisers.append((module_variables, _adam(tuning.module_rate, module_variables)))

    def step(texts: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = vectors(texts) @ head[0] + head[1]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
            for penalty in penalties:
                loss += penalty()
        gradients = iter(tape.gradient(loss, head + module_variables))
        for variables, optimiser in optimisers:
            pairs = [(next(gradients), variable) for variable in variables]
            optimiser.apply_gradients([pair for pair in pairs if pair[0] is not None])
        return loss

    signature = [tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int64)]
    compiled: Callable[[Any, Any], Any] = tf.function(step, input_signature=signature)
    return compiled


def _trained_parts(
    module: HubModule, tuning: Tuning
) -> tuple[Callable[[Any], Any], list[Any], list[Callable[[], Any]]]:
    """The module in training mode, its variables, and its regularisation losses; no variables if frozen."""
    if tuning.module_rate == 0:
        return module.vectors, [], []
    # The layer finds out whether the module tells training from use, as modules with dropout do.
    layer = tensorflow_hub().KerasLayer(module.loaded, trainable=True)
    variables = list(module.loaded.trainable_variables)
    penalties = list(getattr(module.loaded, "regularization_losses", ()))
    return (lambda texts: layer(texts, training=True)), variables, penalties


def _adam(rate: float, variables: list[Any]) -> Any:
    # Keras 3, which TensorFlow brings, trains its own variables only; TensorFlow Hub's tf_keras trains any.
    optimiser = extra("tf_keras").optimizers.Adam(rate)
    optimiser.build(variables)
    return optimiser
