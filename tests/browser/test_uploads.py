"""Uploads whose connection is cut, whose page is loaded again, and that are called off."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from app.storage import Storage
from tests.browser.conftest import Service
from tests.browser.test_axe import violations
from tests.synthetic import csv_of, texts_of

ADDRESS = "**/api/v1/uploads/*"


@pytest.fixture
def large(page: Page, service: Service, tmp_path: Path) -> Path:
    """A file of several parts: the page is made to send parts of 100,000 bytes."""

    def smaller_parts(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("8_000_000", "100_000"))

    page.route("**/static/upload_parts.js*", smaller_parts)
    path = tmp_path / "large.csv"
    path.write_bytes(csv_of(texts_of(10_000, seed=hash(str(tmp_path)) % 10_000)))
    assert path.stat().st_size > 400_000
    return path


def test_an_upload_goes_on_by_itself_after_its_connection_was_cut(
    page: Page, complaints: list[str], large: Path
) -> None:
    parts: list[str] = []

    def cut_the_third(route: Route) -> None:
        if route.request.method != "PATCH":
            route.fallback()
            return
        parts.append(route.request.headers["upload-offset"])
        if len(parts) == 3:
            route.abort("connectionreset")
        else:
            route.fallback()

    page.route(ADDRESS, cut_the_third)
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(large)
    expect(page.locator("[data-upload-status]")).to_contain_text("Connection lost, trying again in 1 s")
    page.wait_for_url("**/uploads/*")
    expect(page.get_by_role("heading", name="large.csv")).to_be_visible()
    assert parts[:4] == ["0", "100000", "200000", "200000"]
    complaints[:] = [said for said in complaints if "ERR_CONNECTION_RESET" not in said]


def test_the_same_file_goes_on_after_the_page_was_loaded_again(
    page: Page, complaints: list[str], large: Path
) -> None:
    parts: list[str] = []

    def cut_all_after_two(route: Route) -> None:
        if route.request.method == "PATCH":
            parts.append(route.request.headers["upload-offset"])
        if route.request.method == "PATCH" and len(parts) > 2:
            route.abort("connectionreset")
        else:
            route.fallback()

    page.route(ADDRESS, cut_all_after_two)
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(large)
    expect(page.locator("[data-upload-status]")).to_contain_text("Connection lost")
    page.unroute(ADDRESS, cut_all_after_two)
    page.reload()
    expect(page.get_by_text("The upload of large.csv stopped at")).to_be_visible()
    page.get_by_label("File", exact=True).set_input_files(large)
    with page.expect_request(lambda request: request.method == "PATCH") as first:
        page.wait_for_url("**/uploads/*")
    assert first.value.headers["upload-offset"] == "200000"
    page.goto("/")
    expect(page.get_by_text("The upload of large.csv stopped at")).to_be_hidden()
    complaints[:] = [said for said in complaints if "ERR_CONNECTION_RESET" not in said]


def test_a_file_that_stopped_half_way_is_listed_and_discarded(
    page: Page, service: Service, complaints: list[str], large: Path
) -> None:
    page.route(ADDRESS, lambda route: route.abort() if route.request.method == "PATCH" else route.fallback())
    stopped = large.rename(large.with_name("stopped.csv"))
    others = set(Storage(service.settings.data).unfinished.iterdir())
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(stopped)
    expect(page.locator("[data-upload-status]")).to_contain_text("Connection lost")
    page.reload()
    for width in (320, 1_100):
        page.set_viewport_size({"width": width, "height": 2_000})
        expect(page.get_by_role("button", name="Discard stopped.csv")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Discard stopped.csv").click()
    expect(page.get_by_role("button", name="Discard stopped.csv")).to_be_hidden()
    assert set(Storage(service.settings.data).unfinished.iterdir()) == others
    complaints[:] = [said for said in complaints if "ERR_FAILED" not in said]


def test_a_cancelled_upload_leaves_nothing(
    page: Page, service: Service, complaints: list[str], large: Path
) -> None:
    page.route(ADDRESS, lambda route: route.abort() if route.request.method == "PATCH" else route.fallback())
    page.goto("/")
    page.get_by_label("File", exact=True).set_input_files(large)
    expect(page.locator("[data-upload-status]")).to_contain_text("Connection lost")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("Cancelled; nothing was kept.")
    assert deleted.value.status == 204
    assert list(Storage(service.settings.data).unfinished.iterdir()) == []
    complaints[:] = [said for said in complaints if "ERR_FAILED" not in said]
