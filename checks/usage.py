"""How people fare with the plugin on a site that is in use. No message says who they are."""

from __future__ import annotations

from collections import Counter

from clients.errors import NotCheckable, SiteError
from clients.moodle.client import MoodleClient
from clients.plugin.statistics import Statistics

FIRST_WEEK = 7
"""Days."""

FEWEST = 20
"""Uploads of which a share says something."""

SUCCESS = 95
"""Percent."""

AGAIN = 3
"""So often one person fails in one assignment that it is no slip."""


class Usage:
    """By the dashboard's figures of the last week; `site` is an administrator's session.

    Raises NotCheckable where the dashboard does not open: another line tells why.
    """

    def __init__(self, site: MoodleClient) -> None:
        try:
            self._statistics = Statistics(site, FIRST_WEEK)
        except SiteError as reason:
            raise NotCheckable(f"the dashboard, which counts uploads, does not open: {reason}") from reason

    def expect_uploads_succeed(self) -> str:
        """More than 95 of 100 uploads were completed; returns how many of how many."""
        requested, completed = (self._statistics.number(f"Total {what}") for what in ("Requested", "Completed"))
        if requested is None or completed is None:
            raise NotCheckable("the dashboard does not show how many uploads were requested and completed")
        counted = f"{completed} of {requested}"
        if requested < FEWEST:
            raise NotCheckable(f"{counted} uploads in a week say nothing yet: look again when there were {FEWEST}")
        if 100 * completed <= SUCCESS * requested:
            raise AssertionError(f"expected more than {SUCCESS} % of uploads to be completed, seen {counted} in a week")
        return counted

    def expect_no_repeated_failures(self) -> int:
        """Nobody has failed again and again in one assignment; returns how many failures there are to see."""
        failures = self._statistics.failures()
        if failures is None:
            raise NotCheckable("the dashboard does not show which uploads failed")
        most = max(Counter(failures).values(), default=0)
        if most >= AGAIN:
            raise AssertionError(
                f"expected nobody to fail {AGAIN} times in one assignment, seen {most} failures of one person in one"
            )
        return len(failures)
