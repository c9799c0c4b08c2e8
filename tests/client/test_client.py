"""The typed client against a running service: a whole journey, by which every operation is called."""

import hashlib
import io
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
    ConflictError,
    Forethought,
    InvalidError,
    NotFoundError,
    Patience,
    ProblemError,
    TooLargeError,
    UnreachableError,
)
from tests.conftest import copied_database
from tests.live_service import serving, working
from tests.small_experience import save_whole_experience
from tests.synthetic import csv_of, texts_of

pytestmark = pytest.mark.enable_socket

NOBODY = "00000000-0000-4000-8000-000000000000"
QUICK = Patience(tries=4, first_wait_seconds=0.05)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, postgres: object, migrated_template: str) -> Iterator[str]:
    """A web server and a worker in threads of this process, with a small value network."""
    folder = tmp_path_factory.mktemp("client")
    save_whole_experience(folder / "experience")
    with copied_database(postgres.url, migrated_template) as database, socket.socket() as listener:  # type: ignore[attr-defined]
        listener.bind(("127.0.0.1", 0))
        settings = load_settings(
            data=folder / "data",
            experience=folder / "experience",
            database_url=database,
            max_upload_bytes=5_000_000,
            port=listener.getsockname()[1],
        )
        with serving(settings, listener), working(settings, database):
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
    service: Forethought, asked: set[str], tmp_path: Path
) -> None:
    walk_from_a_file_to_a_classifier(service, tmp_path)
    change_and_delete(service)
    look_at_what_is_known(service)
    shapes = {operation: re.compile(re.sub(r"{\w+}", "[^/]+", operation)) for operation in described()}
    uncalled = {
        operation for operation, shape in shapes.items() if not any(shape.fullmatch(one) for one in asked)
    }
    assert uncalled == set()


def walk_from_a_file_to_a_classifier(service: Forethought, tmp_path: Path) -> None:
    content = csv_of(texts_of(160, seed=501))
    path = tmp_path / "tickets.csv"
    path.write_bytes(content)
    told: list[tuple[int, ...]] = []
    upload = service.uploads.send(
        path, progress=lambda sent, total: told.append((sent, total)), part_bytes=3_000
    )
    assert (upload.filename, upload.sha256) == ("tickets.csv", hashlib.sha256(content).hexdigest())
    assert told[0] == (0, len(content))
    assert told[-1] == (len(content), len(content))
    assert told == sorted(told)
    assert service.uploads.get(upload).preview == upload.preview
    dataset = service.datasets.make(upload, text="text", label="label")
    assert (dataset.state, dataset.rows, dataset.classes) == ("ready", 160, 4)
    assert service.datasets.get(dataset) == dataset
    advice = service.recommendations.ask(dataset, top=3)
    assert [one.rank for one in advice.architectures] == [1, 2, 3]
    assert service.recommendations.get(advice.id) == advice
    assert list(service.recommendations.all(dataset=dataset)) == [advice]
    states: list[str] = []
    classifier = service.classifiers.train(
        dataset, recommendation=advice, told=lambda job: states.append(job.state), timeout_seconds=300
    )
    assert classifier.state == "ready"
    assert states[-1] == "finished"
    assert list(service.classifiers.all(dataset=dataset)) == [classifier]
    assert service.jobs.get(classifier.job).percent == 100
    predictions = service.classifiers.predict(classifier, ["where is my parcel", "refund me"], top=2)
    assert len(predictions) == 2
    assert predictions[0].classes is not None
    assert sum(one.probability for one in predictions[0].classes) <= 1.001
    predict_a_file(service, classifier.id, path)
    bundle = io.BytesIO()
    service.classifiers.download(classifier, bundle)
    assert bundle.getvalue()[:2] == b"PK"
    assert set(service.classifiers.assessment(classifier).labels) == set(dataset.class_counts)
    service.classifiers.errors(classifier)
    assert [one.classifier_id for one in service.experience.own_outcomes()] == [classifier.id]


