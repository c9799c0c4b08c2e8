"""Requests that are repeated under a key, and answers that are asked for again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.datasets.tables import TransferRow
from app.db.session import transaction
from app.recommendations import routes as recommendation_routes
from app.recommendations.tables import RecommendationRow
from app.web.repeated import sweep_answers
from tests.app.visiting import made, uploaded

ADDRESS = "/api/v1/uploads"
WISH = {"filename": "a.csv", "bytes": 1_000}


def begin(client: TestClient, key: str, wish: dict[str, Any] = WISH) -> httpx2.Response:
    answer: httpx2.Response = client.post(ADDRESS, json=wish, headers={"idempotency-key": key})
    return answer


def count_of(client: TestClient, kind: type[Any]) -> int:
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        return session.scalar(select(func.count()).select_from(kind)) or 0


def test_a_repeated_request_is_carried_out_once_and_answered_as_before(client: TestClient) -> None:
    before = count_of(client, TransferRow)
    first, second = begin(client, "one"), begin(client, "one")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert count_of(client, TransferRow) == before + 1


def test_other_keys_and_no_key_are_other_requests(client: TestClient) -> None:
    answers = [begin(client, "two"), begin(client, "three"), client.post(ADDRESS, json=WISH)]
    answers.append(client.post(ADDRESS, json=WISH))
    assert len({answer.json()["id"] for answer in answers}) == 4


@pytest.mark.parametrize("change", ["body", "address"])
def test_a_key_that_was_used_for_something_else_is_refused(client: TestClient, change: str) -> None:
    assert begin(client, f"used {change}".replace(" ", "-")).status_code == 201
    key = f"used-{change}"
    if change == "body":
        answer = begin(client, key, {**WISH, "bytes": 1_001})
    else:
        answer = client.post(f"{ADDRESS}?x=1", json=WISH, headers={"idempotency-key": key})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:forethought:key-reused"


def test_a_refused_request_leaves_its_key_free(client: TestClient) -> None:
    too_large = begin(client, "mended", {"bytes": 10**15})
    assert too_large.status_code == 413
    assert begin(client, "mended").status_code == 201


def test_a_refusal_that_changed_something_is_repeated_as_it_was(client: TestClient) -> None:
    """An unusable file is deleted with its refusal; the second answer must not be that it is unknown."""
    upload = uploaded(client, b"text,label\nonly one,a\nonly two,a\n", "one-class.csv")
    headers = {"idempotency-key": "refused"}
    answers = [client.post("/api/v1/datasets", json={"upload": upload}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].content == answers[1].content


def test_many_at_once_make_one(wise: TestClient, tickets: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = made(wise, tickets)["id"]
    before = count_of(wise, RecommendationRow)

    def ask(_: int) -> int:
        headers = {"idempotency-key": "at-once"}
        answer = wise.post("/api/v1/recommendations", json={"dataset": dataset}, headers=headers)
        assert answer.status_code != 409 or "retry-after" in answer.headers
        return int(answer.status_code)

    with ThreadPoolExecutor(6) as threads:
        statuses = set(threads.map(ask, range(6)))
    assert statuses <= {201, 409}
    assert 201 in statuses
    assert ask(0) == 201
    assert count_of(wise, RecommendationRow) == before + 1


def test_a_request_that_fails_half_way_has_neither_answer_nor_effect(
    wise: TestClient, tickets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = made(wise, tickets)["id"]
    before = count_of(wise, RecommendationRow)
    headers = {"idempotency-key": "half-way"}

    def fail(*_: object) -> None:
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(recommendation_routes, "recommendation_answer", fail)
        answer = wise.post("/api/v1/recommendations", json={"dataset": dataset}, headers=headers)
    assert answer.status_code == 500
    assert count_of(wise, RecommendationRow) == before
    answer = wise.post("/api/v1/recommendations", json={"dataset": dataset}, headers=headers)
    assert answer.status_code == 201
    assert count_of(wise, RecommendationRow) == before + 1


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "ümlaut"])
def test_a_key_is_one_printable_word(client: TestClient, key: str) -> None:
    answer = client.post(ADDRESS, json=WISH, headers=[(b"idempotency-key", key.encode("latin-1"))])
    assert answer.status_code == 422


def test_kept_answers_are_forgotten_in_time(client: TestClient) -> None:
    first = begin(client, "old").json()["id"]
    with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
        assert sweep_answers(session, keep_hours=1) == 0
        assert sweep_answers(session, keep_hours=-1) >= 1
    assert begin(client, "old").json()["id"] != first


def test_what_did_not_change_is_not_sent_again(client: TestClient, tickets: bytes) -> None:
    address = f"/api/v1/datasets/{made(client, tickets)['id']}"
    first = client.get(address)
    tag = first.headers["etag"]
    for asked in (tag, f'"other", {tag}', "*", f"W/{tag}"):
        again = client.get(address, headers={"if-none-match": asked})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "private, no-cache"
    assert client.get(address, headers={"if-none-match": '"other"'}).content == first.content


def test_what_changed_has_another_tag(client: TestClient, tickets: bytes) -> None:
    address = f"/api/v1/datasets/{made(client, tickets + b'alone,lonely' + bytes([10]))['id']}"
    tag = client.get(address).headers["etag"]
    assert client.put(f"{address}/rare", json={"rare": "merge"}).status_code == 200
    assert client.get(address, headers={"if-none-match": tag}).status_code == 200
