"""What a model card says, and that its Markdown says the same."""

import pytest

from dvn.embeddings import MODULES
from dvn.evaluation.model_card import CardTask, ModelCard, model_card, to_markdown
from dvn.value_network import Checkpoint, FitOptions, make_checkpoint
from tests.dvn.experiences import two_kinds
from tests.dvn.track_records import record_of, tracked

TINY = FitOptions(members=1, iterations=2, runs_in_batch=4, samples_in_batch=8)


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return make_checkpoint(two_kinds(4, runs=6, shared=3), TINY)


def tasks() -> list[CardTask]:
    return [
        CardTask("task 0", "family 0", "de", "CC0 | see site", 900, 2),
        CardTask("task 1", "family 1", None, None, 100, 7),
        CardTask("another", "elsewhere", "fr", None, 5, 2),
    ]


def words_of(card: ModelCard) -> str:
    return to_markdown(card)


def test_it_names_what_it_learned_from_and_only_that(checkpoint: Checkpoint) -> None:
    told = words_of(model_card(checkpoint.manifest(), tasks()))
    assert checkpoint.id in told
    assert "4 tasks of 4 families" in told
    assert "de 1, unknown 1" in told
    assert "100 to 900 rows" in told
    assert "another" not in told
    assert "No track record was made" in told


def test_it_says_which_metric_it_foretells(checkpoint: Checkpoint) -> None:
    assert "It predicts the accuracy that" in words_of(model_card(checkpoint.manifest()))
    told = words_of(model_card({**checkpoint.manifest(), "metric": "macro_f1"}))
    assert "It predicts the macro-F1 that" in told
    assert "--metric macro_f1" in told


def test_the_scores_are_those_of_its_own_record(checkpoint: Checkpoint) -> None:
    own = record_of(
        tracked("task 0", reached=0.80, best_on_average=0.70),
        tracked("task 1", reached=0.60, best_on_average=0.70),
        checkpoint=checkpoint.id,
    )
    told = words_of(model_card(checkpoint.manifest(), tasks(), own))
    assert "better than the best on average on 1, worse on 1" in told
    assert "1 of 2 truths fell inside: 50.0 %" in told
    assert "20.0 points wide" in told
    assert "| task 1 | en | 60.0 % | 30.0 |" in told
    assert own.command in told
    strange = words_of(model_card(checkpoint.manifest(), tasks(), record_of(tracked("task 0"))))
    assert "No track record was made" in strange


def test_every_module_is_there_with_its_licence(checkpoint: Checkpoint) -> None:
    told = words_of(model_card(checkpoint.manifest()))
    for module in MODULES.values():
        assert module.licence in told


def test_it_can_be_made_again_from_what_it_says(checkpoint: Checkpoint) -> None:
    told = words_of(model_card(checkpoint.manifest()))
    manifest = checkpoint.manifest()
    assert str(manifest["weights_sha256"]) in told
    assert str(manifest["snapshot_hash"]) in told
    assert "    forethought fit --space wide_deep" in told


def test_a_cell_cannot_break_its_table(checkpoint: Checkpoint) -> None:
    told = words_of(model_card(checkpoint.manifest(), tasks()))
    assert "CC0 \\| see site" in told
    assert told.startswith("# Value network ")
    assert told.endswith("\n")
    assert "\n\n\n" not in told
