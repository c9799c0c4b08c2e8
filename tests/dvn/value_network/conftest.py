"""One small experience and one small checkpoint for all tests of the value network."""

import pytest

from dvn.value_network import Checkpoint, Experience, make_checkpoint
from tests.dvn.experiences import QUICK, two_kinds


@pytest.fixture(scope="session")
def experience() -> Experience:
    return two_kinds()


@pytest.fixture(scope="session")
def checkpoint(experience: Experience) -> Checkpoint:
    return make_checkpoint(experience, QUICK)
