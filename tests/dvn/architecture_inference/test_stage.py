"""Landmarkers are computed where the value network reads them and there is the time, and are named."""

from collections.abc import Sequence

import numpy as np
import pytest
from jaxtyping import Float

from dvn.architecture_inference import Question, Stage, recommend
from dvn.architecture_inference.stage import groups_to_compute
from dvn.metafeatures import ENCODERS, HANDMADE_NAMES, LANDMARKER_NAMES, STATIC
from dvn.value_network import Checkpoint

Dataset = tuple[list[str], list[str]]


class Quick:
    """In place of a module: the vectors of a moment."""

    def encode(self, texts: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
        return np.array([[len(text), text.count("e")] for text in texts], dtype=np.float32)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """By which a test says what the checkpoint reads; modules take no time."""
    monkeypatch.setattr("dvn.metafeatures.landmarkers.get_module", lambda _: Quick())
    return monkeypatch


def read(patch: pytest.MonkeyPatch, *groups: str) -> None:
    names = (*HANDMADE_NAMES, *(LANDMARKER_NAMES[group][0] for group in groups))
    patch.setattr(Checkpoint, "reads", property(lambda _: names))


@pytest.mark.parametrize(
    ("groups", "stage", "expected"),
    [
        ((), Stage.sharper, ()),
        ((STATIC,), Stage.instant, (STATIC,)),
        ((STATIC,), Stage.sharper, (STATIC,)),
        ((STATIC, ENCODERS), Stage.instant, (STATIC,)),
        ((STATIC, ENCODERS), Stage.sharper, (STATIC, ENCODERS)),
    ],
)
def test_an_answer_rests_on_what_is_read_and_the_stage_allows(
    checkpoint: Checkpoint,
    question: Question,
    dataset: Dataset,
    reads: pytest.MonkeyPatch,
    groups: tuple[str, ...],
    stage: Stage,
    expected: tuple[str, ...],
) -> None:
    read(reads, *groups)
    assert groups_to_compute(checkpoint, stage) == expected
    asked = Question(starts=question.starts, top=1, stage=stage)
    found = recommend(*dataset, checkpoint, question=asked)
    assert found.landmarkers == expected
    assert found.stage == (Stage.sharper if ENCODERS in expected else Stage.instant)
