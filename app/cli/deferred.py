"""The names of commands become a group that loads the code of a command when it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is, and what it does in one line, so that a list of commands loads none."""

    module: str
    name: str
    summary: str


class DeferredGroup(click.Group):
    """Commands that are imported when they run.

    Decision: importing all commands takes seconds (torch, SQLAlchemy), so each run imports its own.
    """

    def __init__(self, *args: Any, places: Mapping[str, Place], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's
        place = self.places.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(import_module(place.module), place.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in self.places.items()])
