"""The CDN edge: lets canned-policy signed URLs through to S3 and nothing else.

Format of the URLs: Amazon CloudFront Developer Guide, "Create a signed URL using a canned policy".
"""

import asyncio
import base64
import binascii
import time
from collections.abc import AsyncIterator
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

_SIGNED = ("Expires", "Signature", "Key-Pair-Id")
_CHUNK = 256 * 1024
_THROTTLED = 1.8 * 2**20
"""Bytes a second: enough to begin with, too few for the video of step 2.12, which has 20 Mbit/s and more."""
_BURST = 8 * 2**20
"""Bytes between two stalls: three seconds of that video."""
_STALL = 5  # seconds
_FORWARDED = ("range", "if-range", "if-none-match", "if-modified-since")
_PASSED_BACK = ("content-type", "content-length", "content-range", "content-disposition", "etag", "last-modified")


class Edge:
    """Verifies each request against the distribution's public key, then streams the object from S3."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self.settings = settings
        self.faults = faults
        self.origin = httpx.AsyncClient(
            verify=httpx.create_ssl_context(verify=str(settings.ca_file)), timeout=60, trust_env=False
        )
        self.signer = S3SigV4Auth(Credentials(settings.edge_key.access, settings.edge_key.secret), "s3", REGION)

    def app(self) -> Starlette:
        """The ASGI application: GET and HEAD of any path."""
        return Starlette(routes=[Route("/{path:path}", self.serve, methods=["GET", "HEAD"])])

    async def serve(self, request: Request) -> Response:
        """One object, whole or a range (206); 403 with XML when the URL is not exactly one that was signed."""
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
        """The object from S3, streamed; Range and response-* go through."""
        url = f"{self.settings.s3_endpoint}/{BUCKET}{quote(unquote(path), safe='/~')}"
        extra = [part for part in rest if part.startswith("response-")]
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
        if large and self.faults.on("cdn-refuses-large"):
            await answer.aclose()
            return Response("The file is too large.\n", 400)
        passed = {h: answer.headers[h] for h in _PASSED_BACK if h in answer.headers}
        ranges = {} if whole else {"accept-ranges": "bytes"}
        return StreamingResponse(self.body(answer), answer.status_code, headers=passed | ranges)

    async def ask(self, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        """S3's answer, its body yet to be read."""
        question = self.origin.build_request(method, url, headers=headers | {"accept-encoding": "identity"})
        return await self.origin.send(question, stream=True)

    async def body(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        """What S3 sends, as it comes."""
        sent = 0
        try:
            async for chunk in answer.aiter_raw(_CHUNK):
                yield chunk
                sent += len(chunk)
                if self.faults.on("cdn-throttled"):
                    await asyncio.sleep(len(chunk) / _THROTTLED)
                if self.faults.on("cdn-stalls") and sent % _BURST < len(chunk):
                    await asyncio.sleep(_STALL)
        finally:
            await answer.aclose()


def _size_of(answer: httpx.Response) -> int:
    """Bytes of the whole object, of which the answer may be a part."""
    total = answer.headers.get("content-range", "").rpartition("/")[2]
    return int(total if total.isdigit() else answer.headers.get("content-length", 0))


def _refuse(code: str, message: str) -> Response:
    xml = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(xml, 403, media_type="text/xml")
