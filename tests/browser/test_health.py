"""A person's way from a file to a mended dataset and back, with the keyboard alone and without scripts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.datasets import health
from tests.browser.conftest import PATIENCE_MILLISECONDS, SEEDS, Service
from tests.synthetic import csv_of, texts_of


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    """A file of 160 texts, two of them twice, and three rows with nothing but marks."""
    rows = texts_of(160, seed=next(SEEDS))
    path = tmp_path / "sick.csv"
    path.write_bytes(csv_of([*rows, *rows[:2], *(("!" * row, "refund") for row in range(2, 5))]))
    return path


def finding(page: Page, title: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=title))


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("the keyboard does not reach it")


def rows_shown(page: Page) -> int:
    fact = page.locator("dl.facts div", has_text="rows with text and label")
    return int(fact.locator("dd").inner_text().replace(",", ""))


def test_with_the_keyboard_alone_a_fix_is_applied_and_undone(page: Page, sick: Path) -> None:
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(sick)
    page.wait_for_url("**/uploads/*")
    tab_to(page, page.get_by_role("button", name="Look at the dataset first"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/datasets/*")
    assert rows_shown(page) == 165
    card = finding(page, "3 texts without a word")
    tab_to(page, card.locator("summary"))
    page.keyboard.press("Enter")
    expect(card.get_by_role("cell", name="!!!!", exact=True)).to_be_visible()
    expect(card).to_contain_text("Removes 3 rows")
    tab_to(page, card.get_by_role("button", name="Remove texts without a word"))
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="Undo: Remove texts without a word")
    expect(undo).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(page.get_by_role("listitem").filter(has=undo)).to_contain_text("3 rows removed")
    expect(finding(page, "3 texts without a word")).to_have_count(0)
    assert rows_shown(page) == 162
    tab_to(page, undo)
    page.keyboard.press("Enter")
    expect(finding(page, "3 texts without a word")).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    expect(undo).to_have_count(0)
    assert rows_shown(page) == 165


def test_without_scripts_a_fix_is_applied_and_undone(plain_page: Page, sick: Path) -> None:
    page = plain_page
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(sick)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Look at the dataset first").click()
    page.wait_for_url("**/datasets/*")
    card = finding(page, re.compile("stand here more than once"))
    expect(card).to_contain_text("Removes 2 rows")
    card.get_by_role("button", name="Remove duplicates").click()
    undo = page.get_by_role("button", name="Undo: Remove duplicates")
    expect(page.get_by_role("listitem").filter(has=undo)).to_contain_text("2 rows removed")
    assert rows_shown(page) == 163
    undo.click()
    expect(finding(page, re.compile("stand here more than once"))).to_be_visible()
    assert rows_shown(page) == 165


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_fix_of_a_large_dataset_shows_its_progress_and_is_there_in_the_end(
    browser: Browser, service: Service, sick: Path, monkeypatch: pytest.MonkeyPatch, has_scripts: bool
) -> None:
    monkeypatch.setattr(health, "MOST_ROWS_AT_ONCE", 100)
    context = browser.new_context(base_url=service.url, java_script_enabled=has_scripts)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    upload = context.request.put("/api/v1/uploads?filename=sick.csv", data=sick.read_bytes()).json()["id"]
    dataset = context.request.post("/api/v1/datasets", data={"upload": upload}).json()["id"]
    page.goto(f"/datasets/{dataset}")
    # The page shows the report by itself once there is one.
    button = page.get_by_role("button", name="Remove texts without a word")
    expect(button).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    button.click()
    expect(page.get_by_role("button", name="Undo: Remove texts without a word")).to_be_visible(
        timeout=PATIENCE_MILLISECONDS
    )
    assert rows_shown(page) == 162
    context.close()
