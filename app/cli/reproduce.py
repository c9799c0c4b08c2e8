"""The tables and figures of Kokiopoulou et al. (2019), ours beside theirs: forethought reproduce."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click
import numpy as np

from app.cli.charts import Cloud, Series, line_chart, scatter
from app.cli.output import answering, say
from app.cli.reports import finite, markdown, number, plus_minus, report, write_report
from app.cli.reproduce_accuracy import table4
from app.cli.reproducing import Study, judged, mean_row, paper_name, study_options
from app.errors import BadInputError
from dvn.evaluation.map_of_tasks import task_map
from dvn.evaluation.noise_ceiling import Ceiling, ceilings
from dvn.evaluation.paper_figures import R2, SPEARMAN, PrintedPair
from dvn.evaluation.reproduction import Mean, Score, judge_by_tasks
from dvn.training.single_thread import single_thread
from dvn.value_network import Experience

repeats_option = click.option(
    "--repeats", type=click.IntRange(min=1), default=10, show_default=True, help="Fits with other seeds."
)
_NOTES = {
    "spearman": (
        "Spearman's rank correlation of predicted and actual validation accuracy; mean ± standard deviation "
        "over the repeats, which differ by the seed of the fit.",
    ),
    "r2": (
        "R2 after normalising with the left-out task's own mean and spread; mean ± standard deviation over "
        "the repeats, which differ by the seed of the fit.",
    ),
}
_CEILING_NOTE = (
    "Ceiling: what one seed's scores tell of another's, over architectures trained twice. A predictor that "
    "knows the mean over all seeds may pass it."
)
_Z_NOTE = (
    "z of the paper's network is learned from labelled samples; that of the process on layer summaries are "
    "rows, words and landmarkers (closed form, nothing is trained by gradient), chosen while looking at "
    "eight of the ten tasks."
)


@click.group()
def reproduce() -> None:
    """The tables and figures of the paper, ours beside theirs."""


reproduce.add_command(table4)


class UnknownTaskError(BadInputError):
    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"The snapshot has no task {name}; it has {', '.join(known)}.")


@reproduce.command("table2")
@answering(markdown)
@study_options
@repeats_option
def table2(study: Study, repeats: int) -> Mapping[str, Any]:
    """Spearman's rank correlation on tasks left out, and its noise ceiling."""
    return _left_out(study, repeats, "spearman", "table2", SPEARMAN)


@reproduce.command("table3")
@answering(markdown)
@study_options
@repeats_option
def table3(study: Study, repeats: int) -> Mapping[str, Any]:
    """R2 on tasks left out, and its noise ceiling."""
    return _left_out(study, repeats, "r2", "table3", R2)


def _left_out(
    study: Study, repeats: int, measure: str, name: str, printed: Mapping[str, PrintedPair]
) -> Mapping[str, Any]:
    experience = study.experience()
    scores = judged(study, experience, repeats)
    limits = dict(zip([task.name for task in experience.tasks], ceilings(experience), strict=True))
    sections = {
        f"Leave one {left_out} out": _rows(
            experience, [score for score in scores if score.left_out == left_out], measure, printed, limits
        )
        for left_out in ("task", "family")
    }
    found = report(
        f"Table {name[-1]} of Kokiopoulou et al. (2019), reproduced",
        study.facts(experience, f"{name} --repeats {repeats}"),
        sections,
        notes=[*_NOTES[measure], _CEILING_NOTE, _Z_NOTE],
        ceilings={task: limit and asdict(limit) for task, limit in limits.items()},
        scores=[_without_nan(asdict(score)) for score in scores],
    )
    write_report(study.out, name, found)
    return found  # type: ignore[no-any-return]  # a report is a mapping


def _rows(
    experience: Experience,
    scores: Sequence[Score],
    measure: str,
    printed: Mapping[str, PrintedPair],
    limits: Mapping[str, Ceiling | None],
) -> list[Mapping[str, str]]:
    rivals = sorted({(score.rival, score.reads_task) for score in scores})
    numbers, rows = [], []
    for task in experience.tasks:
        pair, limit = printed.get(task.name), limits[task.name]
        line = {
            "paper, without z": pair.without.mean if pair else np.nan,
            "paper, with z": pair.with_meta.mean if pair else np.nan,
        }
        row = {"task": paper_name(task.name)}
        row |= {
            "paper, without z": plus_minus(pair.without.mean, pair.without.std) if pair else "-",
            "paper, with z": plus_minus(pair.with_meta.mean, pair.with_meta.std) if pair else "-",
        }
        ceiling = getattr(limit, measure) if limit else np.nan
        shares: dict[str, float] = {}
        for rival, reads in rivals:
            mine = [s for s in scores if (s.task, s.rival, s.reads_task) == (task.name, rival, reads)]
            mean = Mean.of(getattr(score, measure) for score in mine)
            column = f"{rival}, {'with' if reads else 'without'} z"
            line[column], row[column] = mean.mean, plus_minus(mean.mean, mean.std)
            shares[f"{column}, of ceiling"] = mean.mean / ceiling
        line |= {"ceiling": ceiling, **shares}
        row |= {"ceiling": number(ceiling), **{name: number(share, 2) for name, share in shares.items()}}
        numbers.append(line)
        rows.append(row)
    return [*rows, {"task": "mean", **mean_row(numbers, number)}]


