"""A checkpoint of made-up English tasks, asked with few starts so that tests are quick."""

from dataclasses import replace

import pytest

from dvn.architecture_inference import Question
from dvn.value_network import Checkpoint, make_checkpoint
from tests.dvn.experiences import QUICK, known_run
from tests.small_experience import small_experience
from tests.synthetic import TOPICS, texts_of


@pytest.fixture(scope="session")
def checkpoint() -> Checkpoint:
    """Fitted to runs that last as long as they have steps: half a second to four."""
    known = small_experience()
    runs = tuple(known_run(run.task, run.architecture, run.validation_accuracy) for run in known.runs)
    return make_checkpoint(replace(known, runs=runs), replace(QUICK, iterations=100))


@pytest.fixture(scope="session")
def question() -> Question:
    return Question(starts=14, top=5)


@pytest.fixture(scope="session")
def dataset() -> tuple[list[str], list[str]]:
    """A task like those known."""
    topics = dict(list(TOPICS.items())[:3])
    texts, labels = zip(*texts_of(100, seed=40, topics=topics), strict=True)
    return list(texts), list(labels)
