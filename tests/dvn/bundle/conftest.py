"""One small separable task whose features all bundle tests share."""

import pytest

from dvn.training import TaskFeatures
from tests.dvn.factories import make_dataset


@pytest.fixture(scope="session")
def features() -> TaskFeatures:
    return TaskFeatures(*make_dataset(240, classes=3))
