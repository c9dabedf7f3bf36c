"""The CDN edge: lets canned-policy signed URLs through to S3 and nothing else.

Format of the URLs: Amazon CloudFront Developer Guide, "Create a signed URL using a canned policy".
"""

import asyncio
import base64
import binascii
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

import httpx
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from replica.faults import LARGE, Faults
from replica.settings import BUCKET, REGION, Settings
from replica.site_profiles import SiteProfiles

_SIGNED = ("Expires", "Signature", "Key-Pair-Id")
_CHUNK = 256 * 1024
_THROTTLED = 0.4 * 2**20
"""Bytes a second: enough to begin with, too few for the video of step 2.12, which has some 6 Mbit/s."""
_BURST = 2 * 2**20
"""Bytes between two stalls: three seconds of that video."""
_STALL = 5  # seconds
_SMALL = 2**20
"""Bytes of an answer that is kept, at most."""
_END = 2**20
"""Bytes at the end of a video: the index is there, where it is not at the beginning."""
_ANSWERS = 32
"""Answers that are kept, at most."""
_FORWARDED = ("range", "if-range", "if-none-match", "if-modified-since")
_PASSED_BACK = ("content-type", "content-length", "content-range", "content-disposition", "etag", "last-modified")


Kept = tuple[int, dict[str, str], bytes]


def _unquoted(path: str) -> str:
    """As CloudFront reads the path of an invalidation: an encoded slash is none."""
    return unquote(re.sub("%2f", "%252F", path, flags=re.IGNORECASE))


class Cache:
    """Small answers, each to just the request that got it, until an invalidation names their path."""

    def __init__(self, invalidations: Sequence[dict[str, Any]]) -> None:
        self.invalidations = invalidations
        self.done = 0
        self.kept: dict[tuple[str, ...], Kept] = {}

    def get(self, place: tuple[str, ...]) -> Kept | None:
        """What was kept for a request: its method, path, and what else matters."""
        new, self.done = self.invalidations[self.done :], len(self.invalidations)
        gone = {_unquoted(path) for invalidation in new for path in invalidation["paths"]}
        if gone:
            self.kept = {place: kept for place, kept in self.kept.items() if place[1] not in gone}
        return self.kept.get(place)

    def keep(self, place: tuple[str, ...], status: int, headers: dict[str, str], content: bytes) -> None:
        while len(self.kept) >= _ANSWERS:
            del self.kept[next(iter(self.kept))]
        self.kept[place] = status, headers, content


