"""Records the examples of the API's description: `python -m tests.client.record_examples`.

The client walks its journey against a server with accounts, on made-up texts. For each operation the answer
with the fewest empty fields is kept, cut to a length that a person reads; ids, times, secrets are replaced,
and what differs in measured figures only stays as it was, so that recording again changes what has changed.
"""

import json
import re
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import sleep
from typing import Any, Final

import httpx

from app.accounts import service as accounts
from app.db.database import open_database
from app.db.session import make_engine, transaction
from app.main import create_app
from app.settings import Settings, load_settings
from app.web.description import operations
from app.web.examples import EXAMPLES, read_examples
from forethought_client import Forethought
from tests.client.journey import (
    change_and_delete,
    delete_everything,
    look_at_what_is_known,
    walk_from_a_file_to_a_classifier,
)
from tests.live_service import serving, working
from tests.small_experience import save_whole_experience

EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
TEXTS: Final = ("text/csv", "text/event-stream", "application/partial-upload", "application/octet-stream")
MOST_ENTRIES, MOST_LINES, MOST_LETTERS = 4, 6, 400
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME: Final = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
HASH: Final = re.compile(r"[0-9a-f]{64}")
MEASURED: Final = (
    *("bytes", "peak_bytes", "job_event", "recommendation_truth"),
    *("state", "percent", "words", "attempt", "started_at", "ended_at"),
)
"""Fields whose value is another on each journey, as a worker is quicker or slower."""
FIXED: Final = {
    "next": "MjAyNi0wMS0xNVQwOTozMDowMCswMDowMCAwMDAwMDAwMS0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDA",
    "prefix": "1a2b3c4d",
    "token": "ft_1a2b3c4d_shown-once-and-never-again",
    "signature": {"algorithm": "HMAC-SHA256", "value": "5f" * 32},
}


class Recorder:
    """Notes what is asked and answered, by operation."""

    def __init__(self) -> None:
        described = operations(create_app(load_settings()).openapi())
        shapes = [(path, method.upper(), one["operationId"]) for path, method, one in described]
        # What stands in a path as it is comes before what fits a parameter.
        shapes.sort(key=lambda shape: shape[0].count("{"))
        self._shapes = [
            (re.compile(re.sub(r"{\w+}", "[^/]+", path)), method, name) for path, method, name in shapes
        ]
        self.ids: dict[str, str] = {}
        self._kept: dict[str, tuple[tuple[bool, int, int], dict[str, Any]]] = {}

    def client(self) -> httpx.Client:
        """A client whose every request is noted."""
        hooks = {"request": [lambda request: request.read()], "response": [self._note]}
        return httpx.Client(timeout=300, event_hooks=hooks)

    @property
    def examples(self) -> dict[str, Any]:
        return {name: example for name, (_, example) in sorted(self._kept.items())}

    def _note(self, response: httpx.Response) -> None:
        response.read()
        request = response.request
        named = (
            name
            for shape, method, name in self._shapes
            if method == request.method and shape.fullmatch(request.url.path)
        )
        name = next(named, None)
        if name is None or not response.is_success:
            return
        for found in UUID.findall(str(request.url.path)) + UUID.findall(response.text):
            self.ids.setdefault(found, f"{len(self.ids) + 1:08x}-0000-4000-8000-000000000000")
        asked = body_of(request.headers, request.content)
        answer = body_of(response.headers, response.content)
        order = (answer is None, empty_fields(answer), -len(asked["value"]) if asked else 0)
        if name not in self._kept or order < self._kept[name][0]:
            example = {"request": asked, "answer": answer and {"status": str(response.status_code), **answer}}
            self._kept[name] = (order, {part: said for part, said in example.items() if said})


def body_of(headers: httpx.Headers, content: bytes) -> dict[str, Any] | None:
    """A body with its type, where it is one that an example can show."""
    kind = headers.get("content-type", "application/octet-stream").partition(";")[0]
    if not content or kind not in ("application/json", *TEXTS):
        return None
    return {"type": kind, "value": json.loads(content) if kind not in TEXTS else content.decode()}


