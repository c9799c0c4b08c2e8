"""How soon the slider answers: `python bench/slider_latency.py URL [--moves 200] [--together 1]`.

Makes one dataset of made-up texts on a running server, asks for its recommendation once, and then moves:
along the slider (an ascent of before is used), and to limits that nobody has asked about (each is a new
ascent). Moves go by the API, and as the page makes them: a form, and the page that it leads to. Prints wall
milliseconds.
"""

import argparse
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np

from bench.recommendation_latency import made_up_csv

ROWS = 10_000
QUANTILES = (0.5, 0.99, 1.0)

Move = Callable[[httpx.Client, random.Random], httpx.Response]


def dataset_of(client: httpx.Client) -> str:
    """A dataset that has a recommendation."""
    upload = client.put("/api/v1/uploads", params={"filename": "b.csv"}, content=made_up_csv(ROWS, 7)).json()
    dataset: str = client.post("/api/v1/datasets", json={"upload": upload["id"]}).json()["id"]
    return dataset


def moves(dataset: str, recommendation: str) -> dict[str, Move]:
    """What a person may do after the first answer."""

    def asked(client: httpx.Client, **question: float) -> httpx.Response:
        return client.post("/api/v1/recommendations", json={"dataset": dataset, **question})

    def slide(client: httpx.Client, draw: random.Random) -> httpx.Response:
        return asked(client, prefer_small=draw.randrange(21) / 20)

    def limit(client: httpx.Client, draw: random.Random) -> httpx.Response:
        return asked(client, max_bytes=draw.uniform(1e6, 1e8), max_milliseconds=draw.uniform(0.1, 10))

    def page(client: httpx.Client, draw: random.Random) -> httpx.Response:
        form = {"prefer_small": draw.randrange(21) / 20}
        return client.post(f"/recommendations/{recommendation}/questions", data=form, follow_redirects=True)

    return {"slider, API": slide, "slider, page": page, "new limits, API": limit}


def timed(client: httpx.Client, move: Move, number: int) -> float:
    """Wall seconds of one move."""
    began = time.perf_counter()
    move(client, random.Random(number)).raise_for_status()
    return time.perf_counter() - began


def main() -> None:
    """Print p50, p99 and the longest of each kind of move."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--together", type=int, default=1)
    given = parser.parse_args()
    with httpx.Client(base_url=given.url, timeout=120) as client:
        dataset = dataset_of(client)
        began = time.perf_counter()
        first = client.post("/api/v1/recommendations", json={"dataset": dataset}).json()
        print(f"first answer: {1e3 * (time.perf_counter() - began):.0f} ms")
        for name, move in moves(dataset, first["id"]).items():
            with ThreadPoolExecutor(given.together) as pool:
                jobs = [pool.submit(timed, client, move, number) for number in range(given.moves)]
                taken = 1e3 * np.quantile([job.result() for job in jobs], QUANTILES)
            words = ", ".join(f"{value:.0f}" for value in taken)
            print(f"{name}, {given.together} at a time: p50, p99, longest {words} ms")


if __name__ == "__main__":
    main()
