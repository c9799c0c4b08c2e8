"""The pages of a service for several people, from the door to the token: axe, eye and narrow screen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from app.erasure.receipts import is_genuine, read_receipt, signing_key
from app.settings import Mode, Registration, Settings
from tests.browser.conftest import PATIENCE_MILLISECONDS
from tests.browser.test_axe import WIDTHS, violations
from tests.browser.test_looks import LOW_CONTRAST, UNLABELLED
from tests.live_service import whole_service

PASSWORD = "correct horse battery"
"""Of made-up people."""


@pytest.fixture(scope="module")
def team(
    tmp_path_factory: pytest.TempPathFactory, postgres: object, migrated_template: str
) -> Iterator[Settings]:
    """A service where anybody may make an account."""
    folder, server = tmp_path_factory.mktemp("team"), postgres.url  # type: ignore[attr-defined]
    wishes = {"mode": Mode.server, "registration": Registration.open}
    with whole_service(folder, server, migrated_template, **wishes) as settings:
        yield settings


@pytest.fixture(params=["light", "dark"])
def visit(browser: Browser, team: Settings, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page of a person who has not logged in."""
    url = f"http://127.0.0.1:{team.port}"
    context = browser.new_context(base_url=url, color_scheme=request.param)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context.new_page()
    context.close()


def faults(page: Page) -> list[str]:
    """All that is wrong with a page, wide and narrow."""
    found = []
    for width in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": 800})
        found += violations(page) + page.evaluate(LOW_CONTRAST) + page.evaluate(UNLABELLED)
    page.set_viewport_size({"width": 320, "height": 640})
    if page.evaluate("document.documentElement.scrollWidth") > 320:
        found.append("needs sideways scrolling at 320 pixels")
    return found


def test_the_pages_before_the_door(visit: Page) -> None:
    for address in ("/", "/login?next=%2Faccount", "/register", "/api", "/track-record"):
        visit.goto(address)
        assert faults(visit) == [], address
    visit.goto("/login")
    visit.get_by_label("E-mail address").fill("nobody@example.org")
    visit.get_by_label("Password").fill("wrong as can be")
    visit.get_by_role("button", name="Log in").click()
    visit.get_by_text("The address or the password is not right").wait_for()
    assert faults(visit) == []


def test_the_pages_behind_the_door(visit: Page, team: Settings, request: pytest.FixtureRequest) -> None:
    visit.goto("/register")
    visit.get_by_label("E-mail address").fill(f"{request.node.callspec.id}@example.org")
    visit.get_by_label("Password").fill(PASSWORD)
    visit.get_by_role("button", name="Make the account").click()
    visit.wait_for_url(lambda url: "/register" not in url)
    assert faults(visit) == []
    visit.goto("/account")
    assert faults(visit) == []
    visit.get_by_label("Which program is it for?").fill("nightly")
    visit.get_by_role("button", name="Make the token").click()
    visit.get_by_role("heading", name="A new API token: nightly").wait_for()
    assert visit.get_by_role("button", name="Copy").count() == 2
    assert faults(visit) == []
    visit.get_by_role("link", name="I have copied it").click()
    visit.get_by_text("nightly").first.wait_for()
    assert faults(visit) == []
    visit.get_by_role("link", name="Delete the account itself, too").click()
    visit.get_by_label("To confirm, your password").fill("wrong as can be")
    assert faults(visit) == []
    visit.get_by_role("button", name="Delete the account").click()
    visit.get_by_text("That is not the password of this account").wait_for()
    assert faults(visit) == []
    visit.get_by_label("To confirm, your password").fill(PASSWORD)
    visit.get_by_role("button", name="Delete the account").click()
    visit.get_by_role("heading", name="The account is deleted").wait_for()
    assert faults(visit) == []
    with visit.expect_download() as kept:
        visit.get_by_role("link", name="Download the receipt").click()
    receipt = kept.value.path()
    assert kept.value.suggested_filename.startswith("forethought-receipt-")
    assert is_genuine(read_receipt(receipt), signing_key(team))
    visit.goto("/account")
    visit.get_by_role("heading", name="Log in").wait_for()
