"""What requests of all kinds get from the whole API: `python -m bench.api_contract --examples 300`.

Starts the service on this machine twice, for one user and with accounts, and has schemathesis send each
operation of its OpenAPI description valid and invalid requests: as many drawn ones as asked for, and the
systematic ones of its coverage phase. Prints Markdown, and ends with 1 if any answer is not as described.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import httpx

from bench.web_vitals import served

ROOT: Final = Path(__file__).resolve().parent.parent
EMAIL, PASSWORD = "ada@example.org", "a password of its own"
SERVER: Final = {
    "FORETHOUGHT_MODE": "server",
    "FORETHOUGHT_REGISTRATION": "open",
    "FORETHOUGHT_ACCOUNT_REQUESTS_PER_MINUTE": "1000000",
    "FORETHOUGHT_ADDRESS_REQUESTS_PER_MINUTE": "1000000",
    "FORETHOUGHT_QUOTA_DATASETS": "100000",
    "FORETHOUGHT_QUOTA_TRAININGS": "100000",
}
KINDS: Final = ("accepted", "unreachable", "conflicts", "rejected")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=300, help="drawn requests of each operation")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(
        "| service | operations | requests | of the valid: done | 404 | 409 | refused | findings | minutes |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    findings = 0
    for words, settings in (("one user", {}), ("accounts, by token", SERVER)):
        with running(settings) as (url, token):
            report, output = checked(url, token, asked.examples, asked.seed)
        print(f"| {words} | {' | '.join(figures(report))} |", flush=True)
        found = report["test_cases"]["unique_failures"] + sum(one["count"] for one in report["errors"])
        sys.stderr.write(output if found else "")
        findings += found
    sys.exit(1 if findings else 0)


@contextmanager
def running(settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The address of a service on an empty data folder, and a token for it where it wants one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, settings),
        served(Path(folder)) as (url, _),
    ):
        yield url, made_token(url) if settings else ""


def made_token(url: str) -> str:
    """The words of a token that may do everything."""
    with httpx.Client(base_url=url, headers={"origin": url}, timeout=60) as browser:
        browser.post("/register", data={"email": EMAIL, "password": PASSWORD})
        scopes = ["read", "write", "predict", "account"]
        made = browser.post("/api/v1/account/tokens", json={"name": "contract", "scopes": scopes})
        return str(made.raise_for_status().json()["token"])


def checked(url: str, token: str, examples: int, seed: int) -> tuple[dict[str, Any], str]:
    """The report of schemathesis, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        program = [
            str(Path(sys.executable).parent / "schemathesis"),
            "--config-file",
            ".ci/schemathesis.toml",
        ]
        wish = ["run", f"{url}/openapi.json", "--continue-on-failure", "--no-color", "--no-shrink"]
        wish += ["--max-examples", str(examples), "--seed", str(seed), "--report-json-path", str(report)]
        if token:
            wish += ["--header", f"Authorization: Bearer {token}"]
        about = {"API_CONTRACT_URL": url, "API_CONTRACT_TOKEN": token}
        about |= {"SCHEMATHESIS_HOOKS": "bench.api_contract_hooks", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(  # noqa: S603
            [*program, *wish], cwd=ROOT, env=os.environ | about, capture_output=True, text=True, check=False
        )
        assert report.exists(), done.stdout + done.stderr
        return json.loads(report.read_text()), done.stdout


def figures(report: Mapping[str, Any]) -> Iterator[str]:
    cases = report["test_cases"]
    errors = sum(one["count"] for one in report["errors"])
    rates: Counter[str] = Counter()
    for phases in report["valid_rates"].values():
        for counts in phases.values():
            rates.update(counts)
    yield f"{report['operations']['tested']:,} of {report['operations']['total']:,}"
    yield f"{cases['generated']:,}"
    yield from (f"{rates[kind]:,}" for kind in KINDS)
    yield str(cases["unique_failures"] + errors)
    yield f"{report['running_time'] / 60:.1f}"


if __name__ == "__main__":
    main()
