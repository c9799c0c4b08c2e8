"""A task's texts and labels become named numbers: counts, balance, lengths, scripts, separation.

Kokiopoulou et al. (2019), section 3.1: number of samples and classes and their distribution, label
entropy, statistics of the features, how much the features say of the label. Nothing is trained.
"""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from dvn.metafeatures.task_sample import TaskSample, TextAt, TextOrder

VERSION = 1
TEXT_SAMPLE = 2_000

_SCRIPTS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "latin_accented": ((0x00C0, 0x024F), (0x1E00, 0x1EFF)),
    "cyrillic": ((0x0400, 0x052F),),
    "arabic": ((0x0600, 0x06FF), (0x0750, 0x077F)),
    "indic": ((0x0900, 0x0DFF),),
    "thai": ((0x0E00, 0x0E7F),),
    "ethiopic": ((0x1200, 0x139F),),
    "han_kana": ((0x3040, 0x30FF), (0x4E00, 0x9FFF)),
    "hangul": ((0xAC00, 0xD7AF), (0x1100, 0x11FF)),
    "emoji": ((0x1F300, 0x1FAFF), (0x2600, 0x27BF)),
}
_ENGLISH = frozenset(
    "the of and to a in is it for you that on with this are be i was my not have at but".split(" ")  # noqa: SIM905  # a list of words reads best as a line
)
_WORD = re.compile(r"\w+")

NAMES: tuple[str, ...] = (
    "log_rows",
    "log_classes",
    "log_rows_per_class",
    "label_entropy",
    "largest_share",
    "smallest_share",
    "log_characters",
    "spread_of_characters",
    "log_longest_decile",
    "log_words",
    "log_vocabulary",
    "new_word_rate",
    "english_words",
    "upper_case",
    "digits",
    "punctuation",
    "mentions",
    "links",
    "repeated_texts",
    *_SCRIPTS,
    "separation",
    "best_separation",
    "class_spread",
)


def handcrafted(
    texts: TextAt, label_ids: Int[np.ndarray, " texts"], order: TextOrder, sample: TaskSample
) -> Float[np.ndarray, " features"]:
    """The hand-made meta-features of a task, in the order of `NAMES`."""
    shown = [texts[row] for row in order.first(TEXT_SAMPLE)]
    values = {**_labels(label_ids), **_texts(shown), **_characters(shown), **_separation(sample)}
    return np.array([values[name] for name in NAMES], dtype=np.float32)


def _labels(label_ids: Int[np.ndarray, " texts"]) -> dict[str, float]:
    counts = np.sort(np.bincount(label_ids))  # Sums over classes must not depend on their numbering.
    shares = counts[counts > 0] / counts.sum()
    classes = len(shares)
    entropy = -float((shares * np.log(shares)).sum())
    return {
        "log_rows": math.log(len(label_ids)),
        "log_classes": math.log(classes),
        "log_rows_per_class": math.log(len(label_ids) / classes),
        "label_entropy": entropy / math.log(classes) if classes > 1 else 0.0,
        "largest_share": float(shares.max()),
        "smallest_share": float(shares.min() * classes),
    }


def _texts(texts: Sequence[str]) -> dict[str, float]:
    lengths = np.array([len(text) for text in texts], dtype=np.float64) + 1.0
    words = [_WORD.findall(text.lower()) for text in texts]
    total = sum(map(len, words)) + 1
    vocabulary = {word for line in words for word in line}
    english = sum(word in _ENGLISH for line in words for word in line)
    count = len(texts)
    return {
        "log_characters": float(np.log(lengths).mean()),
        "spread_of_characters": float(np.log(lengths).std()),
        "log_longest_decile": math.log(float(np.quantile(lengths, 0.9))),
        "log_words": math.log(total / count),
        "log_vocabulary": math.log(len(vocabulary) + 1),
        "new_word_rate": len(vocabulary) / total,
        "english_words": english / total,
        "mentions": sum("@" in text for text in texts) / count,
        "links": sum("http" in text for text in texts) / count,
        "repeated_texts": 1.0 - len(set(texts)) / count,
    }


def _characters(texts: Sequence[str]) -> dict[str, float]:
    joined = "".join(text[:500] for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    total = max(len(codes), 1)
    values = {
        "upper_case": ((codes >= 65) & (codes <= 90)).sum() / total,
        "digits": ((codes >= 48) & (codes <= 57)).sum() / total,
        "punctuation": (((codes >= 33) & (codes <= 47)) | ((codes >= 58) & (codes <= 64))).sum() / total,
    }
    for name, ranges in _SCRIPTS.items():
        inside = sum(int(((codes >= low) & (codes <= high)).sum()) for low, high in ranges)
        values[name] = inside / total
    return {name: float(value) for name, value in values.items()}


def _separation(sample: TaskSample) -> dict[str, float]:
    """How much of the vectors' variance lies between classes: eta squared, corrected for chance."""
    vectors, classes = sample.floats().astype(np.float64), sample.classes
    rows, number = len(vectors), len(np.unique(classes))
    if number < 2 or rows <= number:
        return {"separation": 0.0, "best_separation": 0.0, "class_spread": 0.0}
    counts = np.bincount(classes, minlength=number)[:, None]
    means = np.zeros((number, vectors.shape[1]))
    np.add.at(means, classes, vectors)
    means /= np.maximum(counts, 1)
    centre = vectors.mean(axis=0)
    total = np.square(vectors - centre).sum(axis=0)
    between = (counts * np.square(means - centre)).sum(axis=0)
    chance = (number - 1) / (rows - 1)
    eta = (between / np.maximum(total, 1e-9) - chance) / (1 - chance)
    overall = (between.sum() / max(total.sum(), 1e-9) - chance) / (1 - chance)
    within = (total - between).sum() / max(total.sum(), 1e-9)
    return {
        "separation": float(overall),
        "best_separation": float(eta.max()),
        "class_spread": float(within),
    }