class Edge:
    """Verifies each request against the distribution's public key, then streams the object from S3."""

    def __init__(
        self, settings: Settings, faults: Faults, profiles: SiteProfiles, invalidations: Sequence[dict[str, Any]]
    ) -> None:
        """`invalidations` is what the plugin has told the CDN so far, and goes on to."""
        self.settings = settings
        self.faults = faults
        self.profiles = profiles
        self.cache = Cache(invalidations)
        self.origin = httpx.AsyncClient(
            verify=httpx.create_ssl_context(verify=str(settings.ca_file)), timeout=60, trust_env=False
        )
        self.signer = S3SigV4Auth(Credentials(settings.edge_key.access, settings.edge_key.secret), "s3", REGION)

    def app(self) -> Starlette:
        """The ASGI application: GET and HEAD of any path."""
        return Starlette(routes=[Route("/{path:path}", self.serve, methods=["GET", "HEAD"])])

    async def serve(self, request: Request) -> Response:
        """One object, whole or a range (206); 403 with XML when the URL is not exactly one that was signed."""
        if self.profiles.cdn_down:
            return Response("502 Bad Gateway\n", 502)
        path = request.scope["raw_path"].decode("latin-1")
        parts = [part for part in request.scope["query_string"].decode("latin-1").split("&") if part]
        rest = [part for part in parts if part.partition("=")[0] not in _SIGNED]
        resource = f"https://{self.settings.cdn_domain}{path}" + (f"?{'&'.join(rest)}" if rest else "")
        if problem := self.refusal(resource, [part for part in parts if part not in rest]):
            return _refuse(*problem)
        return await self.fetch(request, path, rest)

    def refusal(self, resource: str, signed: list[str]) -> tuple[str, str] | None:
        """Why a URL may not pass: (code, message), or None when its signature covers exactly this resource."""
        denied = ("AccessDenied", "Access denied")
        given = dict(part.split("=", 1) for part in signed if "=" in part)
        unsigned = not given and self.faults.on("cdn-serves-unsigned")
        incomplete = len(given) == len(_SIGNED) - 1 and self.faults.on("cdn-one-parameter-missing")
        if unsigned or (incomplete and "Key-Pair-Id" in given):
            return None
        if "Key-Pair-Id" not in given:
            return "MissingKey", "Missing Key-Pair-Id query parameter or cookie value"
        if len(given) != len(signed) or set(given) != set(_SIGNED) or not given["Expires"].isdigit():
            return denied
        foreign = given["Key-Pair-Id"] != self.settings.key_pair_id and not self.faults.on("cdn-any-key-pair")
        expired = int(given["Expires"]) <= time.time() and not self.faults.on("cdn-accepts-expired")
        if foreign or expired:
            return denied
        policy = (
            f'{{"Statement":[{{"Resource":"{resource}",'
            f'"Condition":{{"DateLessThan":{{"AWS:EpochTime":{given["Expires"]}}}}}}}]}}'
        )
        try:
            signature = base64.b64decode(given["Signature"].translate(str.maketrans("-_~", "+=/")), validate=True)
            self.settings.cdn_public_key.verify(signature, policy.encode(), padding.PKCS1v15(), hashes.SHA1())
        except (InvalidSignature, binascii.Error):
            return None if self.faults.on("cdn-signature-not-verified") else denied
        return None

    async def fetch(self, request: Request, path: str, rest: list[str]) -> Response:
        """The object, from the cache or from S3, streamed; Range and response-* go through."""
        place = (request.method, unquote(path), *rest, *(request.headers.get(h, "") for h in _FORWARDED))
        if self.faults.on("cdn-keeps-per-address"):
            place = (*place, request.scope["query_string"].decode("latin-1"))
        kept = self.cache.get(place)
        if kept and not self.faults.on("cdn-keeps-nothing"):
            status, headers, content = kept
            return Response(content, status, headers | {"x-cache": "Hit from cloudfront"})
        url = f"{self.settings.s3_endpoint}/{BUCKET}{quote(unquote(path), safe='/~')}"
        # The plugin writes a space as "+", and SigV4 knows it as "%20" alone.
        extra = [part.replace("+", "%20") for part in rest if part.startswith("response-")]
        if extra:
            url += "?" + "&".join(extra)
        signed = AWSRequest(method=request.method, url=url)
        self.signer.add_auth(signed)
        headers = dict(signed.headers.items()) | {h: request.headers[h] for h in _FORWARDED if h in request.headers}
        answer = await self.ask(request.method, url, headers)
        large = _size_of(answer) > LARGE
        whole = self.faults.on("cdn-ignores-range") or (large and self.faults.on("cdn-ignores-range-if-large"))
        if whole and answer.status_code == 206:
            await answer.aclose()
            headers.pop("range")
            answer = await self.ask(request.method, url, headers)
        if answer.status_code in (403, 404):
            await answer.aclose()
            return _refuse("AccessDenied", "Access denied")
        if large and self.faults.on("cdn-refuses-the-end") and _starts_at_the_end(request.headers, _size_of(answer)):
            await answer.aclose()
            return Response("The range is not there.\n", 416)
        if large and self.faults.on("cdn-refuses-large"):
            await answer.aclose()
            return Response("The file is too large.\n", 400)
        passed = {h: answer.headers[h] for h in _PASSED_BACK if h in answer.headers}
        ranges = {} if whole else {"accept-ranges": "bytes"}
        headers = passed | ranges
        keep = None if whole else partial(self.cache.keep, place, answer.status_code, headers)
        miss = {"x-cache": "Miss from cloudfront"}
        return StreamingResponse(self.body(answer, keep), answer.status_code, headers=headers | miss)

    async def ask(self, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        """S3's answer, its body yet to be read."""
        question = self.origin.build_request(method, url, headers=headers | {"accept-encoding": "identity"})
        return await self.origin.send(question, stream=True)

    async def body(self, answer: httpx.Response, keep: Callable[[bytes], None] | None) -> AsyncIterator[bytes]:
        """What S3 sends, as it comes; `keep` gets it at the end, unless it is large."""
        sent, small = 0, b""
        try:
            async for chunk in answer.aiter_raw(_CHUNK):
                yield chunk
                sent += len(chunk)
                small = small + chunk if sent <= _SMALL else b""
                if self.faults.on("cdn-throttled"):
                    await asyncio.sleep(len(chunk) / _THROTTLED)
                if self.faults.on("cdn-stalls") and sent % _BURST < len(chunk):
                    await asyncio.sleep(_STALL)
            if keep and answer.status_code < 300 and sent <= _SMALL:
                keep(small)
        finally:
            await answer.aclose()


def _size_of(answer: httpx.Response) -> int:
    """Bytes of the whole object, of which the answer may be a part."""
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    return int(total if total.isdigit() else answer.headers.get("content-length", 0))


def _starts_at_the_end(headers: Mapping[str, str], size: int) -> bool:
    first = headers.get("range", "").removeprefix("bytes=").partition("-")[0]
    return first.isdigit() and int(first) >= size - _END


def _refuse(code: str, message: str) -> Response:
    xml = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(xml, 403, media_type="text/xml")
