"""Makes the requests of `bench.api_contract` meet things that are there: schemathesis loads this module.

Of the ids that it draws, half are replaced by those of things that exist; what a request deleted is made anew
before the next one. So that refusals are tried as well as answers, the other half stays as it was drawn.
"""

import os
from collections.abc import Mapping
from itertools import count
from typing import Any, Final
from uuid import UUID

import httpx
import schemathesis
from schemathesis.transport.requests import REQUESTS_TRANSPORT

URL: Final = os.environ["API_CONTRACT_URL"]
HEADERS: Final = (
    {"authorization": f"Bearer {token}"} if (token := os.environ.get("API_CONTRACT_TOKEN")) else {}
)
BY_NAME: Final = {
    "dataset": "dataset_id",
    "upload": "upload_id",
    "recommendation": "recommendation_id",
}
"""How a body names what a path names otherwise."""
_known: dict[str, str] = {}
_rounds = count()


def table() -> str:
    """Sixty texts in two classes, other ones each time: the same file would be the same dataset as before."""
    rows = enumerate(["parcel", "printer", "kettle", "lamp"] * 15)
    part = next(_rounds)
    words = (
        f"the {word} number {row} of {part} {'broke' if row % 2 else 'arrived'},{row % 2}"
        for row, word in rows
    )
    return "\n".join(["text,label", *words])


def known() -> Mapping[str, str]:
    """The id of one thing of each kind, made if there is none."""
    if not _known:
        with httpx.Client(base_url=f"{URL}/api/v1", headers=HEADERS, timeout=60) as http:
            upload = http.put("/uploads", content=table()).raise_for_status().json()["id"]
            dataset = http.post("/datasets", json={"upload": upload}).raise_for_status().json()["id"]
            asked = {"dataset": dataset}
            recommendation = http.post("/recommendations", json=asked).raise_for_status().json()["id"]
            _known.update(dataset_id=dataset, upload_id=upload, recommendation_id=recommendation)
            started = http.post("/classifiers", json=asked)
            # Too many trainings under way are refused; the next time there may be room.
            if started.status_code == httpx.codes.ACCEPTED:
                _known.update(
                    classifier_id=started.json()["classifier"]["id"], job_id=started.json()["job"]["id"]
                )
            if receipts := http.get("/account/receipts").json()["receipts"]:
                _known["receipt_id"] = receipts[0]["receipt"]
            _known["task_id"] = http.get("/experience/tasks", params={"limit": 1}).json()["tasks"][0]["id"]
            found = http.get("/experience/checkpoints").json()["checkpoints"]
            _known["checkpoint_id"] = found[0]["id"]
    return _known


def is_replaced(drawn: object) -> bool:
    """Whether it is a well-formed id of the half that becomes a known one."""
    try:
        return UUID(str(drawn)).int % 2 == 0
    except ValueError:
        return False


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    del context, kwargs
    for name, drawn in list((case.path_parameters or {}).items()):
        if is_replaced(drawn) and name in known():
            case.path_parameters[name] = known()[name]
    if isinstance(case.body, dict):
        for name, kind in BY_NAME.items():
            if name in case.body and is_replaced(case.body[name]):
                case.body[name] = known()[kind]


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    del context
    is_deletion = case.method.upper() == "DELETE" or case.path.endswith("/deletions")
    if is_deletion and response.status_code < httpx.codes.MULTIPLE_CHOICES:
        _known.clear()


@REQUESTS_TRANSPORT.serializer("application/partial-upload")
def as_it_is(context: Any, value: Any) -> dict[str, Any]:
    """A part of a file is bytes."""
    del context
    return {"data": value if isinstance(value, bytes) else str(value).encode()}
