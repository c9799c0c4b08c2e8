"""How fast a warm classifier predicts: `python bench/prediction_speed.py URL --data FOLDER`.

Trains one architecture of each kind on made-up texts (or on a labelled CSV) at a running server on this
machine, then measures each in this process, from the server's data folder, and through HTTP on loopback:
single texts one after the other, single texts from 20 clients at once, and batches. Texts are short: about
60 characters.
"""

import argparse
import csv
import io
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil

from dvn.architecture import get_space
from dvn.training import TrainedClassifier

KINDS: dict[str, dict[str, object]] = {
    "words": {"ngrams": "words"},
    "characters 3-5": {"ngrams": "characters"},
    "words + characters": {"ngrams": "pairs_and_characters"},
    "GloVe table": {"table": "glove"},
    "WordLlama table": {"table": "wordllama"},
    "tuned MiniLM table": {"table": "minilm_table", "tune_table": True},
    "USE table, words + characters": {"table": "use_table", "ngrams": "pairs_and_characters"},
    "USE encoder": {"encoder": "use"},
    "MiniLM encoder": {"encoder": "minilm"},
    "USE encoder and table, words + characters": {
        "encoder": "use",
        "table": "use_table",
        "ngrams": "pairs_and_characters",
    },
}
ROWS, CLASSES, CLIENTS = 2_000, 6, 20
SINGLES, BATCH = 400, 5_000
SLOWER_WITH_ENCODER = 10
HEAD = (
    "kind",
    "CPU p50, ms",
    "CPU p99, ms",
    "batch, texts/s a core",
    "HTTP p50, ms",
    "HTTP p99, ms",
    "server CPU a request, ms",
    "20 at once p50, ms",
    "20 at once p99, ms",
    "HTTP batch, texts/s",
)
_COMMON = {"hidden_layers": 1, "hidden_size": 128, "deep_rate": 0.001, "wide_rate": 0.3, "steps": 250}


def made_up(rows: int, seed: int) -> list[tuple[str, str]]:
    """Different texts of about 60 characters in six classes, each with words of its own."""
    draw = random.Random(seed)
    letters = "etaoinshrdlucmfw"
    common = ["".join(draw.choices(letters, k=draw.randint(2, 8))) for _ in range(3_000)]
    own = [["".join(draw.choices(letters, k=6)) for _ in range(30)] for _ in range(CLASSES)]
    pairs = []
    for row in range(rows):
        words = draw.choices(common, k=8) + draw.choices(own[row % CLASSES], k=2)
        draw.shuffle(words)
        pairs.append((" ".join(words), f"class {row % CLASSES}"))
    return pairs


def architecture(chosen: dict[str, object]) -> dict[str, object]:
    space = get_space("wide_deep")
    first = {decision.name: decision.choices[0] for decision in space.decisions}
    return dict(space.complete({**first, **_COMMON, **chosen}).to_json())  # type: ignore[arg-type]


def trained(client: httpx.Client, dataset: str, chosen: dict[str, object]) -> str:
    """The id of a classifier that is ready."""
    body = {"dataset": dataset, "architecture": architecture(chosen)}
    begun = client.post("/api/v1/classifiers", json=body).raise_for_status().json()
    while (job := client.get(f"/api/v1/jobs/{begun['job']['id']}").json())["state"] in ("queued", "running"):
        time.sleep(0.5)
    assert job["state"] == "finished", job["error"]
    return str(begun["classifier"]["id"])


def milliseconds(
    call: Callable[[str], object], texts: Sequence[str], clock: Callable[[], float]
) -> np.ndarray:
    found = []
    for text in texts:
        began = clock()
        call(text)
        found.append(1e3 * (clock() - began))
    return np.array(found)


