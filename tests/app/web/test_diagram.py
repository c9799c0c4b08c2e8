"""Pictures of architectures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers

from app.web.diagram import draw, ordered
from dvn.architecture import get_space


@pytest.mark.parametrize("space", ["wide_deep", "relaxed_ffnn"])
@given(seed=integers(0, 10_000))
def test_every_architecture_can_be_drawn_inside_its_picture(space: str, seed: int) -> None:
    architecture = get_space(space).sample(np.random.default_rng(seed))
    drawn = draw(architecture.decisions, classes=7)
    assert {"texts", "output"} <= {box.kind for box in drawn.boxes}
    assert all(box.x >= 0 and box.x + box.width <= drawn.width for box in drawn.boxes)
    assert all(box.y >= 0 and box.y + drawn.box_height <= drawn.height for box in drawn.boxes)
    assert len(drawn.links) >= 2
    assert drawn.sentence.endswith(".")


def test_a_frozen_table_looks_other_than_a_tuned_one() -> None:
    chosen = {"encoder": "none", "table": "glove", "hidden_layers": 0, "ngrams": "none"}
    kinds = {
        tuned: {box.kind for box in draw({**chosen, "tune_table": tuned}, 2).boxes} for tuned in (True, False)
    }
    assert "table" in kinds[True]
    assert "table frozen" in kinds[False]


def test_decisions_are_shown_in_the_order_of_their_space() -> None:
    architecture = get_space("wide_deep").sample(np.random.default_rng(1))
    shuffled = dict(sorted(architecture.decisions.items(), reverse=True))
    assert list(ordered("wide_deep", shuffled)) == list(architecture.decisions)
