"""Files that arrive in parts, whatever is cut, killed, full or tried twice meanwhile."""

import errno
import hashlib
import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis.strategies import integers, lists

from app.datasets import upload_transfers
from app.datasets.tables import TransferRow
from app.db.owned import LOCAL_ACCOUNT, AccountRow
from app.db.session import transaction
from app.main import create_app
from app.settings import Settings
from app.storage import Storage
from app.web import appending, receiving
from tests.app.visiting import left_behind
from tests.synthetic import csv_of, texts_of

ADDRESS = "/api/v1/uploads"


def announced(client: TestClient, content: bytes, **more: Any) -> str:
    wish = {"filename": "tickets.csv", "bytes": len(content), **more}
    answer = client.post(ADDRESS, json=wish)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{ADDRESS}/{answer.json()['id']}"
    return str(answer.json()["id"])


def send(client: TestClient, upload_id: str, content: bytes, offset: int) -> httpx2.Response:
    headers = {"upload-offset": str(offset)}
    answer: httpx2.Response = client.patch(f"{ADDRESS}/{upload_id}", content=content, headers=headers)
    return answer


def offset_of(client: TestClient, upload_id: str) -> int:
    answer = client.head(f"{ADDRESS}/{upload_id}")
    assert answer.status_code == 204
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


def parts_of(settings: Settings) -> set[str]:
    return {path.name for path in Storage(settings.data).unfinished.iterdir()}


@given(cuts=lists(integers(0, 1_500), max_size=6), seed=integers(0, 10_000))
@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_a_file_is_cut_into_parts_the_upload_is_the_file(
    client: TestClient, web_settings: Settings, cuts: list[int], seed: int
) -> None:
    content = csv_of(texts_of(40, seed=seed))
    upload_id = announced(client, content, sha256=hashlib.sha256(content).hexdigest())
    bounds = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    answer = None
    for begin, end in itertools.pairwise(bounds):
        assert offset_of(client, upload_id) == begin
        answer = send(client, upload_id, content[begin:end], begin)
        assert answer.headers["upload-offset"] == str(end)
    assert answer is not None
    assert answer.status_code == 201
    assert answer.headers["upload-complete"] == "?1"
    stored = Storage(web_settings.data).upload(UUID(answer.json()["id"]))
    assert stored.read_bytes() == content
    assert upload_id not in parts_of(web_settings)
    assert client.get(f"{ADDRESS}/{upload_id}").json() == answer.json()
    assert client.head(f"{ADDRESS}/{upload_id}").headers["upload-complete"] == "?1"


def test_an_upload_in_parts_becomes_a_dataset_by_the_id_of_its_answer(client: TestClient) -> None:
    content = csv_of(texts_of(40, seed=1))
    upload = send(client, announced(client, content), content, 0).json()["id"]
    assert client.post("/api/v1/datasets", json={"upload": upload}).status_code == 201


@pytest.mark.parametrize("wrong", [0, 99, 101, 5_000])
def test_a_part_that_begins_elsewhere_is_told_the_right_offset(client: TestClient, wrong: int) -> None:
    content = csv_of(texts_of(40, seed=2))
    upload_id = announced(client, content)
    assert send(client, upload_id, content[:100], 0).status_code == 204
    answer = send(client, upload_id, content[100:], wrong)
    assert answer.status_code == 409
    assert answer.headers["upload-offset"] == "100"
    problem = answer.json()
    assert problem["type"] == "urn:forethought:wrong-offset"
    assert (problem["expected-offset"], problem["provided-offset"]) == (100, wrong)
    assert send(client, upload_id, content[100:], 100).status_code == 201


