"""An architecture of either space becomes one training plan: inputs, network, optimiser, steps."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

from dvn.architecture import Architecture
from dvn.architecture.relaxed_ffnn import build_network
from dvn.architecture.wide_deep import NONE, build_deep_tower
from dvn.embeddings import MODULES

BATCH = 100
TABLE_RATE_FACTOR = 10.0
"""A table's Adagrad steps shrink where Adam's do not; ten times Adam's rate, not tuned."""

PAPER_EPOCHS = 20
PAPER_RATE = 1e-4

BuildTower = Callable[[int, int, torch.Generator], nn.Sequential]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that training needs to know of an architecture; an input that is not used is None."""

    encoder: str | None
    table: str | None
    tune_table: bool
    ngrams: str | None
    build_tower: BuildTower | None
    deep_rate: float
    deep_l2: float
    table_rate: float
    wide_rate: float
    wide_l1: float
    class_weight: float
    steps: int
    decays: bool


def plan(architecture: Architecture, *, train_rows: int) -> Plan:
    """The training plan of an architecture for a training part of that many rows."""
    if architecture.space == "wide_deep":
        return _wide_deep(architecture)
    return _relaxed_ffnn(architecture, train_rows)


def _wide_deep(architecture: Architecture) -> Plan:
    chosen = architecture.decisions
    is_deep = "hidden_layers" in chosen
    deep_rate = float(chosen["deep_rate"]) if is_deep else 0.0
    return Plan(
        encoder=_named(chosen["encoder"]),
        table=_named(chosen["table"]),
        tune_table=bool(chosen.get("tune_table", False)),
        ngrams=_named(chosen["ngrams"]),
        build_tower=partial(build_deep_tower, architecture) if is_deep else None,
        deep_rate=deep_rate,
        deep_l2=float(chosen["deep_l2"]) if is_deep else 0.0,
        table_rate=deep_rate * TABLE_RATE_FACTOR,
        wide_rate=float(chosen.get("wide_rate", 0.0)),
        wide_l1=float(chosen.get("wide_l1", 0.0)),
        class_weight={"none": 0.0, "root": 0.5, "balanced": 1.0}[str(chosen["class_weight"])],
        steps=int(chosen["steps"]),
        decays=True,
    )


def _relaxed_ffnn(architecture: Architecture, train_rows: int) -> Plan:
    module = str(architecture.decisions["embedding"])
    is_encoder = MODULES[module].kind == "encoder"
    return Plan(
        encoder=module if is_encoder else None,
        table=None if is_encoder else module,
        tune_table=False,
        ngrams=None,
        build_tower=partial(build_network, architecture),
        deep_rate=PAPER_RATE,
        deep_l2=0.0,
        table_rate=0.0,
        wide_rate=0.0,
        wide_l1=0.0,
        class_weight=0.0,
        steps=PAPER_EPOCHS * math.ceil(train_rows / BATCH),
        decays=False,
    )


def _named(choice: object) -> str | None:
    return None if choice == NONE else str(choice)
