"""The command that writes a file of made-up messages, so that the first try needs no file of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from app.cli.output import answering
from app.cli.places import written_file
from app.storage import replacing
from dvn.data.demo_rows import COLUMNS, FILE_NAME, ROWS, demo_csv


@click.command("demo")
@answering(lambda made: _shown(made))
@click.option(
    "--out", type=click.Path(path_type=Path), default=FILE_NAME, show_default=True, help="File to write."
)
@click.option(
    "--rows", type=click.IntRange(200, 1_000_000), default=ROWS, show_default=True, help="How many."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, other messages."
)
def demo(out: Path, rows: int, seed: int) -> Mapping[str, Any]:
    """Write made-up support messages in six topics, with the faults of real files."""
    target = written_file(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as draft:
        draft.write_bytes(demo_csv(rows=rows, seed=seed))
    return {"file": str(target), "rows": rows, "text": COLUMNS[0], "label": COLUMNS[1]}


def _shown(made: Mapping[str, Any]) -> str:
    return (
        f"{made['rows']:,} made-up messages are in {made['file']}. Next: forethought recommend {made['file']}"
    )
