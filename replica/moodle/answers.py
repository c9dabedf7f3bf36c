"""The JSON the plugin's ajax scripts answer with, and the errors they know."""

import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from replica.faults import Faults
from replica.moodle.records import User
from replica.moodle.storage import StorageError
from replica.settings import BUCKET

WINDOW = 60
UNCACHED = {"cache-control": "no-store, no-cache, must-revalidate"}


@dataclass
class Refusal(Exception):
    """An answer with success false: what happened, and what the person can do."""

    status: int
    type: str
    message: str
    guidance: str
    can_retry: bool

    def answer(self) -> Response:
        return JSONResponse(
            {
                "success": False,
                "error": self.message,
                "error_type": self.type,
                "can_retry": self.can_retry,
                "guidance": self.guidance,
                "technical_details": None,
            },
            self.status,
            UNCACHED,
        )


def success(**data: Any) -> Response:
    return JSONResponse({"success": True, "data": data}, headers=UNCACHED)


def not_allowed() -> Refusal:
    return Refusal(
        403,
        "permission_error",
        "You do not have permission to perform this action.",
        "Contact your teacher or administrator if you believe this is an error.",
        can_retry=False,
    )


def invalid(problem: str) -> Refusal:
    return Refusal(
        400,
        "validation_error",
        problem,
        "Ensure your file meets all requirements (size, type, format).",
        can_retry=False,
    )


LEAKS = {
    "aws-code-in-message": "SignatureDoesNotMatch: the request that we calculated is another one.",
    "status-in-message": "The video store answered with status 403.",
    "xml-in-message": "<Error><Message>Denied</Message></Error>",
    "bucket-in-message": f"Writing to {BUCKET} failed.",
    "key-id-in-message": "AKIAIOSFODNN7EXAMPLE does not work.",
    "request-id-in-message": "Tell the support 4442587f-b7d0-ae2f-9d3a-0b1c2d3e4f50.",
}
"""By fault: what a student is told of wrong credentials, and has no use for."""


def of_storage(error: StorageError, faults: Faults) -> Refusal:
    """What a person may know about a failure of the store: nothing of keys, codes or hosts."""
    if error.misconfigured:
        leak = next((text for fault, text in LEAKS.items() if faults.on(fault)), "")
        return Refusal(
            500,
            "config_error",
            leak or "Video uploads do not work on this site at the moment.",
            "Keep your file and try again later. Please tell your teacher or the site administrator about it.",
            can_retry=True,
        )
    return Refusal(
        503,
        "server_error",
        "The video store does not answer at the moment.",
        "Wait a few minutes, then try again. Your file has not been changed.",
        can_retry=True,
    )


class RateLimit:
    """At most so many requests a minute and person, uploads in each assignment; administrators are exempt."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, int, int, str], deque[float]] = defaultdict(deque)

    def count(
        self,
        kind: str,
        user: User,
        limit: str,
        assignment: int = 0,
        *,
        together: bool = False,
        coded: bool = False,
        window: int = WINDOW,
        session: str = "",
    ) -> None:
        """Count one request in `window` seconds; `together` takes everybody for one person, `session` counts apart.

        Refusal (429) at the limit, `coded` in words of a program.
        """
        times = self.seen[kind, 0 if together else user.id, assignment, session]
        moment = time.monotonic()
        while times and times[0] <= moment - window:
            times.popleft()
        if not user.admin and len(times) >= (int(limit) if limit.isdigit() else 10):
            wait = int(times[0] + window - moment) + 1
            raise Refusal(
                429,
                "rate_limit",
                "HTTP 429 (RATE_LIMIT_EXCEEDED)"
                if coded
                else f"{kind.capitalize()} rate limit exceeded. Please try again later.",
                "" if coded or window > WINDOW else f"Please wait {wait} seconds, then try again.",
                can_retry=True,
            )
        times.append(moment)
