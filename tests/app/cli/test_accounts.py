"""What the operator of a server does about accounts on the command line."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.db.owned import AccountRow
from app.db.session import make_engine, transaction
from app.erasure.receipts import signed, signing_key
from app.settings import Settings


@pytest.fixture
def forethought(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command, on this test's own database and data folder."""
    monkeypatch.setenv("FORETHOUGHT_DATABASE_URL", settings.database_url.get_secret_value())  # type: ignore[union-attr]
    monkeypatch.setenv("FORETHOUGHT_DATA", str(settings.data))
    monkeypatch.setenv("FORETHOUGHT_PUBLIC_URL", "https://texts.example.org")

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["accounts", *words])

    return run


def test_an_invitation_is_a_link_to_the_public_address(forethought: Any) -> None:
    found = json.loads(forethought("add", " Ada@Example.org", "--json").stdout)
    link = urlsplit(found["link"])
    assert f"{link.scheme}://{link.netloc}{link.path}" == "https://texts.example.org/register"
    assert parse_qs(link.query)["email"] == ["ada@example.org"]
    assert len(parse_qs(link.query)["invitation"][0]) > 40
    assert forethought("list").stdout == "nothing\n"


@pytest.mark.parametrize("words", [("add", "ada"), ("disable", "no address"), ("enable", "@")])
def test_what_is_no_address_is_refused(forethought: Any, words: tuple[str, str]) -> None:
    result = forethought(*words)
    assert result.exit_code == 2
    assert "is no e-mail address" in result.stderr


def test_an_unknown_account_is_named(forethought: Any) -> None:
    result = forethought("disable", "nobody@example.org")
    assert result.exit_code == 1
    assert "There is no account nobody@example.org" in result.stderr


def test_an_account_is_deleted_and_its_receipt_stays_with_the_operator(
    forethought: Any, settings: Settings, tmp_path: Path
) -> None:
    engine = make_engine(settings.database_url.get_secret_value())  # type: ignore[union-attr]
    with transaction(engine) as session:
        session.add(AccountRow(email="ada@example.org"))
    engine.dispose()
    settings.data.mkdir()
    assert forethought("delete", "ada@example.org").exit_code == 1, "nobody has confirmed it"
    assert "ada@example.org" in forethought("list").stdout
    receipt = json.loads(forethought("delete", "ada@example.org", "--yes", "--json").stdout)["receipt"]
    assert forethought("list").stdout == "nothing\n"
    assert json.loads(forethought("receipts", "--json").stdout)["receipts"] == [receipt]
    assert receipt["receipt"] in forethought("receipts").stdout
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    assert forethought("verify-receipt", str(file)).exit_code == 0
    assert "There is no account" in forethought("delete", "ada@example.org", "--yes").stderr


def test_a_receipt_is_verified_and_a_changed_one_is_not(
    forethought: Any, settings: Settings, tmp_path: Path
) -> None:
    settings.data.mkdir()
    facts = {"receipt": "1", "account": "2", "files": [{"file": "a"}], "completed_at": "now"}
    receipt = signed(facts, signing_key(settings))
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt, indent=2))
    genuine = forethought("verify-receipt", str(file))
    assert genuine.exit_code == 0
    assert genuine.stdout.startswith("Genuine")
    file.write_text(json.dumps(receipt | {"completed_at": "later"}))
    assert forethought("verify-receipt", str(file)).exit_code == 1
    file.write_text("[]")
    assert forethought("verify-receipt", str(file)).exit_code == 2
