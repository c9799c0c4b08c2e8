"""The command that judges a search space by recorded runs: space-report."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from app.cli.experience import data_option, opened, snapshot_folder, space_option
from app.cli.output import answering, table
from app.db.session import transaction
from app.experiments import snapshots
from dvn.architecture import Architecture
from dvn.evaluation.space_report import SpaceReport, report_space
from dvn.value_network.snapshot import Experience, read_experience


@click.command("space-report")
@answering(lambda found: report_words(found))
@space_option
@click.option(
    "--snapshot", type=snapshot_folder, default=None, help="Folder of `export`; the database otherwise."
)
@data_option
def space_report(space: str, snapshot: Path | None, data: Path | None) -> Mapping[str, Any]:
    """Show how often each choice is in the best architecture of a task, and what is wrong with the space."""
    experience = recorded(space, data) if snapshot is None else read_experience(snapshot, space)
    return answer(report_space(experience))


def recorded(space: str, data: Path | None) -> Experience:
    """The experience of the database, as a snapshot would hold it."""
    with TemporaryDirectory() as folder:
        with opened(data) as (_, engine, _), transaction(engine) as session:
            snapshots.write(session, Path(folder), space=space)
        return read_experience(Path(folder), space)


def answer(report: SpaceReport) -> Mapping[str, Any]:
    shared, gap = report.most_successful, report.gap
    return {
        "space": report.space,
        "tasks": report.tasks,
        "runs": report.runs,
        "decisions": [asdict(decision) for decision in report.decisions],
        "most_successful": shared
        and {
            **_described(shared.architecture),
            "tasks": shared.tasks,
            "best_share": shared.best_share,
            "best_share_of_shared": shared.best_share_of_shared,
        },
        "best_on_average": gap
        and {
            **_described(gap.architecture),
            "tasks": gap.tasks,
            "validation_gap": gap.validation_gap,
            "test_gap": gap.test_gap,
        },
        "complaints": report.complaints(),
    }


def report_words(found: Mapping[str, Any]) -> str:
    lines = [f"{found['space']}: {found['tasks']} tasks, {found['runs']} finished runs"]
    for decision in found["decisions"]:
        edge = f", best at the {decision['edge']} edge" if decision["edge"] else ""
        lines.append(f"\n{decision['name']} (in the best of {decision['best_tasks']:.1f} tasks{edge})")
        rows = [
            {
                "choice": choice["choice"],
                "runs": choice["runs"],
                "best on": f"{choice['best_share']:.0%}",
                "lift": f"{choice['lift']:.2f}",
                "mean score": f"{choice['mean_score']:+.2f}",
            }
            for choice in decision["choices"]
        ]
        lines.append(table(rows))
    return "\n".join([*lines, "", *_shared_words(found), *found["complaints"]])


def _shared_words(found: Mapping[str, Any]) -> list[str]:
    shared, gap = found["most_successful"], found["best_on_average"]
    if shared is None or gap is None:
        return ["No shared architecture has run."]
    return [
        f"Most successful shared architecture {shared['hash']}: best of {shared['best_share']:.0%} of "
        f"{shared['tasks']} tasks, and of {shared['best_share_of_shared']:.0%} among the shared ones.",
        f"Best on average {gap['hash']}: {100 * gap['validation_gap']:.1f} points of validation accuracy and "
        f"{100 * gap['test_gap']:.1f} of test behind the best by validation of {gap['tasks']} tasks.",
    ]


def _described(architecture: Architecture) -> Mapping[str, Any]:
    return {"hash": architecture.hash, "decisions": dict(architecture.decisions)}
