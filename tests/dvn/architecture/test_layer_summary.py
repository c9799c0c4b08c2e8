"""Layer summaries say of a vertex what its child is, and are smooth between vertices."""

import numpy as np
import pytest
import torch

from dvn.architecture.layer_summary import WIDTH, LayerSummary
from dvn.architecture.relaxed_ffnn import LAYERS, MODULES
from tests.dvn.ffnn_experience import SPACE, sampled, widths_of

SUMMARY = LayerSummary()
DEPTH, NONE, NARROWEST, WIDEST, TOTAL, MEAN, FIRST, LAST = range(len(MODULES), len(MODULES) + 8)


def test_a_summary_of_a_vertex_is_that_of_its_child() -> None:
    architectures = sampled(60)
    found = SUMMARY(torch.from_numpy(SUMMARY.relaxation.vertices(architectures)))
    assert found.shape == (60, WIDTH)
    for row, architecture in zip(found.numpy(), architectures, strict=True):
        breadths = [(np.log2(width) - 3) / 5 for width in widths_of(architecture)]
        kinds = [str(architecture.decisions[f"base_{j}"]) for j in range(1, len(breadths) + 1)]
        assert row[: len(MODULES)].argmax() == MODULES.index(str(architecture.decisions["embedding"]))
        assert row[DEPTH] == pytest.approx(len(breadths) / LAYERS)
        assert row[NONE] == (not breadths)
        assert row[NARROWEST] == pytest.approx(min(breadths, default=1.0), abs=1e-6)
        assert row[WIDEST] == pytest.approx(max(breadths, default=0.0), abs=1e-6)
        assert row[TOTAL] == pytest.approx(sum(breadths) / LAYERS, abs=1e-6)
        assert row[MEAN] == pytest.approx(np.mean(breadths or [1.0]), abs=1e-6)
        assert row[FIRST] == pytest.approx((breadths or [1.0])[0], abs=1e-6)
        assert row[LAST] == pytest.approx((breadths or [1.0])[-1], abs=1e-6)
        is_relu = [float(kind.startswith("relu")) for kind in kinds]
        assert row[LAST + 1] == (is_relu[0] if kinds else 0)
        assert row[LAST + 3] == (is_relu[-1] if kinds else 0)
        assert row[LAST + 5] == pytest.approx(sum(is_relu) / LAYERS)
        for place, kind in enumerate(("relu", "tanh")):
            counts = [sum(k in [f"{kind}_{s}" for s in (8, 16, 32) if s <= most] for k in kinds)
                      for most in (8, 16, 32)]  # fmt: skip
            assert row[LAST + 6 + 3 * place : LAST + 9 + 3 * place] * LAYERS == pytest.approx(counts)


def test_closed_gates_between_open_ones_change_nothing() -> None:
    architecture = next(each for each in sampled(60) if 2 <= len(widths_of(each)) <= LAYERS - 1)
    blocks = SUMMARY.relaxation.blocks
    u = SUMMARY.relaxation.vertex(architecture)
    moved = u.copy()
    depth = len(widths_of(architecture))
    last = [blocks[f"{part}_{depth}"] for part in ("gate", "base")]
    free = [blocks[f"{part}_{LAYERS}"] for part in ("gate", "base")]
    for here, there in zip(last, free, strict=True):
        moved[here], moved[there] = u[there], u[here]
    assert SUMMARY(torch.from_numpy(moved)) == pytest.approx(SUMMARY(torch.from_numpy(u)), abs=1e-6)


def test_ascent_finds_a_gradient_at_every_decision() -> None:
    theta = torch.randn(3, SUMMARY.relaxation.width, generator=torch.Generator().manual_seed(0))
    theta.requires_grad_()
    weights = torch.linspace(-1, 2, WIDTH)
    (SUMMARY(SUMMARY.relaxation.softmax(theta)) @ weights).sum().backward()
    assert theta.grad is not None
    for decision in SPACE.decisions:
        assert theta.grad[:, SUMMARY.relaxation.blocks[decision.name]].abs().sum() > 0
