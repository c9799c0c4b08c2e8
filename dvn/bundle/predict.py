"""Labels texts with the classifier in this folder.

    python predict.py --text "Where is my parcel?"
    python predict.py texts.csv --column message > labels.csv
    python predict.py lines.txt --all > probabilities.csv

It needs numpy, onnxruntime and what else requirements.txt names; nothing is downloaded and nothing leaves
this machine. A CSV is read in UTF-8 with a header; any other file has one text on each line. From Python:

    from predict import Classifier
    labels, probabilities = Classifier().predict(["Where is my parcel?"])
"""

import argparse
import csv
import importlib.util
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # no stubs

HERE = Path(__file__).resolve().parent
FILE_BATCH = 256
"""Texts of a file that are encoded together, as many as the service takes."""

GRAPH_BATCH = 32
MAX_TOKENS = 256
MAX_TOKEN_CHARACTERS = 16 * MAX_TOKENS
MAX_NGRAM_CHARACTERS = 2_000
MINILM_TOKENS, MINILM_BATCH = 128, 32

Tokenise = Callable[[Sequence[str]], list[list[int]]]
Encode = Callable[[Sequence[str]], np.ndarray]
Rows = list[tuple[np.ndarray, np.ndarray]]
"""For each text the numbers of the table rows it uses, and their weights."""

# ---- n-grams -------------------------------------------------------------------------------------

WORD_OR_MARK = re.compile(r"(?u)\b\w+\b|[^\w\s]")
SPACES = re.compile(r"\s\s+")
APART = "\x01"


def words(text: str) -> list[str]:
    """The words and marks of a text in lower case."""
    return WORD_OR_MARK.findall(text)


