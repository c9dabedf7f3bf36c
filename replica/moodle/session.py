"""What the site keeps of a browser between two requests."""

import asyncio
from dataclasses import dataclass, field

from replica.moodle.state import User, token


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
    notices: list[tuple[str, str]] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