def predict_a_file(service: Forethought, classifier: str, path: Path) -> None:
    out = io.BytesIO()
    service.classifiers.predict_file(classifier, path, out)
    lines = out.getvalue().decode().splitlines()
    assert lines[0] == "label,probability"
    assert len(lines) == 161
    out = io.BytesIO()
    service.classifiers.predict_file(classifier, io.BytesIO(b"text\nmy parcel\n"), out, text="text")
    assert len(out.getvalue().decode().splitlines()) == 2


def change_and_delete(service: Forethought) -> None:
    twice = [("my parcel came twice", "delivery")] * 2
    content = csv_of([*texts_of(160, seed=502), *twice, ("alone", "a class of one text only")])
    upload = service.uploads.put(content, filename="small.csv")
    dataset = service.datasets.make(upload)
    assert dataset.state == "waiting"
    assert service.datasets.choose_rare(dataset, "drop").state == "ready"
    health = service.datasets.health(dataset)
    assert health.findings is not None
    assert "duplicates" in " ".join(finding.kind for finding in health.findings)
    assert service.datasets.examine_again(dataset) == health, "a report that is there is not made again"
    service.datasets.apply_fix(dataset, "drop-duplicates")
    assert service.datasets.health(dataset).applied == {"drop-duplicates": 1}
    service.datasets.undo_fix(dataset, "drop-duplicates")
    assert service.datasets.health(dataset).applied == {}
    assert service.datasets.share(dataset, shared=True).shared
    assert not service.datasets.share(dataset, shared=False).shared
    assert service.datasets.sharing(dataset).runs == 0
    end_and_delete(service, upload.id, dataset.id)


def end_and_delete(service: Forethought, upload: str, dataset: str) -> None:
    service.recommendations.ask(dataset)
    training = service.classifiers.start(dataset, seed=1)
    with pytest.raises(ConflictError):
        service.classifiers.predict(training.classifier, ["too early"])
    service.jobs.cancel(training.job)
    ended = service.jobs.wait(training.job, timeout_seconds=300)
    assert ended.has_ended
    again = service.classifiers.again(training.classifier)
    service.jobs.wait(again.job, timeout_seconds=300)
    assert service.classifiers.abstain_below(again.classifier, 0.9).raw["abstain_below"] == 0.9
    with pytest.raises(ConflictError):
        service.classifiers.keep_best(again.classifier)
    assert training.job.id in {job.id for job in service.jobs.all()}
    service.classifiers.delete(again.classifier)
    receipt = service.datasets.delete(dataset)
    assert service.account.receipt(receipt) == receipt
    transfer = service.uploads.begin("off.csv", 1_000)
    assert service.uploads.offset(transfer) == 0
    service.uploads.delete(transfer)
    assert upload not in {one.id for one in service.uploads.all()}
    assert dataset not in {one.id for one in service.datasets.all()}
    look_at_the_account(service)
    service.account.delete_everything()
    assert list(service.datasets.all()) == []
    assert receipt in service.account.receipts()


def look_at_the_account(service: Forethought) -> None:
    """In local mode, where nobody logs in and no token is needed."""
    account = service.account.get()
    assert (account.email, account.mode) == (None, "local")
    assert {quota.name for quota in account.quotas}
    assert (service.account.tokens(), service.account.logins()) == ([], [])
    with pytest.raises(ProblemError):
        service.account.make_token("a program", scopes=["read"])
    for end in (service.account.revoke_token, service.account.end_login):
        with pytest.raises(NotFoundError):
            end(NOBODY)


def look_at_what_is_known(service: Forethought) -> None:
    tasks = list(service.experience.tasks())
    assert service.experience.task(tasks[0]) == tasks[0]
    runs = list(service.experience.runs(task=tasks[0].id, limit=5))
    assert {run.task_id for run in runs} == {tasks[0].id}
    assert len(runs) > 5, "pages were turned"
    assert {place.name for place in service.experience.map().places} == {task.name for task in tasks}
    checkpoint = service.experience.checkpoints()[0]
    assert service.experience.checkpoint(checkpoint).checkpoint == checkpoint
    assert service.experience.modules()
    assert service.experience.track_record().tasks


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
