"""A classifier's page in a browser: try it, choose when it answers, classify a file, delete it."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.synthetic import csv_of, texts_of


def test_a_file_is_classified_with_a_bar(page: Page, addresses: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_bytes(csv_of(texts_of(700, seed=5)))
    page.goto(addresses["classifier"])
    page.get_by_label("Texts to classify").set_input_files(file)
    with page.expect_download() as download:
        page.get_by_role("button", name="Classify and download").click()
    assert download.value.suggested_filename == "many-predictions.csv"
    assert len(download.value.path().read_text().splitlines()) == 701
    expect(page.get_by_text("700 texts classified")).to_be_visible()
    assert page.get_by_label("Texts classified", exact=True).evaluate("bar => bar.value") == 700


def test_a_file_that_is_no_table_is_explained_beside_the_form(
    page: Page, complaints: list[str], addresses: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    page.goto(addresses["classifier"])
    page.get_by_label("Texts to classify").set_input_files(file)
    page.get_by_role("button", name="Classify and download").click()
    expect(page.get_by_text("not a table")).to_be_visible()
    complaints[:] = [said for said in complaints if "status of 422" not in said]


def test_without_scripts_words_are_marked_and_a_threshold_is_chosen(
    plain_page: Page, addresses: dict[str, str]
) -> None:
    page = plain_page
    page.goto(addresses["classifier"])
    page.get_by_label("A text of your own").fill("courier parcel late")
    page.get_by_role("button", name="Classify", exact=True).click()
    expect(page.get_by_role("heading", name="Words that decided")).to_be_visible()
    page.get_by_text("Python", exact=True).click()
    expect(page.get_by_text("from forethought_client import Forethought")).to_be_visible()
    choices = page.get_by_role("group", name="It answers").get_by_role("radio")
    choices.last.check()
    page.get_by_role("button", name="Use this from now on").click()
    page.wait_for_url(re.compile("#answers$"))
    expect(page.get_by_role("group", name="It answers").get_by_role("radio").last).to_be_checked()
    page.get_by_role("group", name="It answers").get_by_role("radio").first.check()
    page.get_by_role("button", name="Use this from now on").click()
    expect(page.get_by_role("group", name="It answers").get_by_role("radio").first).to_be_checked()
