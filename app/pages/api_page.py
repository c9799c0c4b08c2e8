"""The OpenAPI description becomes the list of operations that the page about the API prints."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI

from app.web.description import PREFIX, TAGS, describe, operations


@dataclass(frozen=True, slots=True)
class ListedOperation:
    method: str
    path: str
    summary: str


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """Operations of one kind of thing."""

    name: str
    words: str
    operations: tuple[ListedOperation, ...]


def operation_groups(app: FastAPI) -> Sequence[OperationGroup]:
    """Every operation of the API, in the order in which a program needs them."""
    found: dict[str, list[ListedOperation]] = {name: [] for name in TAGS}
    for path, method, operation in operations(describe(app)):
        if path.startswith(PREFIX):
            listed = ListedOperation(method.upper(), path.removeprefix(PREFIX), operation["summary"])
            found.setdefault(operation["tags"][0], []).append(listed)
    return [
        OperationGroup(name, TAGS.get(name, ""), tuple(sorted(listed, key=lambda one: one.path)))
        for name, listed in found.items()
        if listed
    ]
