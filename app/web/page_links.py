"""The cursor of a list becomes a link to its next page."""

from fastapi import Request, Response


def say_next(request: Request, response: Response, cursor: str | None) -> None:
    """Name the next page in the `Link` header, too."""
    if cursor is not None:
        url = request.url.include_query_params(after=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
