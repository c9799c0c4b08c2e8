"""People on their way from the demo to a classifier: by browser, by keyboard alone, by curl."""

import html
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from dvn.bundle.predict import Classifier
from tests.browser.conftest import PATIENCE_MILLISECONDS, Service, wait_for_end

QUESTION = "where is my parcel? The driver never rang the bell"
MOST_STOPS = 60
ENDING = ("/cancel", "/events", "/keep", "DELETE")
"""Commands that end something, or that wait for an end."""


@pytest.fixture(params=["scripts", "no scripts"])
def visitor(request: pytest.FixtureRequest) -> Page:
    """A page with scripts, and one without."""
    return request.getfixturevalue("page" if request.param == "scripts" else "plain_page")  # type: ignore[no-any-return]


def test_an_analyst_gets_from_the_first_click_to_a_file_of_their_own(visitor: Page, tmp_path: Path) -> None:
    """Three clicks to a classifier; the one that is taken away says what the page says."""
    page = visitor
    page.goto("/")
    page.get_by_role("button", name="Try it with a demo").click()
    page.wait_for_url("**/datasets/*")
    expect(page.get_by_role("heading", name="demo_messages.csv")).to_be_visible()
    page.get_by_role("button", name="Recommend an architecture").click()
    page.wait_for_url("**/recommendations/*")
    page.get_by_role("button", name="Train it").click()
    page.wait_for_url("**/classifiers/*")
    box = page.get_by_label("A text of your own")
    expect(box).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    box.fill(QUESTION)
    page.get_by_role("button", name="Classify", exact=True).click()
    said = page.locator("output").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the classifier").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path)
    [folder] = tmp_path.glob("*-classifier")
    assert Classifier(folder).predict([QUESTION])[0] == [said]


def test_the_keyboard_alone_leads_from_the_home_page_to_an_answer(page: Page) -> None:
    page.goto("/")
    press(page, page.get_by_role("button", name="Try it with a demo"))
    page.wait_for_url("**/datasets/*")
    press(page, page.get_by_role("button", name="Recommend an architecture"))
    page.wait_for_url("**/recommendations/*")
    press(page, page.get_by_role("button", name="Train it"))
    page.wait_for_url("**/classifiers/*")
    box = page.get_by_label("A text of your own")
    expect(box).to_be_visible(timeout=PATIENCE_MILLISECONDS)
    reach(page, box)
    page.keyboard.type(QUESTION)
    press(page, page.get_by_role("button", name="Classify", exact=True))
    expect(page.locator("output").first).to_be_visible()


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until the element is focused, and see that every stop on the way shows itself."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        seen = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert seen != "none", page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by {MOST_STOPS} presses of Tab")


def press(page: Page, button: Locator) -> None:
    reach(page, button)
    page.keyboard.press("Enter")


@pytest.mark.skipif(shutil.which("curl") is None, reason="not run: there is no curl")
def test_an_engineer_runs_the_commands_of_the_page_as_they_stand(service: Service, tmp_path: Path) -> None:
    """Only ids are put in; the last command brings a zip that answers as the service did."""
    with httpx2.Client(base_url=service.url) as http:
        shown = http.get("/api", headers={"accept": "text/html"}).text
        known: dict[str, str] = {}
        answers = {}
        for command in commands_of(shown):
            if any(word in command for word in ENDING):
                continue
            if "CLASSIFIER" in command:
                wait_for_end(http, known["JOB"])
            answers[command] = answer = done(with_ids(command, known), tmp_path)
            known |= ids_in(command, answer)
    assert set(known) == {"UPLOAD", "DATASET", "RECOMMENDATION", "CLASSIFIER", "JOB"}
    [said] = [answer["predictions"][0] for command, answer in answers.items() if "/predictions" in command]
    zipfile.ZipFile(tmp_path / "classifier.zip").extractall(tmp_path)
    [folder] = tmp_path.glob("*-classifier")
    [label], probabilities = Classifier(folder).predict(["Where is my parcel?"])
    # The page's command asks to abstain below a probability.
    assert said["label"] in (None, label)
    assert said["probability"] == pytest.approx(probabilities.max(), abs=1e-4)


def commands_of(page: str) -> Iterator[str]:
    """Every curl command of a page, in order."""
    for block in re.findall(r"<pre[^>]*>(.*?)</pre>", page, flags=re.DOTALL):
        lines = html.unescape(block).strip()
        if lines.startswith("curl "):
            yield from re.split(r"\n(?=curl )", lines)


def with_ids(command: str, known: dict[str, str]) -> str:
    for name, found in known.items():
        command = command.replace(name, found)
    return command


def done(command: str, place: Path) -> Any:
    """What the command printed; it must end well."""
    failing = command.replace("curl ", "curl --fail-with-body --silent --show-error ", 1)
    ended = subprocess.run(["bash", "-c", failing], capture_output=True, text=True, cwd=place, check=False)
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return json.loads(ended.stdout) if ended.stdout else {}


def ids_in(command: str, answer: Any) -> dict[str, str]:
    """The ids that later commands need."""
    asked = re.search(r"/api/v1/(\w+)[?'\s]", command)
    what = asked[1] if asked else ""
    if what == "classifiers":
        return {"CLASSIFIER": answer["classifier"]["id"], "JOB": answer["job"]["id"]}
    name = {"uploads": "UPLOAD", "datasets": "DATASET", "recommendations": "RECOMMENDATION"}.get(what)
    return {name: answer["id"]} if name else {}
