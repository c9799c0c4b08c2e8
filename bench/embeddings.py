"""Texts a second of each embedding module on one thread: `python bench/embeddings.py [MODULE...]`.

Short and long texts, and texts of mixed lengths in random order and sorted by length: where the last two
differ, a caller gains by batching texts of one length together; where they agree, the module does so itself
or computes without padding.
"""

import argparse
import time
from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from dvn.embeddings import MODULES, SentenceEncoder, TokenTable, get_module

SHORT_CHARACTERS = 100
LONG_CHARACTERS = 1500
WORDS = tuple(
    word
    for line in (
        "the a of and to in for on with flight delayed hours service customer great terrible film actor",
        "government election market shares game team season price quality product phone battery weather",
        "question answer what why how doctor hospital study science energy water music city country people",
    )
    for word in line.split()
)


def make_texts(count: int, characters: int) -> list[str]:
    """Texts of ordinary English words, all different."""
    generator = np.random.default_rng(0)
    words = generator.choice(WORDS, size=(count, characters // 3))
    return [" ".join(row)[:characters] for row in words]


def make_mixed_texts(count: int) -> list[str]:
    """Texts of every length between the short and the long, evenly by their logarithm, in random order."""
    generator = np.random.default_rng(1)
    lengths = np.geomspace(SHORT_CHARACTERS / 4, LONG_CHARACTERS, count).astype(int)
    longest = make_texts(count, LONG_CHARACTERS)
    return [longest[row][: lengths[row]] for row in generator.permutation(count)]


def texts_per_second(module: TokenTable | SentenceEncoder, texts: Sequence[str]) -> float:
    """The best of three, in CPU seconds."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        module.encode(texts)
        seconds.append(time.process_time() - start)
    return len(texts) / min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="all of them if none is named")
    chosen = parser.parse_args().modules or list(MODULES)
    print(f"{'module':14}{'load s':>8}{'short/s':>10}{'long/s':>9}{'mixed/s':>9}{'sorted/s':>10}")
    for name in chosen:
        module = get_module(name)
        start = time.process_time()
        module.encode(["load"])
        load_seconds = time.process_time() - start
        short_count, long_count = (4096, 512) if MODULES[name].kind == "table" else (256, 32)
        short = texts_per_second(module, make_texts(short_count, SHORT_CHARACTERS))
        long = texts_per_second(module, make_texts(long_count, LONG_CHARACTERS))
        mixed = make_mixed_texts(2 * long_count)
        rates = [texts_per_second(module, texts) for texts in (mixed, sorted(mixed, key=len))]
        print(f"{name:14}{load_seconds:8.2f}{short:10.0f}{long:9.0f}{rates[0]:9.0f}{rates[1]:10.0f}")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
