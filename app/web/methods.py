"""A path becomes the methods that it takes, for the `Allow` of an answer 405 (RFC 9110, 15.5.6).

The framework itself names those of the first route of a path only.
"""

from collections.abc import Iterator
from functools import lru_cache
from re import Pattern

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import compile_path


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """The methods of every route of this path, in alphabetical order."""
    return sorted({method for shape, methods in _shapes(app) if shape.match(path) for method in methods})


@lru_cache(maxsize=4)
def _shapes(app: FastAPI) -> list[tuple[Pattern[str], frozenset[str]]]:
    return list(_found(app))


def _found(app: FastAPI) -> Iterator[tuple[Pattern[str], frozenset[str]]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            yield compile_path(str(route.path))[0], frozenset(route.methods or ())
