"""Each task gets the architectures that a value network climbs to which knows none of its family.

To train them is to look where the value network promises most and has seen least: ascent leaves the random
architectures that it learned from, and what it promises there nobody has checked. As runs of the
experience they teach the next value network what such promises are worth; as answers to a task left out they
are what the product would have recommended, so that what they reach is its track record.
"""

from collections.abc import Callable, Mapping, Sequence

from dvn.architecture import Architecture
from dvn.architecture_inference import Costs, Question, climb, seconds_of_inputs
from dvn.architecture_inference.ranking import rank, score_all
from dvn.evaluation.leave_one_family_out import deal_families
from dvn.training.cost import TextVolume
from dvn.value_network.fit import FitOptions
from dvn.value_network.make_checkpoint import uncalibrated
from dvn.value_network.snapshot import Experience

FOLDS = 8

Watch = Callable[[int, int], None]


def climbed_architectures(
    experience: Experience,
    volumes: Mapping[int, TextVolume],
    question: Question,
    *,
    options: FitOptions | None = None,
    watch: Watch | None = None,
) -> dict[int, list[Architecture]]:
    """The recommended architectures of some tasks of the experience, best first.

    Args:
        experience: Tasks and runs; families are left out in eight folds.
        volumes: How much text training would read, by the place of each task that is asked for.
        question: How many architectures, trained within which time.
        options: How value networks are fitted.
        watch: Told (folds done, folds).
    """
    found: dict[int, list[Architecture]] = {}
    parts = deal_families(experience, min(FOLDS, len({task.family for task in experience.tasks})))
    for done, families in enumerate(parts, start=1):
        asked = [place for place in volumes if experience.tasks[place].family in families]
        if asked:
            checkpoint = uncalibrated(
                experience.of_tasks(_known(experience, families)), options or FitOptions()
            )
            for place in asked:
                view = checkpoint.describe(experience.tasks[place].description)
                inputs = seconds_of_inputs(checkpoint.relaxation.space, volumes[place])
                costs = Costs(checkpoint, view, inputs)
                candidates = climb(costs, question).candidates
                scored = score_all(costs, candidates, question, default_first=False)
                found[place] = [one.architecture for one in rank(scored)]
        if watch is not None:
            watch(done, len(parts))
    return found


def _known(experience: Experience, families: frozenset[str]) -> Sequence[int]:
    return [place for place, task in enumerate(experience.tasks) if task.family not in families]
