"""Small labelled texts, splits and architectures for the tests of the science."""

import hashlib
from collections.abc import Sequence

import numpy as np
from hypothesis import settings

from dvn.architecture import Architecture, Choice, get_space
from dvn.data.dataset import Dataset
from dvn.data.split import Split, split_dataset
from dvn.data.split_report import SplitReport
from dvn.training import TrainedClassifier

law = settings(deadline=None, max_examples=60)
"""For property tests: no deadline, since a busy machine is not a broken law."""

LANGUAGES = {
    "english": (
        "film story actor scene plot",
        "battery screen phone charger camera",
        "flight hotel train ticket",
    ),
    "russian": ("фильм сюжет актёр сцена", "телефон экран батарея камера", "поезд билет гостиница рейс"),
    "arabic": ("فيلم قصة ممثل مشهد", "هاتف شاشة بطارية كاميرا", "قطار تذكرة فندق رحلة"),
    "thai": ("ภาพยนตร์ นักแสดง ฉาก", "โทรศัพท์ แบตเตอรี่ หน้าจอ", "รถไฟ โรงแรม ตั๋ว"),
    "chinese": ("电影 演员 剧情", "手机 屏幕 电池", "火车 酒店 机票"),
}
FILLER = tuple(
    f"{first}{second}" for first in "bdfgklmnprst" for second in ("ama", "eno", "iru", "olo", "uka")
)


def make_texts(
    rows: int = 200, *, classes: int = 2, language: str = "english", seed: int = 0
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Different texts, each with two words of its class among made-up ones, and their labels in turn."""
    generator = np.random.default_rng(seed)
    texts = []
    for row in range(rows):
        own = LANGUAGES[language][row % classes].split()
        words = [*generator.choice(own, 2), *generator.choice(FILLER, 4), f"number{row}"]
        texts.append(" ".join(generator.permutation(words)))
    return tuple(texts), tuple(f"class {row % classes}" for row in range(rows))


def make_dataset(
    rows: int = 200, *, classes: int = 2, language: str = "english", seed: int = 0
) -> tuple[Dataset, Split]:
    """A separable dataset and its split."""
    return split_dataset(Dataset(*make_texts(rows, classes=classes, language=language, seed=seed)), seed=0)


def split_by_place(texts: Sequence[str], labels: Sequence[str]) -> tuple[Dataset, Split]:
    """Any texts as a dataset: the first three fifths train, then validation and test; nothing is checked."""
    rows, first, second = np.arange(len(texts)), len(texts) * 3 // 5, len(texts) * 4 // 5
    split = Split(rows[:first], rows[first:second], rows[second:], rows[:0], 0, SplitReport())
    return Dataset(tuple(texts), tuple(labels)), split


def make_architecture(**choices: Choice) -> Architecture:
    """An architecture of `wide_deep`: words and one small hidden layer over a table, unless chosen otherwise.

    A number means the nearest one that the space has, so that its ranges may move.
    """
    wanted: dict[str, Choice] = {
        "encoder": "none", "table": "use_table", "tune_table": False, "hidden_layers": 1, "hidden_size": 32,
        "activation": "relu", "normalisation": "none", "dropout": 0.0, "deep_rate": 0.003, "deep_l2": 0.0,
        "ngrams": "words", "wide_rate": 0.3, "wide_l1": 0.0, "class_weight": "none", "steps": 100,
    }  # fmt: skip
    space = get_space("wide_deep")
    wanted |= choices
    return space.parse({d.name: _nearest(wanted[d.name], d.choices) for d in space.decisions})


def _nearest(value: Choice, choices: tuple[Choice, ...]) -> Choice:
    if isinstance(value, str | bool):
        return value
    return min(choices, key=lambda choice: abs(float(choice) - float(value)))


def weights_digest(classifier: TrainedClassifier) -> str:
    """A fingerprint of every trained number, to the bit."""
    digest = hashlib.sha256(classifier.child.bias.tobytes())
    for part in (classifier.child.table, classifier.child.wide):
        digest.update(b"-" if part is None else part.table.tobytes())
    if classifier.child.tower is not None:
        for name, tensor in classifier.child.tower.state_dict().items():
            digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()
