"""The plugin's list of videos, Manage Videos, over HTTP."""

from __future__ import annotations

import re

from clients.addresses import DASHBOARD, MANAGE_VIDEOS
from clients.errors import NotCheckable, SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.html import text

KEY = re.compile(r"videos/\d+/")

MOST = 100
"""Of the rows that the list shows at a time."""

PAGES = 20
"""So many are looked through."""


def listed(site: MoodleClient, **filters: object) -> dict[str, str]:
    """By their keys the rows of the list as text, a hundred at most; `filters` are those of its form."""
    page = site.open("Listing the plugin's videos", MANAGE_VIDEOS, **{"perpage": MOST, **filters})
    cells = [cell for cell in page.select("tbody td") if KEY.match(text(cell))]
    return {text(cell): text(cell.find_parent("tr")) for cell in cells}


def of_status(site: MoodleClient, status: str) -> list[str]:
    """Keys of all videos of that status. Raises NotCheckable where there are too many to see them all."""
    keys: list[str] = []
    for number in range(PAGES):
        keys += (found := listed(site, status=status, page=number))
        if len(found) < MOST:
            return keys
    raise NotCheckable(f"the site has more than {PAGES * MOST} videos, too many to know whose each of them is")


def standing(site: MoodleClient) -> list[str]:
    """Keys of all videos that a clean-up may take: those that are ready, and those that failed."""
    return [key for status in ("ready", "error") for key in of_status(site, status)]


def unlisted(site: MoodleClient) -> int:
    """How many videos the dashboard counts that the list does not show.

    Raises NotCheckable where the dashboard does not open, or the list is too long.
    """
    try:
        page = site.open("Reading the plugin's dashboard", DASHBOARD)
    except SiteError as reason:
        raise NotCheckable(
            f"rows that no list shows are counted by the dashboard alone, and it does not open: {reason} Look into the "
            "table assignsubmission_s3video, and sign"
        ) from reason
    cards = {text(card.select_one(".card-title")): text(card) for card in page.select(".card-body:has(.card-title)")}
    counted = re.search(r"\d+", cards.get("Total Videos", ""))
    if counted is None:
        raise NotCheckable("the dashboard does not say how many videos there are")
    return int(counted.group()) - len(of_status(site, "ready"))
