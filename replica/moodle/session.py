"""What the site keeps of a browser between two requests."""

import asyncio
import time
from dataclasses import dataclass, field

from replica.moodle.records import User
from replica.moodle.state import token


@dataclass
class Session:
    """A PHP session: one request at a time, a sesskey, notices waiting for the next page."""

    user: User | None = None
    guest: bool = False
    id: str = field(default_factory=lambda: token(26))
    sesskey: str = field(default_factory=token)
    logintoken: str = field(default_factory=lambda: token(32))
    wantsurl: str = ""
    login_error: str = ""
    past_sso: bool = False
    policy_seen: bool = False
    mfa_code: str = ""
    mfa_passed: bool = False
    lang: str = ""
    kept_address: str = ""
    address: str = ""
    """Of the machine that logged in."""
    used: float = field(default_factory=time.monotonic)
    notices: list[tuple[str, str]] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
