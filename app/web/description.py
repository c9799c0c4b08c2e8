"""Routes become an OpenAPI description that says what may go wrong as well as what is answered.

What is alike for all of the API stands here once: problems, ETags, tokens, the order of tags.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.web.errors import PROBLEM_TYPE
from app.web.examples import add_examples, read_examples

Document = dict[str, Any]

PREFIX: Final = "/api/v1"
INTRODUCTION: Final = """\
Everything the pages do. Errors are problem details (RFC 9457), whose `detail` says what would work.

- **Retries.** Send `Idempotency-Key` with a POST, and repeat it as often as you like: it is carried out once.
- **Lists** are read by cursor: ask again with `after` = `next`, or follow the `Link` header.
- **Caching.** What is answered carries an `ETag`; asked for with `If-None-Match` it is 304 while unchanged.
- **Large files** are sent in parts that go on after a cut connection: POST announces, PATCH sends, HEAD asks.
- **Long work** is a job: poll it, or read its events as they happen.
"""
TAGS: Final = {
    "uploads": "Files, in one piece or in parts.",
    "datasets": "Labelled texts, made of uploads; what is wrong with them, and fixes that can be taken back.",
    "recommendations": "Which architectures to train, before anything is trained.",
    "classifiers": "Trained text models and their predictions.",
    "jobs": "Background work.",
    "track record": "What was predicted, and what came out.",
    "experience": "What the value networks learned from.",
    "account": "Who asks, and with which tokens.",
    "deletion": "Everything that was made of a dataset, gone, with a receipt.",
    "health": "Is it alive, can it answer?",
}
PROBLEMS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("BadRequest", "The request cannot be understood."),
    401: ("Unauthorized", "A token is needed (server mode only)."),
    403: ("Forbidden", "The token may not do this, or the request came from another site."),
    404: ("NotFound", "There is no such thing, or it is not yours."),
    409: ("Conflict", "It cannot be done in the present state; with `Retry-After` it can be a little later."),
    413: ("TooLarge", "The body or the announced file is larger than is taken."),
    422: ("Unusable", "What was sent cannot be used; `detail` says why, `errors` names the fields."),
    429: ("TooMany", "Too many requests; `Retry-After` says when to go on."),
    503: ("Busy", "Not just now; the same request works after `Retry-After` seconds."),
    507: ("DiskFull", "The service's disk has no room for it."),
}
_PROBLEM: Final[Document] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong and what would work (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "A stable name of the error, to branch on."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "errors": {
            "type": "array",
            "description": "The fields that cannot be used.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "examples": [
        {
            "type": "urn:forethought:unknown-dataset",
            "title": "Not Found",
            "status": 404,
            "detail": "There is no dataset 4be1d7f0-2f0c-4e5a-9f3e-6f1c1d1c9a11; it may have been deleted.",
        }
    ],
}
_RETRY: Final = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
_ETAG: Final = {"ETag": {"description": "Names this content.", "schema": {"type": "string"}}}
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the answer that you have.",
    "schema": {"type": "string"},
}
_WORKS_LATER: Final = (409, 429, 503)
_MAY_BE_EMPTY: Final = frozenset({"experience", "track record"})
"""What a new installation may know nothing of yet."""
_BODY_METHODS: Final = ("post", "put", "patch")


def operation_name(route: APIRoute) -> str:
    """The function's own name: readable, and unique (a test checks it)."""
    return route.name


def describe(app: FastAPI) -> Document:
    """The description of the API, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=INTRODUCTION,
            routes=app.routes,
            tags=[{"name": name, "description": words} for name, words in TAGS.items()],
        )
        components = document.setdefault("components", {})
        components["responses"] = {name: _problem(status) for status, (name, _) in PROBLEMS.items()}
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        # Local mode, the default, knows no accounts and needs no token.
        document["security"] = [{}, {"token": []}]
        schemas = components["schemas"]
        schemas["Problem"] = _PROBLEM
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        examples = read_examples()
        for path, method, operation in operations(document):
            _add_problems(path, method, operation, schemas)
            _add_validators(method, operation)
            add_examples(operation, examples.get(operation["operationId"], {}))
        app.openapi_schema = document
    return app.openapi_schema


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Path, method and description of everything that can be asked for."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _names_things(operation: Document, schemas: Mapping[str, Document]) -> bool:
    """Whether a request holds the id of a thing that may not be there."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    named = schemas.get(str(body.get("$ref", "")).rsplit("/", 1)[-1], {})
    return "'format': 'uuid'" in str(named.get("properties", {}))


def _add_problems(path: str, method: str, operation: Document, schemas: Mapping[str, Document]) -> None:
    statuses = {401, 403, 429, 503} if path.startswith(PREFIX) else set()
    has_body = "requestBody" in operation
    statuses |= {404, 409} if "{" in path else set()
    may_be_empty = not _MAY_BE_EMPTY.isdisjoint(operation["tags"])
    statuses |= {404} if may_be_empty or _names_things(operation, schemas) else set()
    statuses |= {422} if operation.get("parameters") or has_body else set()
    statuses |= {400, 413} if has_body or method in _BODY_METHODS else set()
    statuses |= {409} if method not in ("get", "head") else set()
    statuses |= {507} if has_body and ("/uploads" in path or "/files" in path) else set()
    answers = operation["responses"]
    for status in sorted(statuses):
        if status == 422 or str(status) not in answers:
            answers[str(status)] = {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"}


def _add_validators(method: str, operation: Document) -> None:
    answer = operation["responses"].get("200", {})
    if (
        method == "get"
        and "application/json" in answer.get("content", {})
        and "health" not in operation["tags"]
    ):
        answer.setdefault("headers", {}).update(_ETAG)
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        operation["responses"]["304"] = {"description": "Unchanged since that `ETag`.", "headers": _ETAG}


def _problem(status: int) -> Document:
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer: Document = {"description": PROBLEMS[status][1], "content": content}
    return answer | ({"headers": _RETRY} if status in _WORKS_LATER else {})
