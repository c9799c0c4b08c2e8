"""What is known of a classifier becomes its model card: Markdown without any text that it learned from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dvn.embeddings import MODULES
from dvn.embeddings.licences import licences_of
from dvn.training.trained import TrainedClassifier

_MOST_CLASSES = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """One score on the test texts, in [0, 1], with its 95 % interval if it is known."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a classifier does not know of itself.

    Attributes:
        name: What it was trained on, for a title.
        text_column: The column that held the texts.
        rows: Texts of the dataset.
        class_counts: Texts of each class.
        languages: Languages of the texts, as codes.
        test_rows: Texts the scores were measured on.
        scores: The scores; none if they were not stored.
        kept_by: The metric by which its best step was told, as a person reads it; None if its last was kept.
        trained_on: The day it was trained, as a person reads it.
    """

    name: str = "labelled texts"
    text_column: str | None = None
    rows: int | None = None
    class_counts: Mapping[str, int] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    test_rows: int | None = None
    scores: tuple[Measured, ...] = ()
    kept_by: str | None = None
    trained_on: str | None = None


def model_card(classifier: TrainedClassifier, facts: CardFacts, *, size: int, tolerance: float) -> bytes:
    """The card.

    Args:
        classifier: The classifier.
        facts: What is known of its data and scores.
        size: Bytes of the other files, unpacked.
        tolerance: The largest difference of a probability from the service's.
    """
    sections = (
        _opening(classifier, facts),
        _use(facts),
        _data(classifier, facts),
        _scores(facts),
        _network(classifier),
        _limits(classifier, size, tolerance),
        _licences(classifier),
    )
    return ("\n".join(line for section in sections for line in section) + "\n").encode()


def _opening(classifier: TrainedClassifier, facts: CardFacts) -> Iterator[str]:
    day = f" on {facts.trained_on}" if facts.trained_on else ""
    yield f"# Text classifier: {_plain(facts.name)}"
    yield ""
    yield f"It gives a text one of {len(classifier.labels):,} labels, with the probability of each."
    yield f"Trained by Forethought{day}."
    yield ""


def _use(facts: CardFacts) -> Iterator[str]:
    column = _plain(facts.text_column or "text")
    yield from (
        "## Use",
        "",
        "    python -m venv .venv && .venv/bin/pip install -r requirements.txt",
        '    .venv/bin/python predict.py --text "a text to label"',
        f'    .venv/bin/python predict.py texts.csv --column "{column}" > labels.csv',
        "",
        "Python 3.11 or newer. It needs neither a network nor Forethought. It is meant for texts like those",
        "it learned from: the same language, length and source; not to decide alone about people.",
        "",
    )


def _data(classifier: TrainedClassifier, facts: CardFacts) -> Iterator[str]:
    yield from ("## Data", "")
    if facts.rows is not None:
        yield f"{facts.rows:,} labelled texts, split into train, validation and test."
    if facts.languages:
        yield f"Languages: {', '.join(facts.languages)}."
    yield "No text is in this folder. The n-grams, if any, are words and parts of words from the texts."
    yield ""
    shown = classifier.labels[:_MOST_CLASSES]
    yield from ("| label | texts |", "| --- | ---: |")
    for label in shown:
        count = facts.class_counts.get(label)
        yield f"| {_plain(label)} | {'not stored' if count is None else f'{count:,}'} |"
    if len(classifier.labels) > len(shown):
        yield f"| {len(classifier.labels) - len(shown):,} more, in labels.json | |"
    yield ""


def _scores(facts: CardFacts) -> Iterator[str]:
    yield from ("## Scores", "")
    if not facts.scores:
        yield from ("None were stored with it.", "")
        return
    on = "test texts" if facts.test_rows is None else f"{facts.test_rows:,} test texts"
    yield from (
        f"On {on} that it never saw:",
        "",
        "| score | value | 95 % interval |",
        "| --- | ---: | ---: |",
    )
    for score in facts.scores:
        between = "" if score.low is None or score.high is None else f"{score.low:.1%} to {score.high:.1%}"
        yield f"| {_plain(score.name)} | {score.value:.1%} | {between} |"
    yield ""
    if facts.kept_by is not None:
        yield "Of the steps at which the training looked at the validation texts, the best by"
        yield f"{_plain(facts.kept_by)} on them was kept."
        yield ""


def _network(classifier: TrainedClassifier) -> Iterator[str]:
    architecture = classifier.architecture
    yield from ("## Network", "", f"Architecture {architecture.hash} of the space {architecture.space}:", "")
    yield from ("| decision | choice |", "| --- | --- |")
    for name, value in architecture.decisions.items():
        yield f"| {name} | {value} |"
    yield from (
        "",
        f"{classifier.child.parameters:,} trained numbers. Probabilities are those at the temperature",
    )
    yield from (f"{classifier.temperature:.3g}, which was fitted on the validation texts.", "")


def _limits(classifier: TrainedClassifier, size: int, tolerance: float) -> Iterator[str]:
    yield from ("## Limits", "")
    if classifier.pipeline.encoder is not None and classifier.pipeline.encoder.module == "minilm":
        yield "- The encoder reads the first 128 tokens of a text. It computes in 8 bits, scaled by batch,"
        yield "  so that a text's probabilities depend a little on the texts it is sent with."
    elif classifier.pipeline.encoder is not None or classifier.pipeline.table is not None:
        yield "- Embeddings read the first 256 tokens of a text."
    if classifier.pipeline.ngrams is not None:
        yield "- N-grams read the first 2,000 characters of a text; those not met in training are left out."
    yield "- It always answers with one of its labels, however strange the text: abstain below a probability."
    yield f"- Probabilities equal the service's to {tolerance:g} for the same texts in the same order, with a"
    yield "  Python that knows the same Unicode characters."
    yield f"- It takes {size / 1e6:.1f} MB unpacked, and at most 2 GB for the network."
    yield ""


def _licences(classifier: TrainedClassifier) -> Iterator[str]:
    yield from ("## Licences", "", "The texts are in LICENSES/.", "")
    modules = classifier.pipeline.module_versions()
    if not modules:
        yield "No embedding module is in use: all numbers come from the training."
    for name in modules:
        yield f"- {name}: {MODULES[name].licence}"
        for licence in licences_of(name):
            yield f"  - {licence.covers} {licence.title}, LICENSES/{licence.file}"


def _plain(text: str) -> str:
    """A text that a table or a command can hold: one line, and no marks that mean something there."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line.replace("\\", "\\\\").replace("|", "\\|").replace('"', "'").replace("`", "'")
