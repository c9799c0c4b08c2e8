"""Files of every kind become datasets through the service, and every guess about them can be corrected."""

import gzip
import json
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.classifiers.predicting import read_texts
from app.settings import Settings
from app.storage import Storage
from dvn.data.choices import DEFAULT_LIMITS
from tests.app.visiting import PAGE, left_behind, made, uploaded
from tests.dvn.data.crafting import parquet, workbook, zipped
from tests.dvn.data.crafting_sheets import merging, sheet_with
from tests.dvn.data.malformed_files import MALFORMED
from tests.synthetic import csv_of, texts_of

ROWS = texts_of(40)
BOMBS = {file.name: file for file in MALFORMED if not file.choices}
TABLE = [["text", "label"], *map(list, ROWS)]
FILES = {
    "json_lines": "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS).encode(),
    "json": json.dumps([{"text": text, "label": label} for text, label in ROWS]).encode(),
    "parquet": parquet({"text": [text for text, _ in ROWS], "label": [label for _, label in ROWS]}),
    "workbook": workbook({"Cover": [["Reviews"]], "Reviews": TABLE}),
    "delimited": gzip.compress(csv_of(ROWS)),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_is_previewed_and_becomes_the_same_dataset(client: TestClient, kind: str) -> None:
    upload = uploaded(client, FILES[kind], "upload")
    preview = client.get(f"/api/v1/uploads/{upload}").json()["preview"]
    assert (preview["kind"], preview["text"], preview["label"]) == (kind, "text", "label")
    assert preview["problem"] is None
    assert client.get(f"/uploads/{upload}", headers=PAGE).status_code == 200
    dataset = client.post("/api/v1/datasets", json={"upload": upload}).json()
    assert dataset["content_hash"] == made(client, csv_of(ROWS))["content_hash"]


def test_what_was_read_of_a_workbook_is_told_and_another_sheet_can_be_chosen(client: TestClient) -> None:
    other = [["text", "label"], *([text.upper(), label] for text, label in ROWS)]
    upload = uploaded(client, workbook({"Reviews": TABLE, "Other": other}), "reviews.xlsx")
    shown = client.get(f"/uploads/{upload}", headers=PAGE).text
    assert "The sheet &#39;Reviews&#39; of the workbook was read; 1 other sheet was not." in shown
    assert '<option value="Reviews" selected>' in shown
    preview = client.get(f"/api/v1/uploads/{upload}", params={"sheet": "Other"}).json()["preview"]
    assert preview["rows"][0][0] == ROWS[0][0].upper()
    assert (preview["sheet"], preview["sheets"]) == ("Other", ["Reviews", "Other"])
    refused = client.post("/api/v1/datasets", json={"upload": upload, "sheet": "None"})
    assert (refused.status_code, "no sheet" in refused.text) == (422, True)
    dataset = client.post("/api/v1/datasets", json={"upload": upload, "sheet": "Other"}).json()
    assert any("The sheet 'Other' of the workbook was read" in said for said in dataset["report"])


def test_merged_cells_are_filled_down_and_told_by_page_and_api(client: TestClient) -> None:
    rows = sorted(ROWS, key=lambda row: row[1])
    ends = [at for at in range(len(rows)) if at + 1 == len(rows) or rows[at + 1][1] != rows[at][1]]
    starts = [0, *(end + 1 for end in ends[:-1])]
    ranges = [f"B{start + 2}:B{end + 2}" for start, end in zip(starts, ends, strict=True)]
    content = sheet_with([["text", "label"], *rows], merging(*ranges))
    upload = uploaded(client, content, "reviews.xlsx")
    said = f"{len(ranges)} merged cells that span several rows were filled down"
    assert said in client.get(f"/uploads/{upload}", headers=PAGE).text
    dataset = client.post("/api/v1/datasets", json={"upload": upload}).json()
    assert any(said in one for one in dataset["report"])
    assert dataset["content_hash"] == made(client, csv_of(rows))["content_hash"]


def test_texts_of_several_columns_are_joined_by_page_and_api(client: TestClient) -> None:
    rows = [(f"title {n}", text, label) for n, (text, label) in enumerate(ROWS)]
    upload = uploaded(client, csv_of(rows, ["title", "body", "label"]))
    answer = client.get(f"/api/v1/uploads/{upload}").json()["preview"]
    assert answer["texts"] == ["body"]
    assert [one["column"] for one in answer["candidates"]["text"]] == ["body", "title"]
    assert all(one["reason"] for one in answer["candidates"]["label"])
    asked = client.get(f"/uploads/{upload}", params={"text": ["title", "body"]}, headers=PAGE).text
    assert asked.count("data-reread checked") == 2
    form = {"upload": upload, "text": ["title", "body"], "label": "label"}
    by_page = client.post("/datasets", data=form, headers=PAGE)
    assert by_page.status_code == 303
    dataset = client.get(f"/api/v1{by_page.headers['location']}").json()
    assert dataset["text"] == "title + body"
    by_api = client.post("/api/v1/datasets", json={**form, "text": ["title", "body"]}).json()
    assert by_api["id"] == dataset["id"]
    assert (
        client.post("/api/v1/datasets", json={**form, "text": "title + body"}).json()["id"] == dataset["id"]
    )


def test_spellings_are_merged_with_a_word_unless_that_is_switched_off(client: TestClient) -> None:
    rows = [(text, label.upper() if n < 4 else label) for n, (text, label) in enumerate(ROWS)]
    upload = uploaded(client, csv_of(rows))
    merged = client.post("/api/v1/datasets", json={"upload": upload}).json()
    assert merged["classes"] == len({label for _, label in ROWS})
    assert any("differ only in case" in said for said in merged["report"])
    apart = client.post("/api/v1/datasets", json={"upload": upload, "merge_case": False}).json()
    assert apart["classes"] > merged["classes"]
    page = client.get(f"/uploads/{upload}", params={"merge_case": "false"}, headers=PAGE).text
    assert '<option value="false" selected>' in page


def test_quotes_can_be_ordinary_characters(client: TestClient) -> None:
    rows = [(f'"{text}"' if n == 30 else text, label) for n, (text, label) in enumerate(ROWS)]
    lines = "\n".join(["text,label", *(f"{text} said,{label}" for text, label in rows)])
    upload = uploaded(client, lines.encode())
    refused = client.post("/datasets", data={"upload": upload}, headers=PAGE)
    assert refused.status_code == 422
    assert "choose &#39;no quotes&#39;" in refused.text
    answer = client.post("/datasets", data={"upload": upload, "quote": "none"}, headers=PAGE)
    assert answer.status_code == 303


@pytest.mark.parametrize("kind", FILES)
def test_texts_to_predict_may_come_in_every_kind(kind: str, tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    packed = zipped({"new.bin": FILES[kind]}) if kind != "delimited" else FILES[kind]
    texts = read_texts(BytesIO(packed), "text", storage, DEFAULT_LIMITS)
    assert texts == [text for text, _ in ROWS]
    assert list(storage.uploads.iterdir()) == []


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.xlsx", "nested.zip"])
def test_what_its_headers_give_away_as_a_bomb_is_not_kept(
    client: TestClient, web_settings: Settings, name: str
) -> None:
    before, content = left_behind(web_settings), BOMBS[name].make()
    answer = client.put("/api/v1/uploads", params={"filename": name}, content=content)
    assert answer.status_code == 422, answer.text
    assert any(said in answer.json()["detail"] for said in ("The file unpacks to", "holds the packed file"))
    assert left_behind(web_settings) == before


@pytest.mark.parametrize("name", ["bomb.csv.gz", "repeated.parquet"])
def test_a_bomb_that_only_reading_shows_becomes_no_dataset(
    client: TestClient, web_settings: Settings, name: str
) -> None:
    before = left_behind(web_settings)
    upload = uploaded(client, BOMBS[name].make(), name)
    answer = client.post("/api/v1/datasets", json={"upload": upload})
    assert answer.status_code == 422
    assert "The file unpacks to" in answer.json()["detail"]
    assert left_behind(web_settings) == before