def word_pairs(text: str) -> list[str]:
    """The words, and each two that follow each other."""
    found = words(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


def characters(text: str) -> list[str]:
    """Runs of three to five characters inside each word with a space on both sides."""
    found = []
    for word in SPACES.sub(" ", text).split():
        padded = f" {word} "
        for length in range(3, 6):
            found += [padded[start : start + length] for start in range(max(1, len(padded) - length + 1))]
            if len(padded) <= length:
                break  # A word shorter than the run counts once.
    return found


def short_characters(text: str) -> list[str]:
    """Runs of one to three characters of the whole text."""
    plain = SPACES.sub(" ", text)
    lengths = range(1, 4)
    return [plain[i : i + length] for length in lengths for i in range(len(plain) - length + 1)]


def pairs_and_characters(text: str) -> list[str]:
    """Word pairs and runs of characters, which are kept apart."""
    return word_pairs(text) + [APART + run for run in characters(text)]


NGRAMS: dict[str, Callable[[str], list[str]]] = {
    "words": words,
    "word_pairs": word_pairs,
    "characters": characters,
    "short_characters": short_characters,
    "pairs_and_characters": pairs_and_characters,
}


class NgramCounter:
    """Counts the known n-grams of texts: sublinear, times idf, scaled to length one."""

    def __init__(self, folder: Path, kind: str) -> None:
        names = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        # A vocabulary of one empty name was learned from texts without any n-gram.
        self.numbers = {} if names == [""] else {name: number for number, name in enumerate(names)}
        self.idf = np.load(folder / "idf.npy")
        self.split = NGRAMS[kind]

    def rows(self, texts: Sequence[str]) -> Rows:
        """The n-grams of each text."""
        return [self._row(text) for text in texts]

    def _row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        numbers = self.numbers
        found = Counter(
            numbers[name] for name in self.split(text[:MAX_NGRAM_CHARACTERS].lower()) if name in numbers
        )
        ids = np.fromiter(found.keys(), dtype=np.int64, count=len(found))
        counts = np.fromiter(found.values(), dtype=np.float32, count=len(found))
        weights = (np.log(counts) + np.float32(1)) * self.idf[ids]
        length = np.sqrt(np.square(weights, dtype=np.float64).sum())
        return ids, (weights / length if length > 0 else weights).astype(np.float32)


# ---- tokens --------------------------------------------------------------------------------------

GLOVE_WORD = re.compile(r"n't|'(?:s|re|ve|ll|d|m)\b|\w+|[^\w\s]")


def readable(text: str) -> str:
    """The characters that count, each lone surrogate replaced by a question mark."""
    if len(text) > MAX_TOKEN_CHARACTERS:
        # Without long runs of spaces, which would use up the characters and say nothing.
        text = " ".join(text[: 16 * MAX_TOKEN_CHARACTERS].split())[:MAX_TOKEN_CHARACTERS]
    return text.encode("utf-8", "replace").decode()


def glove_words(folder: Path) -> Tokenise:
    """Words and marks in lower case, as GloVe's corpus was split; unknown ones are left out."""
    names = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    numbers = {name: number for number, name in enumerate(names)}

    def tokenise(texts: Sequence[str]) -> list[list[int]]:
        split = (GLOVE_WORD.findall(readable(text).lower().replace("n't", " n't")) for text in texts)
        return [[numbers[word] for word in found if word in numbers][:MAX_TOKENS] for found in split]

    return tokenise


def word_pieces(file: Path, *, max_tokens: int, special: bool) -> Tokenise:
    """The tokens of a `tokenizer.json`."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import tokenizers  # Here, because not every classifier needs it.

    tokenizer = tokenizers.Tokenizer.from_str(file.read_text(encoding="utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)

    def tokenise(texts: Sequence[str]) -> list[list[int]]:
        clean = [readable(text) for text in texts]
        return [found.ids for found in tokenizer.encode_batch_fast(clean, add_special_tokens=special)]

    return tokenise


class SentencePieces:
    """The tokens of a sentencepiece model."""

    def __init__(self, file: Path) -> None:
        import sentencepiece  # Here, because not every classifier needs it.

        self.model = sentencepiece.SentencePieceProcessor(model_file=str(file))

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text."""
        return [self.model.encode(readable(text))[:MAX_TOKENS] for text in texts]

    def encode(self, text: str, **_: Any) -> list[int]:
        """The tokens of one text between the marks of begin and end, as the encoder asks for them."""
        return [self.model.bos_id(), *self([text])[0], self.model.eos_id()]


def tokeniser_of(root: Path, table: str) -> Tokenise:
    """What splits texts for a token table."""
    if table == "glove":
        return glove_words(root / "glove")
    if table == "use_table":
        return SentencePieces(root / "use" / "sp.model")
    folder = root / {"minilm_table": "minilm"}.get(table, table)
    return word_pieces(folder / "tokenizer.json", max_tokens=MAX_TOKENS, special=False)


class TokenCounter:
    """Weighs the tokens of texts, common ones less, and keeps those whose vectors are here."""

    def __init__(self, root: Path, table: str) -> None:
        self.tokenise = tokeniser_of(root, table)
        self.weights = np.load(root / "table" / "weights.npy")
        self.row_of = np.full(len(self.weights), -1, dtype=np.int64)
        used = np.load(root / "table" / "rows.npy")
        self.row_of[used] = np.arange(len(used))

    def rows(self, texts: Sequence[str]) -> Rows:
        """The tokens of each text."""
        return [self._row(np.array(ids, dtype=np.int64)) for ids in self.tokenise(texts)]

    def _row(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weights, rows = self.weights[ids], self.row_of[ids]
        total = weights.sum(dtype=np.float64)
        kept = (rows >= 0) & (weights > 0)
        return rows[kept], (weights[kept] / (total or 1.0)).astype(np.float32)


# ---- frozen encoders -----------------------------------------------------------------------------


def use_encoder(folder: Path) -> Encode:
    """The Universal Sentence Encoder, in numpy."""
    spec = importlib.util.spec_from_file_location("use_encoder", folder / "use_encoder.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    backend = module.NumpyBackend(str(folder / "weights.npz"), SentencePieces(folder / "sp.model"), threads=1)
    return lambda texts: np.asarray(backend.encode(list(texts)), dtype=np.float32)


def minilm_encoder(folder: Path) -> Encode:
    """MiniLM with int8 weights; texts are sorted by length, so that batches hold little padding."""
    tokenise = word_pieces(folder / "tokenizer.json", max_tokens=MINILM_TOKENS, special=True)
    model = session(folder / "model.onnx")

    def encode(texts: Sequence[str]) -> np.ndarray:
        ids = tokenise(texts)
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        vectors = np.empty((len(ids), 384), dtype=np.float32)
        for start in range(0, len(order), MINILM_BATCH):
            batch = order[start : start + MINILM_BATCH]
            vectors[batch] = minilm_vectors(model, [ids[number] for number in batch])
        return vectors

    return encode


def minilm_vectors(model: Any, ids: list[list[int]]) -> np.ndarray:
    """The mean of the last states of each text, scaled to length one."""
    tokens = np.zeros((len(ids), max(map(len, ids))), dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, text_ids in enumerate(ids):
        tokens[row, : len(text_ids)] = text_ids
        mask[row, : len(text_ids)] = 1
    feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
    [states] = model.run(["last_hidden_state"], feed)
    present = mask[:, :, None].astype(np.float32)
    means = (states * present).sum(axis=1) / present.sum(axis=1)
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))


ENCODERS: dict[str, Callable[[Path], Encode]] = {"use": use_encoder, "minilm": minilm_encoder}

# ---- the classifier ------------------------------------------------------------------------------


def session(file: Path) -> Any:
    """An ONNX file, on one thread: the same numbers on every machine of a kind."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def padded(name: str, rows: Rows) -> dict[str, np.ndarray]:
    """The rows of some texts as two rectangles; weight 0 fills what a shorter text leaves."""
    longest = max(1, max(len(ids) for ids, _ in rows))
    ids, weights = np.zeros((len(rows), longest), np.int64), np.zeros((len(rows), longest), np.float32)
    for number, (used, share) in enumerate(rows):
        ids[number, : len(used)], weights[number, : len(used)] = used, share
    return {f"{name}_rows": ids, f"{name}_weights": weights}


class Classifier:
    """The classifier in a folder."""

    def __init__(self, folder: Path = HERE) -> None:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        parts = manifest["inputs"]
        self.labels: list[str] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        self.column: str | None = manifest["text_column"]
        self.model = session(folder / "model.onnx")
        encoder, table, ngrams = parts["encoder"], parts["table"], parts["ngrams"]
        self.encode = ENCODERS[encoder](folder / encoder) if encoder else None
        self.counters: dict[str, NgramCounter | TokenCounter] = {}
        if table:
            self.counters["token"] = TokenCounter(folder, table)
        if ngrams:
            self.counters["ngram"] = NgramCounter(folder / "ngrams", ngrams)

    def predict(self, texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """The label of each text, and the probability of every class in the order of `labels`."""
        found = [np.zeros((0, len(self.labels)), dtype=np.float32)]
        vectors = self.encode(texts) if self.encode and len(texts) else None
        for start in range(0, len(texts), GRAPH_BATCH):
            part = slice(start, start + GRAPH_BATCH)
            feed = {} if vectors is None else {"vectors": vectors[part]}
            for name, counter in self.counters.items():
                feed |= padded(name, counter.rows(texts[part]))
            found += self.model.run(["probabilities"], feed)
        probabilities = np.concatenate(found)
        return [self.labels[best] for best in probabilities.argmax(axis=1)], probabilities


# ---- the command ---------------------------------------------------------------------------------


def texts_of(file: Path, column: str | None, learned: str | None) -> Iterator[str]:
    """The texts of a file, one for each row or line."""
    with file.open(encoding="utf-8-sig", newline="" if file.suffix.lower() == ".csv" else None) as stream:
        if file.suffix.lower() != ".csv":
            yield from (line.rstrip("\n") for line in stream)
            return
        csv.field_size_limit(2**31 - 1)
        reader = csv.reader(stream)
        header = next(reader, [])
        place = place_of(header, column, learned)
        yield from (row[place] if place < len(row) else "" for row in reader if row)


def place_of(header: list[str], column: str | None, learned: str | None) -> int:
    """Where the texts are: the column asked for, the one learned from, or the only one."""
    wanted = column or (learned if learned in header else None)
    if wanted is None and len(header) == 1:
        return 0
    if wanted in header:
        return header.index(wanted)
    raise SystemExit(f"There is no column {wanted!r}; give --column with one of {', '.join(header)}.")


def batches(texts: Iterator[str]) -> Iterator[list[str]]:
    """The texts, a few hundred at a time."""
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == FILE_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def write(classifier: Classifier, texts: Iterator[str], out: IO[str], *, all_classes: bool) -> None:
    """A line for each text: its label with its probability, or the probabilities of all classes."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["label", *classifier.labels] if all_classes else ["label", "probability"])
    for batch in batches(texts):
        labels, probabilities = classifier.predict(batch)
        shares = probabilities if all_classes else probabilities.max(axis=1, keepdims=True)
        for label, row in zip(labels, shares, strict=True):
            writer.writerow([label, *(f"{share:.6f}" for share in row)])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Label texts with the classifier in this folder.")
    parser.add_argument("file", nargs="?", type=Path, help="a CSV, or a file with one text on each line")
    parser.add_argument("--column", help="column of the CSV with the texts")
    parser.add_argument("--text", action="append", help="a text to label; may be repeated")
    parser.add_argument("--all", action="store_true", help="write the probability of every class")
    asked = parser.parse_args()
    if (asked.file is None) == (asked.text is None):
        parser.error("give either a file or --text")
    if asked.file is not None and not asked.file.is_file():
        parser.error(f"there is no file {asked.file}")
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # it is a text stream here
    classifier = Classifier()
    texts = iter(asked.text) if asked.text else texts_of(asked.file, asked.column, classifier.column)
    write(classifier, texts, sys.stdout, all_classes=asked.all)


if __name__ == "__main__":
    main()
