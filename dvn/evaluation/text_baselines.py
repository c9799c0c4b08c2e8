"""The classifiers that any engineer would try first, chosen by validation: the lines to beat.

TF-IDF with logistic regression, and a frozen sentence encoder with logistic regression. Both are
scikit-learn's; the test part is measured once, for the variant that validation chose.
"""

import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]  # no stubs
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]  # no stubs
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # no stubs

from dvn.data.dataset import Dataset
from dvn.data.split import Split
from dvn.training import TaskFeatures
from dvn.training.cost import encoding_seconds

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)
"""C, the inverse of the L2 penalty."""

ENCODERS = ("use", "minilm")
_MOST_ITERATIONS = 100
_MOST_FEATURES = 150_000

Inputs = csr_matrix | Float[np.ndarray, "texts features"]


@dataclass(frozen=True, slots=True)
class BaselineScore:
    """The variant that validation chose, its accuracies in [0, 1] and the CPU seconds to find it."""

    variant: str
    validation_accuracy: float
    test_accuracy: float
    seconds: float


def tfidf_logistic(dataset: Dataset, split: Split) -> BaselineScore:
    """TF-IDF of words 1-2 or of characters 2-5, with logistic regression, by validation."""

    def variants() -> Iterator[tuple[str, Inputs]]:
        for name, kind in (("words 1-2", ("word", (1, 2))), ("characters 2-5", ("char_wb", (2, 5)))):
            vectorizer = TfidfVectorizer(
                analyzer=kind[0],
                ngram_range=kind[1],
                sublinear_tf=True,
                min_df=2,
                max_features=_MOST_FEATURES,
                dtype=np.float32,
            )
            vectorizer.fit([dataset.texts[row] for row in split.train])
            yield name, vectorizer.transform(dataset.texts)

    return _best(variants(), dataset, split)


def encoder_logistic(features: TaskFeatures) -> BaselineScore:
    """The better frozen sentence encoder with logistic regression, by validation.

    Its seconds count both encoders, by their rates where the vectors were cached.
    """
    variants = ((name, features.encoded(name)[1]) for name in ENCODERS)
    score = _best(variants, features.dataset, features.split)
    encoding = sum(encoding_seconds(name, features.dataset.texts) for name in ENCODERS)
    return replace(score, seconds=score.seconds + encoding)


def _best(variants: Iterable[tuple[str, Inputs]], dataset: Dataset, split: Split) -> BaselineScore:
    began = time.thread_time()
    labels = dataset.label_ids
    chosen: tuple[float, str, LogisticRegression, Inputs] | None = None
    for name, inputs in variants:
        for strength in STRENGTHS:
            model = _fitted(inputs[split.train], labels[split.train], strength)
            reached = float((model.predict(inputs[split.validation]) == labels[split.validation]).mean())
            if chosen is None or reached > chosen[0]:
                chosen = (reached, f"{name}, C {strength:g}", model, inputs)
    assert chosen is not None
    reached, variant, model, inputs = chosen
    test = float((model.predict(inputs[split.test]) == labels[split.test]).mean())
    return BaselineScore(variant, reached, test, time.thread_time() - began)


def _fitted(inputs: Inputs, labels: np.ndarray, strength: float) -> LogisticRegression:
    with warnings.catch_warnings():
        # A fit that is cut short is still a candidate; validation judges it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=strength, max_iter=_MOST_ITERATIONS).fit(inputs, labels)
