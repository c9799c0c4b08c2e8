"""Files that can be no dataset: each gets a clear sentence and a 4xx, and nothing is left behind."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.datasets.tables import DatasetRow, UploadRow
from app.db.session import transaction
from app.settings import Settings
from tests.app.visiting import PAGE, left_behind, uploaded
from tests.synthetic import csv_of, texts_of

GOOD = csv_of(texts_of(40))
WIDE_ROW = csv_of([*texts_of(40), ("one", "two", "three")])
BAD = {
    "empty": (b"", "empty"),
    "one column": (csv_of([[text] for text, _ in texts_of(40)], ["text"]), "one column"),
    "one class": (csv_of([(text, "same") for text, _ in texts_of(40)]), "one class"),
    "binary": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "not a table"),
    "10 MB in one field": (csv_of([*texts_of(40), ("x" * 10_000_000, "delivery")]), "characters"),
    "a NUL byte": (GOOD + b"what is \0 this,delivery\n", "NUL"),
    "two columns of one name": (
        csv_of([(t, c, c) for t, c in texts_of(40)], ["text", "label", "label"]),
        "label",
    ),
    "a row with too many fields": (WIDE_ROW, "3 fields"),
    "only a header": (b"text,label\n", "no rows"),
}


@pytest.fixture
def untouched(client: TestClient, web_settings: Settings) -> Iterator[None]:
    """Fails the test that leaves a row or a file behind."""

    def everything() -> tuple[set[str], list[int | None]]:
        with transaction(client.app.state.engine) as session:  # type: ignore[attr-defined]
            counts = [session.scalar(select(func.count()).select_from(t)) for t in (UploadRow, DatasetRow)]
        return left_behind(web_settings), counts

    before = everything()
    yield
    assert everything() == before


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD.keys())
def test_a_program_gets_a_problem(client: TestClient, content: bytes, words: str) -> None:
    answer = client.put("/api/v1/uploads", params={"filename": "program.csv"}, content=content)
    if answer.status_code == 201:
        answer = client.post("/api/v1/datasets", json={"upload": answer.json()["id"]})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD.keys())
def test_a_person_gets_a_page_with_the_sentence(client: TestClient, content: bytes, words: str) -> None:
    answer = client.post("/uploads", files={"file": ("bad.csv", content)}, headers=PAGE)
    if answer.status_code == 303:
        upload = answer.headers["location"].rsplit("/", 1)[-1]
        answer = client.post("/datasets", data={"upload": upload, "split": ""}, headers=PAGE)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("text/html")
    assert words in answer.text


def test_a_missing_label_column_can_be_named_again(client: TestClient) -> None:
    upload = uploaded(client, GOOD)
    answer = client.post("/api/v1/datasets", json={"upload": upload, "label": "topic"})
    assert answer.status_code == 422
    assert "'topic'" in answer.json()["detail"]
    assert "'label'" in answer.json()["detail"]
    assert client.post("/api/v1/datasets", json={"upload": upload, "label": "label"}).status_code == 201


def test_a_file_at_fault_takes_its_upload_with_it(client: TestClient) -> None:
    upload = uploaded(client, WIDE_ROW)
    assert client.post("/api/v1/datasets", json={"upload": upload}).status_code == 422
    assert client.get(f"/api/v1/uploads/{upload}").status_code == 404


def test_a_person_may_mend_what_a_choice_can_mend(client: TestClient) -> None:
    upload = uploaded(client, WIDE_ROW, "wide.csv")
    answer = client.post("/datasets", data={"upload": upload}, headers=PAGE)
    assert answer.status_code == 422
    assert "Read again with these" in answer.text
    assert client.get(f"/api/v1/uploads/{upload}").status_code == 200


def test_a_faulty_upload_that_made_a_dataset_before_stays(client: TestClient) -> None:
    upload = uploaded(client, csv_of([(t, c, "same") for t, c in texts_of(40)], ["text", "label", "kind"]))
    assert client.post("/api/v1/datasets", json={"upload": upload}).status_code == 201
    assert client.post("/api/v1/datasets", json={"upload": upload, "label": "kind"}).status_code == 422
    assert client.get(f"/api/v1/uploads/{upload}").status_code == 200
