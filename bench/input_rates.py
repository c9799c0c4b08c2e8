"""Seconds a text and a character of every input of a child: `python bench/input_rates.py FOLDER`.

FOLDER holds public datasets of several lengths (mpqa, mr, ag_news, imdb_sample by default). Prints the
constants of `dvn.training.cost.INPUT_RATES`: a non-negative line through the CPU-seconds a text.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import nnls

from dvn.data.read_csv import read_dataset
from dvn.embeddings import MODULES, get_module
from dvn.training.cost import INPUT_RATES
from dvn.training.ngrams import Ngrams

FILES = "mpqa,mr,ag_news,imdb_sample"
TEXTS = {"table": 2_000, "encoder": 128, "ngrams": 1_000}


def measured(compute: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """The least CPU-seconds a text of three runs."""
    times = []
    for _ in range(3):
        began = time.thread_time()
        compute(texts)
        times.append((time.thread_time() - began) / len(texts))
    return min(times)


def inputs() -> dict[str, tuple[int, Callable[[Sequence[str]], object]]]:
    found: dict[str, tuple[int, Callable[[Sequence[str]], object]]] = {}
    for name, facts in MODULES.items():
        found[name] = (TEXTS[facts.kind], get_module(name).encode)
    for kind in ("words", "word_pairs", "characters", "short_characters", "pairs_and_characters"):
        found[kind] = (TEXTS["ngrams"], lambda texts, kind=kind: Ngrams.fit(texts, kind)[0].transform(texts))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", default=FILES)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    datasets = [read_dataset(chosen.folder / f"{name}.csv").texts for name in chosen.files.split(",")]
    for name, (number, compute) in inputs().items():
        compute(datasets[0][:8])
        rows, seconds = [], []
        for texts in datasets:
            picked = texts[:: max(1, len(texts) // number)][:number]
            cap = INPUT_RATES[name].most_characters
            rows.append([1.0, float(np.mean([min(len(text), cap) for text in picked]))])
            seconds.append(measured(compute, picked))
        matrix, target = np.array(rows), np.array(seconds)
        (per_text, per_character), _ = nnls(matrix / target[:, None], np.ones(len(target)))
        pairs = zip(rows, seconds, strict=True)
        shown = " ".join(f"{length:.0f}:{1e6 * spent:.0f}" for (_, length), spent in pairs)
        print(f"{name}: per_text={per_text:.7f}, per_character={per_character:.9f}")
        print(f"    characters:microseconds {shown}")


if __name__ == "__main__":
    main()
