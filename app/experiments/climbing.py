"""Recorded runs become further runs: what a value network without a task's family climbs to, trained on it.

The experience of random architectures says little of the corners that ascent goes to; see
`dvn.evaluation.climbed`. A second call climbs by what the first one taught.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from app.experiments import service, snapshots
from app.experiments.service import Planned
from app.experiments.tables import Origin
from app.storage import Storage
from dvn.architecture_inference import Question
from dvn.evaluation.climbed import climbed_architectures
from dvn.training.cost import text_volume
from dvn.value_network import read_experience

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class WantedClimbs:
    """How many climbed architectures each task of a space should have run."""

    space: str
    count: int


def plan_climbs(
    session: Session,
    storage: Storage,
    wanted: WantedClimbs,
    *,
    names: Sequence[str] | None = None,
    watch: Watch | None = None,
) -> Planned:
    """The climbed runs that full-sized tasks with recorded runs still lack.

    Raises:
        NoTasksError, UnknownTaskError: As for random runs.
    """
    found = service.chosen_tasks(session, names)
    with TemporaryDirectory() as folder:
        snapshots.write(session, Path(folder), space=wanted.space)
        experience = read_experience(Path(folder), wanted.space)
    place = {(task.content_hash, task.split_hash): at for at, task in enumerate(experience.tasks)}
    has = Counter(run.task for run in experience.runs if run.is_climbed)
    lacking, without_texts = {}, []
    for task, dataset in found:
        at = place.get((dataset.content_hash, task.split_hash))
        if at is None or service.is_smaller(task, dataset.name) or has[at] >= wanted.count:
            continue
        if not (storage.datasets / f"{dataset.content_hash}.parquet").is_file():
            without_texts.append(task.name)
            continue
        lacking[at] = (task, dataset)
    volumes = {
        at: text_volume(storage.load_dataset(dataset.content_hash).texts)
        for at, (_, dataset) in lacking.items()
    }
    # One may have been run already, at random or after an earlier climb: the next in rank takes its place.
    question = Question(top=4 * wanted.count)
    climbed = climbed_architectures(experience, volumes, question, watch=watch)
    plans = []
    for at, (task, dataset) in lacking.items():
        runs = [(one, Origin.recommendation, 0) for one in climbed[at]]
        plan = service.plan_task(session, task, dataset, runs)
        plans.append(replace(plan, runs=plan.runs[: wanted.count - has[at]]))
    return Planned(tuple(plan for plan in plans if plan.runs), tuple(without_texts))
