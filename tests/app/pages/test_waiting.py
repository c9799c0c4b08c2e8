"""Files that became no dataset yet are listed, gone on with, and discarded without a trace."""

from fastapi.testclient import TestClient

from app.settings import Settings
from app.storage import Storage
from tests.app.visiting import PAGE, made, uploaded
from tests.synthetic import csv_of, texts_of

SHARE = 0.405
SECTION = "Files that are no dataset yet"


def begun(client: TestClient, content: bytes, name: str, share: float) -> str:
    """The id of a file of which this share has arrived."""
    wish = {"filename": name, "bytes": len(content)}
    upload = str(client.post("/api/v1/uploads", json=wish).json()["id"])
    part = content[: round(len(content) * share)]
    client.patch(f"/api/v1/uploads/{upload}", content=part, headers={"upload-offset": "0"})
    return upload


def test_a_file_waits_until_it_is_a_dataset(client: TestClient) -> None:
    content = csv_of(texts_of(60, seed=851))
    assert SECTION not in client.get("/", headers=PAGE).text
    upload = uploaded(client, content, "chosen.csv")
    shown = client.get("/", headers=PAGE).text
    assert SECTION in shown
    assert f'<a href="/uploads/{upload}">Choose its columns</a>' in shown
    assert client.post("/api/v1/datasets", json={"upload": upload}).status_code == 201
    assert SECTION not in client.get("/", headers=PAGE).text


def test_a_file_that_stopped_half_way_is_listed_and_discarded(
    client: TestClient, web_settings: Settings
) -> None:
    content = csv_of(texts_of(200, seed=852))
    first, second = (begun(client, content, f"{name}.csv", SHARE) for name in ("one", "two"))
    whole = uploaded(client, csv_of(texts_of(60, seed=853)), "whole.csv")
    listed = client.get("/api/v1/unfinished-uploads").json()["uploads"]
    assert [one["id"] for one in listed] == [first, second]
    assert {one["offset"] for one in listed} == {round(len(content) * SHARE)}
    shown = client.get("/", headers=PAGE).text
    assert shown.index("whole.csv") < shown.index("two.csv") < shown.index("one.csv"), "newest first"
    assert shown.count("40 % of") == 2
    assert "deleted after 24 hours" in shown

    for upload in (first, whole):
        answer = client.post(f"/uploads/{upload}/discard", headers=PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert client.post(f"/uploads/{upload}/discard", headers=PAGE).status_code == 404
    storage = Storage(web_settings.data)
    assert [path.name for path in storage.unfinished.iterdir()] == [second]
    assert not storage.upload(whole).exists()  # type: ignore[arg-type]
    rest = content[round(len(content) * SHARE) :]
    headers = {"upload-offset": str(len(content) - len(rest))}
    assert client.patch(f"/api/v1/uploads/{second}", content=rest, headers=headers).status_code == 201
    assert client.get("/api/v1/unfinished-uploads").json()["uploads"] == []
    client.post(f"/uploads/{second}/discard")


def test_a_file_with_a_dataset_is_not_discarded(client: TestClient) -> None:
    dataset = made(client, csv_of(texts_of(60, seed=854)))
    answer = client.post(f"/uploads/{dataset['upload']}/discard", headers=PAGE)
    assert answer.status_code == 409
    assert "delete the dataset" in answer.text
    assert client.get(f"/api/v1/uploads/{dataset['upload']}").status_code == 200
