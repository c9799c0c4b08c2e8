"""Every kind of page passes axe's rules of WCAG 2, in light and dark, on a wide and on a narrow screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Service
from tests.browser.test_looks import KINDS

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WIDTHS = {"wide": 1280, "narrow": 390}


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme_page(browser: Browser, service: Service, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(base_url=service.url, color_scheme=request.param)
    yield context.new_page()
    context.close()


def violations(page: Page) -> list[str]:
    """What axe finds, in a line for each element."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run({ runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(scheme_page: Page, addresses: dict[str, str], kind: str) -> None:
    page, found = scheme_page, {}
    for name, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(addresses[kind])
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        found[name] = violations(page)
    assert found == {name: [] for name in WIDTHS}


def test_axe_would_find_a_fault(scheme_page: Page) -> None:
    """The check itself works: a picture without words and grey on grey are seen."""
    scheme_page.goto("/")
    scheme_page.evaluate(
        """() => {
            const fault = document.createElement("p");
            fault.innerHTML = "<button></button><span>hard to read</span>";
            document.querySelector("main h1").after(fault);
            fault.lastChild.style.color = "#888";
            fault.lastChild.style.background = "#999";
        }"""
    )
    found = " ".join(violations(scheme_page))
    assert "button-name" in found
    assert "color-contrast" in found
