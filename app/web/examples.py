"""What was asked and answered on a real journey becomes examples in the API's description.

The file is written by `python -m tests.client.record_examples`; a test says when it no longer fits.
"""

import json
from pathlib import Path
from typing import Any, Final

EXAMPLES: Final = Path(__file__).with_name("examples.json")


def read_examples() -> dict[str, Any]:
    """By the name of an operation: a request, where it has a body, and the answer to it."""
    examples: dict[str, Any] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return examples


def add_examples(operation: dict[str, Any], example: dict[str, Any]) -> None:
    """Put what was recorded beside the schemas it is an example of."""
    if request := example.get("request"):
        content = operation.get("requestBody", {}).get("content", {})
        content.setdefault(request["type"], {})["example"] = request["value"]
    if said := example.get("answer"):
        content = operation["responses"].get(said["status"], {}).get("content", {})
        content.setdefault(said["type"], {})["example"] = said["value"]
