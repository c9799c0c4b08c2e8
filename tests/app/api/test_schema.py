"""What the OpenAPI description promises is what requests of all kinds get."""

from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from starlette.types import Receive, Scope, Send

from app.main import create_app
from app.settings import PROJECT_ROOT, load_settings
from app.web.description import operations
from tests.app.visiting import made
from tests.synthetic import csv_of, texts_of

EXAMPLES = 5
"""For each operation, of valid and of invalid requests each; the README names a command that sends more."""
CONFIG = SchemathesisConfig.from_path(PROJECT_ROOT / ".ci" / "schemathesis.toml")
DESCRIBED = {
    f"{method.upper()} {path}": operation
    for path, method, operation in operations(create_app(load_settings()).openapi())
}


@pytest.fixture(scope="module")
def known(wise: TestClient) -> dict[str, str]:
    """Ids of things that are there, by the name of the parameter they fit."""
    dataset = made(wise, csv_of(texts_of(40, seed=7)))
    advice = wise.post("/api/v1/recommendations", json={"dataset": dataset["id"]}).json()["id"]
    started = wise.post("/api/v1/classifiers", json={"dataset": dataset["id"]}).json()
    return {
        "upload_id": dataset["upload"],
        "dataset_id": dataset["id"],
        "recommendation_id": advice,
        "classifier_id": started["classifier"]["id"],
    }


@pytest.fixture(scope="module")
def schema(wise: TestClient) -> Any:
    app = wise.app

    async def running(scope: Scope, receive: Receive, send: Send) -> None:
        """The application that runs already: it is not started again for each request."""
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for stage in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{stage}.complete"})

    return schemathesis.openapi.from_asgi("/openapi.json", running, config=CONFIG)


@pytest.mark.parametrize("name", DESCRIBED)
def test_no_request_finds_an_answer_that_is_not_described(
    schema: Any, known: dict[str, str], name: str
) -> None:
    method, path = name.split()
    ask_about(schema[path][method], GenerationMode.POSITIVE, known)
    # Where any request is a valid one there is no invalid one to send.
    with suppress(Unsatisfiable):
        ask_about(schema[path][method], GenerationMode.NEGATIVE, {})


def ask_about(operation: Any, mode: GenerationMode, known: dict[str, str]) -> None:
    """Send requests of one kind; half of them are about something that is known to be there."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @examples(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        for parameter in known.keys() & case.path_parameters.keys():
            if str(case.path_parameters[parameter])[:1] < "8":
                case.path_parameters[parameter] = known[parameter]
        case.call_and_validate()

    ask()
