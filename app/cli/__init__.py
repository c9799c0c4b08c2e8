"""The `forethought` command: everything the service does, without a server."""

import sys
from typing import Final

import click

from app.cli.deferred import DeferredGroup, Place
from app.cli.output import say_unexpected

_BUNDLING: Final = "app.cli.bundling"
_ACCOUNTS: Final = "app.cli.accounts"
_CLASSIFY: Final = "app.cli.classify"
_DEMO: Final = "app.cli.demo"
_EXPERIENCE: Final = "app.cli.experience"
_HEALTH: Final = "app.cli.health"
_REGISTRY: Final = "app.cli.registry"
_REPRODUCE: Final = "app.cli.reproduce"
_SPACE: Final = "app.cli.space"
_VALUE_NETWORKS: Final = "app.cli.value_networks"
COMMANDS: Final = {
    "demo": Place(_DEMO, "demo", "Write a file of made-up labelled messages to try everything on."),
    "health": Place(_HEALTH, "health", "Say what would spoil learning from a file, and what mends it."),
    "recommend": Place(_CLASSIFY, "recommend", "Rank architectures for a dataset; trains nothing."),
    "train": Place(_CLASSIFY, "train", "Train a classifier: the recommended one, or one you describe."),
    "predict": Place(_CLASSIFY, "predict", "Label the texts of a file with a trained classifier."),
    "bundle": Place(_BUNDLING, "bundle", "Pack a classifier: a zip that predicts without Forethought."),
    "tasks": Place(_EXPERIENCE, "tasks", "Tasks of the experiment database."),
    "populate": Place(_EXPERIENCE, "populate_command", "Train architectures on the tasks; resumes."),
    "fit": Place(_VALUE_NETWORKS, "fit", "Fit a value network to a snapshot."),
    "evaluate": Place(_VALUE_NETWORKS, "evaluate", "Judge value networks on families left out."),
    "checkpoints": Place(_VALUE_NETWORKS, "list_checkpoints", "Value networks shipped and fitted here."),
    "refit": Place(_REGISTRY, "refit_command", "Refit on all runs known here; promote if better."),
    "promote": Place(_REGISTRY, "promote", "Put a checkpoint to use."),
    "rollback": Place(_REGISTRY, "rollback", "Withdraw the promoted checkpoint."),
    "promotions": Place(_REGISTRY, "list_promotions", "Which checkpoints were put to use, and when."),
    "accounts": Place(_ACCOUNTS, "accounts", "Accounts of a server; whether a receipt is genuine."),
    "export": Place(_EXPERIENCE, "export", "Write the experience of a space as a Parquet snapshot."),
    "space-report": Place(_SPACE, "space_report", "Judge a search space by recorded runs."),
    "reproduce": Place(_REPRODUCE, "reproduce", "The paper's tables and figures, ours beside theirs."),
}


@click.group(cls=DeferredGroup, places=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="forethought", prog_name="forethought")
@click.option("--debug", is_flag=True, help="Show where an unexpected error comes from.")
def main(debug: bool) -> None:  # noqa: FBT001  # click's flag
    """Recommend, train and use a text classifier; fill and use the experience behind it."""
    if not debug:
        sys.excepthook = say_unexpected
