"""What time a host has, told by the `Date` of its answers (RFC 9110): this machine's clock may be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

TOLERATED = timedelta(minutes=5)
"""AWS refuses what was signed 15 minutes away from its own time."""


TO_THE_SECOND = timedelta(seconds=2)
"""A `Date` is of whole seconds, and its answer takes a while: less is no difference."""


def ahead(headers: Mapping[str, str]) -> timedelta | None:
    """How far this machine's clock is ahead of the host's; None where the host does not say, or not what time it is."""
    date = next((value for name, value in headers.items() if name.casefold() == "date"), "")
    try:
        told = parsedate_to_datetime(date)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    difference = datetime.now(UTC) - (told if told.tzinfo else told.replace(tzinfo=UTC))
    return difference if abs(difference) >= TO_THE_SECOND else timedelta()


def wrong(headers: Mapping[str, str], host: str) -> str:
    """A sentence where the clocks are too far apart to sign anything; else nothing."""
    difference = ahead(headers)
    if difference is None or abs(difference) <= TOLERATED:
        return ""
    way = "ahead of" if difference > timedelta() else "behind"
    return (
        f"This machine's clock is {abs(difference).total_seconds() / 60:.0f} min {way} that of {host}. Set the clock."
    )
