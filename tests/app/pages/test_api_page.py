"""The page about the API lists what the description describes, and its lines work as they stand."""

import html
import re

from fastapi.testclient import TestClient

from app.web.description import PREFIX, operations
from tests.app.visiting import PAGE


def test_every_operation_of_the_description_is_listed(client: TestClient) -> None:
    shown = html.unescape(client.get("/api", headers=PAGE).text)
    document = client.get("/openapi.json").json()
    for path, method, operation in operations(document):
        if path.startswith(PREFIX):
            assert f">{method.upper()}</span> {path.removeprefix(PREFIX)}</code>" in shown
            assert operation["summary"] in shown


def test_the_python_lines_are_a_program(client: TestClient) -> None:
    shown = client.get("/api", headers=PAGE).text
    found = re.search(r'id="snippet-python-journey">(.*?)</pre>', shown, re.DOTALL)
    assert found is not None
    program = html.unescape(found.group(1))
    assert 'Forethought("http://testserver")' in program
    compile(program, "the page", "exec")
