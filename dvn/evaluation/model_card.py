"""A checkpoint's manifest, its tasks and its track record become a model card: sections of plain words.

The form follows Mitchell et al. (2019), *Model Cards for Model Reporting*: what it is, for what and for
what not, the data, how good it is and where, how to make it again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dvn.data.wording import counted
from dvn.embeddings import MODULES
from dvn.evaluation.track_record import TrackRecord
from dvn.value_network.checkpoint import CAUTION

FILE = "MODEL_CARD.md"
_WORST = 5


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with paragraphs, then perhaps a table, then perhaps commands."""

    title: str
    paragraphs: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a person must know of a value network before trusting it."""

    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class CardTask:
    """What a card says of one task that the value network learned from."""

    name: str
    family: str
    language: str | None
    licence: str | None
    rows: int
    classes: int


def model_card(
    manifest: Mapping[str, Any], tasks: Sequence[CardTask] = (), record: TrackRecord | None = None
) -> ModelCard:
    """The card of a checkpoint.

    Args:
        manifest: What `Checkpoint.manifest` gives.
        tasks: What is known of its tasks beside their names; those that it did not learn from are left out.
        record: Its track record; one of another checkpoint is not used.
    """
    names = {task["name"] for task in manifest["tasks"]}
    own = record if record is not None and record.checkpoint == manifest["id"] else None
    return ModelCard(
        f"Value network {manifest['id']}",
        (
            _what_it_is(manifest),
            _intended_use(manifest),
            _data(manifest, [task for task in tasks if task.name in names]),
            _standing(own),
            _calibration(manifest, own),
            _limits(manifest, own),
            _licences(),
            _reproduction(manifest, own),
        ),
    )


def to_markdown(card: ModelCard) -> str:
    """The card as a Markdown document."""
    parts = [f"# {card.title}"]
    for section in card.sections:
        parts += [f"## {section.title}", *section.paragraphs]
        if section.rows:
            lines = [section.headings, tuple("---" for _ in section.headings), *section.rows]
            parts.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))
        if section.commands:
            parts.append("\n".join(f"    {command}" for command in section.commands))
    return "\n\n".join(parts) + "\n"


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


def _metric(manifest: Mapping[str, Any]) -> str:
    """What the value network foretells, in words."""
    words = {"macro_f1": "macro-F1", "balanced_accuracy": "balanced accuracy"}
    return words.get(manifest.get("metric", "accuracy"), "accuracy")


def _what_it_is(manifest: Mapping[str, Any]) -> Section:
    return Section(
        "What it is",
        (
            f"It predicts the {_metric(manifest)} that each architecture of the search space "
            f"{manifest['space']} (version {manifest.get('space_version', 'unknown')}) would reach on a task "
            "that it has never seen, before anything is trained on that task: the v(u, z) of Kokiopoulou et "
            "al. (2019), here not a neural network but the mean of a Gaussian process over recorded runs, "
            "quadratic in the decisions of an architecture and linear in the numbers of a task, which did "
            "better on tasks left out.",
            "It ranks an architecture by what is expected of it less "
            f"{CAUTION:g} standard deviations of what that gain on the best on average may stray by, so that "
            "the better proven one leads unless something speaks clearly against it.",
            f"It sees a task as {len(manifest['features'])} numbers: counts, class balance, lengths, "
            "scripts, how far the classes lie apart, and landmarkers, the accuracies of simple classifiers "
            "in closed form. It keeps no text and no label name.",
        ),
    )


def _intended_use(manifest: Mapping[str, Any]) -> Section:
    return Section(
        "Intended use",
        (
            "To rank architectures for one labelled dataset of texts, and to say roughly which "
            f"{_metric(manifest)}, training time and size to expect of each, so that a person can choose one "
            "to train.",
            "It is not meant to decide whether a dataset is fit for its purpose, to compare people or "
            "groups, or to stand in for measuring a trained classifier: the score that counts is the one "
            f"on test texts after training. What it says holds for the space {manifest['space']} alone.",
        ),
    )


def _data(manifest: Mapping[str, Any], tasks: Sequence[CardTask]) -> Section:
    families = len({task["family"] for task in manifest["tasks"]})
    told = (
        f"It learned from runs on {counted(len(manifest['tasks']), 'task')} of "
        f"{families:,} famil{'y' if families == 1 else 'ies'} (tasks of one family share texts), recorded in "
        f"the snapshot {manifest['snapshot_hash'][:12]}. Only validation scores are learned from, never a "
        "test score.",
    )
    if not tasks:
        return Section("Data", told)
    languages = Counter(task.language or "unknown" for task in tasks)
    spoken = ", ".join(f"{name} {number}" for name, number in sorted(languages.items(), key=_most_first))
    rows = sorted(task.rows for task in tasks)
    classes = sorted(task.classes for task in tasks)
    sizes = (
        f"Tasks by language: {spoken}. They have {rows[0]:,} to {rows[-1]:,} rows (median "
        f"{rows[len(rows) // 2]:,}) and {classes[0]:,} to {classes[-1]:,} classes.",
        "The licence of each dataset, as its source states it; the texts themselves are not part of the "
        "value network, nor of the snapshot.",
    )
    lines = tuple(
        (task.name, task.family, task.language or "unknown", f"{task.rows:,}", f"{task.classes:,}",
         task.licence or "not stated")
        for task in sorted(tasks, key=lambda task: task.name)
    )  # fmt: skip
    return Section(
        "Data", (*told, *sizes), ("Task", "Family", "Language", "Rows", "Classes", "Licence"), lines
    )


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _standing(record: TrackRecord | None) -> Section:
    title = "How good it is on tasks left out"
    if record is None:
        return Section(title, ("No track record was made for this value network.",))
    standing = record.against_best_on_average
    p_value = "" if standing.p_value is None else f" (Wilcoxon p = {standing.p_value:.2g})"
    mean = {
        name: sum(getattr(task, name) for task in record.compared) / len(record.compared)
        for name in ("reached", "best_by_validation", "random_mean")
    }
    known = [task.best_on_average for task in record.tasks if task.best_on_average is not None]
    rows = (
        ("chosen by the value network", _percent(mean["reached"])),
        ("best by validation of all recorded (the aim)", _percent(mean["best_by_validation"])),
        ("best on average (one default for all)", _percent(sum(known) / len(known)) if known else "unknown"),
        ("a random architecture", _percent(mean["random_mean"])),
    )
    rank = record.mean_spearman
    return Section(
        title,
        (
            f"Each of {counted(len(record.tasks), 'task')} was predicted by a value network that knew none "
            f"of its family; the architecture is chosen among the task's recorded ones. On the "
            f"{counted(len(record.compared), 'task')} at full size it tests better than the best on average "
            f"on {standing.wins}, worse on {standing.losses}, alike on {standing.ties}"
            f"{p_value}. Mean regret against the best by validation: {100 * record.mean_regret:.2f} points."
            + ("" if rank is None else f" Mean rank correlation of predicted and true: {rank:.2f}."),
        ),
        ("Choice", "Mean test accuracy"),
        rows,
    )


def _calibration(manifest: Mapping[str, Any], record: TrackRecord | None) -> Section:
    calibration = manifest.get("calibration")
    stated = (
        "Its intervals are not calibrated."
        if calibration is None
        else f"Intervals are meant to hold {_percent(calibration['coverage'])} of the truths; they are "
        f"calibrated on {counted(int(calibration['tasks']), 'task')}, each predicted without its family."
    )
    if record is None:
        return Section("Calibration", (stated,))
    coverage = record.coverage
    return Section(
        "Calibration",
        (
            stated,
            f"On the tasks left out, {coverage.covered} of {coverage.tasks} truths fell inside: "
            f"{_percent(coverage.share)}, with a 95 % binomial interval from {_percent(coverage.low)} to "
            f"{_percent(coverage.high)}. The intervals are {100 * record.mean_width:.1f} points wide in the "
            f"mean; the expected accuracy is off by {100 * record.mean_error:.1f} points in the mean.",
        ),
    )


def _limits(manifest: Mapping[str, Any], record: TrackRecord | None) -> Section:
    far = manifest.get("far")
    limit = (
        "" if far is None else f" (further from each than {far['far']:.2f} standard deviations in the mean)"
    )
    told = (
        "The level of accuracy is predicted roughly, the order of architectures better: read the interval, "
        f"not the figure alone. A task unlike all known ones{limit} is said to be outside of "
        "its experience, and gets the architecture that is best on average first.",
        "It knows public benchmarks: short texts, mostly English, labels that people gave with some care. "
        "Languages, scripts and label noise that are not among its tasks are guesses.",
    )
    if record is None:
        return Section("Limits", told)
    worst = sorted(record.tasks, key=lambda task: -task.regret)[:_WORST]
    rows = tuple(
        (task.name, task.language or "unknown", _percent(task.reached), f"{100 * task.regret:.1f}")
        for task in worst
    )
    return Section(
        "Limits",
        (*told, "The left-out tasks on which it chose worst:"),
        ("Task", "Language", "Reached", "Regret, points"),
        rows,
    )


def _licences() -> Section:
    rows = tuple((module.name, module.package, module.licence) for module in MODULES.values())
    return Section(
        "Licences of the embedding modules",
        (
            "The architectures that it recommends start from these weights; a classifier carries the licence "
            "of the modules that it uses.",
        ),
        ("Module", "Package", "Licence and origin"),
        rows,
    )


def _reproduction(manifest: Mapping[str, Any], record: TrackRecord | None) -> Section:
    space = manifest["space"]
    told: tuple[str, ...] = (
        f"Weights (SHA-256): {manifest.get('weights_sha256', 'unknown')}.",
        f"Snapshot (SHA-256 of tasks and runs): {manifest['snapshot_hash']}.",
    )
    metric = manifest.get("metric", "accuracy")
    how = f"--space {space}" if metric == "accuracy" else f"--space {space} --metric {metric}"
    commands: tuple[str, ...] = (f"forethought fit {how}", f"forethought evaluate {how}")
    if record is not None:
        told += (
            f"The track record was made on {record.made_at:%Y-%m-%d} by Forethought {record.code_version}.",
        )
        commands += (record.command,)
    return Section("How to make it again", told, commands=commands)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