def empty_fields(answer: dict[str, Any] | None) -> int:
    """How many fields say nothing."""
    value = answer and answer["value"]
    return sum(one in (None, [], {}) for one in value.values()) if isinstance(value, dict) else 0


def shortened(value: Any, name: str = "") -> Any:
    """A value as short as a person reads it, with what is another each time replaced."""
    # Of a receipt's rows, `token` is a number.
    if name in FIXED and isinstance(value, type(FIXED[name])):
        return FIXED[name]
    if isinstance(value, dict):
        return {key: shortened(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [
            shortened(one) for one in (value if len(value) <= MOST_ENTRIES else value[: MOST_ENTRIES - 1])
        ]
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, str) and value.count("\n") > MOST_LINES:
        return "\n".join(value.splitlines()[:MOST_LINES]) + "\n"
    return value[:MOST_LETTERS] + "…" if isinstance(value, str) and len(value) > MOST_LETTERS else value


def settled(examples: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The examples with ids by their order on the journey, and one time for all times."""
    cut = {
        name: {part: said | {"value": shortened(said["value"])} for part, said in example.items()}
        for name, example in examples.items()
    }
    words = UUID.sub(lambda found: ids.get(found[0], found[0]), json.dumps(cut))
    known: dict[str, Any] = json.loads(TIME.sub("2026-01-15T09:30:00Z", words))
    return known


def unmeasured(value: Any, name: str = "") -> Any:
    """A value without what is another on each journey: seconds, lengths, ids, hashes, states of jobs."""
    if isinstance(value, dict):
        return {key: unmeasured(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [unmeasured(one) for one in value]
    if isinstance(value, float) or name in MEASURED or str(value).startswith("event: "):
        return "measured"
    return HASH.sub("hash", UUID.sub("id", value)) if isinstance(value, str) else value


def refreshed(known: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    """The recorded examples; those that are known already but for measured figures stay as they are."""
    return {
        name: known[name] if unmeasured(known.get(name)) == unmeasured(example) else example
        for name, example in recorded.items()
    }


def walk(url: str, settings: Settings, database: str, recorder: Recorder, folder: Path) -> None:
    """An account is made in a browser, and its program does the rest."""
    engine = make_engine(database)
    with transaction(engine) as session:
        invitation = accounts.invite(session, EMAIL)
    engine.dispose()
    said = {"email": EMAIL, "password": PASSWORD, "invitation": invitation}
    registered = httpx.post(f"{url}/register", data=said, headers={"origin": url})
    cookie = registered.headers["set-cookie"].partition(";")[0]
    with recorder.client() as http:
        http.headers.update({"cookie": cookie, "origin": url})
        scopes = ["read", "write", "predict", "account"]
        token = Forethought(url, http=http).account.make_token("nightly import", scopes=scopes)
    with recorder.client() as http:
        service = Forethought(url, token=token.token, http=http)
        while not service.is_ready():
            sleep(0.2)
        http.get("/healthz")
        walk_from_a_file_to_a_classifier(service, folder)
        change_and_delete(service)
        end_early(service)
        look_at_what_is_known(service)
        service.account.get()
        service.account.logins()
        service.account.tokens()
        delete_everything(service)
        service.account.end(PASSWORD)


def end_early(service: Forethought) -> None:
    """A training that waits for its worker, and ends with the best of its first look."""
    started = service.classifiers.start(next(service.datasets.all()), seed=2)
    service.classifiers.keep_best(started.classifier)
    service.jobs.wait(started.job, timeout_seconds=300)


def main() -> None:
    recorder = Recorder()
    with tempfile.TemporaryDirectory() as name, socket.socket() as listener:
        folder = Path(name)
        save_whole_experience(folder / "experience")
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        settings = load_settings(
            mode="server", data=folder / "data", experience=folder / "experience", port=port
        )
        with open_database(settings) as database:
            there = load_settings(**{**settings.model_dump(), "database_url": database})
            with serving(there, listener), working(there, database):
                walk(f"http://127.0.0.1:{port}", there, database, recorder, folder)
    examples = refreshed(read_examples(), settled(recorder.examples, recorder.ids))
    written = json.dumps(examples, indent=1, ensure_ascii=False)
    EXAMPLES.write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
