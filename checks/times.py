"""Times on the plugin's pages: the clock of whoever looks, in Moodle's own way of writing it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from clients.errors import NotCheckable
from clients.moodle.html import text

WRITTEN = re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?(?:\s*(?P<half>[ap])\.?\s?m\b)?", re.I)

APART = 10
"""Minutes between a video's upload and what Moodle writes of its submission, at most: less than between two zones."""

DAY = 24 * 60


@dataclass(frozen=True)
class Clock:
    """A time as a page writes it: minutes since midnight, and whether it says am or pm."""

    written: str
    minutes: int
    halves: bool

    @property
    def kind(self) -> str:
        return "12" if self.halves else "24"


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
        raise NotCheckable(f"{where} shows nothing of this run")
    own = first_clock(parts)
    apart = abs(own.minutes - moodles.minutes) if own else DAY // 2
    if own is None or min(apart, DAY - apart) > APART or own.halves != moodles.halves:
        seen = own.written if own else f"no time: {text(parts[0])}"
        raise AssertionError(f"expected {where} to write the time as Moodle does, about {moodles.written}, seen {seen}")
    return f"{own.written}, and Moodle's {moodles.written}"
