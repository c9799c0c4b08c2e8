"""The compiled steps of training are made beforehand, so that no first training waits for them.

numba compiles a function for the types that it first meets, and keeps the result beside the source; a small
training of every input meets them all.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dvn.architecture import Choice, get_space
from dvn.data.dataset import Dataset
from dvn.data.split import split_dataset
from dvn.embeddings import VectorCache
from dvn.training.features import TaskFeatures
from dvn.training.trainer import train

_TEXTS: Final = 60
_SPACE: Final = "wide_deep"
_EVERY_INPUT: Final[dict[str, Choice]] = {
    "encoder": "none",  # Its vectors are read like those of a table that is not tuned.
    "table": "glove",
    "tune_table": True,
    "hidden_layers": 1,
    "normalisation": "layer",
    "ngrams": "words",
}


def compile_steps() -> None:
    """Compile what is not compiled yet: some 15 seconds of one core, one second if all is there."""
    texts = tuple(f"text number {number} of class {number % 2}" for number in range(_TEXTS))
    labels = tuple(f"class {number % 2}" for number in range(_TEXTS))
    dataset, split = split_dataset(Dataset(texts, labels), seed=0)
    space = get_space(_SPACE)
    chosen = {one.name: _EVERY_INPUT.get(one.name, one.choices[0]) for one in space.decisions}
    with TemporaryDirectory() as folder:
        features = TaskFeatures(dataset, split, VectorCache(Path(folder), max_bytes=0))
        for tunes in (True, False):
            train(dataset, split, space.parse(chosen | {"tune_table": tunes}), features=features)
