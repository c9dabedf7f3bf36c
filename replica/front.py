"""What stands between the network and the site's pages: a firewall, a second log-in, a page of maintenance, a limit."""

import base64
import hmac
import re
from urllib.parse import unquote_plus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from replica.moodle.site import Site

BASIC_USER, BASIC_PASSWORD = "staging", "in-front-of-Moodle-7"

_ATTACK = re.compile(r"\bOR\s+'?\d'?\s*=|'(?:&|$)|<\w+[^>]*\bon\w+=", re.I)
"""What rules for web servers, such as OWASP's, take for SQL or a script."""

_MOST = 1024 * 1024
"""Bytes of a body that the firewall looks into."""

_COLLECTOR = "/local/csp/collector.php"
_POLICY = f"default-src 'self' 'unsafe-inline'; report-uri {_COLLECTOR}"


class Front:
    """The site's pages behind all that its site profiles put in front of them."""

    def __init__(self, pages: ASGIApp, site: Site) -> None:
        self._pages = pages
        self._site = site
        self._asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        body = b""
        if self._site.profiles.attack_firewall and scope["method"] == "POST":
            receive, body = await _looked_into(receive)
        if refusal := self._refusal(scope, body):
            await refusal(scope, receive, send)
            return
        await self._pages(scope, receive, self._marked(send))

    def _refusal(self, scope: Scope, body: bytes) -> Response | None:
        profiles, headers, answer = self._site.profiles, Headers(scope=scope), None
        if profiles.maintenance:
            answer = _page("Maintenance mode", "This site is undergoing maintenance and is not available now.", 503)
        elif profiles.challenge and "acceptance" not in headers.get("user-agent", ""):
            answer = _page("Just a moment...", "Verify you are human by completing the action below.", 403)
        elif profiles.basic_auth and not _knows(headers.get("authorization", "")):
            told = {"www-authenticate": 'Basic realm="staging"'}
            answer = PlainTextResponse("401 Authorization Required\n", 401, told)
        elif profiles.attack_firewall and _looks_like_an_attack(scope["query_string"], body):
            answer = _page("403 Forbidden", "Your request was blocked by a security rule.", 403)
        elif profiles.csp_report_only and scope["path"].endswith(_COLLECTOR):
            answer = Response(status_code=204)
        elif profiles.too_many:
            self._asked += 1
            if self._asked % profiles.too_many == 0:
                answer = PlainTextResponse("429 Too Many Requests\n", 429, {"retry-after": "1"})
        return answer

    def _marked(self, send: Send) -> Send:
        if not self._site.profiles.csp_report_only:
            return send

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["content-security-policy-report-only"] = _POLICY
            await send(message)

        return sent


def _looks_like_an_attack(*asked: bytes) -> bool:
    return any(_ATTACK.search(unquote_plus(part.decode("latin-1"))) for part in asked)


def _page(title: str, text: str, status: int) -> Response:
    return HTMLResponse(f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{text}</p>", status)


def _knows(header: str) -> bool:
    right = base64.b64encode(f"{BASIC_USER}:{BASIC_PASSWORD}".encode()).decode()
    return hmac.compare_digest(header.encode(), f"Basic {right}".encode())


async def _looked_into(receive: Receive) -> tuple[Receive, bytes]:
    """The beginning of a body, and a way to receive it once more."""
    seen: list[Message] = []
    while True:
        message = await receive()
        seen.append(message)
        if not message.get("more_body") or sum(len(one.get("body", b"")) for one in seen) > _MOST:
            break
    body = b"".join(one.get("body", b"") for one in seen)

    async def again() -> Message:
        return seen.pop(0) if seen else await receive()

    return again, body
