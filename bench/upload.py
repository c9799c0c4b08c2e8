"""A large file in one piece and in parts, and what it costs the web process: `python bench/upload.py URL`.

A made-up CSV is sent to a running server on this machine twice: by one PUT, and by the client in parts, one
of which breaks off in its middle. Prints the seconds until the last byte has left (in parts: until the last
part begins), until the preview is answered, until it is a dataset; and the memory (RSS) of the process that
listens, sampled twenty times a second. The dataset is deleted after each way.
"""

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psutil

from forethought_client import Forethought, Upload
from tests.synthetic import TOPICS

SAMPLE_SECONDS: Final = 0.05
REST_SECONDS: Final = 5.0
MEGABYTE: Final = 1_000_000
TIMEOUT: Final = 900
Sent = Callable[[], object]
"""Is called when the last byte has left."""


@dataclass
class Way:
    """Seconds and bytes of memory of one way to send the file."""

    name: str
    before: int
    sent: float = 0.0
    preview: float = 0.0
    dataset: float = 0.0
    peak_sending: int = 0
    peak_dataset: int = 0
    after: int = 0

    def line(self, size: int) -> str:
        memory = (self.before, self.peak_sending, self.peak_dataset, self.after)
        return (
            f"| {self.name} | {self.sent:.1f} | {size / MEGABYTE / self.sent:.0f} | {self.preview:.1f} "
            f"| {self.dataset:.1f} | " + " | ".join(f"{one / MEGABYTE:,.0f}" for one in memory) + " |"
        )


@dataclass
class Watched:
    """The process that listens, and the most memory it had while it was watched."""

    process: psutil.Process
    peak: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def at(cls, url: str) -> "Watched":
        port = httpx.URL(url).port
        listening = [
            psutil.Process(one.pid)
            for one in psutil.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN and one.laddr.port == port and one.pid
        ]
        if not listening:
            raise SystemExit(f"Nothing on this machine listens at {url}; start the service here first.")
        # The parent that made the socket holds it, too; the web process came later.
        return cls(max(listening, key=lambda one: one.create_time()))

    def now(self) -> int:
        return int(self.process.memory_info().rss)

    @contextmanager
    def sampling(self) -> Iterator[None]:
        self.peak = self.now()
        self._over.clear()
        sampler = threading.Thread(target=self._sample)
        sampler.start()
        try:
            yield
        finally:
            self._over.set()
            sampler.join()

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, self.now())


class Cutting(httpx.HTTPTransport):
    """Breaks the third part off in its middle, once."""

    parts = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            self.parts += 1
            if self.parts == 3:
                content = request.content

                def half() -> Iterator[bytes]:
                    yield content[: len(content) // 2]
                    raise httpx.WriteError("cut by the bench")

                request = httpx.Request(request.method, request.url, headers=request.headers, content=half())
        return super().handle_request(request)


def make_file(path: Path, size: int, words_of_text: int) -> int:
    """A CSV of at least so many bytes; how many rows it has."""
    draw = random.Random(4)
    words = [word for topic in TOPICS.values() for word in topic]
    texts = [
        (" ".join(draw.choices([*words, *TOPICS[label] * 3], k=words_of_text)), label)
        for label in TOPICS
        for _ in range(500)
    ]
    rows = written = 0
    with path.open("w", encoding="utf-8") as file:
        written += file.write("text,label\n")
        while written < size:
            text, label = draw.choice(texts)
            written += file.write(f"{text} {rows},{label}\n")
            rows += 1
    return rows


def put_whole(service: httpx.Client, path: Path, sent: Sent) -> str:
    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                yield piece
        sent()

    answer = service.put("/api/v1/uploads", params={"filename": path.name}, content=pieces())
    return str(answer.raise_for_status().json()["id"])


def send_parts(url: str, path: Path, sent: Sent) -> str:
    """What the client does of itself, its check of the SHA-256 included."""

    def told(arrived: int, whole: int) -> None:
        # The last part leaves within the request whose answer is the preview.
        if arrived < whole:
            sent()

    with httpx.Client(timeout=TIMEOUT, transport=Cutting()) as http:
        upload: Upload = Forethought(url, http=http).uploads.send(path, progress=told)
    return upload.id


def measured(name: str, url: str, send: Callable[[Sent], str]) -> Way:
    watched = Watched.at(url)
    way = Way(name, watched.now())
    began = time.perf_counter()

    def sent() -> None:
        way.sent = time.perf_counter() - began

    with watched.sampling():
        upload = send(sent)
    way.preview, way.peak_sending = time.perf_counter() - began, watched.peak
    with Forethought(url, timeout_seconds=TIMEOUT) as service:
        with watched.sampling():
            dataset = service.datasets.make(upload, text="text", label="label")
        way.dataset, way.peak_dataset = time.perf_counter() - began, watched.peak
        service.datasets.delete(dataset)
    time.sleep(REST_SECONDS)
    way.after = watched.now()
    return way


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", help="a running server on this machine, such as http://127.0.0.1:8000")
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--words", type=int, default=60, help="words of a text")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, httpx.Client(base_url=wish.url, timeout=TIMEOUT) as http:
        path = Path(folder) / "made-up.csv"
        rows = make_file(path, wish.megabytes * MEGABYTE, wish.words)
        size = path.stat().st_size
        print(f"{rows:,} rows, {size / MEGABYTE:,.1f} MB\n")
        print(
            "| way | sent, s | MB/s | preview, s | dataset, s | RSS before, MB | sending | dataset | after |"
        )
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        whole = measured("one PUT", wish.url, lambda sent: put_whole(http, path, sent))
        print(whole.line(size), flush=True)
        parts = measured("parts, one cut", wish.url, lambda sent: send_parts(wish.url, path, sent))
        print(parts.line(size))


if __name__ == "__main__":
    main()
