"""A stranger meets nothing: every route there is, with the ids of another account's things.

The routes are those of the application, so that a new one is tried by itself; one whose path
holds an id that this test cannot fill in makes it fail, and must be told to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from app.accounts.door import is_public
from app.accounts.tables import LoginRow, TokenRow
from app.db.base import Base
from app.db.session import transaction
from app.jobs.runner import Pace, run_job
from app.jobs.tables import JobId
from tests.app.accounts.conftest import visitor
from tests.app.classifiers.test_classifiers import QUICK
from tests.app.visiting import PAGE, made
from tests.synthetic import csv_of, texts_of

MARK: Final = "persimmonviolet"
PACE: Final = Pace(lease_seconds=15, poll_seconds=0.1, max_attempts=3)
PLAIN: Final = "1"
"""Stands for what is no id in a path, such as the number of a finding."""
PUBLIC_PARAMETERS: Final = {"task_id": "nothing", "checkpoint_id": "nothing"}
"""Of the experience, which everybody may look at."""
UNGUARDED: Final = frozenset({"/healthz"})


@dataclass(frozen=True, slots=True)
class Case:
    """One route with one method, and what its path needs."""

    method: str
    path: str
    parameters: frozenset[str]

    def address(self, ids: dict[str, str]) -> str:
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: ids.get(found[1], PLAIN), self.path)

    @property
    def is_private(self) -> bool:
        return bool(self.parameters - PUBLIC_PARAMETERS.keys())


def cases(app: FastAPI) -> Iterator[Case]:
    """Every method of every route of the application, in whichever router it stands."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            for method in sorted(route.methods or ()):
                path = str(route.path)
                yield Case(method, path, frozenset(re.findall(r"\{(\w+)", path)))


@pytest.fixture(scope="module")
def ids(server: FastAPI, engine: Engine, ada: TestClient) -> dict[str, str]:
    """The ids of everything that one account has: from a file to a classifier, and what is about it."""
    rows = [(f"{MARK} {text}", f"{MARK} {label}") for text, label in texts_of(120, seed=71)]
    dataset = made(ada, csv_of(rows))
    recommendation = ada.post("/api/v1/recommendations", json={"dataset": dataset["id"]}).json()
    asked = {"dataset": dataset["id"], "recommendation": recommendation["id"], "architecture": QUICK}
    started = ada.post("/api/v1/classifiers", json=asked).json()
    run_job(engine, PACE, JobId(UUID(started["job"]["id"])))
    gone = made(ada, csv_of(texts_of(60, seed=72)))
    receipt = ada.delete(f"/api/v1/datasets/{gone['id']}").json()
    ada.post("/api/v1/account/tokens", json={"name": MARK})
    owner = ada.get("/api/v1/account").json()["id"]
    with transaction(engine) as session:
        login = session.scalars(select(LoginRow.id).where(LoginRow.owner_id == owner)).first()
        token = session.scalars(select(TokenRow.id).where(TokenRow.owner_id == owner)).first()
    return PUBLIC_PARAMETERS | {
        "dataset_id": dataset["id"],
        "upload_id": dataset["upload"],
        "recommendation_id": recommendation["id"],
        "classifier_id": started["classifier"]["id"],
        "job_id": started["job"]["id"],
        "receipt_id": receipt["receipt"],
        "login_id": str(login),
        "token_id": str(token),
        # Of what stands beside an id in a path.
        "rank": "1",
        "kind": "vocabulary",
        "finding": "1",
    }


def bodies(ids: dict[str, str]) -> dict[str, Any]:
    """What a body may name of another account's things, and else what every form needs."""
    named = {name.removesuffix("_id"): value for name, value in ids.items() if name.endswith("_id")}
    return named | {
        "shared": True,
        "rare": "keep",
        "texts": ["x"],
        "text": "x",
        "name": "x",
        "old": "x",
        "new": "x",
        "confirm": "delete everything",
        "abstain_below": 0.5,
        "architecture": "0" * 16,
    }


def asked(person: TestClient, case: Case, ids: dict[str, str], **headers: str) -> Any:
    """The answer to a request whose body cannot be why it is refused."""
    address, said = case.address(ids), bodies(ids)
    if case.method in ("GET", "HEAD", "OPTIONS"):
        return person.request(case.method, address, headers=headers)
    is_form = not address.startswith("/api/")
    how: dict[str, Any] = {"data": said} if is_form else {"json": said}
    return person.request(case.method, address, headers=headers, **how)


def everything_of(engine: Engine, owner: str) -> dict[str, list[str]]:
    """Every row of an account, in every table."""
    with transaction(engine) as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table).where(table.c.owner_id == owner))))
            for table in Base.metadata.sorted_tables
            if "owner_id" in table.c and table.name not in ("login", "token")
        }