def _without_nan(score: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: finite(value) if isinstance(value, float) else value for name, value in score.items()}


@reproduce.command("figure-tasks")
@answering(markdown)
@study_options
@click.option("--task", "name", default="cf_airline", show_default=True, help="The task that is left out.")
@click.option(
    "--orders", type=click.IntRange(min=1), default=10, show_default=True, help="Random orders of the tasks."
)
def figure_tasks(study: Study, name: str, orders: int) -> Mapping[str, Any]:
    """What each further training task adds: Spearman and R2 on a task left out with its family."""
    experience = study.experience()
    _place(experience, name)
    sections: dict[str, list[Mapping[str, str]]] = {}
    series: dict[str, list[Series]] = {"spearman": [], "r2": []}
    for rival in (each for each in study.rivals() if each.reads_task):
        with single_thread():
            pairs = judge_by_tasks(experience, rival, name, orders=orders, watch=say)
        counts = sorted({count for count, _ in pairs})
        means = {
            measure: [Mean.of(getattr(s, measure) for count, s in pairs if count == at) for at in counts]
            for measure in series
        }
        sections[rival.name] = [
            {
                "training tasks": str(at),
                "Spearman": plus_minus(means["spearman"][i].mean, means["spearman"][i].std),
                "R2": plus_minus(means["r2"][i].mean, means["r2"][i].std),
            }
            for i, at in enumerate(counts)
        ]
        for measure, lines in series.items():
            lines.append(_series(rival.name, means[measure]))
    pictures = {
        f"figure_tasks_{measure}.svg": line_chart(
            f"{title} on {paper_name(name)}", "training tasks", counts, lines
        )
        for (measure, lines), title in zip(series.items(), ("Spearman", "R2"), strict=True)
    }
    found = report(
        "The effect of training tasks (Figure 1 of the supplement)",
        study.facts(experience, f"figure-tasks --task {name} --orders {orders}"),
        sections,
        notes=[f"Mean ± standard deviation over {orders} random orders, one fit each."],
        pictures=list(pictures),
    )
    write_report(study.out, "figure_tasks", found, pictures)
    return found  # type: ignore[no-any-return]  # a report is a mapping


def _series(name: str, means: Sequence[Mean]) -> Series:
    return Series(
        name,
        [each.mean for each in means],
        [each.mean - each.std for each in means],
        [each.mean + each.std for each in means],
    )


@reproduce.command("figure-embeddings")
@answering(markdown)
@study_options
@click.option("--task", "name", default="cf_airline", show_default=True, help="The task that is left out.")
@click.option(
    "--batches", type=click.IntRange(min=2), default=10, show_default=True, help="Random batches of a task."
)
def figure_embeddings(study: Study, name: str, batches: int) -> Mapping[str, Any]:
    """PCA and t-SNE of the z of random batches of samples of each task."""
    experience = study.experience()
    place = _place(experience, name)
    rival = next(each for each in study.rivals() if each.reads_task)
    with single_thread():
        found_map = task_map(experience, place, batches=batches)
    pictures = {}
    for kind, points in found_map.views.items():
        clouds = [
            Cloud(paper_name(task.name), points[found_map.of_task == i], is_left_out=i == place)
            for i, task in enumerate(experience.tasks)
        ]
        pictures[f"figure_embeddings_{kind.lower().replace('-', '')}.svg"] = scatter(
            f"{kind} of z of random batches", clouds
        )
    rows = [{"measure": key, "value": number(value)} for key, value in found_map.measures.items()]
    found = report(
        "Task embeddings of random batches (Figures 2 and 3 of the supplement)",
        study.facts(experience, f"figure-embeddings --task {name} --batches {batches}"),
        {"How close batches of one task lie": rows},
        notes=[f"z is that of the network {rival.name}, fitted without the family of {paper_name(name)}."],
        pictures=list(pictures),
    )
    write_report(study.out, "figure_embeddings", found, pictures)
    return found  # type: ignore[no-any-return]  # a report is a mapping


def _place(experience: Experience, name: str) -> int:
    names = [task.name for task in experience.tasks]
    if name not in names:
        raise UnknownTaskError(name, names)
    return names.index(name)
