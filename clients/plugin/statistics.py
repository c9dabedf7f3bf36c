"""The plugin's dashboard over HTTP: its figures, and whose uploads failed lately."""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag

from clients.addresses import DASHBOARD
from clients.moodle.client import MoodleClient
from clients.moodle.html import text

FAILURES = "recent failures"


class Statistics:
    """What the dashboard shows of the last `days`, read once. Raises SiteError where it does not open."""

    def __init__(self, site: MoodleClient, days: int) -> None:
        self._page: BeautifulSoup = site.open("Reading the plugin's dashboard", DASHBOARD, range=days)

    def number(self, title: str) -> int | None:
        """What the card of this title shows; None without such a card, or a whole number on it."""
        for card in self._page.select(".card-body:has(.card-title)"):
            shown = text(card.select_one(".card-text"))
            if text(card.select_one(".card-title")).casefold() == title.casefold() and shown.isdigit():
                return int(shown)
        return None

    def failures(self) -> list[tuple[str, str]] | None:
        """Person and assignment of each of the recent failures; None where the dashboard has no such block."""
        headings = [one for one in self._page.select("h3") if text(one).casefold() == FAILURES]
        if not headings:
            return None
        rows = [row.select("td") for row in headings[0].find_all_next("tr") if isinstance(row, Tag)]
        return [(text(cells[1]), text(cells[2])) for cells in rows if len(cells) > 2]
