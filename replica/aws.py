"""AWS's control plane at /__replica__/aws: S3's settings, IAM, CloudFront, and what watches them, kept by moto.

Data is the S3 server's.

Nothing of it is there before the first question, because moto takes a second or two to come.
"""

import threading

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from replica.faults import Faults
from replica.settings import Settings


class ControlPlane:
    """Answers as AWS does, about an account that is as steps 1.1 to 1.7 say, but for the faults that are on."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self.settings = settings
        self.faults = faults
        self.built_with: frozenset[str] | None = None
        self.lock = threading.Lock()

    async def serve(self, request: Request) -> Response:
        """One call of an AWS API."""
        return await run_in_threadpool(self._answer, request, await request.body())

    def _answer(self, request: Request, body: bytes) -> Response:
        from replica import aws_account

        with self.lock:
            if self.built_with != self.faults.active:
                aws_account.build(self.settings, self.faults)
                self.built_with = self.faults.active
            path = request.path_params["path"] or "/"
            status, headers, content = aws_account.ask(
                request.method, path, request.url.query, dict(request.headers), body, self.faults
            )
        return Response(content, status, headers)
