"""From the end of an upload to the recommendation: `python bench/recommendation_latency.py URL`.

Uploads made-up CSV files of 1,000, 10,000 and 100,000 rows of 100 characters to a running server and asks
for a recommendation by the API, as the browser does. Prints wall seconds from the last byte of the upload,
the parts that the server states, and the memory of its process where it runs on this machine.
"""

import argparse
import io
import random
import string
import time
from collections.abc import Iterator

import httpx
import psutil

SIZES = (1_000, 10_000, 100_000)
CHARACTERS = 100
CLASSES = 6


def made_up_csv(rows: int, seed: int) -> bytes:
    """Rows of about a hundred characters in six classes, each with words of its own."""
    draw = random.Random(seed)
    common = ["".join(draw.choices(string.ascii_lowercase, k=draw.randint(2, 9))) for _ in range(4_000)]
    own = [["".join(draw.choices(string.ascii_lowercase, k=7)) for _ in range(40)] for _ in range(CLASSES)]
    out = io.StringIO()
    out.write("text,label\n")
    for _ in range(rows):
        label = draw.randrange(CLASSES)
        words = draw.choices(common, k=14) + draw.choices(own[label], k=2)
        draw.shuffle(words)
        out.write(" ".join(words)[:CHARACTERS] + f",class {label}\n")
    return out.getvalue().encode()


class LastByte:
    """A body that notes when its last byte was taken."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0.0

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), 65_536):
            yield self.content[start : start + 65_536]
        self.at = time.perf_counter()


def resident_megabytes(port: int) -> float:
    """Resident memory of the process that listens on the port; zero if it is not on this machine."""
    for connection in psutil.net_connections("tcp"):
        if (
            connection.laddr
            and connection.laddr.port == port
            and connection.status == "LISTEN"
            and connection.pid
        ):
            return psutil.Process(connection.pid).memory_info().rss / 1e6
    return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--times", type=int, default=3)
    chosen = parser.parse_args()
    print("| rows | best, s | median, s | dataset, s | recommendation, s | server's parts, s | RSS, MB |")
    print("| ---: | ---: | ---: | ---: | ---: | --- | ---: |")
    with httpx.Client(base_url=chosen.url, timeout=120) as client:
        for rows in SIZES:
            found = sorted(
                (asked(client, rows, turn) for turn in range(chosen.times)), key=lambda one: one[0]
            )
            wall, stored, recommended, parts = found[0]
            median = found[len(found) // 2][0]
            memory = resident_megabytes(httpx.URL(chosen.url).port or 80)
            spent = " | ".join(f"{value:.2f}" for value in (median, stored, recommended))
            print(f"| {rows:,} | {wall:.2f} | {spent} | {parts} | {memory:.0f} |")


def asked(client: httpx.Client, rows: int, turn: int) -> tuple[float, float, float, object]:
    """Seconds from the last byte to the answer, its two requests, and the parts the server states."""
    body = LastByte(made_up_csv(rows, seed=rows + turn))
    upload = client.put("/api/v1/uploads", params={"filename": f"{rows}-{turn}.csv"}, content=body)
    upload.raise_for_status()
    dataset = client.post("/api/v1/datasets", json={"upload": upload.json()["id"]})
    dataset.raise_for_status()
    stored = time.perf_counter()
    answer = client.post("/api/v1/recommendations", json={"dataset": dataset.json()["id"]})
    answer.raise_for_status()
    ended = time.perf_counter()
    return ended - body.at, stored - body.at, ended - stored, answer.json().get("timing")


if __name__ == "__main__":
    main()