def test_a_repeated_last_part_is_answered_like_the_first_time(client: TestClient) -> None:
    content = csv_of(texts_of(40, seed=3))
    upload_id = announced(client, content)
    first = send(client, upload_id, content, 0)
    again = send(client, upload_id, b"", len(content))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_part_beyond_the_announced_length_is_refused_and_none_of_it_kept(
    client: TestClient, is_chunked: bool
) -> None:
    content = csv_of(texts_of(40, seed=4))
    upload_id = announced(client, content)
    assert send(client, upload_id, content[:50], 0).status_code == 204
    long = content[50:] + b"more"
    body = iter([long[:60], long[60:]]) if is_chunked else long
    answer = client.patch(f"{ADDRESS}/{upload_id}", content=body, headers={"upload-offset": "50"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert offset_of(client, upload_id) == 50


def test_a_file_that_is_too_large_is_refused_when_it_is_announced(
    client: TestClient, web_settings: Settings
) -> None:
    before = parts_of(web_settings)
    answer = client.post(ADDRESS, json={"bytes": web_settings.max_upload_bytes + 1})
    assert answer.status_code == 413
    assert "12 MB" in answer.json()["detail"]
    assert parts_of(web_settings) == before


def test_an_empty_file_is_refused_when_it_is_announced(client: TestClient) -> None:
    assert client.post(ADDRESS, json={"bytes": 0}).json()["type"] == "urn:forethought:empty-file"


def test_a_disk_without_room_is_said_before_anything_is_sent(
    client: TestClient, tickets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "RESERVE_BYTES", 2**62)
    wish = client.post(ADDRESS, json={"bytes": 100})
    whole = client.put(ADDRESS, content=tickets)
    assert (wish.status_code, whole.status_code) == (507, 507)
    assert "no room for 100 bytes" in wish.json()["detail"]


def test_room_is_kept_for_what_is_announced_and_has_not_arrived(
    client: TestClient, web_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = receiving.shutil.disk_usage(web_settings.data).free
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        awaited = sum(one.bytes for one in upload_transfers.unfinished(session))
    monkeypatch.setattr(receiving, "RESERVE_BYTES", free - awaited - 15_000_000)
    first = client.post(ADDRESS, json={"bytes": 8_000_000})
    assert first.status_code == 201
    assert client.post(ADDRESS, json={"bytes": 8_000_000}).status_code == 507
    assert client.delete(f"{ADDRESS}/{first.json()['id']}").status_code == 204
    second = client.post(ADDRESS, json={"bytes": 8_000_000})
    assert second.status_code == 201
    client.delete(f"{ADDRESS}/{second.json()['id']}")


def test_a_disk_that_fills_up_keeps_what_had_room_and_says_so(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = csv_of(texts_of(40, seed=5))
    upload_id = announced(client, content)

    def write_half(file: FileIO, piece: bytes) -> None:
        file.write(piece[: len(piece) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(appending, "_write", write_half)
        answer = send(client, upload_id, content, 0)
    assert answer.status_code == 507
    assert "no room" in answer.json()["detail"]
    offset = offset_of(client, upload_id)
    assert offset == len(content) // 2
    assert send(client, upload_id, content[offset:], offset).status_code == 201


def test_a_file_that_was_damaged_on_the_way_is_not_kept(client: TestClient, web_settings: Settings) -> None:
    content = csv_of(texts_of(40, seed=6))
    before = left_behind(web_settings)
    upload_id = announced(client, content, sha256="0" * 64)
    answer = send(client, upload_id, content, 0)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:forethought:damaged-file"
    assert client.head(f"{ADDRESS}/{upload_id}").status_code == 404
    assert left_behind(web_settings) == before
    assert upload_id not in parts_of(web_settings)


def test_a_file_that_is_no_table_is_not_kept(client: TestClient, web_settings: Settings) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9
    upload_id = announced(client, content)
    assert send(client, upload_id, content, 0).status_code == 422
    assert client.head(f"{ADDRESS}/{upload_id}").status_code == 404
    assert upload_id not in parts_of(web_settings)


def test_an_unfinished_upload_says_how_far_it_is(client: TestClient) -> None:
    content = csv_of(texts_of(40, seed=7))
    upload_id = announced(client, content)
    send(client, upload_id, content[:70], 0)
    answer = client.get(f"{ADDRESS}/{upload_id}")
    assert answer.status_code == 409
    assert "Upload-Offset: 70" in answer.json()["detail"]


def test_the_same_bytes_in_parts_and_in_one_piece_are_one_upload(
    client: TestClient, web_settings: Settings
) -> None:
    content = csv_of(texts_of(40, seed=8))
    whole = client.put(ADDRESS, params={"filename": "tickets.csv"}, content=content).json()["id"]
    upload_id = announced(client, content)
    assert send(client, upload_id, content, 0).json()["id"] == whole
    assert upload_id not in parts_of(web_settings)
    assert not Storage(web_settings.data).upload(UUID(upload_id)).exists()


def test_an_upload_goes_on_after_a_restart(
    client: TestClient, web_settings: Settings, tickets: bytes
) -> None:
    content = csv_of(texts_of(40, seed=9))
    with TestClient(create_app(web_settings)) as first:
        upload_id = announced(first, content)
        send(first, upload_id, content[:300], 0)
    with TestClient(create_app(web_settings)) as second:
        assert offset_of(second, upload_id) == 300
        assert send(second, upload_id, content[300:], 300).json()["bytes"] == len(content)


def test_a_process_killed_while_it_finishes_has_lost_nothing(
    client: TestClient, web_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the file was moved into place and before that was noted."""
    content = csv_of(texts_of(40, seed=10))
    upload_id = announced(client, content)

    def move_and_die(*arguments: Any) -> None:
        arguments[2].received.draft.rename(arguments[1].upload(arguments[2].upload_id))
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(upload_transfers.service, "keep_upload", move_and_die)
        assert send(client, upload_id, content, 0).status_code == 500
    assert offset_of(client, upload_id) == len(content)
    assert client.head(f"{ADDRESS}/{upload_id}").headers["upload-complete"] == "?0"
    answer = send(client, upload_id, b"", len(content))
    assert answer.status_code == 201
    assert Storage(web_settings.data).upload(UUID(answer.json()["id"])).read_bytes() == content


def test_an_upload_that_is_called_off_leaves_nothing(client: TestClient, web_settings: Settings) -> None:
    content = csv_of(texts_of(40, seed=11))
    upload_id = announced(client, content)
    send(client, upload_id, content[:100], 0)
    assert client.delete(f"{ADDRESS}/{upload_id}").status_code == 204
    assert upload_id not in parts_of(web_settings)
    assert client.delete(f"{ADDRESS}/{upload_id}").status_code == 404
    assert send(client, upload_id, content[100:], 100).status_code == 404


def test_an_upload_is_deleted_unless_a_dataset_was_made_of_it(client: TestClient) -> None:
    content = csv_of(texts_of(40, seed=12))
    upload_id = announced(client, content)
    upload = send(client, upload_id, content, 0).json()["id"]
    assert client.post("/api/v1/datasets", json={"upload": upload}).status_code == 201
    assert client.delete(f"{ADDRESS}/{upload}").status_code == 409
    other = client.put(ADDRESS, content=csv_of(texts_of(44, seed=13))).json()["id"]
    assert client.delete(f"{ADDRESS}/{other}").status_code == 204
    assert client.get(f"{ADDRESS}/{other}").status_code == 404


def test_what_nobody_goes_on_with_is_swept(client: TestClient, web_settings: Settings) -> None:
    storage = Storage(web_settings.data)
    content = csv_of(texts_of(40, seed=14))
    old, young, stray = announced(client, content), announced(client, content), uuid4()
    for upload_id in (old, young):
        send(client, upload_id, content[:100], 0)
    (storage.unfinished / str(stray)).touch()
    for upload_id in (old, str(stray)):
        os.utime(storage.unfinished / upload_id, (0, 0))
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        session.query(TransferRow).filter_by(id=UUID(old)).update({"created_at": "2020-01-01"})
        session.query(TransferRow).filter_by(id=UUID(young)).update({"created_at": "2020-01-01"})
        assert upload_transfers.sweep_transfers(session, storage, keep_hours=24) >= 2
    assert client.head(f"{ADDRESS}/{old}").status_code == 404
    assert offset_of(client, young) == 100
    assert {old, str(stray)} & parts_of(web_settings) == set()


def test_one_account_leaves_room_for_the_announcements_of_others(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_transfers, "MOST_OF_AN_ACCOUNT", len(under_way(client)) + 2)
    first, second = announced(client, b"x" * 50), announced(client, b"x" * 50)
    refused = client.post(ADDRESS, json={"bytes": 50})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:forethought:too-many-own-transfers")
    assert f"DELETE {ADDRESS}/{under_way(client)[0].id}" in refused.json()["detail"]
    client.delete(f"{ADDRESS}/{first}")
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        other = AccountRow(email="other@example.org")
        session.add(other)
        session.flush()
        session.add(TransferRow(owner_id=other.id, file_name="theirs.csv", bytes=50))
    third = announced(client, b"x" * 50)
    monkeypatch.setattr(upload_transfers, "MOST_UNFINISHED", len(under_way(client)))
    assert client.post(ADDRESS, json={"bytes": 50}).status_code == 409, (
        "the account's own limit is said first"
    )
    client.delete(f"{ADDRESS}/{third}")
    monkeypatch.setattr(upload_transfers, "MOST_UNFINISHED", len(under_way(client)))
    full = client.post(ADDRESS, json={"bytes": 50})
    assert (full.status_code, full.json()["type"]) == (503, "urn:forethought:too-many-transfers")
    client.delete(f"{ADDRESS}/{second}")


def test_files_that_are_announced_at_once_do_not_pass_the_limit_together(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_transfers, "MOST_OF_AN_ACCOUNT", len(under_way(client)) + 2)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(ADDRESS, json={"bytes": 50}), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 6
    for answer in (one for one in answers if one.status_code == 201):
        client.delete(f"{ADDRESS}/{answer.json()['id']}")


def under_way(client: TestClient) -> Sequence[TransferRow]:
    with transaction(client.app.state.engine, owner=LOCAL_ACCOUNT) as session:  # type: ignore[attr-defined]
        return upload_transfers.unfinished(session)
