"""Commands on one file of texts: recommend, train and predict; none of them needs a database."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from app.cli.options import (
    Asked,
    Wanted,
    asked_options,
    labelled_options,
    limits_of,
    seed_option,
    text_options,
    wanted_options,
)
from app.cli.output import answering, errors_as_exit_codes, say, table, write
from app.cli.places import classifier_folder, predictions_file
from app.cli.progress import progress_line
from app.cli.unbroken import unbroken
from app.errors import BadInputError
from app.settings import Settings, load_settings
from app.web.wording import LITTLE_TO_LEARN, METRIC_WORDS
from dvn.data.choices import ReadChoices
from dvn.data.dataset import Dataset
from dvn.data.rare_classes import RareClasses, RareClassesError
from dvn.data.read_csv import read_dataset
from dvn.data.read_texts import open_texts
from dvn.data.split import Split, split_dataset

# The split is the service's own, so that classifiers of one dataset can be compared.
SPLIT_SEED = 0

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class RareClassesWaitError(BadInputError):
    def __init__(self, reason: RareClassesError) -> None:
        super().__init__(f"{str(reason).rstrip('.')}: --rare merge, --rare drop or --rare keep.")


@click.command("recommend")
@answering(lambda found: _shown_recommendation(found))
@click.argument("file", type=existing_file)
@labelled_options
@click.option("--top", type=click.IntRange(1, 64), default=5, show_default=True, help="How many.")
@asked_options
@seed_option
def recommend(file: Path, choices: ReadChoices, top: int, asked: Asked, seed: int) -> Mapping[str, Any]:
    """Rank the architectures that suit the labelled texts in FILE best; nothing is trained."""
    settings = load_settings()
    began = perf_counter()
    dataset = _read(file, choices, settings)
    read = perf_counter() - began
    _tell(dataset.sentences())
    with unbroken():
        # Here, because it takes seconds to load and a file that cannot be read needs none of it.
        from app.cli import recommending

    with progress_line() as show:
        checkpoint = recommending.asked_checkpoint(asked, settings, show)
    question = recommending.asked_question(asked, settings, top=top, seed=seed)
    found = recommending.recommend_for(dataset, checkpoint, question)
    total = perf_counter() - began
    parts = {name: seconds for name, seconds in found.seconds.items() if name != "total"}
    return {
        "checkpoint": found.checkpoint,
        "dataset": _dataset_document(dataset),
        "seconds": read + sum(parts.values()),
        "timing": {"start": total - read - sum(parts.values()), "read": read, **parts},
        "outside_experience": found.outside_experience,
        "little_to_learn": found.little_to_learn,
        "known_as": found.known_as,
        "nearest": list(found.nearest),
        "metric": found.metric,
        "within_budget": found.within_budget,
        "stage": str(found.stage),
        "landmarkers": list(found.landmarkers),
        "messages": list(dataset.sentences()),
        "architectures": [recommending.ranked_document(ranked) for ranked in found.architectures],
        "caution": recommending.caution_words(found, question),
        **recommending.reasons_document(found),
    }


def _architecture_option(
    _: click.Context, __: click.Parameter, value: str | None
) -> Mapping[str, Any] | None:
    """The mapping of a JSON text, or of the file named after an @."""
    if value is None:
        return None
    try:
        text = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
        document = json.loads(text)
    except OSError as error:
        raise click.BadParameter(f"{value[1:]} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise click.BadParameter(f"it is no JSON ({error}).") from None
    if not isinstance(document, dict):
        raise click.BadParameter("it is JSON, but no object of decisions.")
    return document


@click.command("train")
@answering(lambda found: _shown_classifier(found))
@click.argument("file", type=existing_file)
@labelled_options
@click.option(
    "--architecture",
    callback=_architecture_option,
    metavar="JSON",
    help="Decisions as JSON, or @FILE with them; the recommended architecture otherwise.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write; ./<name of FILE>.classifier otherwise."
)
@click.option(
    "--rare",
    type=click.Choice([choice.value for choice in RareClasses]),
    help="What to do with classes of fewer than three different texts; keep is: in train only.",
)
@asked_options
@seed_option
def train(
    file: Path,
    choices: ReadChoices,
    architecture: Mapping[str, Any] | None,
    out: Path | None,
    rare: str | None,
    asked: Asked,
    seed: int,
) -> Mapping[str, Any]:
    """Train a classifier on the labelled texts in FILE and save it in a folder."""
    settings = load_settings()
    dataset, split = _split(_read(file, choices, settings), rare)
    folder = classifier_folder(out, file)
    messages = [*dataset.sentences(), *split.report.sentences()]
    _tell(messages)
    with unbroken():
        # Here, because they take seconds to load and a file that cannot be read needs none of them.
        from app.cli import learning, recommending

    with progress_line() as show:
        show("Looking for an architecture …")
        if architecture is None:
            checkpoint = recommending.asked_checkpoint(asked, settings, show)
            question = recommending.asked_question(asked, settings, top=1, seed=seed)
            chosen, origin = recommending.first_recommended(dataset, checkpoint, question)
        else:
            chosen, origin = learning.described_architecture(architecture, asked.space), None
        order = learning.Order(seed, asked.max_seconds, learning.vector_cache(settings), asked.metric)
        trained = learning.train_classifier(dataset, split, chosen, order, show)
    predictions, assessment = learning.assessed(trained, dataset, split)
    document = {
        "classifier": str(folder),
        "metric": asked.metric,
        **learning.outcome_document(trained),
        "assessment": assessment,
        "recommended": origin,
        "dataset": {**_dataset_document(dataset), "content_hash": dataset.content_hash},
        "seed": seed,
        "messages": messages,
    }
    learning.save(trained, folder, document, predictions=predictions)
    return document


@click.command("predict")
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("file", type=existing_file)
@text_options
@wanted_options
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def predict(
    model: Path,
    file: Path,
    choices: ReadChoices,
    wanted: Wanted,
    out: Path | None,
    as_json: bool,  # noqa: FBT001  # click's flag
) -> None:
    """Label the texts in FILE with the classifier in the folder MODEL: a line of CSV for each row."""
    with errors_as_exit_codes():
        settings = load_settings()
        target = predictions_file(out, file)
        texts = open_texts(
            file, choices=choices, preferred=_learned_column(model), limits=limits_of(settings)
        )
        # All rows are read once before, so that a bad one is named while nothing is written yet.
        rows = sum(1 for _ in texts.texts())
        _tell(texts.sentences())
        with unbroken():
            # Here, because it takes seconds to load and a file that cannot be read needs none of it.
            from app.cli import labelling

        classifier = labelling.load_classifier(model)
        with (
            progress_line(is_wanted=target is not None or not sys.stdout.isatty()) as show,
            labelling.opened_sink(target, wanted, as_json=as_json) as sink,
        ):
            labelling.label_texts(
                classifier, texts.texts(), sink, lambda done: show(f"{done:,} of {rows:,} texts labelled")
            )
        if target is not None:
            if as_json:
                write(json.dumps(labelling.summary(sink.counts, target), ensure_ascii=False) + "\n")
            else:
                say(f"{sink.counts.total():,} predictions are in {target}.")


def _read(file: Path, choices: ReadChoices, settings: Settings) -> Dataset:
    return read_dataset(file, choices=choices, limits=limits_of(settings))


def _split(dataset: Dataset, rare: str | None) -> tuple[Dataset, Split]:
    try:
        return split_dataset(dataset, seed=SPLIT_SEED, rare=None if rare is None else RareClasses(rare))
    except RareClassesError as error:
        raise RareClassesWaitError(error) from error


def _dataset_document(dataset: Dataset) -> Mapping[str, Any]:
    return {
        "rows": len(dataset),
        "classes": len(dataset.classes),
        "text": dataset.text_column,
        "label": dataset.label_column,
    }


def _tell(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        say(sentence)


def _learned_column(model: Path) -> str | None:
    """The column a classifier learned from, if the report of its training is there."""
    try:
        report = json.loads((model / "report.json").read_text(encoding="utf-8"))
        return str(report["dataset"]["text"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _shown_recommendation(found: Mapping[str, Any]) -> str:
    dataset = found["dataset"]
    lines = [
        f"{dataset['rows']:,} rows of {dataset['classes']:,} classes: texts from {dataset['text']!r}, "
        f"labels from {dataset['label']!r}. Checkpoint {found['checkpoint']}, {found['seconds']:.2f} s."
    ]
    if found["known_as"]:
        lines.append(f"This dataset is in the experience already, as {found['known_as']}.")
    if found["outside_experience"]:
        lines.append("It is outside the experience: what is best on average comes first.")
    if found["little_to_learn"]:
        lines.append(LITTLE_TO_LEARN)
    if not found["within_budget"]:
        lines.append("No architecture keeps every limit; these come nearest.")
    if found["caution"]:
        lines.append(found["caution"])
    if found["metric"] != "accuracy":
        metric = METRIC_WORDS[found["metric"]]
        lines.append(f"What is expected is {metric}, by which all classes weigh alike.")
    rows = [
        {
            "rank": ranked["rank"],
            found["metric"].replace("_", "-"): f"{ranked['expected_accuracy']:.1%}",
            "between": f"{ranked['low']:.1%} and {ranked['high']:.1%}",
            "seconds": f"{ranked['seconds']:.1f}",
            "MB": f"{ranked['bytes'] / 1e6:.1f}",
            "ms a text": f"{ranked['milliseconds']:.2g}",
            "architecture": " ".join(f"{name}={value}" for name, value in ranked["decisions"].items()),
        }
        for ranked in found["architectures"]
    ]
    return "\n".join([*lines, "", table(rows)])


def _shown_classifier(found: Mapping[str, Any]) -> str:
    test, seconds, assessment = found["test"], found["seconds"], found["assessment"]
    decisions = " ".join(f"{name}={value}" for name, value in found["architecture"]["decisions"].items())
    lines = [
        f"The classifier is in {found['classifier']}.",
        f"Test accuracy {_ranged(assessment['accuracy'])}, macro-F1 {_ranged(assessment['macro_f1'])}, "
        f"balanced accuracy {_ranged(assessment['balanced_accuracy'])}, on {test['rows']:,} rows; "
        f"validation accuracy {found['validation']['accuracy']:.1%}.",
        *_shown_thresholds(assessment["thresholds"]),
        f"{seconds['embed']:.1f} s to embed the texts, {seconds['train']:.1f} s to train "
        f"{found['steps']:,} steps; {found['bytes'] / 1e6:.1f} MB.",
        f"Architecture {found['architecture']['hash']}: {decisions}",
    ]
    if found["stopped_by"] == "seconds":
        lines.append("The time limit ended the training before its planned steps.")
    if found["stopped_by"] == "score":
        metric = found["metric"].replace("_", "-")
        lines.append(f"This step was better than the last by {metric} on the validation texts.")
    return "\n".join(lines)


def _ranged(score: Mapping[str, float]) -> str:
    return f"{score['value']:.1%} ({score['low']:.1%} to {score['high']:.1%})"


def _shown_thresholds(thresholds: Sequence[Mapping[str, Any]]) -> list[str]:
    """What `predict --abstain-below` brings, for the threshold meant to be right 19 times of 20."""
    if not thresholds:
        return []
    one = min(thresholds, key=lambda choice: abs(choice["target"] - 0.95))
    return [
        f"With --abstain-below {one['threshold']:.3f} it answers {one['coverage']:.1%} of texts, "
        f"{_ranged(one['accuracy'])} of them right."
    ]
