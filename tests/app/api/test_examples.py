"""Every operation has an example of what is asked and answered, and each still fits its schema."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from app.main import create_app
from app.settings import load_settings
from app.web.description import operations
from app.web.examples import read_examples

DOCUMENT = create_app(load_settings()).openapi()
OPERATIONS = {operation["operationId"]: operation for _, _, operation in operations(DOCUMENT)}
SHOWN = ("text/csv", "text/event-stream")
of_each = pytest.mark.parametrize("name", OPERATIONS)


def contents(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every body of an operation that goes well: of which part, of which type, and what is said of it."""
    operation = OPERATIONS[name]
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", kind, media
    for status, answer in operation["responses"].items():
        if status < "300":
            for kind, media in answer.get("content", {}).items():
                yield "answer", kind, media


def whole(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "components": DOCUMENT["components"]}


def is_valid(schema: dict[str, Any], value: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(whole(schema), validate_formats=True).is_valid(value)


def unlike(schema: dict[str, Any], value: Any, place: str) -> Iterator[str]:
    """The objects of an answer whose fields are not those of their model."""
    if "$ref" in schema:
        named = schema["$ref"].rsplit("/", 1)[-1]
        yield from unlike(DOCUMENT["components"]["schemas"][named], value, named)
    elif "anyOf" in schema:
        yield from unlike(next(one for one in schema["anyOf"] if is_valid(one, value)), value, place)
    elif isinstance(value, list):
        for one in value:
            yield from unlike(schema.get("items", {}), one, place)
    elif isinstance(value, dict):
        fields = schema.get("properties", {})
        missing, unknown = fields.keys() - value.keys(), value.keys() - fields.keys()
        if fields and (missing or (unknown and not schema.get("additionalProperties"))):
            yield f"{place}: without {sorted(missing)}, with {sorted(unknown)}"
        for key in fields.keys() & value.keys():
            yield from unlike(fields[key], value[key], f"{place}.{key}")


@of_each
def test_an_operation_has_an_example_of_its_request_and_of_its_answer(name: str) -> None:
    asked = [media for part, _, media in contents(name) if part == "request"]
    assert not asked or any("example" in media for media in asked)
    answered = [media for part, kind, media in contents(name) if part == "answer"]
    readable = [
        media
        for part, kind, media in contents(name)
        if part == "answer" and kind in ("application/json", *SHOWN)
    ]
    assert len(readable) == len(answered) or name == "get_bundle", "only an archive has none"
    assert not readable or any("example" in media for media in readable)


@of_each
def test_an_example_fits_its_schema(name: str) -> None:
    shown = [(part, media) for part, kind, media in contents(name) if kind == "application/json"]
    for part, media in ((part, media) for part, media in shown if "example" in media):
        jsonschema_rs.Draft202012Validator(whole(media["schema"]), validate_formats=True).validate(
            media["example"]
        )
        if part == "answer":
            assert list(unlike(media["schema"], media["example"], name)) == []


def test_no_example_is_left_of_what_is_no_longer_there() -> None:
    for name, example in read_examples().items():
        shown = [(part, kind, media["example"]) for part, kind, media in contents(name) if "example" in media]
        recorded = [(part, said["type"], said["value"]) for part, said in example.items()]
        assert shown == recorded, name


def test_a_field_that_came_or_went_makes_an_example_stale() -> None:
    answer = read_examples()["get_dataset"]["answer"]["value"]
    schema = {"$ref": "#/components/schemas/DatasetAnswer"}
    assert list(unlike(schema, answer, "")) == []
    fewer = {name: value for name, value in answer.items() if name != "rows"}
    assert list(unlike(schema, fewer, "")) == ["DatasetAnswer: without ['rows'], with []"]
    assert list(unlike(schema, answer | {"size": 1}, "")) == ["DatasetAnswer: without [], with ['size']"]
