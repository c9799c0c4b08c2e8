"""A route of the API: what it answers carries its ETag, and what it changes may be asked for twice."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.routing import APIRoute

from app.web.repeated import Claim, claim_key, keep_answer

_SERVER_ERROR: Final = 500


class ApiRoute(APIRoute):
    """A route whose POST takes an idempotency key and whose GET takes If-None-Match."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "POST" in (options.get("methods") or ()):
            given = options.get("dependencies") or ()
            options["dependencies"] = [*given, Depends(claim_key, scope="function")]
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_api(request: Request) -> Response:
            response = await handle(request)
            claim: Claim | None = getattr(request.state, "claim", None)
            # This runs before the transaction is committed: the answer is kept with the work, or neither is.
            if claim is not None and response.status_code < _SERVER_ERROR:
                await run_in_threadpool(keep_answer, claim, response)
            return _validated(request, response)

        return handle_api


def _validated(request: Request, response: Response) -> Response:
    """The answer with its ETag, or only the ETag where that is what the asker has."""
    is_document = response.headers.get("content-type", "").startswith("application/json")
    if request.method != "GET" or response.status_code != 200 or not is_document:
        return response
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    held = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if held & {tag, "*"}:
        kept = {name: value for name, value in response.headers.items() if name in ("etag", "link")}
        return Response(status_code=304, headers=kept)
    return response