def test_the_list_of_routes_is_whole_and_every_path_can_be_filled_in(
    server: FastAPI, ids: dict[str, str]
) -> None:
    found = list(cases(server))
    paths = {case.path for case in found}
    described = {
        (method.upper(), path)
        for path, methods in server.openapi()["paths"].items()
        for method in methods
        if method in ("get", "put", "post", "delete", "patch", "head")
    }
    assert described <= {(case.method, case.path) for case in found}
    assert {
        "/api/v1/jobs/{job_id}/events",
        "/datasets/{dataset_id}",
        "/account/sessions/{login_id}/end",
    } <= paths
    assert len([case for case in found if case.is_private]) > 30
    named = {name for case in found for name in case.parameters if name.endswith("_id")}
    unknown = named - ids.keys()
    assert unknown == set(), "tell this test what another account's thing is called"


def test_the_owner_finds_what_a_stranger_does_not(
    server: FastAPI, ada: TestClient, ids: dict[str, str]
) -> None:
    for case in cases(server):
        if case.is_private and case.method == "GET":
            answer = asked(ada, case, ids, **PAGE)
            assert answer.status_code in (200, 409, 422), (case, answer.status_code)


@pytest.mark.parametrize("headers", [{}, PAGE])
def test_a_stranger_gets_404_from_every_route_with_an_id_and_changes_nothing(
    server: FastAPI,
    engine: Engine,
    ada: TestClient,
    bob: TestClient,
    ids: dict[str, str],
    headers: dict[str, str],
) -> None:
    owner = ada.get("/api/v1/account").json()["id"]
    before = everything_of(engine, owner)
    for case in cases(server):
        if case.is_private:
            answer = asked(bob, case, ids, **headers)
            # A form whose fields this test does not know may be refused before anything is looked for.
            is_looked_for = case.method in ("GET", "HEAD") and case.parameters <= ids.keys()
            allowed = (404,) if is_looked_for else (404, 422, 415)
            assert answer.status_code in allowed, (case, answer.status_code, answer.text[:200])
            assert MARK not in answer.text, case
    assert everything_of(engine, owner) == before


def test_a_stranger_finds_nothing_of_it_on_any_list_and_in_any_other_answer(
    server: FastAPI, bob: TestClient, ids: dict[str, str]
) -> None:
    for case in cases(server):
        if case.method == "GET" and not case.is_private:
            answer = asked(bob, case, ids, **PAGE)
            assert answer.status_code < 500 or case.path == "/readyz", case
            named = [ids[name] for name in ids if name.endswith("_id") and name not in PUBLIC_PARAMETERS]
            assert not [word for word in (MARK, *named) if word in answer.text], case


def test_the_ids_of_another_account_in_a_body_lead_nowhere(
    server: FastAPI, engine: Engine, ada: TestClient, bob: TestClient, ids: dict[str, str]
) -> None:
    owner = ada.get("/api/v1/account").json()["id"]
    before = everything_of(engine, owner)
    tried = {
        "/api/v1/datasets": {"upload": ids["upload_id"]},
        "/api/v1/recommendations": {"dataset": ids["dataset_id"]},
        "/api/v1/classifiers": {"dataset": ids["dataset_id"], "architecture": QUICK},
    }
    for path, body in tried.items():
        assert bob.post(path, json=body).status_code == 404, path
    for path in ("/datasets", "/recommendations"):
        answer = bob.post(path, data={"upload": ids["upload_id"]}, headers=PAGE)
        assert answer.status_code == 404, path
    mine = made(bob, csv_of(texts_of(60, seed=73)))
    mixed = {"dataset": mine["id"], "recommendation": ids["recommendation_id"]}
    assert bob.post("/api/v1/classifiers", json=mixed).status_code == 404
    assert everything_of(engine, owner) == before


def test_nobody_gets_in_without_an_account_but_where_all_may(server: FastAPI, ids: dict[str, str]) -> None:
    for case in cases(server):
        if case.path in UNGUARDED or is_public(case.method, case.address(ids)):
            assert not case.is_private, case
            continue
        person = visitor(server)
        program = asked(person, case, ids)
        assert program.status_code == 401, (case, program.status_code)
        assert program.headers["www-authenticate"].startswith("Bearer")
        browser = asked(person, case, ids, **PAGE)
        is_page = case.method in ("GET", "HEAD") and not case.path.startswith("/api/")
        assert browser.status_code == (303 if is_page else 401), case


def test_two_accounts_have_the_same_texts_and_neither_meets_the_other(
    engine: Engine, ada: TestClient, bob: TestClient
) -> None:
    content = csv_of(texts_of(80, seed=74))
    theirs, mine = made(ada, content), made(bob, content)
    assert theirs["id"] != mine["id"]
    assert theirs["content_hash"] == mine["content_hash"]
    assert bob.delete(f"/api/v1/datasets/{mine['id']}").status_code == 200
    assert ada.post("/api/v1/recommendations", json={"dataset": theirs["id"]}).status_code == 201
