"""The command that says what is wrong with the labelled texts of a file, with or without fixes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from app.cli.options import labelled_options, limits_of
from app.cli.output import answering
from app.settings import load_settings
from dvn.data.choices import ReadChoices
from dvn.data.read_csv import read_dataset
from dvn.health.finding import Fix


@click.command("health")
@answering(lambda found: _shown(found))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@labelled_options
@click.option(
    "--fix", "fixes", multiple=True, type=click.Choice([fix.value for fix in Fix]), help="As if applied."
)
def health(file: Path, choices: ReadChoices, fixes: tuple[str, ...]) -> Mapping[str, Any]:
    """Say what would spoil learning from the labelled texts in FILE, and what each fix would change."""
    dataset = read_dataset(file, choices=choices, limits=limits_of(load_settings()))
    # Here, because it takes seconds to load and a file that cannot be read needs none of it.
    from dvn.health import apply_fixes, examine

    fixed = apply_fixes(dataset, [Fix(name) for name in fixes])
    report = examine(fixed.reading)
    applied = {fix.value: rows for fix, rows in fixed.changes.items()}
    return {"applied": applied, **report.to_json()}


def _shown(found: Mapping[str, Any]) -> str:
    lines = [f"{found['rows']:,} rows in {found['classes']:,} classes"]
    lines += [f"applied: {fix} ({rows:,} rows)" for fix, rows in found["applied"].items()]
    for one in found["findings"]:
        lines += ["", f"{one['severity']}: {one['title']}", f"  {one['meaning']} {one['cost']}"]
        lines += [f"  - {name}  {words}" for name, words in one["items"]]
        lines += [f"  --fix {offer['fix']}  {offer['effect']}" for offer in one["offers"] if offer["rows"]]
    return "\n".join(lines if found["findings"] else [*lines, "Nothing found."])
