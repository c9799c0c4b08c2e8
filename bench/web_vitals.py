"""How fast the pages are, and how far a person's way is: `python bench/web_vitals.py FILE.csv`.

Starts the service on a fresh data folder, walks from the home page to a trained classifier with the file,
counting clicks and seconds, then visits the main pages anew with Chromium and reads Core Web Vitals from its
PerformanceObserver: largest contentful paint, layout shift, blocking time (long tasks beyond 50 ms), and the
longest answer to an interaction. Prints Markdown.
"""

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]
PATIENCE_SECONDS = 900
WIDTHS = (1280, 390)
VITALS = ("TTFB, ms", "FCP, ms", "LCP, ms", "CLS", "blocked, ms", "interaction, ms")
GOOD = (800, 1_800, 2_500, 0.1, 200, 200)
"""Google's bounds of "good", web.dev/articles/vitals."""

OBSERVE = """(() => {
  const seen = { lcp: 0, cls: 0, blocked: 0, interaction: 0 };
  window.seenVitals = seen;
  const watch = (type, note, rest = {}) => {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(note));
    observer.observe({ type, buffered: true, ...rest });
  };
  watch("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime; });
  watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value; });
  watch("longtask", (entry) => { seen.blocked += Math.max(0, entry.duration - 50); });
  watch("event", (entry) => { seen.interaction = Math.max(seen.interaction, entry.duration); },
    { durationThreshold: 16 });
})()"""
READ = """() => {
  const [visit] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const seen = window.seenVitals;
  const painted = paint ? paint.startTime : 0;
  return [visit.responseStart, painted, seen.lcp, seen.cls, seen.blocked, seen.interaction];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--times", type=int, default=5, help="visits of each page; the median counts")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as data,
        served(Path(data)) as (url, ready),
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        addresses, steps = walked(browser, url, asked.file)
        print(f"## From a fresh start to a trained classifier on {asked.file.name}\n")
        print("| step | clicks | seconds |\n| --- | ---: | ---: |")
        print(f"| the server answers on an empty data folder | | {ready:.1f} |")
        for words, clicks, seconds in steps:
            print(f"| {words} | {clicks} | {seconds:.1f} |")
        total = ready + sum(seconds for _, _, seconds in steps)
        print(f"| **all** | **{sum(clicks for _, clicks, _ in steps)}** | **{total:.1f}** |")
        print_vitals(browser, url, addresses, asked.times)


@contextmanager
def served(data: Path) -> Iterator[tuple[str, float]]:
    """The address of a service of its own, and the seconds until it could recommend."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    command = [sys.executable, "-P", "-m", "app.serve", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        url = f"http://127.0.0.1:{port}"
        while not answers(url):
            assert process.poll() is None, "the service ended before it was ready"
            time.sleep(0.1)
        yield url, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(timeout=60)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


Step = tuple[str, int, float]
"""What was done, its clicks, its seconds."""


def walked(browser: Browser, url: str, file: Path) -> tuple[dict[str, str], list[Step]]:
    """The addresses of the pages a person meets, and what each step cost."""
    page = browser.new_page(base_url=url)
    page.set_default_timeout(PATIENCE_SECONDS * 1_000)
    page.goto("/")
    steps: list[Step] = []

    def step(words: str, clicks: int, act: Callable[[], object], waits: str) -> None:
        began = time.perf_counter()
        act()
        if waits.startswith("**"):
            page.wait_for_url(waits)
        else:
            page.wait_for_selector(waits)
        steps.append((words, clicks, time.perf_counter() - began))

    chosen = page.get_by_label("File", exact=True)
    step("choose the file", 1, lambda: chosen.set_input_files(file), "**/uploads/*")
    columns = page.url
    press = page.get_by_role("button", name="Recommend an architecture")
    step("columns are right: recommend", 1, press.click, "**/recommendations/*")
    recommendation = page.url
    step("train the first", 1, page.get_by_role("button", name="Train it").first.click, "**/classifiers/*")
    step("the training ends", 0, lambda: None, "#verdict")
    addresses = {"home": "/", "columns": columns, "recommendation": recommendation, "classifier": page.url}
    dataset = page.locator("nav[aria-label=Progress] a", has_text="Dataset").get_attribute("href") or "/"
    page.close()
    more = {"dataset": dataset, "experience": "/experience", "track record": "/track-record"}
    return addresses | more, steps


def print_vitals(browser: Browser, url: str, addresses: Mapping[str, str], times: int) -> None:
    print(f"\n## Core Web Vitals on loopback, the median of {times} visits with an empty cache\n")
    print("| page | width | " + " | ".join(VITALS) + " |")
    print("| --- | ---: |" + " ---: |" * len(VITALS))
    for name, address in addresses.items():
        for width in WIDTHS:
            found = [visited(browser, url, address, width) for _ in range(times)]
            medians = [statistics.median(column) for column in zip(*found, strict=True)]
            print(f"| {name} | {width} | " + " | ".join(map(shown, medians)) + " |", flush=True)
    print("| *good is below* | | " + " | ".join(map(shown, GOOD)) + " |")


def visited(browser: Browser, url: str, address: str, width: int) -> list[float]:
    """The vitals of one visit by a browser that knows nothing yet, with a click and a few keys."""
    context = browser.new_context(base_url=url, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.add_init_script(OBSERVE)
    page.goto(address, wait_until="load")
    page.wait_for_timeout(300)
    vitals = interacted(page)
    context.close()
    return vitals


def interacted(page: Page) -> list[float]:
    page.mouse.click(4, 400)
    for _ in range(3):
        page.keyboard.press("Tab")
    page.wait_for_timeout(200)
    found: list[float] = page.evaluate(READ)
    return found


def shown(value: float) -> str:
    return f"{value:.3f}" if 0 < value < 1 else f"{value:.0f}"


if __name__ == "__main__":
    main()
