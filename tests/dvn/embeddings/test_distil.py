"""The committed file is what the script makes of the packages, but for the last bits."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from dvn.embeddings import get_table
from dvn.embeddings.catalogue import DISTILLED, MINILM_TOKENISER, WORDLLAMA_TOKENISER
from dvn.embeddings.distil import principal_components, token_probabilities
from dvn.embeddings.weights import WeightFile


@pytest.fixture(scope="module")
def distilled() -> dict[str, np.ndarray]:
    return load_file(DISTILLED.verified())


def test_the_committed_directions_are_the_principal_ones(distilled: dict[str, np.ndarray]) -> None:
    mean, projection = principal_components(256)
    assert np.abs(mean - distilled["use_mean"]).max() < 1e-5
    # The last directions lie close together and may turn among each other on another machine.
    overlap = projection.T @ distilled["use_projection"]
    assert np.abs(np.diag(overlap)[:32]).min() > 0.999
    assert np.linalg.norm(overlap) ** 2 / 256 == pytest.approx(1, abs=1e-3)


def test_the_committed_projection_keeps_lengths(distilled: dict[str, np.ndarray]) -> None:
    projection = distilled["use_projection"]
    assert np.abs(projection.T @ projection - np.eye(256)).max() < 1e-5


@pytest.mark.parametrize(
    ("tokeniser", "name", "size"),
    [(WORDLLAMA_TOKENISER, "wordllama", 32_000), (MINILM_TOKENISER, "minilm", 30_522)],
    ids=["wordllama", "minilm"],
)
def test_the_committed_probabilities_are_those_of_gloves_words(
    distilled: dict[str, np.ndarray], tokeniser: WeightFile, name: str, size: int
) -> None:
    again = token_probabilities(tokeniser, size)
    assert np.allclose(again, distilled[f"{name}_probability"], rtol=1e-5)
    assert again.sum() == pytest.approx(1, abs=1e-4)


def test_the_projection_spreads_most_along_its_first_direction() -> None:
    spread = get_table("use_table").vectors.var(axis=0)
    assert spread[0] > 2 * spread[100] > 2 * spread[255]
