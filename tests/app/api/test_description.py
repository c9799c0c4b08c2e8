"""The OpenAPI description is whole: every operation says what it does and what may go wrong."""

from collections import Counter
from typing import Any

import pytest

from app.main import create_app
from app.settings import load_settings
from app.web.description import PREFIX, operations

DOCUMENT = create_app(load_settings()).openapi()
OPERATIONS = {
    f"{method.upper()} {path}": (path, method, operation) for path, method, operation in operations(DOCUMENT)
}
of_each = pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS.values(), ids=OPERATIONS)


def test_operations_have_readable_names_of_their_own() -> None:
    names = Counter(operation["operationId"] for _, _, operation in OPERATIONS.values())
    assert [name for name, times in names.items() if times > 1] == []
    assert all(name.isidentifier() and len(name) < 30 for name in names)


@of_each
def test_an_operation_says_what_it_does(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["tags"]
    given = [one for one in operation.get("parameters", []) if one["in"] != "path"]
    assert [one["name"] for one in given if not one.get("description")] == []


@of_each
def test_an_operation_says_what_may_go_wrong(path: str, method: str, operation: dict[str, Any]) -> None:
    if not path.startswith(PREFIX):
        return
    answers = {int(status): answer for status, answer in operation["responses"].items()}
    wrong = {status for status in answers if status >= 400}
    assert wrong >= {401, 403, 429, 503}
    assert 404 in wrong or "{" not in path
    assert {409} <= wrong or method == "get"
    assert {413, 422} <= wrong or "requestBody" not in operation
    for status in wrong:
        named = answers[status]["$ref"].rsplit("/", 1)[-1]
        content = DOCUMENT["components"]["responses"][named]["content"]
        assert list(content) == ["application/problem+json"]


def test_the_frameworks_own_error_is_described_nowhere() -> None:
    assert "HTTPValidationError" not in str(DOCUMENT)
