"""The site below a path, as many are: what is asked there is asked of the site, whose answers lead there."""

import re

from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

ROOTED = re.compile(rb'(=\\?["\'])/(?!/)')
"""Where an address of the site's begins, in its pages and in what its services answer."""

WRITTEN = ("text/html", "application/json")


class Below(BaseHTTPMiddleware):
    """The site's pages below `path`."""

    def __init__(self, pages: ASGIApp, path: str) -> None:
        super().__init__(pages)
        self._path = path

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        path = request.scope["path"]
        if not path.startswith(f"{self._path}/"):
            return PlainTextResponse("404 Not Found: the site is not here.\n", 404)
        request.scope["path"] = path.removeprefix(self._path)
        answer = await call_next(request)
        body = b"".join([part async for part in answer.body_iterator])  # type: ignore[attr-defined]
        if answer.headers.get("content-type", "").startswith(WRITTEN):
            body = ROOTED.sub(rb"\1" + self._path.encode() + b"/", body)
        if answer.headers.get("location", "").startswith("/"):
            answer.headers["location"] = self._path + answer.headers["location"]
        moved = Response(body, answer.status_code)
        moved.raw_headers = [header for header in answer.raw_headers if header[0] != b"content-length"]
        moved.headers["content-length"] = str(len(body))
        return moved
