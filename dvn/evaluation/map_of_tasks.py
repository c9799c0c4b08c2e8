"""Random batches of each task's samples become points of the learned task space, and two views of it.

Figures 2 and 3 of the supplement of Kokiopoulou et al. (2019): PCA, and t-SNE at perplexity 70.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.decomposition import PCA  # type: ignore[import-untyped]  # it ships no types
from sklearn.manifold import TSNE  # type: ignore[import-untyped]  # it ships no types

from dvn.evaluation.reproduction import kept_without
from dvn.evaluation.rivals import paper_rival
from dvn.value_network.paper_network import PaperOptions
from dvn.value_network.snapshot import Experience

PERPLEXITY = 70.0
_SAMPLES = 128


@dataclass(frozen=True, slots=True)
class TaskMap:
    """The z of batches in two dimensions, by the name of the view.

    Attributes:
        views: Points by view.
        of_task: The task of each point.
        measures: What of the variance of z lies between tasks, and how many batches have a batch of their
            own task as nearest neighbour.
    """

    views: Mapping[str, Float[np.ndarray, "points 2"]]
    of_task: Int[np.ndarray, " points"]
    measures: Mapping[str, float]


def task_map(
    experience: Experience,
    place: int,
    *,
    batches: int = 10,
    seed: int = 0,
    options: PaperOptions | None = None,
) -> TaskMap:
    """The map of all tasks under the paper's network, fitted without the family of one of them.

    Args:
        experience: Tasks and runs.
        place: The task that is left out.
        batches: Random batches of 128 samples of each task, fewer where it has fewer.
        seed: Draws the weights and the batches.
        options: How the network is fitted.
    """
    rival = paper_rival(options or PaperOptions())
    (fitted,) = rival.fit(kept_without(experience, place, "family"), [seed])
    assert fitted.embed is not None
    generator = np.random.default_rng(seed)
    points, of_task = [], []
    for number, task in enumerate(experience.tasks):
        available = len(task.description.sample.classes)
        for _ in range(batches):
            rows = generator.choice(available, min(_SAMPLES, available // 2), replace=False)
            points.append(fitted.embed(task, rows))
            of_task.append(number)
    z, owner = np.stack(points).astype(np.float64), np.array(of_task)
    perplexity = min(PERPLEXITY, (len(z) - 1) / 3)
    views = {
        "PCA": PCA(2, random_state=seed).fit_transform(z),
        "t-SNE": TSNE(perplexity=perplexity, random_state=seed, init="pca").fit_transform(z),
    }
    return TaskMap(views, owner, _measures(z, owner))


def _measures(z: Float[np.ndarray, "points task"], owner: Int[np.ndarray, " points"]) -> dict[str, float]:
    centres = np.stack([z[owner == number].mean(axis=0) for number in range(owner.max() + 1)])
    within = float(np.square(z - centres[owner]).sum())
    total = float(np.square(z - z.mean(axis=0)).sum())
    gaps = np.square(z[:, None] - z[None]).sum(axis=2)
    np.fill_diagonal(gaps, np.inf)
    own = owner[gaps.argmin(axis=1)] == owner
    return {
        "share of the variance that lies between tasks": 1.0 - within / max(total, 1e-12),
        "batches whose nearest neighbour is of their own task": float(own.mean()),
    }
