"""Twenty users at once: `python bench/concurrent_users.py URL`.

Each user is a thread with a connection of its own to a running server. For each kind of request all users ask
at the same time, first one request after the other without a pause (what the service can take at most), then
with a pause of some seconds between two requests, as people at a screen make. A refusal "busy, try again"
is waited out as its Retry-After says, and counts into the time. Prints p50, p99, requests a second and
refusals.

- recommend: a dataset that nobody has asked about: every user has datasets of their own.
- slider: another position on a dataset that was described.
- predict: one short text, by a classifier of n-grams and a table.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

import httpx

from bench.recommendation_latency import made_up_csv

ROWS = 1_000
PAUSE_SECONDS = 5.0
ARCHITECTURE = {
    "space": "wide_deep",
    "decisions": {
        "encoder": "none",
        "table": "use_table",
        "tune_table": False,
        "hidden_layers": 1,
        "hidden_size": 64,
        "activation": "relu",
        "normalisation": "none",
        "dropout": 0.0,
        "deep_rate": 0.003,
        "deep_l2": 0.0,
        "ngrams": "words",
        "wide_rate": 0.3,
        "wide_l1": 0.0,
        "class_weight": "none",
        "steps": 250,
    },
}
SEEDS = count(1_000)


@dataclass
class Heard:
    """Seconds of every request of one kind, and how often the service was busy."""

    seconds: list[float] = field(default_factory=list)
    refusals: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, seconds: float, refusals: int) -> None:
        with self.lock:
            self.seconds.append(seconds)
            self.refusals += refusals


Ask = Callable[[httpx.Client, int, int], httpx.Response]
"""One request of a user (by number) in a turn."""


def timed(client: httpx.Client, ask: Ask, user: int, turn: int) -> tuple[float, int]:
    """Seconds until the answer, and how often the service was busy before."""
    began, refusals = time.perf_counter(), 0
    while (answer := ask(client, user, turn)).status_code in (429, 503):
        refusals += 1
        time.sleep(float(answer.headers.get("retry-after", 1)))
    answer.raise_for_status()
    return time.perf_counter() - began, refusals


def load(url: str, ask: Ask, *, users: int, seconds: float, pause: float) -> tuple[Heard, float]:
    """What all users hear within so many seconds, and how long it took until the last one was answered."""
    heard, begin = Heard(), time.perf_counter()

    def one(user: int) -> None:
        with httpx.Client(base_url=url, timeout=120) as client:
            time.sleep(pause * user / users)  # Or all would ask in the same moment.
            for turn in count():
                heard.note(*timed(client, ask, user, turn))
                if time.perf_counter() - begin > seconds:
                    return
                time.sleep(pause)

    with ThreadPoolExecutor(users) as pool:
        list(pool.map(one, range(users)))
    return heard, time.perf_counter() - begin


def dataset_of(client: httpx.Client, seed: int) -> str:
    """The id of a made-up dataset that nobody has uploaded before."""
    content = made_up_csv(ROWS, seed)
    upload = client.put("/api/v1/uploads", params={"filename": f"{seed}.csv"}, content=content)
    upload.raise_for_status()
    dataset = client.post("/api/v1/datasets", json={"upload": upload.json()["id"]})
    dataset.raise_for_status()
    return str(dataset.json()["id"])


def classifier_of(client: httpx.Client, dataset: str) -> str:
    """The id of a trained classifier."""
    form = {"dataset": dataset, "architecture": ARCHITECTURE}
    started = client.post("/api/v1/classifiers", json=form)
    started.raise_for_status()
    found = started.json()
    while client.get(f"/api/v1/jobs/{found['job']['id']}").json()["state"] not in ("finished", "failed"):
        time.sleep(0.2)
    return str(found["classifier"]["id"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--datasets", type=int, default=12, help="Datasets that each user may ask about.")
    chosen = parser.parse_args()
    with httpx.Client(base_url=chosen.url, timeout=120) as client:
        made = chosen.users * chosen.datasets
        first = int(time.time())
        datasets = [dataset_of(client, first + number) for number in range(made)]
        warm = datasets[0]
        client.post("/api/v1/recommendations", json={"dataset": warm}).raise_for_status()
        classifier = classifier_of(client, warm)
    fresh = {user: iter(datasets[user + 1 :: chosen.users]) for user in range(chosen.users)}

    def recommend(client: httpx.Client, user: int, _: int) -> httpx.Response:
        return client.post("/api/v1/recommendations", json={"dataset": next(fresh[user], warm)})

    def slide(client: httpx.Client, user: int, turn: int) -> httpx.Response:
        question = {"dataset": warm, "prefer_small": 0.05 * ((7 * user + turn) % 21)}
        return client.post("/api/v1/recommendations", json=question)

    def predict(client: httpx.Client, user: int, turn: int) -> httpx.Response:
        texts = [f"text {user} of turn {turn} says little"]
        return client.post(f"/api/v1/classifiers/{classifier}/predictions", json={"texts": texts})

    print("| request | pause, s | p50, ms | p99, ms | a second | requests | busy |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, ask in (("predict", predict), ("slider", slide), ("recommend", recommend)):
        for pause in (PAUSE_SECONDS, 0.0):
            heard, took = load(chosen.url, ask, users=chosen.users, seconds=chosen.seconds, pause=pause)
            cuts = statistics.quantiles(heard.seconds, n=100, method="inclusive")
            figures = f"{1000 * cuts[49]:.0f} | {1000 * cuts[98]:.0f} | {len(heard.seconds) / took:.1f}"
            print(f"| {name} | {pause:g} | {figures} | {len(heard.seconds)} | {heard.refusals} |", flush=True)


if __name__ == "__main__":
    main()
