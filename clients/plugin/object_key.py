"""The keys under which the plugin stores videos: `videos/{user id}/{unix time}_{8 hex digits}/{file name}`."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

CLOCKS_APART = 600
"""Seconds by which the site's clock may differ from this machine's."""

_MADE_AT = re.compile(r"videos/\d+/(\d{9,11})_")


def made_at(key: str) -> int:
    """When the video was asked for (Unix, s); 0 for a key that does not tell."""
    found = _MADE_AT.match(key)
    return int(found[1]) if found else 0


def belongs_to(key: str, user: int, *, since: float = 0) -> bool:
    """Whether `key` lies in the folder of the user with that id, and does not tell a time before `since` (Unix, s)."""
    if user <= 0 or not key.startswith(f"videos/{user}/"):
        return False
    if any(unicodedata.category(sign) == "Cc" for sign in key):  # but signs that join emoji are part of a name
        return False
    # What leads elsewhere by a store that takes keys for paths, or by a proxy before it.
    if any(part in ("", ".", "..") for part in re.split(r"[/\\]", unquote(key))):
        return False
    made_at = _MADE_AT.match(key)
    return made_at is None or int(made_at[1]) >= since - CLOCKS_APART
