"""A person's way from a file to a classifier, with scripts, without, and without a mouse."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MILLISECONDS
from tests.synthetic import csv_of, texts_of

EXPECTED = re.compile(r"\d+\.\d % expected")
VERDICT = re.compile(r"Right on [\d.]+ of 100 new texts")


def test_from_a_file_to_a_classifier_that_answers(page: Page, tickets: Path) -> None:
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(tickets)
    page.wait_for_url("**/uploads/*")
    expect(page.get_by_role("heading", name="tickets.csv")).to_be_visible()
    expect(page.get_by_role("checkbox", name="text", exact=True)).to_be_checked()
    page.get_by_role("button", name="Look at the dataset first").click()
    page.wait_for_url("**/datasets/*")
    expect(page.get_by_role("row", name="delivery 40")).to_be_visible()
    page.get_by_role("button", name="Recommend an architecture").click()
    page.wait_for_url("**/recommendations/*")
    expect(page.get_by_role("heading", name=EXPECTED)).to_have_count(5)
    page.get_by_role("button", name="Train it").click()
    page.wait_for_url("**/classifiers/*")
    # The page changes by itself, without being asked again.
    trained = page.get_by_role("heading", name=VERDICT)
    expect(trained).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_role("table", name=re.compile("true class"))).to_be_visible()
    page.get_by_label("A text of your own").fill("the courier was late with my parcel")
    page.get_by_role("button", name="Classify", exact=True).click()
    expect(page.locator("output")).to_have_text(re.compile("delivery|refund|account|praise"))
    page.get_by_label("Texts to classify").set_input_files(tickets)
    with page.expect_download() as download:
        page.get_by_role("button", name="Classify and download").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "label,probability"
    assert len(lines) == 161


def test_without_scripts_from_a_file_to_a_classifier(plain_page: Page, tickets: Path) -> None:
    page = plain_page
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(tickets)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/uploads/*")
    expect(page.get_by_role("button", name="Read again with these")).to_be_visible()
    page.get_by_role("button", name="Recommend an architecture").click()
    page.wait_for_url("**/recommendations/*")
    expect(page.get_by_role("heading", name=EXPECTED)).to_have_count(5)
    page.get_by_role("button", name="Train it").click()
    page.wait_for_url("**/classifiers/*")
    trained = page.get_by_role("heading", name=VERDICT)
    expect(trained).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    page.get_by_label("A text of your own").fill("my password")
    page.get_by_role("button", name="Classify", exact=True).click()
    expect(page.locator("output")).to_be_visible()


def test_without_a_mouse_from_the_columns_to_the_recommendation(page: Page, tickets: Path) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("File", exact=True).set_input_files(tickets)
    page.wait_for_url("**/uploads/*")
    button = page.get_by_role("button", name="Recommend an architecture")
    for _ in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/recommendations/*")


def test_a_dropped_file_is_uploaded(page: Page) -> None:
    page.goto("/")
    content = csv_of(texts_of(80, seed=71)).decode()
    transfer = page.evaluate_handle(
        """content => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([content], "dropped.csv"));
            return transfer;
        }""",
        content,
    )
    page.dispatch_event("[data-upload]", "drop", {"dataTransfer": transfer})
    page.wait_for_url("**/uploads/*")
    expect(page.get_by_role("heading", name="dropped.csv")).to_be_visible()


def test_a_choice_on_the_columns_page_is_read_at_once(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "swapped.csv"
    path.write_bytes(
        csv_of([(text, label, "yes") for text, label in texts_of(80, seed=72)], ["text", "label", "kind"])
    )
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(path)
    page.wait_for_url("**/uploads/*")
    page.get_by_label("Labels").select_option("kind")
    page.wait_for_url("**label=kind**")
    expect(page.get_by_label("Labels")).to_have_value("kind")
    expect(page.get_by_label("Labels")).to_be_focused()
    expect(page.get_by_role("columnheader", name="kind label")).to_be_visible()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "not a table"),
        (b"x" * 2_000_001, "at most 2.0 MB"),
        (b"", "empty"),
    ],
    ids=["binary", "too large", "empty"],
)
def test_a_file_that_cannot_be_used_is_explained_where_it_was_chosen(
    page: Page, complaints: list[str], tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(path)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Upload")).to_be_visible()
    # Chromium itself notes every answer of 4xx on its console.
    complaints[:] = [said for said in complaints if "status of 422" not in said]


def test_a_training_can_be_cancelled(page: Page, tickets: Path) -> None:
    """So many texts that the training outlasts the way to its page."""
    tickets.write_bytes(csv_of(texts_of(30_000, seed=7)))
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(tickets)
    page.wait_for_url("**/uploads/*")
    page.get_by_role("button", name="Recommend an architecture").click()
    page.wait_for_url("**/recommendations/*")
    page.get_by_role("button", name="Train this one").last.click()
    page.wait_for_url("**/classifiers/*")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="The training was cancelled")).to_be_visible()
    expect(page.get_by_role("button", name="Train again")).to_be_visible()


def test_the_slider_asks_again_by_itself_and_by_the_keyboard_alone(page: Page, tickets: Path) -> None:
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(tickets)
    page.wait_for_url("**/uploads/*")
    page.get_by_role("button", name="Recommend an architecture").click()
    page.wait_for_url("**/recommendations/*")
    first = page.url
    expect(page.get_by_role("button", name="Ask again")).to_be_hidden()
    slider = page.get_by_label("How much size and speed count")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("may be 2.5 points less accurate")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(slider).to_be_focused()
    expect(page.get_by_role("heading", name=EXPECTED)).to_have_count(5)
    assert page.url != first
    page.reload()
    expect(slider).to_have_value("0.5")
    page.get_by_role("button", name="Train it").click()
    page.wait_for_url("**/classifiers/*")


def test_the_slider_is_a_form_without_scripts(plain_page: Page, tickets: Path) -> None:
    page = plain_page
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(tickets)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Recommend an architecture").click()
    page.wait_for_url("**/recommendations/*")
    first = page.url
    page.get_by_label("How much size and speed count").fill("1")
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("may be 10.0 points less accurate")).to_be_visible()
    assert page.url != first
