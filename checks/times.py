"""Times on the plugin's pages: the clock of whoever looks, in Moodle's own way of writing it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from bs4 import BeautifulSoup, Tag

from clients.errors import NotCheckable
from clients.moodle.html import text

WRITTEN = re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?(?:\s*(?P<half>[ap])\.?\s?m\b)?", re.I)

APART = 10
"""Minutes between a video's upload and what Moodle writes of its submission, at most: less than between two zones."""

DAY = 24 * 60

A_DAY = timedelta(days=1)
"""What a signed URL is good for."""


@dataclass(frozen=True)
class Clock:
    """A time as a page writes it: minutes since midnight, and whether it says am or pm."""

    written: str
    minutes: int
    halves: bool

    @property
    def kind(self) -> str:
        return "12" if self.halves else "24"


def far_apart(zones: Iterable[str], now: datetime) -> list[str]:
    """Of these time zones that which is farthest ahead of UTC, that which is farthest behind, and one that changes its
    clocks within a day, where one does. Raises NotCheckable where there is no choice."""
    ahead = {zone: _ahead(zone, now) for zone in sorted(available_timezones().intersection(zones))}
    if len(set(ahead.values())) < 2:
        raise NotCheckable("the site has one time zone for everybody (forcetimezone)")
    changing = [zone for zone, then in ahead.items() if _ahead(zone, now + A_DAY) != then]
    return list(dict.fromkeys([max(ahead, key=ahead.__getitem__), min(ahead, key=ahead.__getitem__), *changing[:1]]))


def _ahead(zone: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def clocks(words: str) -> list[Clock]:
    """The times of day in a text."""
    found = []
    for one in WRITTEN.finditer(words):
        hour, minute, half = int(one["hour"]), int(one["minute"]), (one["half"] or "").lower()
        if half:
            hour = hour % 12 + 12 * (half == "p")
        if hour < 24 and minute < 60:
            found.append(Clock(one.group(), 60 * hour + minute, bool(half)))
    return found


def first_clock(parts: Iterable[Tag | BeautifulSoup]) -> Clock | None:
    """The first time that is written in one of these parts of a page."""
    return next((clock for part in parts for clock in clocks(text(part))), None)


def expect_as_moodles(parts: Sequence[Tag | BeautifulSoup], moodles: Clock, where: str) -> str:
    """The plugin's time in the first of these parts is Moodle's, of the same minutes; returns how both are written.

    Raises NotCheckable where there is no such part.
    """
    if not parts:
        raise NotCheckable(f"{where} shows nothing of this run; 2.10 tells whether it opens")
    own = first_clock(parts)
    apart = abs(own.minutes - moodles.minutes) if own else DAY // 2
    if own is None or min(apart, DAY - apart) > APART or own.halves != moodles.halves:
        seen = own.written if own else f"no time: {text(parts[0])}"
        raise AssertionError(f"expected {where} to write the time as Moodle does, about {moodles.written}, seen {seen}")
    return f"{own.written}, and Moodle's {moodles.written}"
