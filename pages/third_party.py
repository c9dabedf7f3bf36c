"""What other people own is shown to nobody: messages and pictures hold the run's own rows of a list only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from playwright.sync_api import Locator, Page

from clients.addresses import DASHBOARD, MANAGE_VIDEOS
from clients.words import counted

SHOWN = 3
"""Rows of the run's own; who wants all has the picture."""

SHARED = (DASHBOARD, MANAGE_VIDEOS)
"""Pages that list what the whole site has."""


def lists_others(page: Page | None) -> bool:
    """Whether the page shows what the whole site has."""
    return page is not None and any(path in page.url for path in SHARED)


def own(rows: Iterable[str], mark: str, nothing: str) -> str:
    """The first rows with the run's mark, and how many others there are; `nothing` where there is no row at all."""
    rows = list(rows)
    mine = [row for row in rows if mark in row]
    others = len(rows) - len(mine)
    more = [f"{counted(len(mine) - SHOWN, 'row')} more"] if len(mine) > SHOWN else []
    theirs = [f"{counted(others, 'row')} of other people"] if others else []
    return " | ".join([*mine[:SHOWN], *more, *theirs]) or nothing


def of_others(page: Page, mark: str) -> Sequence[Locator]:
    """The rows on a page that are not the run's, to be painted over in its picture."""
    rows = page.locator("tbody tr").filter(has_not_text=mark)
    return [rows] if lists_others(page) else []
