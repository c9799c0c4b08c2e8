"""Tuning changes a copy of the module and learns what the frozen module cannot."""

from pathlib import Path

import numpy as np
import pytest

from dvn.embeddings.hub_modules import FrozenModuleError, HubModule, load_hub_module, tensorflow
from dvn.embeddings.hub_tuning import TunedModule, Tuning, TuningDivergedError, tune
from tests.dvn.embeddings.tfhub.conftest import BUCKETS, WORDS, Save, reusable

# Three classes on a mean of random vectors of two numbers, which no straight lines tell apart.
GROUPS = (("good", "fine", "film"), ("bad", "poor", "hotel"), ("was", "the"))


def labelled(rows: int) -> tuple[list[str], np.ndarray]:
    """Texts whose class is that of most of their words."""
    generator = np.random.default_rng(1)
    labels = np.arange(rows) % len(GROUPS)
    texts = []
    for label in labels:
        own = generator.choice(GROUPS[label], size=3)
        texts.append(" ".join(generator.permutation([*own, *generator.choice(WORDS, size=1)])))
    return texts, labels


def accuracy(tuned: TunedModule, texts: list[str], labels: np.ndarray) -> float:
    return float((tuned.logits(texts).argmax(axis=1) == labels).mean())


@pytest.fixture
def module(words_module: Path) -> HubModule:
    return load_hub_module(words_module)


def table(module: HubModule) -> np.ndarray:
    [variable] = module.loaded.trainable_variables
    return np.asarray(variable.numpy())


def test_tuning_learns_more_than_the_frozen_module(module: HubModule) -> None:
    texts, labels = labelled(300)
    frozen = tune(module, texts, labels, tuning=Tuning(module_rate=0.0))
    tuned = tune(module, texts, labels, tuning=Tuning(module_rate=0.02))
    assert accuracy(tuned, texts, labels) > accuracy(frozen, texts, labels) + 0.1
    assert tuned.losses[-1] < frozen.losses[-1] < frozen.losses[0]


def test_tuning_changes_a_copy_and_nothing_else(module: HubModule) -> None:
    texts, labels = labelled(120)
    before, version = table(module), module.facts.version
    tuned = tune(module, texts, labels)
    assert np.array_equal(table(module), before)
    assert module.facts.version == version != tuned.module.facts.version
    assert tuned.module.facts.name == module.facts.name
    assert not np.allclose(table(tuned.module), before)
    assert not np.allclose(tuned.module.encode(texts), module.encode(texts))
    assert tuned.module.loaded.variables[1].numpy() == 1  # What is not trainable is not trained.


def test_a_frozen_module_keeps_its_variables_and_version(module: HubModule) -> None:
    texts, labels = labelled(120)
    before = table(module)
    frozen = tune(module, texts, labels, tuning=Tuning(module_rate=0.0))
    assert frozen.module is module
    assert np.array_equal(table(module), before)
    assert frozen.weights.any()


def test_the_same_seed_gives_the_same_bits(module: HubModule) -> None:
    texts, labels = labelled(250)
    first, again = (tune(module, texts, labels, tuning=Tuning(epochs=3)) for _ in range(2))
    other = tune(module, texts, labels, tuning=Tuning(epochs=3, seed=1))
    assert first.module.facts.version == again.module.facts.version != other.module.facts.version
    assert np.array_equal(first.weights, again.weights)


def test_a_tuned_module_can_be_tuned_on_and_is_read_back_as_saved(module: HubModule, tmp_path: Path) -> None:
    texts, labels = labelled(120)
    once = tune(module, texts, labels).module
    twice = tune(once, texts, labels, tuning=Tuning(epochs=1)).module
    assert np.abs(table(twice) - table(once)).max() < np.abs(table(twice) - table(module)).max()
    twice.save(tmp_path / "tuned")
    loaded = load_hub_module(tmp_path / "tuned")
    assert np.array_equal(loaded.encode(texts), twice.encode(texts))
    assert loaded.is_tunable
    assert len(loaded.loaded.regularization_losses) == 1


def test_the_modules_own_penalty_pulls_on_words_that_never_occur(module: HubModule) -> None:
    texts, labels = labelled(120)
    tuned = tune(module, texts, labels).module
    unseen = slice(len(WORDS), len(WORDS) + BUCKETS)
    assert np.abs(table(tuned)[unseen]).sum() < np.abs(table(module)[unseen]).sum()


def test_tuning_runs_the_module_in_training_mode(module: HubModule) -> None:
    texts, labels = labelled(90)
    one = Tuning(epochs=1, batch=90, module_rate=1e-12)
    tuned = tune(module, texts, labels, tuning=one)
    vectors = module.encode(texts)
    direction = (np.eye(3)[labels] - 1 / 3).T @ vectors
    # In training mode this module doubles its vectors; the head's first step shows the gradient's sign only,
    # so the second epoch's loss tells the two modes apart.
    assert np.array_equal(np.sign(tuned.weights.T), np.sign(direction))
    two = tune(module, texts, labels, tuning=Tuning(epochs=2, batch=90, module_rate=1e-12))
    penalty = 1e-3 * float((table(module) ** 2).sum())
    logits = 2 * vectors @ tuned.weights + tuned.bias
    expected = -np.log(np.exp(logits[range(90), labels]) / np.exp(logits).sum(axis=1)).mean() + penalty
    assert two.losses[1] == pytest.approx(expected, abs=1e-5)


def test_a_module_in_the_old_format_cannot_be_tuned(old_module: Path) -> None:
    module = load_hub_module(old_module)
    with pytest.raises(FrozenModuleError, match="modules in the TF1 format never do"):
        tune(module, ["one", "two"], np.array([0, 1]))
    assert tune(module, ["one", "two"], np.array([0, 1]), tuning=Tuning(module_rate=0.0)).weights.any()


def test_a_loss_that_explodes_is_told(save: Save) -> None:
    root = reusable()
    root.scale.assign(float("inf"))
    module = load_hub_module(save(root, "broken"))
    with pytest.raises(TuningDivergedError, match="diverged in epoch 1; lower module_rate"):
        tune(module, *labelled(30))


def test_computing_uses_one_thread() -> None:
    threading = tensorflow().config.threading
    assert threading.get_intra_op_parallelism_threads() == threading.get_inter_op_parallelism_threads() == 1
