"""The `forethought` command: everything the service does, without a server."""

import click

from app.cli.experience import export, populate_command, tasks


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="forethought")
def main() -> None:
    """Recommend, train and use a text classifier; fill and use the experience behind it."""


for command in (tasks, populate_command, export):
    main.add_command(command)
