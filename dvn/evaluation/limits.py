"""Limits on cost that a choice among recorded architectures may have to keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from dvn.value_network.snapshot import KnownRun

_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class CostLimit:
    """What a recorded run may cost at most, as measured; a cost that was not measured is over any limit."""

    has_encoder: bool = True
    most_megabytes: float = np.inf
    most_milliseconds: float = np.inf

    def allows(self, run: KnownRun) -> bool:
        """Whether the run's architecture keeps the limit on its task."""
        if not self.has_encoder and run.architecture.decisions.get("encoder", "none") != "none":
            return False
        is_small = run.bundle_bytes <= self.most_megabytes * _MEGABYTE
        is_fast = self.most_milliseconds == np.inf or run.predict_milliseconds <= self.most_milliseconds
        return is_small and is_fast


NO_LIMIT = CostLimit()
LIMITS: Mapping[str, CostLimit] = MappingProxyType(
    {
        "none": NO_LIMIT,
        "no transformer": CostLimit(has_encoder=False),
        "5 MB": CostLimit(most_megabytes=5.0),
        "1 ms": CostLimit(most_milliseconds=1.0),
    }
)
