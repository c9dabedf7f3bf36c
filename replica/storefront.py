"""What may stand in S3's place: a store that is but compatible, one with keys of its own, or something that is none."""

import asyncio
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from replica.moodle.site import Site

_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
_OF_A_HOP = ("connection", "transfer-encoding", "keep-alive")


class Storefront:
    """Passes on to the S3 server what its kind does not answer itself. While it is made ready, only the root's key."""

    def __init__(self, site: Site) -> None:
        self._kind = site.profiles.storage
        self._settings = site.settings
        self._weed = httpx.AsyncClient(
            verify=httpx.create_ssl_context(verify=str(site.settings.ca_file)), timeout=60, trust_env=False
        )

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._serve, methods=_METHODS)])

    async def _serve(self, request: Request) -> Response:
        signed = f"{request.headers.get('authorization', '')} {request.url.query}"
        if self._settings.root_key.access not in signed and (signed.strip() or request.url.path.count("/") > 1):
            own = self._own(request, suite=self._settings.suite_key.access in signed)
            if own is not None:
                return own
        return await self._pass_on(request)

    def _own(self, request: Request, suite: bool) -> Response | None:
        match self._kind:
            case "no-conditions" if request.method == "DELETE" and "if-match" in request.headers:
                return _error("NotImplemented", "A header you provided implies functionality that is not there.", 501)
            case "encrypted" if suite and request.method == "GET" and request.url.path.count("/") > 2:
                return _error("AccessDenied", "User is not authorized to perform: kms:Decrypt", 403)
            case "circle":
                return Response(status_code=307, headers={"location": str(request.url)})
            case "page":
                return HTMLResponse("<!doctype html><title>Welcome</title><h1>Welcome to nginx!</h1>")
            case "trickle":
                return StreamingResponse(_trickle(), media_type="application/xml")
        return None

    async def _pass_on(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        url = f"https://127.0.0.1:{self._settings.weed_port}{path}" + (f"?{query}" if query else "")
        body = request.stream() if "content-length" in request.headers else None
        question = self._weed.build_request(request.method, url, headers=request.headers.raw, content=body)
        try:
            answer = await self._weed.send(question, stream=True)
        except httpx.TransportError:
            return _error("ServiceUnavailable", "The S3 server is not up yet.", 503)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_A_HOP}
        return StreamingResponse(_whole(answer), answer.status_code, kept)


async def _whole(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


async def _trickle() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(1)


def _error(code: str, message: str, status: int) -> Response:
    xml = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(xml, status, media_type="application/xml")
