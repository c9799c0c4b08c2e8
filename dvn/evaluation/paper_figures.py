"""What Kokiopoulou et al. (2019) printed for their ten tasks, under our names of the tasks."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Printed:
    """A mean and its standard deviation over ten repeats, as printed."""

    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class PrintedPair:
    """One row of Table 2 or 3: without and with meta-features."""

    without: Printed
    with_meta: Printed


@dataclass(frozen=True, slots=True)
class PrintedAccuracies:
    """One row of Table 4, test accuracies.

    `first_ten` are the first ten models that NAS tried, `search` is the best by validation of `trained`
    child models, `proposed` the inferred architecture, with nothing trained before it.
    """

    first_ten: Printed
    search: float
    trained: int
    proposed: Printed


PAPER_NAMES: Mapping[str, str] = {
    "cf_airline": "Airline",
    "cf_emotion": "Emotion",
    "cf_global_warming": "Global warming",
    "cf_corporate_messaging": "Corporate messaging",
    "cf_disasters": "Disasters",
    "cf_political_message": "Political message",
    "cf_political_bias": "Political bias",
    "cf_progressive_opinion": "Progressive opinion",
    "cf_progressive_stance": "Progressive stance",
    "cf_us_economic_performance": "US economic performance",
}
"""Our ten tasks in the order of Table 2, and what the paper calls them."""


def _pair(without: float, its_std: float, with_meta: float, std: float) -> PrintedPair:
    return PrintedPair(Printed(without, its_std), Printed(with_meta, std))


SPEARMAN: Mapping[str, PrintedPair] = {
    "cf_airline": _pair(0.8003, 0.0180, 0.8260, 0.0125),
    "cf_emotion": _pair(0.8269, 0.0138, 0.8523, 0.0088),
    "cf_global_warming": _pair(0.8072, 0.0116, 0.8179, 0.0076),
    "cf_corporate_messaging": _pair(0.8090, 0.0067, 0.8527, 0.0076),
    "cf_disasters": _pair(0.8066, 0.0053, 0.7933, 0.0121),
    "cf_political_message": _pair(0.4915, 0.0114, 0.5078, 0.0091),
    "cf_political_bias": _pair(0.5408, 0.0138, 0.5210, 0.0111),
    "cf_progressive_opinion": _pair(0.8164, 0.0130, 0.8338, 0.0063),
    "cf_progressive_stance": _pair(0.7244, 0.0212, 0.7883, 0.0200),
    "cf_us_economic_performance": _pair(0.3051, 0.0103, 0.2851, 0.0114),
}
"""Table 2: Spearman's rank correlations of actual and predicted performances."""

R2: Mapping[str, PrintedPair] = {
    "cf_airline": _pair(0.7709, 0.0143, 0.8294, 0.0174),
    "cf_emotion": _pair(0.7570, 0.0164, 0.8011, 0.0116),
    "cf_global_warming": _pair(0.7002, 0.0102, 0.7403, 0.0138),
    "cf_corporate_messaging": _pair(0.7218, 0.0102, 0.7746, 0.0099),
    "cf_disasters": _pair(0.7805, 0.0120, 0.8039, 0.0143),
    "cf_political_message": _pair(0.7345, 0.0124, 0.7451, 0.0138),
    "cf_political_bias": _pair(0.1718, 0.0148, 0.1382, 0.0148),
    "cf_progressive_opinion": _pair(0.4473, 0.0060, 0.4720, 0.0092),
    "cf_progressive_stance": _pair(0.4189, 0.0112, 0.4614, 0.0138),
    "cf_us_economic_performance": _pair(0.6886, 0.0164, 0.6970, 0.0146),
}
"""Table 3: R2 of actual and predicted performances."""


def _accuracies(
    first_ten: tuple[float, float], search: float, trained: int, proposed: tuple[float, float]
) -> PrintedAccuracies:
    return PrintedAccuracies(Printed(*first_ten), search, trained, Printed(*proposed))


ACCURACIES: Mapping[str, PrintedAccuracies] = {
    "cf_airline": _accuracies((0.7904, 0.0366), 0.83197, 751, (0.8222, 0.0129)),
    "cf_global_warming": _accuracies((0.7806, 0.0249), 0.79196, 1927, (0.8017, 0.0108)),
    "cf_disasters": _accuracies((0.8193, 0.0105), 0.83425, 1283, (0.8235, 0.0119)),
    "cf_political_bias": _accuracies((0.7770, 0.0151), 0.778, 1989, (0.7686, 0.0108)),
    "cf_progressive_opinion": _accuracies((0.6750, 0.0428), 0.73276, 1505, (0.7052, 0.0381)),
    "cf_progressive_stance": _accuracies((0.4181, 0.0645), 0.57759, 1635, (0.4724, 0.0537)),
    "cf_us_economic_performance": _accuracies((0.7494, 0.0112), 0.76411, 1966, (0.7498, 0.0132)),
    "cf_corporate_messaging": _accuracies((0.8006, 0.0492), 0.85897, 968, (0.8247, 0.0387)),
    "cf_emotion": _accuracies((0.2998, 0.0278), 0.35425, 1779, (0.3397, 0.0238)),
    "cf_political_message": _accuracies((0.4230, 0.0075), 0.414, 1974, (0.4214, 0.0061)),
}
"""Table 4: test accuracies of the first ten, of architecture search, and of the inferred architecture."""
