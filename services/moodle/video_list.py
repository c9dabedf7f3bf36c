"""The plugin's list of videos, Manage Videos, over HTTP."""

from __future__ import annotations

import re

from services.addresses import MANAGE_VIDEOS
from services.errors import NotCheckable
from services.moodle.html import text
from services.moodle.site import Site

KEY = re.compile(r"videos/\d+/")

MOST = 100
"""Of the rows that the list shows at a time."""


def listed(site: Site, **filters: object) -> dict[str, str]:
    """By their keys the rows of the list as text, a hundred at most; `filters` are those of its form."""
    page = site.open("Listing the plugin's videos", MANAGE_VIDEOS, **{"perpage": MOST, **filters})
    cells = [cell for cell in page.select("tbody td") if KEY.match(text(cell))]
    return {text(cell): text(cell.find_parent("tr")) for cell in cells}


def standing(site: Site) -> list[str]:
    """Keys of all videos that a clean-up may take: those that are ready, and those that failed.

    Raises NotCheckable where there are too many to see them all.
    """
    keys = [key for status in ("ready", "error") for key in listed(site, status=status)]
    if len(keys) >= MOST:
        raise NotCheckable(f"the site has {MOST} videos or more, too many to know whose each of them is")
    return keys


def expect_ready(site: Site, course: int, key: str) -> None:
    """The list has the video, as one that can be watched."""
    if key not in listed(site, courseid=course, status="ready"):
        raise AssertionError(f"expected {key} in the list of videos that are ready, seen it missing there")
