"""The typed client against a running service: a whole journey, by which every operation is called."""

import hashlib
import html
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.main import create_app
from app.settings import load_settings
from app.web.description import PREFIX, operations
from forethought_client import (
    Forethought,
    InvalidError,
    NotFoundError,
    Patience,
    ProblemError,
    TooLargeError,
    UnreachableError,
)
from tests.client.journey import (
    change_and_delete,
    delete_everything,
    look_at_what_is_known,
    walk_from_a_file_to_a_classifier,
)
from tests.live_service import whole_service
from tests.synthetic import csv_of, texts_of

pytestmark = pytest.mark.enable_socket

NOBODY = "00000000-0000-4000-8000-000000000000"
QUICK = Patience(tries=4, first_wait_seconds=0.05)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, postgres: object, migrated_template: str) -> Iterator[str]:
    """A web server and a worker in threads of this process, with a small value network."""
    folder, server = tmp_path_factory.mktemp("client"), postgres.url  # type: ignore[attr-defined]
    with whole_service(folder, server, migrated_template, max_upload_bytes=5_000_000) as settings:
        yield f"http://127.0.0.1:{settings.port}"


@pytest.fixture
def asked() -> set[str]:
    """What was asked of the service: method and path."""
    return set()


@pytest.fixture
def service(url: str, asked: set[str]) -> Iterator[Forethought]:
    def note(request: httpx.Request) -> None:
        asked.add(f"{request.method} {request.url.path}")

    with httpx.Client(timeout=120, event_hooks={"request": [note]}) as http:
        yield Forethought(url, http=http, patience=QUICK)


def described() -> set[str]:
    document = create_app(load_settings()).openapi()
    return {f"{method.upper()} {path}" for path, method, _ in operations(document) if path.startswith(PREFIX)}


def test_a_journey_calls_every_operation_there_is(
    service: Forethought, url: str, asked: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    walk_from_a_file_to_a_classifier(service, tmp_path)
    run_the_lines_of_its_page(service, url, capsys)
    change_and_delete(service)
    look_at_the_account(service)
    delete_everything(service)
    look_at_what_is_known(service)
    shapes = {operation: re.compile(re.sub(r"{\w+}", "[^/]+", operation)) for operation in described()}
    uncalled = {
        operation for operation, shape in shapes.items() if not any(shape.fullmatch(one) for one in asked)
    }
    assert uncalled == set()


def run_the_lines_of_its_page(service: Forethought, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What a classifier's page says in Python works as it stands."""
    (classifier,) = service.classifiers.all()
    shown = httpx.get(f"{url}/classifiers/{classifier.id}", headers={"accept": "text/html"}).text
    found = re.search(r'id="snippet-python">(.*?)</pre>', shown, re.DOTALL)
    assert found is not None
    exec(compile(html.unescape(found[1]), "the page", "exec"), {})
    label, probability = capsys.readouterr().out.split()
    assert label in service.classifiers.assessment(classifier).labels
    assert 0 < float(probability) <= 1


def look_at_the_account(service: Forethought) -> None:
    """In local mode, where nobody logs in and no token is needed."""
    account = service.account.get()
    assert (account.email, account.mode) == (None, "local")
    assert {quota.name for quota in account.quotas}
    assert (service.account.tokens(), service.account.logins()) == ([], [])
    with pytest.raises(ProblemError):
        service.account.make_token("a program", scopes=["read"])
    with pytest.raises(ProblemError) as refused:
        service.account.end("a password")
    assert refused.value.status == 409
    for end in (service.account.revoke_token, service.account.end_login):
        with pytest.raises(NotFoundError):
            end(NOBODY)


def test_an_upload_survives_lost_connections_and_a_lost_last_answer(url: str) -> None:
    content = csv_of(texts_of(400, seed=503))
    sent: list[int] = []

    class Flaky(httpx.HTTPTransport):
        """Loses every third part on its way, and the answer to the last."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method != "PATCH":
                return super().handle_request(request)
            sent.append(int(request.headers["upload-offset"]))
            if len(sent) % 3 == 0:
                raise httpx.ConnectError("cut on the way there")
            answer = super().handle_request(request)
            if answer.status_code == 201:
                answer.close()
                raise httpx.ReadError("cut on the way back")
            return answer

    with httpx.Client(transport=Flaky(), timeout=60) as http:
        upload = Forethought(url, http=http, patience=QUICK).uploads.send(content, part_bytes=3_000)
    assert upload.sha256 == hashlib.sha256(content).hexdigest()
    assert len(sent) > len(set(sent))


def test_an_upload_goes_on_where_another_program_stopped(url: str) -> None:
    content = csv_of(texts_of(200, seed=504))
    with Forethought(url, patience=QUICK) as service:
        begun = service.uploads.begin("later.csv", len(content))
        headers = {"Upload-Offset": "0"}
        httpx.patch(f"{url}/api/v1/uploads/{begun.id}", content=content[:2_000], headers=headers)
        assert service.uploads.offset(begun) == 2_000
        told: list[int] = []
        upload = service.uploads.send(content, resume=begun.id, progress=lambda sent, _: told.append(sent))
    assert told[0] == 2_000
    assert upload.bytes == len(content)


def test_a_repeated_post_is_carried_out_once(url: str) -> None:
    class Forgetful(httpx.HTTPTransport):
        """Loses the first answer to each POST."""

        lost = 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if request.method == "POST" and not self.lost:
                self.lost += 1
                answer.close()
                raise httpx.ReadError("lost")
            return answer

    with httpx.Client(transport=Forgetful(), timeout=60) as http:
        service = Forethought(url, http=http, patience=QUICK)
        dataset = service.datasets.make(service.uploads.put(csv_of(texts_of(80, seed=505))))
        http._transport.lost = 0  # type: ignore[attr-defined]  # the next POST is lost, too
        service.recommendations.ask(dataset)
        assert len(list(service.recommendations.all(dataset=dataset))) == 1


def test_refusals_say_what_the_service_says(service: Forethought) -> None:
    with pytest.raises(NotFoundError, match=f"There is no dataset {NOBODY}") as missing:
        service.datasets.get(NOBODY)
    assert (missing.value.status, missing.value.type) == (404, "urn:forethought:unknown-dataset")
    with pytest.raises(TooLargeError, match=r"at most 5 MB can be uploaded"):
        service.uploads.begin("large.csv", 10**10)
    with pytest.raises(InvalidError, match="empty"):
        service.uploads.send(b"")
    with pytest.raises(InvalidError) as invalid:
        service.datasets.make("no-id")
    assert [problem.field for problem in invalid.value.fields] == ["upload"]
    assert isinstance(invalid.value, ProblemError)


def test_nobody_there_is_said_after_the_last_try() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Forethought(f"http://127.0.0.1:{port}", patience=Patience(2, 0.01)) as service:
        assert not service.is_ready()
        with pytest.raises(UnreachableError, match=r"did not answer in 2 tries .* is the service running\?"):
            list(service.datasets.all())


def test_a_token_is_sent_as_a_bearer() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={"datasets": [], "next": None})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        assert list(Forethought("http://x", token="secret", http=http).datasets.all()) == []
    assert seen == ["Bearer secret"]
