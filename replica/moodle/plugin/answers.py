"""The JSON the plugin's ajax scripts answer with, and the errors they know."""

import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from replica.moodle.plugin.storage import StorageError
from replica.moodle.state import User

WINDOW = 60


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
        )


def success(**data: Any) -> Response:
    return JSONResponse({"success": True, "data": data})


def not_allowed() -> Refusal:
    return Refusal(
        403,
        "permission_error",
        "You do not have permission to do this.",
        "If you think this is a mistake, please contact your teacher.",
        can_retry=False,
    )


def invalid(problem: str) -> Refusal:
    return Refusal(400, "validation_error", problem, "Check the file and choose another one.", can_retry=False)


def of_storage(error: StorageError) -> Refusal:
    """What a person may know about a failure of the store: nothing of keys, codes or hosts."""
    if error.misconfigured:
        return Refusal(
            500,
            "config_error",
            "Video uploads do not work on this site at the moment.",
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
    """At most so many requests a minute and person; administrators are exempt."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, int], deque[float]] = defaultdict(deque)

    def count(self, kind: str, user: User, limit: str) -> None:
        """Count one request. Refusal (429) when the limit is reached."""
        times = self.seen[kind, user.id]
        moment = time.monotonic()
        while times and times[0] <= moment - WINDOW:
            times.popleft()
        if not user.admin and len(times) >= (int(limit) if limit.isdigit() else 10):
            wait = int(times[0] + WINDOW - moment) + 1
            raise Refusal(
                429,
                "rate_limit",
                "That was a lot of requests in a short time.",
                f"Please wait {wait} seconds, then try again.",
                can_retry=True,
            )
        times.append(moment)
