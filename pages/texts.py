"""Sizes and times as Moodle's pages write them, read back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

UNITS = (("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("KB", 1024), ("bytes", 1))
NUMBER = re.compile(r"(?P<whole>\d+)(?:[.,](?P<part>\d+))?\s*(?P<unit>TB|GB|MB|KB|bytes)", re.I)
MOMENT = re.compile(r"(\d{1,2} [A-Z]\w+ \d{4}, \d{1,2}:\d\d [AP]M)", re.I)


@dataclass(frozen=True, slots=True)
class ShownSize:
    """A size in bytes, as far as a page tells it: the true one is within half of `precision`, in bytes."""

    bytes: float
    precision: float


def _number_and_unit(size: int) -> tuple[str, str]:
    unit, per = next((unit, per) for unit, per in UNITS if size >= per or per == 1)
    return f"{size / per:.1f}", unit


def in_words(size: int) -> str:
    """A size as Moodle writes it: 313.3 KB, 24 MB."""
    return " ".join(_number_and_unit(size)).replace(".0 ", " ")


def readable_size(size: int) -> re.Pattern[str]:
    """How Moodle writes a size, in any of the ways it has been written: 313.3 KB, 313.3KB, 313,3 KB."""
    number, unit = _number_and_unit(size)
    digits = re.escape(number).replace(r"\.", "[.,]").removesuffix("[.,]0") + (
        "([.,]0)?" if number.endswith(".0") else ""
    )
    return re.compile(rf"\b{digits}\s*{unit}\b", re.I)


def shown_size(text: str) -> ShownSize:
    """What Moodle's `display_size` (lib/moodlelib.php) wrote: one decimal of a unit, none where it would be 0."""
    found = NUMBER.fullmatch(text.strip())
    if found is None:
        raise AssertionError(f"expected a size such as 313.3 KB, seen “{text}”")
    per = {unit.casefold(): per for unit, per in UNITS}[found["unit"].casefold()]
    number = float(f"{found['whole']}.{found['part'] or 0}")
    return ShownSize(number * per, per / 10 if per > 1 else 1)


def shown_time(text: str) -> datetime:
    """The moment in a text of Moodle's English pages, "Sunday, 22 November 2026, 5:44 PM", in the site's local time."""
    found = MOMENT.search(" ".join(text.split()))
    if found is None:
        raise AssertionError(f"expected a date and a time, seen “{text}”")
    return datetime.strptime(found[1], "%d %B %Y, %I:%M %p")
