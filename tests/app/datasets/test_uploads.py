"""Files that arrive, whole or not at all."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import anyio
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from starlette.requests import ClientDisconnect

from app.datasets.service import clean_name, sweep_uploads
from app.datasets.tables import UploadRow
from app.datasets.upload_keeping import keep
from app.db.session import transaction
from app.settings import Settings
from app.storage import PART, Storage
from app.web.deps import Visit
from app.web.receiving import EmptyFileError, receive
from tests.app.visiting import PAGE, left_behind, uploaded
from tests.synthetic import csv_of, texts_of


def test_an_upload_is_kept_as_it_was_sent(client: TestClient, web_settings: Settings, tickets: bytes) -> None:
    answer = client.put("/api/v1/uploads", params={"filename": "a b.csv"}, content=tickets)
    upload = answer.json()
    assert answer.status_code == 201
    assert upload["filename"] == "a b.csv"
    assert upload["bytes"] == len(tickets)
    assert upload["sha256"] == hashlib.sha256(tickets).hexdigest()
    assert Storage(web_settings.data).uploads.joinpath(upload["id"]).read_bytes() == tickets


def test_an_upload_shows_real_rows_and_what_is_guessed(client: TestClient, tickets: bytes) -> None:
    preview = client.get(f"/api/v1/uploads/{uploaded(client, tickets)}").json()["preview"]
    assert preview["columns"] == ["text", "label"]
    assert (preview["text"], preview["label"], preview["encoding"]) == ("text", "label", "utf-8")
    assert len(preview["rows"]) == 20
    assert preview["problem"] is None


def test_the_same_bytes_under_the_same_name_are_one_upload(client: TestClient) -> None:
    content = csv_of(texts_of(24, seed=5))
    assert uploaded(client, content, "x.csv") == uploaded(client, content, "x.csv")
    assert uploaded(client, content, "x.csv") != uploaded(client, content, "y.csv")


def test_a_chunked_body_is_taken_too(client: TestClient) -> None:
    content = csv_of(texts_of(40, seed=6))
    answer = client.put("/api/v1/uploads", content=iter([content[:100], content[100:]]))
    assert answer.status_code == 201
    assert answer.json()["bytes"] == len(content)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_file_over_the_limit_is_refused_and_leaves_nothing(
    client: TestClient, web_settings: Settings, is_chunked: bool
) -> None:
    before = left_behind(web_settings)
    pieces = [b"some text,label\n" * 65_536] * 13
    answer = client.put("/api/v1/uploads", content=iter(pieces) if is_chunked else b"".join(pieces))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert left_behind(web_settings) == before


def test_the_form_without_scripts_leads_to_the_columns(client: TestClient, tickets: bytes) -> None:
    answer = client.post("/uploads", files={"file": ("tickets.csv", tickets)}, headers=PAGE)
    assert answer.status_code == 303
    columns = client.get(answer.headers["location"], headers=PAGE)
    assert columns.status_code == 200
    assert texts_of(40)[0][0] in columns.text


def test_an_upload_that_breaks_off_leaves_no_draft(client: TestClient, web_settings: Settings) -> None:
    before = left_behind(web_settings)
    halves: list[set[str]] = []

    async def stream() -> AsyncIterator[bytes]:
        yield b"half a"
        halves.append(left_behind(web_settings) - before)
        raise ClientDisconnect

    async def upload() -> None:
        state = client.app.state  # type: ignore[attr-defined]
        with transaction(state.engine) as session, pytest.raises(ClientDisconnect):
            await keep(Visit(None, session, web_settings, state.storage, state.pool), stream(), "x.csv")  # type: ignore[arg-type]

    anyio.run(upload)
    assert len(halves[0]) == 1, "a draft was being written"
    assert left_behind(web_settings) == before


def test_an_empty_stream_is_refused(tmp_path: Path) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b""

    with pytest.raises(EmptyFileError):
        anyio.run(receive, stream(), tmp_path / "draft")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\data\\my file.csv", "my file.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\x00\nb.csv", "ab.csv"),
        ("", "upload.csv"),
        ("ü" * 500, "ü" * 200),
    ],
)
def test_a_files_name_is_made_harmless(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


def test_what_nobody_came_back_for_is_swept(
    client: TestClient, web_settings: Settings, tickets: bytes
) -> None:
    storage = Storage(web_settings.data)
    used, unused = uploaded(client, tickets, "used.csv"), uploaded(client, tickets, "unused.csv")
    assert client.post("/api/v1/datasets", json={"upload": used}).status_code == 201
    stray = storage.uploads / str(uuid4())
    stray.write_bytes(b"renamed, but its row was never committed")
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        assert sweep_uploads(session, storage, keep_hours=-1) >= 2
    assert storage.uploads.joinpath(used).exists()
    assert not storage.uploads.joinpath(unused).exists()
    assert not stray.exists()
    assert client.get(f"/api/v1/uploads/{unused}").status_code == 404


def test_drafts_of_a_killed_process_are_swept_at_the_start(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    drafts = [storage.uploads / f"x{PART}", storage.datasets / ".y.parquet.abc"]
    half_saved = storage.classifiers / f"z{PART}"
    half_saved.mkdir()
    for draft in drafts:
        draft.write_bytes(b"half")
    storage.sweep(upload_age_seconds=0, age_seconds=3_600)
    assert [path.exists() for path in (*drafts, half_saved)] == [False, True, True]
    storage.sweep(upload_age_seconds=0, age_seconds=0)
    assert [path.exists() for path in (*drafts, half_saved)] == [False, False, False]


def test_an_upload_whose_file_is_gone_is_not_found(client: TestClient, web_settings: Settings) -> None:
    upload = uploaded(client, csv_of(texts_of(40, seed=9)))
    Storage(web_settings.data).uploads.joinpath(upload).unlink()
    assert client.get(f"/api/v1/uploads/{upload}").status_code == 404
    assert client.get(f"/uploads/{upload}", headers=PAGE).status_code == 404


def test_uploads_are_counted_in_rows_of_their_own(client: TestClient) -> None:
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        before = session.scalar(select(func.count()).select_from(UploadRow))
        uploaded(client, csv_of(texts_of(40, seed=10)))
        assert session.scalar(select(func.count()).select_from(UploadRow)) == (before or 0) + 1
