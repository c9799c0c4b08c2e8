"""A task becomes named numbers by what quick classifiers reach on it: landmarkers, in two groups.

Pfahringer et al. (2000) named the idea. All have a closed form and are judged by leaving texts out; nothing
is trained by gradient. `static` needs the token tables and counts of n-grams, half a second for any task;
`encoders` reads a smaller sample through the frozen sentence encoders, which takes seconds. Which texts are
read depends on the texts alone, so that neither the order of rows nor the names of labels matter.

Accuracies are log odds, so that steps near the ceiling count, and differences of them say which input a
task prefers. `beyond` is beside the mean of the static inputs on the same texts; `more_rows` beside a
quarter of the texts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, Int
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # no stubs

from dvn.embeddings import get_module
from dvn.metafeatures.closed_form import Judgement, judge_kernel, judge_means, judge_ridge
from dvn.metafeatures.distinct_texts import DistinctTexts, SampleSize, distinct_texts
from dvn.metafeatures.task_sample import TextAt, TextOrder
from dvn.metafeatures.token_counts import count_characters, count_words, similarities

VERSION = 1
"""Changes whenever the same task would get another number."""

STATIC, ENCODERS = "static", "encoders"
TABLES = ("glove", "wordllama", "use_table", "minilm_table")
NGRAMS = ("words", "characters")
SENTENCE_ENCODERS = ("use", "minilm")
FEW = 4
"""Few texts are the first of this many parts."""

STATIC_SIZE = SampleSize(rows=1_000, characters=150_000, longest=1_200, fewest_rows=300, beyond_ascii=2)
ENCODER_SIZE = SampleSize(rows=400, characters=60_000, longest=600, beyond_ascii=4)
"""Four seconds of both encoders on one core, at the rates of `dvn/training/cost.py`."""

LANDMARKER_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        STATIC: (
            "static_best",
            "static_level",
            "static_gain",
            "static_explained",
            *(f"{name}_beyond" for name in (*TABLES, *NGRAMS)),
            "static_more_rows",
            "ngrams_more_rows",
            "static_means",
        ),
        ENCODERS: (
            "encoders_best",
            "encoders_gain",
            "encoders_explained",
            *(f"{name}_beyond" for name in SENTENCE_ENCODERS),
            "encoders_beyond_best",
            "encoders_more_rows",
            "encoders_means",
        ),
    }
)
"""The numbers of each group, in order."""

Embed = Callable[[str, Sequence[str]], Float[np.ndarray, "texts dim"]]
"""Vectors of texts by the module of a name."""


def embed(module: str, texts: Sequence[str]) -> Float[np.ndarray, "texts dim"]:
    """The vectors of texts, computed now."""
    return get_module(module).encode(texts)


def static_landmarkers(
    texts: TextAt, label_ids: Int[np.ndarray, " texts"], order: TextOrder
) -> Mapping[str, float]:
    """The numbers of the group `static`."""
    known = distinct_texts(texts, label_ids, order, STATIC_SIZE)
    with _one_thread():
        found = _static(known)
    reached = {name: reach.all.logit for name, reach in found.items()}
    level = fmean(reached.values())
    more = {name: reach.more_rows for name, reach in found.items()}
    values = {
        "static_best": max(reached.values()),
        "static_level": level,
        "static_gain": max(reached.values()) - _share_logit(known),
        "static_explained": max(reach.all.explained for reach in found.values()),
        "static_more_rows": fmean(more.values()),
        "ngrams_more_rows": fmean(more[name] for name in NGRAMS) - fmean(more[name] for name in TABLES),
        "static_means": fmean(found[name].means_beyond for name in TABLES),
    }
    return _ordered(STATIC, values | {f"{name}_beyond": logit - level for name, logit in reached.items()})


def encoder_landmarkers(
    texts: TextAt, label_ids: Int[np.ndarray, " texts"], order: TextOrder, vectors: Embed = embed
) -> Mapping[str, float]:
    """The numbers of the group `encoders`; `vectors` may be read from where they are known."""
    known = distinct_texts(texts, label_ids, order, ENCODER_SIZE)
    with _one_thread():
        static = [reach.all.logit for reach in _static(known).values()]
        found = {name: _reach_vectors(vectors(name, known.texts), known) for name in SENTENCE_ENCODERS}
    reached = {name: reach.all.logit for name, reach in found.items()}
    values = {
        "encoders_best": max(reached.values()),
        "encoders_gain": max(reached.values()) - _share_logit(known),
        "encoders_explained": max(reach.all.explained for reach in found.values()),
        "encoders_beyond_best": max(reached.values()) - max(static),
        "encoders_more_rows": fmean(reach.more_rows for reach in found.values()),
        "encoders_means": fmean(reach.means_beyond for reach in found.values()),
    }
    beyond = {f"{name}_beyond": logit - fmean(static) for name, logit in reached.items()}
    return _ordered(ENCODERS, values | beyond)


@dataclass(frozen=True, slots=True)
class _Reach:
    """What one input gives: by ridge on all texts and on few, and by the means of the classes."""

    all: Judgement
    few: Judgement
    means: Judgement | None = None

    @property
    def more_rows(self) -> float:
        return self.all.logit - self.few.logit

    @property
    def means_beyond(self) -> float:
        return 0.0 if self.means is None else self.means.logit - self.all.logit


def _static(known: DistinctTexts) -> dict[str, _Reach]:
    found = {name: _reach_vectors(embed(name, known.texts), known) for name in TABLES}
    for name, count in zip(NGRAMS, (count_words, count_characters), strict=True):
        kernel, few = similarities(count(known.texts)), known.first(_few(known))
        places = slice(len(few.texts))
        found[name] = _Reach(judge_kernel(kernel, known), judge_kernel(kernel[places, places], few))
    return found


def _reach_vectors(vectors: Float[np.ndarray, "texts dim"], known: DistinctTexts) -> _Reach:
    few = known.first(_few(known))
    return _Reach(
        judge_ridge(vectors, known),
        judge_ridge(vectors[: len(few.texts)], few),
        judge_means(vectors, known),
    )


def _few(known: DistinctTexts) -> int:
    return -(-len(known.texts) // FEW)


def _share_logit(known: DistinctTexts) -> float:
    """What the largest class alone would reach."""
    return Judgement(float(known.counts.sum(axis=0).max()), known.rows).logit


def _ordered(group: str, values: Mapping[str, float]) -> dict[str, float]:
    # Stored as float32, so that a number read back is the number computed.
    return {name: float(np.float32(values[name])) for name in LANDMARKER_NAMES[group]}


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for BLAS, whose sums otherwise depend on the number of cores."""
    with _blas().limit(limits=1):
        yield


@cache
def _blas() -> ThreadpoolController:
    controller: ThreadpoolController = ThreadpoolController().select(user_api="blas")
    return controller
