"""Every page: readable in light and dark, on a narrow screen, by eye and by ear."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Service

KINDS = (
    *("home", "columns", "dataset", "small classes", "recommendation"),
    *("classifier", "api", "licences", "error", "account", "deletion"),
    *("tasks", "task", "runs", "map", "checkpoints", "card", "track record"),
)
LOW_CONTRAST = Path(__file__).with_name("low_contrast.js").read_text(encoding="utf-8")
UNLABELLED = Path(__file__).with_name("unlabelled.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_all_words_stand_out_from_their_ground(
    browser: Browser, service: Service, addresses: dict[str, str], kind: str, scheme: str
) -> None:
    context = browser.new_context(base_url=service.url, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(addresses[kind])
    assert page.evaluate(LOW_CONTRAST) == []
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_narrow_screen_needs_no_sideways_scrolling(
    browser: Browser, service: Service, addresses: dict[str, str], kind: str
) -> None:
    context = browser.new_context(base_url=service.url, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(addresses[kind])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_can_be_heard(page: Page, complaints: list[str], addresses: dict[str, str], kind: str) -> None:
    page.goto(addresses[kind])
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    assert page.locator("html[lang=en]").count() == 1
    assert page.title().endswith("Forethought")
    assert page.evaluate(UNLABELLED) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))
    complaints[:] = [said for said in complaints if "status of 404" not in said]