def in_process(folder: Path, texts: Sequence[str]) -> list[str]:
    """CPU milliseconds of single texts, and texts a second of one core in a batch."""
    classifier = TrainedClassifier.load(folder)
    slow = classifier.pipeline.encoder is not None
    classifier.predict(texts[:8])
    spent = milliseconds(
        lambda text: classifier.predict([text]), texts[: SINGLES // (2 if slow else 1)], time.thread_time
    )
    batch = texts[: BATCH // (SLOWER_WITH_ENCODER if slow else 1)]
    began = time.thread_time()
    classifier.predict(batch)
    rate = len(batch) / (time.thread_time() - began)
    return [*percentiles(spent), f"{rate:,.0f}"]


def over_http(url: str, classifier: str, texts: Sequence[str], *, slow: bool) -> list[str]:
    """Wall milliseconds of single texts alone and among 20 clients, and texts a second in a batch."""
    path = f"/api/v1/classifiers/{classifier}/predictions"

    def ask(client: httpx.Client, some: Sequence[str]) -> None:
        client.post(path, json={"texts": list(some)}).raise_for_status()

    def ask_many(number: int) -> np.ndarray:
        with httpx.Client(base_url=url, timeout=120) as client:
            ask(client, texts[:1])
            mine = texts[number::CLIENTS][: 10 if slow else 40]
            return milliseconds(lambda text: ask(client, [text]), mine, time.perf_counter)

    with httpx.Client(base_url=url, timeout=120) as client:
        ask(client, texts[:8])
        before = server_seconds(url)
        alone = milliseconds(lambda text: ask(client, [text]), texts[:SINGLES], time.perf_counter)
        spent = 1e3 * (server_seconds(url) - before) / SINGLES
        batch = texts[: BATCH // (SLOWER_WITH_ENCODER if slow else 1)]
        began = time.perf_counter()
        ask(client, batch)
        rate = len(batch) / (time.perf_counter() - began)
    with ThreadPoolExecutor(CLIENTS) as clients:
        together = np.concatenate(list(clients.map(ask_many, range(CLIENTS))))
    return [*percentiles(alone), f"{spent:.1f}", *percentiles(together), f"{rate:,.0f}"]


def server_seconds(url: str) -> float:
    """CPU seconds of the process that listens at an address: other work on the machine does not count."""
    port = httpx.URL(url).port or 80
    for found in psutil.net_connections("tcp"):
        if found.laddr and found.laddr.port == port and found.status == "LISTEN" and found.pid:
            times = psutil.Process(found.pid).cpu_times()
            return float(times.user + times.system)
    raise SystemExit(f"Nothing on this machine listens on port {port}.")


def percentiles(found: np.ndarray) -> list[str]:
    return [f"{np.percentile(found, share):.1f}" for share in (50, 99)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--data", type=Path, required=True, help="The server's data folder.")
    parser.add_argument("--csv", type=Path, help="A labelled CSV with the columns text and label instead.")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    chosen = parser.parse_args()
    pairs = made_up(ROWS, seed=1)
    if chosen.csv:
        with chosen.csv.open(encoding="utf-8", newline="") as file:
            pairs = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    texts = [text for text, _ in made_up(BATCH, seed=2)] if not chosen.csv else [t for t, _ in pairs][:BATCH]
    print(f"| {' | '.join(HEAD)} |")
    print("| --- |" + " ---: |" * (len(HEAD) - 1))
    with httpx.Client(base_url=chosen.url, timeout=120) as client:
        written = io.StringIO()
        csv.writer(written).writerows([("text", "label"), *pairs])
        upload = client.put(
            "/api/v1/uploads", params={"filename": "speed.csv"}, content=written.getvalue().encode()
        )
        made = client.post(
            "/api/v1/datasets", json={"upload": upload.raise_for_status().json()["id"], "rare": "drop"}
        )
        dataset = made.raise_for_status().json()["id"]
        for kind in chosen.kinds:
            classifier = trained(client, dataset, KINDS[kind])
            own = in_process(chosen.data / "classifiers" / classifier, texts)
            served = over_http(chosen.url, classifier, texts, slow="encoder" in KINDS[kind])
            print(f"| {kind} | {' | '.join([*own, *served])} |", flush=True)


if __name__ == "__main__":
    main()
