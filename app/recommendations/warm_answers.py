"""Ascents of late are kept in memory, so that the slider of a page answers at once.

One ascent climbs every position of the slider; the next position is chosen from what it found. Another limit,
another seed or another value network is another ascent.
"""

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from time import perf_counter
from typing import Final, final

from dvn.architecture_inference import Climbed, DescribedTask, Question, Recommendation, answer, climb
from dvn.value_network import Checkpoint

MOST_KEPT: Final = 64

Key = tuple[str, bytes, tuple[tuple[str, float], ...], Question]


@final
class WarmAnswers:
    """Answers to questions about described tasks; safe to ask from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Climbed] = OrderedDict()
        self._lock = Lock()

    def answer(self, described: DescribedTask, checkpoint: Checkpoint, question: Question) -> Recommendation:
        """What `answer` says, with the ascent of an earlier question where it was the same."""
        began = perf_counter()
        climbed = self._climbed(described, checkpoint, question)
        found = answer(described, checkpoint, question, climbed=climbed)
        return replace(found, seconds=found.seconds | {"climb": perf_counter() - began - _rest(found)})

    def _climbed(self, described: DescribedTask, checkpoint: Checkpoint, question: Question) -> Climbed:
        same = replace(question, top=1, prefer_small=0.0)
        key = (
            described.checkpoint,
            described.z.tobytes(),
            tuple(sorted(described.input_seconds.items())),
            same,
        )
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        found = climb(described.costs(checkpoint), question)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found


def _rest(found: Recommendation) -> float:
    return found.seconds["rank"] + found.seconds["explain"]
