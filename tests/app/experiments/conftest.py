"""Small tasks and architectures that train in a tenth of a second, for the tests of the experience."""

import csv
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from app.db.session import make_engine
from dvn.architecture import Architecture, get_space
from tests.dvn.factories import make_texts


def wide_architectures(count: int) -> list[Architecture]:
    """Different architectures without encoder and table."""
    space = get_space("wide_deep")
    ranges = {decision.name: decision.choices for decision in space.decisions}
    names = ("wide_rate", "wide_l1", "class_weight")
    fixed = {"encoder": "none", "table": "none", "ngrams": "words", "steps": ranges["steps"][0]}
    every = product(*(ranges[name] for name in names))
    return [space.parse(fixed | dict(zip(names, values, strict=True))) for values in islice(every, count)]


def no_wider(space: str, count: int, generator: np.random.Generator) -> list[Architecture]:
    """In place of `service.distinct_architectures`: the shared and own ones overlap, all are cheap."""
    return wide_architectures(count)


def write_csv(path: Path, *, rows: int = 300, seed: int = 0, names: Sequence[str] = ("good", "bad")) -> Path:
    """A labelled file; its classes have these names."""
    texts, labels = make_texts(rows, classes=len(names), seed=seed)
    named = {f"class {number}": name for number, name in enumerate(names)}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows((text, named[label]) for text, label in zip(texts, labels, strict=True))
    return path


@pytest.fixture(scope="module")
def own_engine(module_database_url: str) -> Iterator[Engine]:
    """A migrated database that the tests of one module share, with real commits."""
    engine = make_engine(module_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[Architecture]]:
    """Plans made in this test hold cheap architectures only."""
    monkeypatch.setattr("app.experiments.service.distinct_architectures", no_wider)
    return wide_architectures
