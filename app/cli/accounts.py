"""Commands for the operator of a server: accounts, and whether a receipt is genuine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from app.accounts import queries, service
from app.accounts.forms import is_email
from app.cli.experience import data_option, opened
from app.cli.output import answering, fail, table
from app.db.owned import LOCAL_ACCOUNT, AccountRow
from app.db.session import transaction
from app.erasure.queries import receipts
from app.erasure.receipts import is_genuine, read_receipt, signing_key
from app.erasure.service import Place, Wish, erase
from app.errors import BadInputError
from app.settings import load_settings


class NotAnEmailError(BadInputError):
    def __init__(self, said: str) -> None:
        super().__init__(f"{said!r} is no e-mail address; give one such as ada@example.org.")


@click.group()
def accounts() -> None:
    """Accounts of a server (FORETHOUGHT_MODE=server)."""


def _checked(_: click.Context, __: click.Parameter, said: str) -> str:
    email = said.strip().lower()
    if not is_email(email):
        raise fail(str(NotAnEmailError(said)), 2)
    return email


email_argument = click.argument("email", callback=_checked)


@accounts.command("add")
@answering(
    lambda found: (
        f"Send this link to {found['email']}; it works once, until {found['until']}:\n{found['link']}"
    )
)
@email_argument
@data_option
def add(email: str, data: Path | None) -> Mapping[str, Any]:
    """Make a link with which EMAIL sets a password; for a new account, or a forgotten password."""
    with opened(data) as (settings, engine, _), transaction(engine) as session:
        secret = service.invite(session, email)
        invitation = queries.open_invitation(session, service.hash_secret(secret))
        assert invitation is not None, "it was made in this transaction"
        until = invitation.ends_at.isoformat(timespec="minutes")
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    link = f"{base}/register?{urlencode({'invitation': secret, 'email': email})}"
    return {"email": email, "link": link, "until": until}


@accounts.command("list")
@answering(lambda found: table(found["accounts"]))
@data_option
def list_accounts(data: Path | None) -> Mapping[str, Any]:
    """Show every account, oldest first."""
    with opened(data) as (_, engine, _), transaction(engine) as session:
        return {"accounts": [_described(account) for account in queries.accounts(session)]}


@accounts.command("disable")
@answering(lambda found: f"{found['email']} is logged out, and cannot log in; nothing was deleted.")
@email_argument
@data_option
def disable(email: str, data: Path | None) -> Mapping[str, Any]:
    """Log EMAIL out everywhere and stop its tokens; its data stays."""
    with opened(data) as (_, engine, _), transaction(engine) as session:
        return _described(service.set_disabled(session, email, is_disabled=True))


@accounts.command("enable")
@answering(lambda found: f"{found['email']} may log in again.")
@email_argument
@data_option
def enable(email: str, data: Path | None) -> Mapping[str, Any]:
    """Let EMAIL log in again."""
    with opened(data) as (_, engine, _), transaction(engine) as session:
        return _described(service.set_disabled(session, email, is_disabled=False))


@accounts.command("delete")
@answering(
    lambda found: (
        f"{found['email']} is deleted with everything it had; receipt {found['receipt']['receipt']}."
    )
)
@email_argument
@click.confirmation_option(prompt="Delete the account with everything it has? This cannot be undone.")
@data_option
def delete(email: str, data: Path | None) -> Mapping[str, Any]:
    """Delete EMAIL with everything it has, as its owner can on the account's page; --json has the receipt."""
    with opened(data) as (settings, engine, storage):
        with transaction(engine) as session:
            account_id = queries.find_account(session, email).id
        receipt = erase(Place(engine, storage, settings), Wish(account_id, ends_account=True))
    return {"email": email, "receipt": receipt.document}


@accounts.command("receipts")
@answering(
    lambda found: table(
        [{name: one[name] for name in ("account", "completed_at", "receipt")} for one in found["receipts"]]
    )
)
@data_option
def list_receipts(data: Path | None) -> Mapping[str, Any]:
    """Show the receipts of accounts that are gone, newest first; --json has them as they were signed."""
    with opened(data) as (_, engine, _), transaction(engine, owner=LOCAL_ACCOUNT) as session:
        return {"receipts": [row.document for row in receipts(session) if row.document["scope"] == "account"]}


@accounts.command("verify-receipt")
@answering(lambda found: f"Genuine: signed here, and not a letter has changed. {found['words']}")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def verify_receipt(file: Path, data: Path | None) -> Mapping[str, Any]:
    """Tell whether this installation signed the receipt of a deletion in FILE."""
    receipt = read_receipt(file)
    if not is_genuine(receipt, signing_key(load_settings(data=data))):
        raise fail(f"{file} was not signed here, or was changed since.", 1)
    files, when = len(receipt.get("files", ())), receipt.get("completed_at")
    words = f"Account {receipt.get('account')}: {files} files deleted, done {when}."
    return {"genuine": True, "receipt": receipt.get("receipt"), "words": words}


def _described(account: AccountRow) -> Mapping[str, Any]:
    return {
        "email": account.email,
        "id": str(account.id),
        "since": account.created_at.isoformat(timespec="seconds"),
        "state": "disabled" if account.disabled_at else "active",
    }
